// Attention: what each attribute means, queries without keys, its gradients by both ways, what is kept in memory, and bad input.

import { type CpuBackend, cpu } from '@dl/kernels-cpu';
import { gradCheck, runSample, sampleTensors } from '@dl/testing';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type AttentionOptions,
  DlError,
  Generator,
  gradients,
  manualSeed,
  memory,
  noGrad,
  ones,
  rand,
  randn,
  resetPeakMemory,
  type Shape,
  scaledDotProductAttention,
  scaledDotProductAttentionBiasGrad,
  scaledDotProductAttentionGrad,
  scope,
  type Tensor,
  tensor,
  useBackend,
} from '../index.js';
import { attentionSamples } from './attention-samples.js';

/** Uses a backend without kernels for attention, where it and its gradient go through the composition. */
async function composing(): Promise<CpuBackend> {
  const backend = cpu({ threads: 1 });
  await useBackend(backend);
  for (const op of [scaledDotProductAttention, scaledDotProductAttentionGrad, scaledDotProductAttentionBiasGrad])
    expect(backend.kernels.delete(op)).toBe(true);
  return backend;
}

/** The kernel has lse for the gradient; without it the gradient goes through the composition. */
const ways = {
  'by composition': composing,
  'with a kernel': async (): Promise<CpuBackend> => {
    const backend = cpu({ threads: 1 });
    await useBackend(backend);
    return backend;
  },
};

const random = (shape: Shape, seed: number): Tensor =>
  rand(shape, { low: -1.5, high: 1.5, dtype: 'float64', generator: new Generator(seed), requiresGrad: true });

function expectClose(actual: Tensor, expected: Tensor, within = 1e-12): void {
  expect(actual.shape).toEqual(expected.shape);
  const [a, e] = [actual.dataSync(), expected.dataSync()];
  for (const [i, value] of a.entries())
    expect(Math.abs(value - e[i]!)).toBeLessThanOrEqual(within * (1 + Math.abs(e[i]!)));
}

describe.each(Object.entries(ways))('%s', (_, make) => {
  beforeEach(async () => {
    await make();
  });

  test('the last query sees the last key, and one step at a time gives what all at once do', () => {
    using _scope = scope();
    const [q, k, v] = [random([2, 3, 6, 4], 1), random([2, 3, 6, 4], 2), random([2, 3, 6, 5], 3)];
    for (const options of [{ causal: true }, { causal: true, window: 3 }]) {
      const all = scaledDotProductAttention(q, k, v, options);
      for (let t = 0; t < 6; t++) {
        const upTo = ['...', [0, t + 1], null] as const;
        const step = scaledDotProductAttention(
          q.slice(['...', [t, t + 1], null]),
          k.slice(upTo),
          v.slice(upTo),
          options,
        );
        expectClose(step, all.slice(['...', [t, t + 1], null]));
      }
      // Two at a time, behind four.
      expectClose(
        scaledDotProductAttention(q.slice(['...', [4, 6], null]), k, v, options),
        all.slice(['...', [4, 6], null]),
      );
    }
  });

  test('an offset of 0 is what PyTorch calls causal', () => {
    using _scope = scope();
    const [q, k, v] = [random([2, 4], 1), random([5, 4], 2), random([5, 3], 3)];
    const y = scaledDotProductAttention(q, k, v, { causal: true, offset: 0 });
    expectClose(y.slice([[0, 1]]), v.slice([[0, 1]]));
    expectClose(y.slice([[1, 2]]), scaledDotProductAttention(q.slice([[1, 2]]), k.slice([[0, 2]]), v.slice([[0, 2]])));
  });

  test('heads of queries share those of keys, side by side', () => {
    using _scope = scope();
    const [q, k, v] = [random([2, 6, 3, 4], 1), random([2, 2, 5, 4], 2), random([2, 2, 5, 4], 3)];
    const y = scaledDotProductAttention(q, k, v, { causal: true });
    for (let h = 0; h < 6; h++) {
      const head = (x: Tensor, i: number): Tensor => x.slice([null, i]);
      const own = scaledDotProductAttention(head(q, h), head(k, Math.floor(h / 3)), head(v, Math.floor(h / 3)), {
        causal: true,
      });
      expectClose(head(y, h), own);
    }
  });

  test('one key is its value, whatever it fits', () => {
    using _scope = scope();
    const v = random([2, 1, 3], 1);
    const y = scaledDotProductAttention(random([2, 4, 5], 2), random([2, 1, 5], 3), v);
    expectClose(y, v.expand(2, 4, 3));
  });

  const none = {
    'a mask': {
      mask: () =>
        tensor([
          [true, true],
          [false, false],
          [true, false],
        ]),
    },
    'a bias of -∞': {
      bias: () =>
        tensor(
          [
            [0, 0],
            [-Infinity, -Infinity],
            [0, -Infinity],
          ],
          { dtype: 'float64' },
        ),
    },
  } as const;
  test.each(Object.entries(none))(
    'a query that may look at no key, by %s, gives zeros and has no gradient',
    (_, given) => {
      using _scope = scope();
      const [q, k, v] = [random([3, 4], 1), random([2, 4], 2), random([2, 5], 3)];
      const options = Object.fromEntries(Object.entries(given).map(([name, make]) => [name, make()]));
      const y = scaledDotProductAttention(q, k, v, options);
      expect(y.slice([1]).toArray()).toEqual([0, 0, 0, 0, 0]);
      expectClose(y.slice([2]), v.slice([0]));
      const [dq, dk, dv] = gradients(y.sum(), [q, k, v]);
      expect(dq!.slice([1]).toArray()).toEqual([0, 0, 0, 0]);
      // Keys and values have the gradients that they have without that query.
      const rest = (x: Tensor): Tensor => x.slice([[null, null, 2]]);
      const others = Object.fromEntries(Object.entries(options).map(([name, x]) => [name, rest(x)]));
      const [restDq, restDk, restDv] = gradients(scaledDotProductAttention(rest(q), k, v, others).sum(), [q, k, v]);
      expectClose(dq!, restDq!);
      expectClose(dk!, restDk!);
      expectClose(dv!, restDv!);
    },
  );

  test('queries before all keys give zeros, and so do all where there is no key', () => {
    using _scope = scope();
    const q = random([4, 3], 1);
    const early = scaledDotProductAttention(q, random([2, 3], 2), random([2, 2], 3), { causal: true });
    expect(early.slice([[0, 2]]).toArray()).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(early.slice([2]).toArray()).not.toEqual([0, 0]);
    const nothing = scaledDotProductAttention(q, random([0, 3], 2), random([0, 2], 3), { causal: true });
    expect(nothing.toArray()).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
  });

  test('NaN reaches the queries that look at it, and no others', () => {
    using _scope = scope();
    const k = random([3, 2], 2).detach();
    k.writeSlice([2, 0], NaN);
    const y = scaledDotProductAttention(random([3, 2], 1), k, random([3, 2], 3), { causal: true });
    expect(Array.from(y.dataSync(), Number.isNaN)).toEqual([false, false, false, false, true, true]);
  });

  test('dropout leaves out weights by seed and position, the same whatever computes', () => {
    using _scope = scope();
    const [q, k] = [random([2, 3, 4], 1), random([2, 50, 4], 2)];
    // One value for each key shows its weight.
    const v = tensor(
      Array.from({ length: 50 }, (_, i) => Array.from({ length: 50 }, (_, j) => (i === j ? 1 : 0))),
      { dtype: 'float64' },
    );
    const weights = scaledDotProductAttention(q, k, v).dataSync();
    const generator = new Generator(7).skip(3);
    const left = scaledDotProductAttention(q, k, v, { dropoutP: 0.25, generator }).dataSync();
    const numbers = new Generator(7).skip(3);
    for (const [i, weight] of weights.entries()) {
      expect(left[i]).toBeCloseTo(numbers.uniform() < 0.25 ? 0 : weight / 0.75, 12);
    }
    expect(generator.state.position).toBe(3 + 300);
    manualSeed(5);
    const [first, second] = [0, 1].map(() => scaledDotProductAttention(q, k, v, { dropoutP: 0.5 }).toArray());
    manualSeed(5);
    expect(scaledDotProductAttention(q, k, v, { dropoutP: 0.5 }).toArray()).toEqual(first);
    expect(second).not.toEqual(first);
  });

  const settings: Record<string, [options: () => AttentionOptions, heads?: number]> = {
    plain: [() => ({})],
    'causal, with shared heads': [() => ({ causal: true }), 1],
    'a window, a cap and a bias': [() => ({ window: 2, softcap: 0.8, bias: random([2, 1, 4], 9) })],
    'a mask with an empty row, and dropout': [
      () => ({
        mask: tensor([
          [true, false, true, true],
          [false, false, false, false],
        ]),
        dropoutP: 0.3,
        generator: new Generator(4),
      }),
    ],
  };
  test.each(Object.entries(settings))('first and second derivatives: %s', (_, [options, keyHeads = 2]) => {
    using _scope = scope();
    const { bias, ...others } = options();
    const inputs = [
      random([2, 2, 3], 1),
      random([keyHeads, 4, 3], 2),
      random([keyHeads, 4, 2], 3),
      ...(bias ? [bias] : []),
    ];
    gradCheck(
      (q, k, v, bias) => {
        const generator = others.generator && new Generator(4);
        return scaledDotProductAttention(q!, k!, v!, {
          ...others,
          ...(bias && { bias }),
          ...(generator && { generator }),
        });
      },
      inputs,
      { secondOrder: true },
    );
  });

  test('nothing stays behind', () => {
    const before = memory().buffers;
    scope(() => {
      const x = random([2, 3, 4], 1);
      scaledDotProductAttention(x, x, x, { causal: true, bias: ones([3, 3], { dtype: 'float64', requiresGrad: true }) })
        .sum()
        .backward();
      noGrad(() => scaledDotProductAttention(x, x, x));
    });
    expect(memory().buffers).toBe(before);
  });
});

describe('a kernel and the composition', () => {
  const [op] = attentionSamples();
  const backends: CpuBackend[] = [];
  beforeAll(async () => {
    for (const make of Object.values(ways)) backends.push(await make());
  });

  test.each(op!.cases.map((sample, i) => [i, sample] as const))(
    'agree on sample %i, with all gradients',
    (_, sample) => {
      using _scope = scope();
      const [composed, fused] = backends.map((backend) => {
        const tensors = sampleTensors(sample, 'float64', backend);
        const leaves = Object.values(tensors).filter(
          (x): x is Tensor => (x as Tensor | undefined)?.dtype === 'float64',
        );
        for (const leaf of leaves) leaf.requiresGrad = true;
        const { y } = runSample(op!.op, tensors, sample.attrs);
        return [y!, ...gradients(y!.mul(random(y!.shape, 8).detach().to(backend)).sum(), leaves)];
      });
      for (const [i, x] of fused!.entries()) expectClose(x!.to(backends[0]!), composed![i]!);
    },
  );
});

describe('memory', () => {
  const size = 32;
  const matrix = size * size * 4;

  test('a kernel is asked for the log-sum-exp where a gradient is recorded, and it takes no room elsewhere', async () => {
    const asked: boolean[] = [];
    const backend = cpu({ threads: 1 });
    await useBackend(backend);
    const kernel = backend.kernels.get(scaledDotProductAttention)!;
    backend.kernels.set(scaledDotProductAttention, (tensors, attrs) => {
      asked.push(tensors.lse !== undefined);
      kernel(tensors, attrs);
    });
    const x = randn([size, 2], { requiresGrad: true });
    const made = (body: () => unknown): number =>
      scope(() => {
        const before = memory().bytes;
        resetPeakMemory();
        body();
        // Of [queries, keys] there is nothing at any time.
        expect(memory().peakBytes - before).toBeLessThan(matrix / 2);
        return memory().bytes - before;
      });
    expect(made(() => noGrad(() => scaledDotProductAttention(x, x, x)))).toBe(size * 2 * 4);
    const y = x.detach();
    expect(made(() => scaledDotProductAttention(y, y, y))).toBe(size * 2 * 4);
    expect(made(() => scaledDotProductAttention(x, x, x))).toBe(size * 2 * 4 + size * 4);
    expect(asked).toEqual([false, false, true]);
    for (const tensor of [x, y]) tensor.dispose();
  });

  test('by composition nothing is left but the result, where nothing is recorded', async () => {
    await composing();
    using _scope = scope();
    const x = randn([size, 2], { requiresGrad: true });
    const held = memory().bytes;
    const y = noGrad(() => scaledDotProductAttention(x, x, x, { causal: true }));
    expect(memory().bytes - held).toBe(size * 2 * 4);
    y.dispose();
    scaledDotProductAttention(x, x, x, { causal: true });
    expect(memory().bytes - held).toBeGreaterThan(matrix);
  });
});

describe('bad input', () => {
  beforeAll(async () => {
    await useBackend(cpu());
  });
  const int = (...values: number[]): Tensor => tensor(values, { dtype: 'int32' });
  const attend = (q: Shape, k: Shape, v: Shape, options?: AttentionOptions): Tensor =>
    scaledDotProductAttention(ones(q), ones(k), ones(v), options);
  /** As a kernel's author may call it. */
  const run = (q: Shape, k: Shape, v: Shape, bias?: Tensor): Tensor =>
    scaledDotProductAttention.run(
      { q: ones(q), k: ones(k), v: ones(v), mask: undefined, bias },
      { scale: 1, causal: false, offset: 0, window: 0, softcap: 0, dropoutP: 0, seed: 0, position: 0 },
    );

  // biome-ignore format: one mistake a line
  test.each<readonly [string, () => Tensor]>([
    ['q is [6, 2, 4] and k [4, 3, 4], 6 and 4 heads; needs as many, or a multiple of them, whose neighbours share keys', () => attend([6, 2, 4], [4, 3, 4], [4, 3, 2])],
    ['shapes [2] and [3] do not broadcast: axis 0 is 2 in one and 3 in the other; make them equal, or one of them 1', () => attend([2, 1, 2, 4], [3, 1, 3, 4], [3, 1, 3, 4])],
    ['mask is float32, needs bool; what is added to the scores is the option bias', () => attend([2, 4], [2, 4], [2, 4], { mask: ones([2, 2]) })],
    ["mask is int32, needs bool; cast it with .cast('bool')", () => attend([1, 4], [1, 4], [1, 4], { mask: int(1) })],
    ['q is float32 and bias is int32; cast one of them with .cast(dtype)', () => attend([1, 4], [1, 4], [1, 4], { bias: int(1) })],
    ['mask is [3, 2], which does not broadcast to [2, 3], [..., heads, queries, keys]', () => attend([2, 4], [3, 4], [3, 4], { mask: ones([3, 2], { dtype: 'bool' }) })],
    ['bias is [1, 2, 3], which does not broadcast to [2, 3], [..., heads, queries, keys]', () => attend([2, 4], [3, 4], [3, 4], { bias: ones([1, 2, 3]) })],
    ['window is 0, needs a whole number above 0', () => attend([2, 4], [2, 4], [2, 4], { window: 0 })],
    ['offset is 0.5, needs a whole number', () => attend([2, 4], [2, 4], [2, 4], { causal: true, offset: 0.5 })],
    ['got offset without causal or window, which alone ask for positions; leave it out', () => attend([2, 4], [2, 4], [2, 4], { offset: 1 })],
    ['softcap is -1, needs a number above 0', () => attend([2, 4], [2, 4], [2, 4], { softcap: -1 })],
    ['dropoutP is 1.5, needs a probability from 0 to 1', () => attend([2, 4], [2, 4], [2, 4], { dropoutP: 1.5 })],
    ['q has 3 heads and k 2; needs as many, or a multiple of them, whose neighbours share keys', () => run([1, 3, 2, 4], [1, 2, 2, 4], [1, 2, 2, 4])],
    ['q is [1, 2, 2, 4], k [1, 2, 3, 4] and v [2, 2, 3, 4]; needs one batch, and a value for each key', () => run([1, 2, 2, 4], [1, 2, 3, 4], [2, 2, 3, 4])],
    ['bias is [2], which does not broadcast to [1, 1, 2, 2], [batch, heads, queries, keys]', () => run([1, 1, 2, 4], [1, 1, 2, 4], [1, 1, 2, 4], ones([2]))],
    ['q is [2, 4], needs 4 axes: [batch, heads, length, features]', () => run([2, 4], [2, 4], [2, 4])],
  ])('%s', (message, call) => {
    expect(call).toThrow(DlError);
    expect(call).toThrow(`scaledDotProductAttention: ${message}`);
  });
});
