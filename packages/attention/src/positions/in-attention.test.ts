// Positions inside attention: the whole formula by plain loops, gradients, and generation with a cache.

import { manualSeed, memory, noGrad, randint, randn, scope, type Tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose, gradCheck, leakCheck } from '@dl/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { checkParameterGradients } from '../../test/parameter-gradients.js';
import {
  ALiBiPositions,
  type AttentionPositions,
  GPT,
  MultiheadAttention,
  RelativeBias,
  RelativePositions,
  RotaryPositions,
} from '../index.js';

beforeEach(async () => {
  await useBackend(cpu());
  manualSeed(1);
});

const float64 = { dtype: 'float64' } as const;
const [batch, length, heads, headDim] = [2, 5, 2, 4];
const embedDim = heads * headDim;

const kinds: Readonly<Record<string, (made?: { readonly dtype: 'float64' }) => AttentionPositions>> = {
  'rotary halves': () => new RotaryPositions(headDim),
  'rotary pairs, in part': () => new RotaryPositions(headDim, { layout: 'pairs', rotated: 2 }),
  ALiBi: () => new ALiBiPositions(heads),
  'T5 in both directions': (made) => new RelativeBias(heads, { buckets: 8, maxDistance: 4, std: 1, ...made }),
  'T5 causal': (made) => new RelativeBias(heads, { bidirectional: false, buckets: 4, maxDistance: 4, std: 1, ...made }),
  Shaw: (made) => new RelativePositions(headDim, 2, made),
  'Shaw on keys': (made) => new RelativePositions(headDim, 2, { onValues: false, ...made }),
};

type Matrix = number[][];
const product = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((sum, each, k) => sum + each * b[k]![j]!, 0)));

/** What a kind of positions makes of one head, in float64 by plain loops. */
interface ByHand {
  turn?(rows: Matrix): Matrix;
  /** Added to the score of a query i and a key j. */
  score?(head: number, i: number, j: number, query: readonly number[]): number;
  /** Added to the value of key j as query i sees it. */
  value?(i: number, j: number): readonly number[];
}

function byHand(positions: AttentionPositions): ByHand {
  if (positions instanceof RotaryPositions) {
    const { rotated, layout } = positions;
    return {
      turn: (rows) =>
        rows.map((row, p) => {
          const y = [...row];
          for (let i = 0; i < rotated / 2; i++) {
            const [a, b] = layout === 'halves' ? [i, i + rotated / 2] : [2 * i, 2 * i + 1];
            const angle = p / 10_000 ** ((2 * i) / rotated);
            y[a] = row[a]! * Math.cos(angle) - row[b]! * Math.sin(angle);
            y[b] = row[a]! * Math.sin(angle) + row[b]! * Math.cos(angle);
          }
          return y;
        }),
    };
  }
  if (positions instanceof ALiBiPositions) {
    return { score: (head, i, j) => -positions.slopes[head]! * Math.abs(i - j) };
  }
  if (positions instanceof RelativeBias) {
    const table = positions.weight.toArray() as Matrix;
    return { score: (head, i, j) => table[positions.bucketOf(j - i)]![head]! };
  }
  const { keyTable, valueTable, maxDistance } = positions as RelativePositions;
  const [keys, values] = [keyTable.toArray() as Matrix, valueTable?.toArray() as Matrix | undefined];
  const row = (i: number, j: number): number => Math.min(Math.max(j - i, -maxDistance), maxDistance) + maxDistance;
  return {
    score: (_head, i, j, query) =>
      query.reduce((sum, each, f) => sum + each * keys[row(i, j)]![f]!, 0) / Math.sqrt(headDim),
    ...(values && { value: (i: number, j: number) => values[row(i, j)]! }),
  };
}

/** One sequence through attention, by plain loops. */
function attended(attention: MultiheadAttention, x: Matrix, isCausal: boolean): { output: Matrix; weights: Matrix[] } {
  const numbers = (name: string): Matrix | number[] => attention.stateDict()[name]!.toArray() as never;
  const transposed = (a: Matrix): Matrix => a[0]!.map((_, j) => a.map((row) => row[j]!));
  const biased = (a: Matrix, b: number[]): Matrix => a.map((row) => row.map((each, j) => each + b[j]!));
  const all = biased(product(x, transposed(numbers('in_proj_weight') as Matrix)), numbers('in_proj_bias') as number[]);
  const hand = byHand(attention.positions!);
  const results = Array.from({ length: heads }, (_, h) => {
    const part = (n: number): Matrix =>
      all.map((row) => row.slice(n * embedDim + h * headDim, n * embedDim + (h + 1) * headDim));
    const [q, k, v] = [0, 1, 2].map(part) as [Matrix, Matrix, Matrix];
    const [tq, tk] = [hand.turn?.(q) ?? q, hand.turn?.(k) ?? k];
    const weights = tq.map((query, i) => {
      const scores = tk.map((key, j) => {
        if (isCausal && j > i) return -Infinity;
        const fit = query.reduce((sum, each, f) => sum + each * key[f]!, 0) / Math.sqrt(headDim);
        return fit + (hand.score?.(h, i, j, query) ?? 0);
      });
      const powers = scores.map((score) => Math.exp(score - Math.max(...scores)));
      const sum = powers.reduce((a, b) => a + b);
      return powers.map((power) => power / sum);
    });
    const output = weights.map((row, i) =>
      v[0]!.map((_, f) => row.reduce((sum, w, j) => sum + w * (v[j]![f]! + (hand.value?.(i, j)[f] ?? 0)), 0)),
    );
    return { output, weights };
  });
  const joined = x.map((_, i) => results.flatMap(({ output }) => output[i]!));
  const output = biased(
    product(joined, transposed(numbers('out_proj.weight') as Matrix)),
    numbers('out_proj.bias') as number[],
  );
  return { output, weights: results.map(({ weights }) => weights) };
}

describe.each(Object.entries(kinds))('%s', (_name, make) => {
  test.each([false, true])('attention by its formula, causal %s', (causal) => {
    using _ = scope();
    using attention = new MultiheadAttention(embedDim, heads, { positions: make(float64), ...float64 });
    const x = randn([batch, length, embedDim], float64);
    const plain = attention.forward(x, x, x, { causal }).output;
    const { output, weights } = attention.forward(x, x, x, { causal, returnWeights: true });
    assertAllClose(output.dataSync(), plain.dataSync(), { rtol: 1e-13, atol: 1e-13 });
    for (let b = 0; b < batch; b++) {
      const expected = attended(attention, x.slice([b]).toArray() as Matrix, causal);
      assertAllClose(output.slice([b]).dataSync(), expected.output.flat(), { rtol: 1e-10, atol: 1e-11 });
      assertAllClose(weights!.slice([b]).dataSync(), expected.weights.flat(2), { rtol: 1e-10, atol: 1e-11 });
    }
  });

  test('gradients of the input and of every parameter, its own among them', () => {
    using _ = scope();
    const positions = make(float64);
    using attention = new MultiheadAttention(embedDim, heads, { positions, ...float64 });
    const x = randn([1, 4, embedDim], float64);
    const upstream = randn([1, 4, embedDim], float64);
    gradCheck((at) => attention.forward(at, at, at, { causal: true }).output.mul(upstream), [x]);
    const own = new Set(positions.parameters());
    checkParameterGradients(attention, () => attention.forward(x, x, x, { causal: true }).output.mul(upstream).sum());
    expect([...own].every((parameter) => attention.parameters().includes(parameter))).toBe(true);
  });

  test('with a cache a model says the same as at once, at every position', () => {
    using _ = scope();
    using model = new GPT({
      ...{ vocabularySize: 11, dModel: embedDim, nhead: heads, numLayers: 2, inputPositions: 'none' },
      positions: make(),
    }).eval();
    const tokens = randint(0, 11, [3, 12]);
    noGrad(() => {
      const whole = model.forward(tokens);
      using cache = model.newCache();
      const pieces = [
        [0, 4],
        [4, 5],
        [5, 6],
        [6, 10],
        [10, 12],
      ] as const;
      for (const [from, to] of pieces) {
        const part = (x: Tensor): Tensor => x.slice([null, [from, to]]);
        const found = model.forward(part(tokens), { cache });
        assertAllClose(found.dataSync(), part(whole).dataSync(), { rtol: 1e-5, atol: 1e-5 });
      }
    });
  });

  test('with a window that gives former positions up', () => {
    using _ = scope();
    using model = new GPT({
      ...{ vocabularySize: 11, dModel: embedDim, nhead: heads, numLayers: 2, inputPositions: 'none', window: 3 },
      positions: make(),
    }).eval();
    const tokens = randint(0, 11, [2, 150]);
    noGrad(() => {
      const whole = model.forward(tokens);
      using cache = model.newCache();
      for (let t = 0; t < 150; t++) {
        const part = (x: Tensor): Tensor => x.slice([null, [t, t + 1]]);
        const found = scope(() => model.forward(part(tokens), { cache }));
        assertAllClose(found.dataSync(), part(whole).dataSync(), { rtol: 1e-5, atol: 1e-5 });
      }
    });
  });

  test('memory is flat, and free after dispose()', () => {
    const before = memory().bytes;
    const attention = new MultiheadAttention(embedDim, heads, { positions: make() });
    leakCheck(
      () => {
        const x = randn([batch, length, embedDim]);
        attention.forward(x, x, x, { causal: true }).output.square().sum().backward();
        attention.zeroGrad();
      },
      { steps: 20 },
    );
    attention.dispose();
    expect(memory().bytes).toBe(before);
  });
});

test('a table of T5 that all layers share is one parameter', () => {
  using _ = scope();
  const positions = new RelativeBias(heads);
  using model = new GPT({
    ...{ vocabularySize: 5, dModel: embedDim, nhead: heads, numLayers: 3, inputPositions: 'none' },
    positions,
  });
  expect(model.parameters().filter((each) => each === positions.weight)).toHaveLength(1);
});
