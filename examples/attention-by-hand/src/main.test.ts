// The numbers that the example prints are those of the formula, and the package gives the same.

import { expect, test } from 'vitest';
import { causal, layer, outputs, scores, weights } from './main.js';

const root = Math.SQRT2;

test('scores, weights and outputs as on paper', () => {
  // Things look for what is done: 2 · 2 / √2 for the verb, 0 for the others. The verb looks for things: 4 / √2 and 2 / √2.
  const wanted = [
    [0, 4 / root, 0],
    [4 / root, 0, 2 / root],
    [0, 4 / root, 0],
  ];
  for (const [i, row] of scores.entries())
    for (const [j, x] of row.entries()) expect(x).toBeCloseTo(wanted[i]![j]!, 12);
  const [most, half] = [Math.exp(4 / root), Math.exp(2 / root)];
  expect(weights[0]![1]).toBeCloseTo(most / (most + 2), 12);
  expect(weights[1]![0]).toBeCloseTo(most / (most + half + 1), 12);
  expect(weights[1]![2]).toBeCloseTo(half / (most + half + 1), 12);
  expect(outputs[1]![0]).toBeCloseTo((most + 3 * half) / (most + half + 1), 12);
  expect(outputs[1]![1]).toBeCloseTo(1 / (most + half + 1), 12);
});

test('the package gives what was computed by hand', () => {
  const found = layer.output.toArray() as number[][][];
  for (const [i, row] of outputs.entries())
    for (const [j, x] of row.entries()) expect(found[0]![i]![j]).toBeCloseTo(x, 6);
  const looked = layer.weights!.toArray() as number[][][];
  for (const [i, row] of weights.entries())
    for (const [j, x] of row.entries()) expect(looked[0]![i]![j]).toBeCloseTo(x, 6);
});

test('with what comes hidden, the first word looks at itself alone, and the second at two', () => {
  const [first, second] = (causal.weights!.toArray() as number[][][])[0]!;
  expect(first).toEqual([1, 0, 0]);
  const most = Math.exp(4 / root);
  expect(second![0]).toBeCloseTo(most / (most + 1), 6);
  expect(second![2]).toBe(0);
});
