// A small GPT: a transformer reads notes word by word, and learns which word comes next (Radford et al., "Improving Language Understanding by Generative Pre-Training", 2018).
//
// With --text FILE it learns from a text of yours, letter by letter, for as many minutes as you say, and prints what it writes meanwhile.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Generator, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { type LanguageModel, trainNgram } from '@dl/lm';
import { trainNetwork } from '@dl/lm/neural';
import { saveModel } from '@dl/lm/node';
import { beginOf, drawNotes, rightOf, unseen } from './text.js';

/** Trains on the notes, prints what comes of it, and returns the figures. */
export async function run(print: (line: string) => void = console.log) {
  const notes = drawNotes(2000, 1);
  const begun = performance.now();
  const { model, history } = await trainNetwork(notes, {
    ...{ model: 'gpt', tokenizer: 'words', hiddenSize: 48, numLayers: 2, nhead: 4 },
    ...{ steps: 300, batch: 32, length: 32, lr: 0.005 },
  });
  const seconds = (performance.now() - begun) / 1000;
  // What is held out of several texts is every tenth.
  const [learned, heldOut] = [notes.filter((_, i) => i % 10 !== 9), notes.filter((_, i) => i % 10 === 9)];
  const counted = trainNgram(learned, { tokenizer: 'words', order: 3 });
  const gpt = history.filter(({ isBest }) => isBest).at(-1)!.heldOut!.loss / Math.LN2;
  const grams = (await counted.perplexity(heldOut)).entropy;
  const [right, rightByCounts] = [await shareRight(model), await shareRight(counted)];

  const line = (what: string, ...figures: readonly string[]): void =>
    print(`  ${what.padEnd(30)}${figures.map((figure) => figure.padStart(22)).join('')}`.trimEnd());
  print(`${notes.length} notes; ${seconds.toFixed(0)} s of training\n`);
  line('', 'bits for a word', 'what a person does');
  line('every word as likely', Math.log2(model.tokenizer.vocabularySize).toFixed(2));
  line('counted runs of three words', grams.toFixed(2), percent(rightByCounts));
  line('GPT', gpt.toFixed(2), percent(right));
  print('');
  const { samples } = await model.generate({ count: 3, temperature: 1, generator: new Generator(3) });
  for (const { text } of samples) print(`  ${text}`);
  return { gpt, grams, right, rightByCounts };
}

/** Of people of whom the text says nothing: how often the model goes on with what they do. */
async function shareRight(model: LanguageModel): Promise<number> {
  let right = 0;
  for (const person of unseen) {
    const wanted = model.tokenizer.encode(rightOf(person));
    const { tokens } = await model.generate({ prompt: beginOf(person), temperature: 0, maxLength: wanted.length });
    if (`${tokens}` === `${wanted}`) right++;
  }
  return right / unseen.length;
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} % right`;

/** Learns from a file, and saves what has learned beside it. */
async function learn(file: string, minutes: number): Promise<void> {
  const text = readFileSync(file, 'utf8');
  const draw = { temperature: 0.8, generator: new Generator(1) };
  for await (const event of trainNetwork(text, { model: 'gpt', minutes })) {
    if (event.type === 'epoch') {
      const { step, heldOut, train, seconds } = event.figures;
      const bits = (heldOut ?? train).bitsPerCharacter.toFixed(2);
      const sample = await event.model.generate({ ...draw, maxLength: 60 });
      console.log(`${seconds.toFixed(0)} s, step ${step}: ${bits} bits for a letter; ${JSON.stringify(sample.text)}`);
    }
    if (event.type !== 'end') continue;
    const sample = await event.model.generate({ ...draw, maxLength: 500 });
    console.log(`\n${sample.text}\n`);
    await saveModel(`${file}.lm`, event.model);
    console.log(`saved ${file}.lm; now: npx @dl/lm sample ${file}.lm`);
  }
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({ options: { text: { type: 'string' }, minutes: { type: 'string', default: '10' } } });
  await useBackend(cpu());
  if (values.text === undefined) await run();
  else await learn(values.text, Number(values.minutes));
}
