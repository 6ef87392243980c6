// Names, letter by letter: an Elman network learns which letter comes next, and then makes names up.
//
// The network reads a name one letter at a time. Its state is all that it knows of the letters before; from it come the probabilities of the next one. Training
// makes the true next letter more likely. Afterwards it begins with nothing, a letter is drawn, that letter is what it reads next, and so on until it
// draws the end (Elman, "Finding structure in time", 1990).

import { parseArgs } from 'node:util';
import { Generator, manualSeed, noGrad, scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { generate } from '@dl/lm';
import { Adam, CosineAnnealingLR } from '@dl/optim';
import { RNN, SequenceGenerator } from '@dl/rnn';
import { nameOf, readNames, tokensOf, VOCABULARY } from './list.js';

/** A batch of names of different lengths: tokens [names, longest + 1], each name with its end, and how many of them count. */
function batchOf(names: readonly string[]): { readonly tokens: Tensor; readonly lengths: number[] } {
  const rows = names.map(tokensOf);
  const longest = Math.max(...rows.map(({ length }) => length));
  // One 0 behind each name ends it, all others only fill the row up.
  const padded = rows.map((row) => [...row, ...new Array<number>(longest + 1 - row.length).fill(0)]);
  return { tokens: tensor(padded, { dtype: 'int32' }), lengths: rows.map(({ length }) => length + 1) };
}

/** What a model that counts pairs of letters, and adds one to each count, needs for a letter of other names, in nats. */
function bigramLoss(training: readonly string[], test: readonly string[]): number {
  const counts = Array.from({ length: VOCABULARY }, () => new Array<number>(VOCABULARY).fill(1));
  const pairs = (name: string): [number, number][] => {
    const tokens = [0, ...tokensOf(name), 0];
    return tokens.slice(1).map((token, i) => [tokens[i]!, token]);
  };
  for (const [before, token] of training.flatMap(pairs)) counts[before]![token]!++;
  const losses = test.flatMap(pairs).map(([before, token]) => {
    const row = counts[before]!;
    return -Math.log(row[token]! / row.reduce((sum, count) => sum + count, 0));
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

/** How far training goes. */
interface Settings {
  readonly hidden: number;
  readonly batchSize: number;
  readonly steps: number;
}

/** A network that has learned from names, and what it needs for a letter of names that it has not seen, in nats. */
function train(
  training: readonly string[],
  test: readonly string[],
  { hidden, batchSize, steps }: Settings,
): { readonly model: SequenceGenerator; readonly loss: number } {
  const model = new SequenceGenerator(new RNN(24, hidden), VOCABULARY);
  const optimizer = new Adam(model.parameters(), { lr: 0.005 });
  const schedule = new CosineAnnealingLR(optimizer, { tMax: steps });
  const draw = new Generator(2);
  for (let step = 0; step < steps; step++) {
    // Frees all tensors of this step at its end; parameters and what the optimiser remembers stay.
    scope(() => {
      const names = Array.from({ length: batchSize }, () => training[draw.integer(0, training.length)]!);
      const { tokens, lengths } = batchOf(names);
      model.loss(tokens, { lengths }).backward();
      optimizer.step();
      optimizer.zeroGrad();
      schedule.step();
    });
  }
  optimizer.dispose();
  const { tokens, lengths } = batchOf(test);
  return { model, loss: scope(() => noGrad(() => model.loss(tokens, { lengths }).item())) };
}

/** Learns from the embedded names, or from those of a folder; prints what comes of it, and returns the figures. */
export async function run(folder?: string) {
  manualSeed(1);
  const names = readNames(folder);
  const order = Array.from(new Generator(1).permutation(names.length), (i) => names[i]!);
  const held = Math.floor(names.length / 10);
  const [test, training] = [order.slice(0, held), order.slice(held)];

  const begun = performance.now();
  const { model, loss } = train(training, test, folder === undefined ? embeddedSettings : folderSettings);
  const seconds = (performance.now() - begun) / 1000;
  const pairs = bigramLoss(training, test);

  const options = { batch: 200, end: 0, maxLength: 20, generator: new Generator(3) };
  const samples = (await generate(model, { ...options, temperature: 0.8 })).map(({ tokens }) => nameOf(tokens));
  const known = new Set(names);
  const made = samples.filter((name) => !known.has(name));

  console.log(
    `${training.length} names to learn from, ${test.length} held back; ${seconds.toFixed(0)} s of training\n`,
  );
  console.log('  for a letter of names that were held back      nats   bits');
  const line = (what: string, nats: number): string =>
    `  ${what.padEnd(45)}${nats.toFixed(3).padStart(6)}${(nats / Math.LN2).toFixed(2).padStart(7)}`;
  console.log(line('every letter as likely as any other', Math.log(VOCABULARY)));
  console.log(line('counted pairs of letters', pairs));
  console.log(line('Elman network', loss));
  console.log(`\n${made.length} of ${samples.length} names that it makes up are in no list, such as\n`);
  for (let row = 0; row < 4; row++) console.log(`  ${made.slice(8 * row, 8 * row + 8).join(' ')}`);
  const [greedy] = await generate(model, { end: 0, maxLength: 20 });
  console.log(`\nThe likeliest letter again and again gives: ${nameOf(greedy!.tokens)}`);
  return { loss, pairs, samples, made, names };
}

const embeddedSettings: Settings = { hidden: 64, batchSize: 64, steps: 400 };
const folderSettings: Settings = { hidden: 192, batchSize: 128, steps: 4000 };

if (process.argv[1] === import.meta.filename) {
  await useBackend(cpu());
  const { values } = parseArgs({ options: { folder: { type: 'string' } } });
  await run(values.folder ?? process.env['DL_DATA']);
}
