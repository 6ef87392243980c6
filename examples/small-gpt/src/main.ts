// A small GPT: a transformer reads a text letter by letter, and learns which letter comes next (Radford et al., "Improving Language Understanding by Generative Pre-Training", 2018).
//
// With --text FILE it learns from a text of yours, for as many minutes as you say, and prints what it writes meanwhile.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Generator, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { type LanguageModel, trainNgram } from '@dl/lm';
import { trainNetwork } from '@dl/lm/neural';
import { saveModel } from '@dl/lm/node';
import { beginOf, drawText, rightOf, unseen } from './text.js';

/** Trains on the notes, prints what comes of it, and returns the figures. */
export async function run(print: (line: string) => void = console.log) {
  const text = drawText(1500, 1);
  const begun = performance.now();
  const { model, history } = await trainNetwork(text, {
    ...{ model: 'gpt', hiddenSize: 64, numLayers: 2, nhead: 4 },
    ...{ steps: 300, batch: 16, length: 96, lr: 0.004 },
  });
  const seconds = (performance.now() - begun) / 1000;
  const cut = Math.floor(0.9 * text.length); // what trainNetwork holds out is the last tenth
  const [learned, heldOut] = [text.slice(0, cut), text.slice(cut)];
  const counted = trainNgram(learned, { order: 5 });
  const letters = model.tokenizer.vocabularySize - 1;
  const gpt = history.filter(({ isBest }) => isBest).at(-1)!.heldOut!.bitsPerCharacter;
  const grams = (await counted.perplexity(heldOut)).bitsPerCharacter;
  const [right, rightByCounts] = [await shareRight(model), await shareRight(counted)];

  const line = (what: string, ...figures: readonly string[]): void =>
    print(`  ${what.padEnd(34)}${figures.map((figure) => figure.padStart(20)).join('')}`);
  print(`${text.length} letters; ${seconds.toFixed(0)} s of training\n`);
  line('', 'bits for a letter', 'what a person does');
  line('every letter as likely', Math.log2(letters).toFixed(2), '');
  line('counted runs of five letters', grams.toFixed(2), percent(rightByCounts));
  line('GPT', gpt.toFixed(2), percent(right));
  print('');
  const said = await model.generate({ maxLength: 240, temperature: 0.7, generator: new Generator(3) });
  for (const each of said.text.trim().split('\n')) print(`  ${each}`);
  return { gpt, grams, right, rightByCounts };
}

/** Of people of whom the text says nothing: how often the model goes on with what they do. */
async function shareRight(model: LanguageModel): Promise<number> {
  let right = 0;
  for (const person of unseen) {
    const wanted = rightOf(person);
    const { text } = await model.generate({ prompt: `\n${beginOf(person)}`, temperature: 0, maxLength: wanted.length });
    if (text === wanted) right++;
  }
  return right / unseen.length;
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} % right`;

/** Learns from a file, and saves what has learned beside it. */
async function learn(file: string, minutes: number): Promise<void> {
  const text = readFileSync(file, 'utf8');
  for await (const event of trainNetwork(text, { model: 'gpt', minutes })) {
    if (event.type === 'epoch') {
      const { step, heldOut, train, seconds } = event.figures;
      const bits = (heldOut ?? train).bitsPerCharacter.toFixed(2);
      const sample = await event.model.generate({ maxLength: 60, temperature: 0.8, generator: new Generator(1) });
      console.log(`${seconds.toFixed(0)} s, step ${step}: ${bits} bits; ${JSON.stringify(sample.text)}`);
    }
    if (event.type !== 'end') continue;
    const { text: sample } = await event.model.generate({ maxLength: 500, temperature: 0.8, generator: new Generator(1) });
    console.log(`\n${sample}\n`);
    await saveModel(`${file}.gpt.lm`, event.model);
    console.log(`saved ${file}.gpt.lm; now: npx @dl/lm sample ${file}.gpt.lm`);
  }
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({ options: { text: { type: 'string' }, minutes: { type: 'string', default: '10' } } });
  await useBackend(cpu());
  if (values.text === undefined) await run();
  else await learn(values.text, Number(values.minutes));
}
