// PervasiveAttention: a row of the grid sees the rows above it alone, padding nothing at all, and a token at a time is what a whole target gives.

import { manualSeed, memory, noGrad, randn, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Decoding } from '@dl/layers';
import { generate } from '@dl/lm';
import { Adam } from '@dl/optim';
import { allClose, assertAllClose, leakCheck, settledMemory } from '@dl/testing';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PervasiveAttention, type PervasiveAttentionOptions } from '../index.js';

beforeAll(() => useBackend(cpu()));
beforeEach(() => void manualSeed(4));

const SIZE = 6;
const int32 = (values: readonly (readonly number[])[]): Tensor => tensor(values as number[][], { dtype: 'int32' });
const sources = [
  [1, 2, 3, 4, 5],
  [5, 6, 0, 0, 0],
];
const targets = [
  [3, 1, 4, 2, 0],
  [2, 5, 1, 0, 0],
];
const sourceLengths = [5, 2];
const sizes = { embedDim: 4, numLayers: 3, growthRate: 3 };
const make = (options: PervasiveAttentionOptions = {}): PervasiveAttention =>
  new PervasiveAttention(8, SIZE, { ...sizes, ...options });

describe.each([
  ['max', 3],
  ['average', 3],
  ['both', 5],
] as const)('pool %s, filters of %i', (pool, kernelSize) => {
  test('the logits of target t do not depend on tokens from t on, in training or in use', () => {
    for (const mode of ['train', 'eval'] as const) {
      const model = make({ pool, kernelSize })[mode]();
      const before = model.forward(int32(sources), int32(targets));
      for (let t = 0; t < 5; t++) {
        const other = targets.map((row) => row.map((token, i) => (i < t ? token : (token + 1) % SIZE)));
        const after = model.forward(int32(sources), int32(other));
        expect(after.slice([null, [0, t + 1]]).toArray()).toEqual(before.slice([null, [0, t + 1]]).toArray());
        if (t < 4) expect(allClose(after.slice([null, t + 1]), before.slice([null, t + 1]))).toBe(false);
      }
    }
  });

  test('and their gradients do not reach the vectors of tokens from t on', () => {
    const model = make({ pool, kernelSize });
    // Token 3 comes in no target but as the third one here.
    const target = int32([[1, 2, 3, 4, 5]]);
    for (let t = 0; t < 5; t++) {
      model.zeroGrad();
      model
        .forward(int32([sources[0]!]), target)
        .slice([null, t])
        .square()
        .sum()
        .backward();
      const reached = (model.targetInput.weight.grad!.toArray() as number[][]).map((row) => row.some((x) => x !== 0));
      // Begin, and the tokens before t.
      expect(reached).toEqual([0, 1, 2, 3, 4, 5].map((token) => token <= t));
    }
  });

  test('a source has the answer that it has alone, whatever stands behind it', () => {
    const model = make({ pool, kernelSize });
    const all = model.forward(int32(sources), int32(targets), { sourceLengths });
    const alone = model.forward(int32([[5, 6]]), int32([targets[1]!]));
    assertAllClose(all.slice([[1, 2]]), alone, { atol: 1e-6 });
    const other = model.forward(int32([sources[0]!, [5, 6, 7, 7, 7]]), int32(targets), { sourceLengths });
    expect(other.toArray()).toEqual(all.toArray());
  });

  test('a token at a time gives what the whole target gives, rows in another order too', async () => {
    const model = make({ pool, kernelSize });
    const plain = model.forward(int32(sources), int32(targets), { sourceLengths }).logSoftmax(2);
    const row = (b: number, t: number): number[] => Array.from(plain.slice([b, t]).dataSync());
    const decoding = new Decoding(model.from(int32(sources), { lengths: sourceLengths }));
    for (let t = 0; t < 4; t++) {
      assertAllClose(await decoding.logProbabilities(), [...row(0, t), ...row(1, t)], { atol: 1e-5 });
      decoding.step(targets.map((each) => each[t]!));
    }
    decoding.dispose();
    const prompted = new Decoding(model.from(int32(sources), { lengths: sourceLengths }));
    prompted.read(targets.map((each) => each.slice(0, 3)));
    prompted.select([1, 0, 1]);
    assertAllClose(await prompted.logProbabilities(), [...row(1, 3), ...row(0, 3), ...row(1, 3)], { atol: 1e-5 });
    prompted.step([targets[1]![3]!, targets[0]![3]!, targets[1]![3]!]);
    assertAllClose(await prompted.logProbabilities(), [...row(1, 4), ...row(0, 4), ...row(1, 4)], { atol: 1e-5 });
    prompted.dispose();
  });
});

test('the loss is the mean of -log p of the tokens that count', () => {
  const model = make();
  const targetLengths = [5, 4];
  const logs = model.forward(int32(sources), int32(targets), { sourceLengths }).logSoftmax(2).toArray() as number[][][];
  const picked = targets.flatMap((row, b) => row.slice(0, targetLengths[b]).map((token, t) => logs[b]![t]![token]!));
  const mean = -picked.reduce((sum, each) => sum + each, 0) / picked.length;
  expect(model.loss(int32(sources), int32(targets), { sourceLengths, targetLengths }).item()).toBeCloseTo(mean, 5);
});

test('it learns to turn sequences round', async () => {
  const model = make({ embedDim: 8, growthRate: 8, numLayers: 4 });
  const digits = [1, 2, 3, 4, 5];
  const all = digits.flatMap((a) => digits.flatMap((b) => digits.map((c) => [a, b, c])));
  const [source, target] = [int32(all), int32(all.map((row) => [...row.toReversed(), 0]))];
  const optimizer = new Adam(model.parameters(), { lr: 0.01 });
  leakCheck(
    () => {
      model.loss(source, target).backward();
      optimizer.step();
      optimizer.zeroGrad();
    },
    { steps: 60 },
  );
  const said = await generate(model.from(source), { end: 0, maxLength: 5 });
  expect(said.map(({ tokens }) => tokens)).toEqual(all.map((row) => row.toReversed()));
});

test('memory is flat over generated tokens', async () => {
  const model = make();
  const before = await settledMemory();
  const asked = model.from(int32(sources), { lengths: sourceLengths });
  const seen: number[] = [];
  const step = (tokens: ArrayLike<number>, state: Parameters<typeof asked.step>[1]) => {
    seen.push(memory().bytes);
    return asked.step(tokens, state);
  };
  await generate({ ...asked, step }, { maxLength: 30 });
  expect(new Set(seen.slice(2)).size).toBe(1);
  noGrad(() => undefined);
  expect(memory().bytes - before.bytes).toBe(2 * 5 * 4); // the source itself
});

test.each<[() => unknown, string]>([
  [() => new PervasiveAttention(0, 4), 'PervasiveAttention: sourceVocabulary is 0, needs a whole number of at least 1'],
  [
    () => make({ kernelSize: 4 }),
    'PervasiveAttention: kernelSize is 4, needs an odd number, with a word in the middle',
  ],
  [() => make({ kernelSize: 1 }), 'PervasiveAttention: kernelSize is 1, needs a whole number of at least 3'],
  [() => make({ pool: 'min' as never }), "PervasiveAttention: pool is 'min', needs 'max', 'average' or 'both'"],
  [() => make({ begin: 6 }), 'PervasiveAttention: begin is 6, needs a token from 0 to 5'],
  [
    () => make().forward(randn([2, 3]), int32(targets)),
    'PervasiveAttention: sources are [2, 3] float32, needs int32 [batch, length]',
  ],
  [
    () => make().forward(int32(sources), int32([[1]])),
    'PervasiveAttention: targets are [1, 1] and sources [2, 5]; needs as many sequences, of at least one token',
  ],
  [
    () => make().loss(int32(sources), int32(targets), { targetLengths: [6, 1] }),
    'PervasiveAttention.loss: targetLengths: a length is 6, needs a whole number from 1 to 5',
  ],
  [
    () => make().loss(int32(sources), int32(targets), { sourceLengths: [1] }),
    'PervasiveAttention.loss: sourceLengths: 1 length comes with a batch of 2',
  ],
  [
    () => make().from(int32(sources), { lengths: [9, 1] }),
    'PervasiveAttention.from: a length is 9, needs a whole number from 1 to 5',
  ],
  [() => make().from(int32(sources)).start(1), 'PervasiveAttention: 1 sequences are to begin with 2 sources'],
])('%s', (run, message) => {
  expect(run).toThrow(message);
});
