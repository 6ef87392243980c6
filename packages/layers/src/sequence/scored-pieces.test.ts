// scoredPieces: rows of any lengths, in pieces, with states that are carried on, selected and freed.

import { crossEntropy, IndexError, memory, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { settledMemory } from '@dl/testing';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { scoredPieces } from '../index.js';

beforeAll(() => useBackend(cpu()));

/** A model whose logits are the sum of a row of numbers for each token read so far: what is said depends on all that was read. */
const SIZE = 5;
const table = Array.from({ length: SIZE }, (_, i) => Array.from({ length: SIZE }, (_, j) => Math.sin(3 * i + j) / 4));
interface State {
  readonly sums: readonly (readonly number[])[];
}
let calls: { rows: number; steps: number }[] = [];
let [made, freed] = [0, 0];
beforeEach(() => {
  calls = [];
  [made, freed] = [0, 0];
});

const own = (sums: State['sums']): State => {
  made++;
  return { sums };
};
const model = {
  vocabularySize: SIZE,
  select: ({ sums }: State, rows: readonly number[]): State => own(rows.map((row) => sums[row]!)),
  release: () => void freed++,
};
const decay = 0.5;
const next = (sum: readonly number[], token: number): number[] => sum.map((x, j) => decay * x + table[token]![j]!);

const score = (rows: readonly ArrayLike<number>[]): Promise<Float64Array[]> =>
  scoredPieces<State>(rows, model, (inputs, targets, state) => {
    const [count, steps] = inputs.shape;
    calls.push({ rows: count, steps });
    const sums = state?.sums ?? own(Array.from({ length: count }, () => new Array<number>(SIZE).fill(0))).sums;
    const after: number[][] = [];
    const logits = sums.flatMap((before, row) => {
      let sum = [...before];
      const all = Array.from({ length: steps }, (_, t) => {
        sum = next(sum, inputs.data[row * steps + t]!);
        return sum;
      });
      after.push(sum);
      return all;
    });
    const labels = tensor(targets).reshape([-1]);
    return { losses: crossEntropy(tensor(logits), labels, { reduction: 'none' }), state: { sums: after } };
  });

/** The same, token by token. */
function byHand(row: readonly number[]): number[] {
  let sum = new Array<number>(SIZE).fill(0);
  return row.slice(1).map((token, t) => {
    sum = next(sum, row[t]!);
    return sum[token]! - Math.log(sum.reduce((total, x) => total + Math.exp(x), 0));
  });
}

const drawn = (length: number, seed: number): number[] =>
  Array.from({ length }, (_, i) => Math.floor(Math.abs(Math.sin(seed + 7 * i)) * SIZE) % SIZE);

test('each token behind all before it, in rows of any lengths', async () => {
  const rows = [drawn(4, 1), drawn(600, 2), drawn(1, 3), drawn(258, 4), drawn(257, 5), drawn(257, 6)];
  const before = (await settledMemory()).buffers;
  const scores = await score(rows);
  expect(memory().buffers).toBe(before);
  for (const [i, row] of rows.entries()) {
    const expected = byHand(row);
    expect(scores[i]).toHaveLength(expected.length);
    for (const [t, each] of expected.entries()) expect(scores[i]![t]).toBeCloseTo(each, 5);
  }
  // Those that have ended cost nothing more, and no piece is longer than what is left.
  expect(calls).toEqual([
    { rows: 5, steps: 256 },
    { rows: 2, steps: 256 },
    { rows: 1, steps: 87 },
  ]);
  expect(freed).toBe(made);
});

test('rows without anything to score ask nothing, and no rows give none', async () => {
  expect(await score([[1], [2]])).toEqual([new Float64Array(0), new Float64Array(0)]);
  expect(await score([])).toEqual([]);
  expect(calls).toEqual([]);
});

test('a large vocabulary makes shorter pieces', async () => {
  const steps: number[] = [];
  await scoredPieces([new Int32Array(300)], { vocabularySize: 2 ** 16, select: () => 0 }, (inputs) => {
    steps.push(inputs.shape[1]);
    return { losses: tensor(new Float32Array(inputs.data.length)), state: 0 };
  });
  expect(steps).toEqual([64, 64, 64, 64, 43]);
});

test('what fails leaves nothing behind, and what is no row is refused', async () => {
  const before = (await settledMemory()).buffers;
  await expect(score([[1, 2, 9]])).rejects.toThrow(IndexError);
  expect(memory().buffers).toBe(before);
  await expect(score([[1], []])).rejects.toThrow(
    'scoredPieces: row 1 is [], needs at least the token that stands before the first one that is scored',
  );
});
