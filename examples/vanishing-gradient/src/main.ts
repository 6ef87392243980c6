// The gradient that vanishes in a tanh network, and does not in an LSTM or a GRU that has learned to remember: shown on the adding task.

import { mkdirSync, writeFileSync } from 'node:fs';
import { useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { unrolled } from '@dl/rnn';
import { type Adder, flowOver, type Kind, kinds, networks, newAdder, type Setting, train } from './adder.js';
import { page } from './page.js';

/** So far back gradients are followed. */
export const STEPS_BACK = 100;
/** How wrong it is to answer 1 at all times: the variance of a sum of two uniform numbers. */
export const OF_ANSWERING_ONE = 1 / 6;

export const short: Setting = { length: 50, steps: 600, seed: 1 };
/** The length of the paper's harder cases; takes some minutes. */
export const long: Setting = { length: 200, steps: 2400, seed: 1 };

export interface Result {
  /** The norm of the gradient at each of the steps, as a share of that at the last one. */
  readonly flow: { readonly before: readonly number[]; readonly after: readonly number[] };
  /** The mean squared error on sequences that were not trained on, as training goes on. */
  readonly errors: readonly number[];
}

/** Trains one network, and looks at its gradients before and after. */
export async function run(kind: Kind, setting: Setting): Promise<Result> {
  const model: Adder = newAdder(kind, setting.seed);
  const before = await flowOver(model, STEPS_BACK);
  const errors = await train(model, setting, setting.steps / 6);
  const after = await flowOver(model, STEPS_BACK);
  model.dispose();
  return { flow: { before, after }, errors };
}

/** One line of the table. */
export function line(kind: Kind, { flow, errors }: Result): string {
  const share = (norms: readonly number[]): string => norms[0]!.toExponential(0).padStart(9);
  return `  ${kind.padEnd(5)}${share(flow.before)}${share(flow.after)}   ${errors.map((error) => error.toFixed(4)).join('  ')}`;
}

if (process.argv[1] === import.meta.filename) {
  await useBackend(cpu());
  const setting = process.argv.includes('--long') ? long : short;
  const every = setting.steps / 6;
  console.log(
    `  The adding task over ${setting.length} steps. Answering 1 has an error of ${OF_ANSWERING_ONE.toFixed(4)}.\n`,
  );
  console.log(`       gradient at the first of ${STEPS_BACK} steps   error after so many training steps`);
  console.log(`         before    after   ${[1, 2, 3, 4, 5, 6].map((i) => String(i * every).padEnd(6)).join('  ')}`);
  const results = {} as Record<Kind, Result>;
  for (const kind of kinds) {
    results[kind] = await run(kind, setting);
    console.log(line(kind, results[kind]));
  }
  const file = 'runs/vanishing-gradient.html';
  mkdirSync('runs', { recursive: true });
  writeFileSync(file, await page(results, setting));
  writeFileSync('runs/unrolled.dot', unrolled(networks.LSTM(), 4));
  console.log(`\n  Gradients and errors as curves: ${file}`);
  console.log('  The LSTM unrolled in time: runs/unrolled.dot (dot -Tsvg runs/unrolled.dot > unrolled.svg)');
}
