// How well n-grams and networks know a text: bits for each character of its last tenth, and what they write.
//
//     DL_DATA=FOLDER npx tsx --conditions=@dl/source tools/lm/figures.ts [ngram rnn lstm gru gpt] [--minutes 10] [--threads 2] [--seed 0]
//
// makes the tables of packages/lm/README.md: of tinyshakespeare, each network trained for so many minutes.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Generator, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { type LanguageModel, trainNgram } from '@dl/lm';
import { type TrainNetworkOptions, trainNetwork } from '@dl/lm/neural';

/** A text, of which the last tenth is not learned from. */
export interface Split {
  readonly training: string;
  readonly test: string;
}

/** What came of a model. */
export interface Figure {
  readonly model: string;
  /** What it learned: n-grams that were counted, or weights. */
  readonly size: number;
  /** Steps of a network. */
  readonly steps?: number;
  readonly seconds: number;
  /** For each character of the test. */
  readonly bits: number;
  readonly sample: string;
}

/** How each network learns most in ten minutes on two threads. */
export const networks: Readonly<Record<string, TrainNetworkOptions>> = {
  rnn: { model: 'rnn', hiddenSize: 256 },
  lstm: { model: 'lstm', hiddenSize: 256 },
  gru: { model: 'gru', hiddenSize: 256 },
  gpt: { model: 'gpt', hiddenSize: 128, numLayers: 3, batch: 16, length: 64, lr: 0.003 },
};

export function splitOf(text: string): Split {
  const border = Math.floor(0.9 * text.length);
  return { training: text.slice(0, border), test: text.slice(border) };
}

/** Modified Kneser-Ney. */
export async function ngramFigure({ training, test }: Split, order: number): Promise<Figure> {
  const begun = performance.now();
  const model = trainNgram(training, { order });
  const seconds = (performance.now() - begun) / 1000;
  const size = model.model.trie.size;
  return { model: `${order}-grams`, size, seconds, ...(await toldBy(model, test)) };
}

/** A network, trained by options; `print` is told of each evaluation on text that was held out of the training. */
export async function networkFigure(
  { training, test }: Split,
  options: TrainNetworkOptions,
  print: (line: string) => void = () => {},
): Promise<Figure> {
  let steps = 0;
  for await (const event of trainNetwork(training, { heldOut: 0.05, ...options })) {
    if (event.type === 'step') steps = event.totalSteps;
    if (event.type === 'epoch') {
      const { step, heldOut, train, seconds } = event.figures;
      const bits = (heldOut ?? train).bitsPerCharacter.toFixed(3);
      print(`  ${seconds.toFixed(0).padStart(4)} s, ${step} steps: ${bits} bits`);
    }
    if (event.type !== 'end') continue;
    const { model } = event;
    const size = model.model.parameters().reduce((sum, each) => sum + each.size, 0);
    return { model: String(options.model), size, steps, seconds: event.seconds, ...(await toldBy(model, test)) };
  }
  throw new Error('the training did not end');
}

async function toldBy(model: LanguageModel, test: string): Promise<Pick<Figure, 'bits' | 'sample'>> {
  const { bitsPerCharacter: bits } = await model.perplexity(test);
  const drawn = { maxLength: 300, temperature: 0.8, generator: new Generator(1) };
  // Prompts are of the characters that the text has.
  const { text } = await model.generate({ prompt: '\n', ...drawn });
  return { bits, sample: text.trim() };
}

/** The figures as Markdown. */
export function tableOf(figures: readonly Figure[]): string {
  const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
  const rows = figures.map(({ model, size, steps, seconds, bits }) => [
    ...[model, whole(size), steps === undefined ? '' : whole(steps), whole(seconds), bits.toFixed(3)],
  ]);
  return [
    '| model | n-grams or weights | steps | seconds | bits for a character |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
  ].join('\n');
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      minutes: { type: 'string', default: '10' },
      threads: { type: 'string', default: '2' },
      seed: { type: 'string', default: '0' },
    },
  });
  const [minutes, threads, seed] = [Number(values.minutes), Number(values.threads), Number(values.seed)];
  const names = positionals.length > 0 ? positionals : ['ngram', ...Object.keys(networks)];
  const unknown = names.find((name) => name !== 'ngram' && !Object.hasOwn(networks, name));
  if (unknown !== undefined)
    throw new Error(`there is no model ${unknown}; there are ngram, ${Object.keys(networks).join(', ')}`);
  const folder = process.env['DL_DATA'];
  if (folder === undefined) throw new Error('needs real data: set DL_DATA to a folder that has tinyshakespeare');
  await useBackend(cpu({ threads }));
  const split = splitOf(readFileSync(join(folder, 'tinyshakespeare/input.txt'), 'utf8'));
  const figures: Figure[] = [];
  const add = (figure: Figure): void => {
    figures.push(figure);
    console.log(`${figure.model}: ${figure.bits.toFixed(3)} bits\n\n${figure.sample}\n`);
  };
  for (const name of names) {
    if (name === 'ngram') for (const order of [3, 4, 5, 6]) add(await ngramFigure(split, order));
    else add(await networkFigure(split, { ...networks[name]!, minutes, seed }, (line) => console.log(line)));
  }
  console.log(tableOf(figures));
}

if (process.argv[1] === import.meta.filename) await main();
