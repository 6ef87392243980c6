// How both models learn dates and are tested on them: pairs that are drawn anew at each step, and days that were held back.

import { type Generator, scope, type Tensor, tensor } from '@dl/autograd';
import type { Module, StepModel } from '@dl/layers';
import { generate } from '@dl/lm';
import { Adam, CosineAnnealingLR } from '@dl/optim';
import { allDays, type DateOfDay, dateOf, iso, sourceTokens, targetTokens, written } from './dates.js';

/** What both models are: something that is taught pairs, and asked what to say to a source. */
export interface Translator extends Module {
  loss(source: Tensor, target: Tensor, options: { readonly sourceLengths: readonly number[] }): Tensor;
  from(source: Tensor, options: { readonly lengths: readonly number[] }): StepModel;
}

export interface Days {
  readonly training: readonly DateOfDay[];
  readonly test: readonly DateOfDay[];
}

/** Days, not sentences, are held back: whatever the words, the model has seen no date of a test. */
export function daysOf(draw: Generator): Days {
  const days = allDays();
  const order = Array.from(draw.permutation(days.length), (i) => days[i]!);
  return { test: order.slice(0, 1000), training: order.slice(1000) };
}

/** Dates in words, padded: tokens [dates, longest], and how many of them count. */
export function sourcesOf(texts: readonly string[]): { readonly source: Tensor; readonly lengths: number[] } {
  const rows = texts.map(sourceTokens);
  const longest = Math.max(...rows.map(({ length }) => length));
  const padded = rows.map((row) => [...row, ...new Array<number>(longest - row.length).fill(0)]);
  return { source: tensor(padded, { dtype: 'int32' }), lengths: rows.map(({ length }) => length) };
}

const BATCH = 64;

export interface Course {
  readonly steps: number;
  readonly lr: number;
}

/** Trains on dates that are drawn, in whatever words. */
export function learn(model: Translator, training: readonly DateOfDay[], { steps, lr }: Course, draw: Generator): void {
  const optimizer = new Adam(model.parameters(), { lr });
  const schedule = new CosineAnnealingLR(optimizer, { tMax: steps });
  for (let step = 0; step < steps; step++) {
    // Frees all tensors of this step at its end; parameters and what the optimiser remembers stay.
    const loss = scope(() => {
      const batch = Array.from({ length: BATCH }, () => training[draw.integer(0, training.length)]!);
      const { source, lengths } = sourcesOf(batch.map((day) => written(day, draw)));
      const target = tensor(
        batch.map((day) => targetTokens(iso(day))),
        { dtype: 'int32' },
      );
      // Each digit is learned from the true ones before it.
      const loss = model.loss(source, target, { sourceLengths: lengths });
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
      schedule.step();
      return loss.item();
    });
    if ((step + 1) % 100 === 0) console.log(`  step ${String(step + 1).padStart(4)}   loss ${loss.toFixed(4)}`);
  }
  optimizer.dispose();
}

/** What a model makes of dates in words. */
export async function translate(model: Translator, texts: readonly string[]): Promise<string[]> {
  const { source, lengths } = sourcesOf(texts);
  const said = await generate(model.from(source, { lengths }), { end: 0, maxLength: 12 });
  source.dispose();
  return said.map(({ tokens }) => dateOf(tokens));
}

/** Which part of the days that were held back a model gets exactly, and prints some of them. */
export async function examine(model: Translator, test: readonly DateOfDay[], draw: Generator): Promise<number> {
  const texts = test.map((day) => written(day, draw));
  const answers = await translate(model, texts);
  const wrong = test
    .map((day, i) => ({ text: texts[i]!, wanted: iso(day), answer: answers[i]! }))
    .filter(({ wanted, answer }) => wanted !== answer);
  const exact = 1 - wrong.length / test.length;
  console.log(`\n${(100 * exact).toFixed(2)} % of ${test.length} dates that were held back are exact\n`);
  for (const [i, text] of texts.slice(0, 6).entries()) console.log(`  ${text.padEnd(67)}${answers[i]}`);
  for (const { text, wanted, answer } of wrong.slice(0, 5)) console.log(`  wrong: ${text} is ${wanted}, not ${answer}`);
  return exact;
}
