// GPT.scoreRows: texts beyond the positions by windows, and each token behind at least half of one.

import { manualSeed, memory, noGrad, scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { settledMemory } from '@dl/testing';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { ALiBiPositions, GPT } from '../index.js';
import { scoredWindows } from './scored-windows.js';

beforeAll(() => useBackend(cpu()));
beforeEach(() => void manualSeed(2));

const SIZE = 6;
const small = { vocabularySize: SIZE, dModel: 8, nhead: 2, numLayers: 1, dimFeedforward: 8, begin: 5 };
const text = (length: number): number[] => Array.from({ length }, (_, i) => (i * i + 2 * i) % SIZE);

/** log p of what follows the last of some tokens. */
const after = (model: GPT, tokens: readonly number[]): ArrayLike<number> =>
  scope(() =>
    noGrad(() => {
      const logits = model.eval().forward(tensor([[...tokens]], { dtype: 'int32' }));
      return (logits.slice([0, -1]) as Tensor).logSoftmax(0).dataSync();
    }),
  );

test.each([1, 2, 5, 8])('with %i positions: each token behind the window that it is in', async (maxLength) => {
  const model = new GPT({ ...small, maxLength });
  const rows = [text(29), [], text(maxLength), text(maxLength + 1), text(1)];
  const before = (await settledMemory()).buffers;
  const scores = await model.scoreRows(rows);
  expect(memory().buffers).toBe(before);
  const half = Math.max(1, Math.floor(maxLength / 2));
  for (const [i, row] of rows.entries()) {
    expect(scores[i]).toHaveLength(row.length);
    const all = [model.begin, ...row];
    for (const [t, token] of row.entries()) {
      // The first window as long as it reaches, then each for the second half of what it covers.
      const window = t < maxLength ? 0 : half * Math.ceil((t + 1 - maxLength) / half);
      expect(scores[i]![t]).toBeCloseTo(after(model, all.slice(window, t + 1))[token]!, 5);
      if (window > 0) expect(t + 1 - window).toBeGreaterThanOrEqual(Math.ceil(maxLength / 2));
    }
  }
});

test('without an end all that was before is seen, however long', async () => {
  const model = new GPT({ ...small, positions: new ALiBiPositions(2) });
  const row = text(300);
  const [scores] = await model.scoreRows([row]);
  for (const t of [0, 100, 255, 256, 299]) {
    expect(scores![t]).toBeCloseTo(after(model, [model.begin, ...row.slice(0, t)])[row[t]!]!, 4);
  }
});

test('many windows are scored some at a time, each once', async () => {
  const asked: number[] = [];
  const scores = await scoredWindows([text(200)], { begin: 0, maxLength: 4 }, (windows) => {
    asked.push(windows.length);
    return Promise.resolve(windows.map((tokens) => Float64Array.from(tokens.slice(1))));
  });
  expect(Array.from(scores[0]!)).toEqual(text(200));
  expect(asked).toEqual([32, 32, 32, 3]);
});
