// Attention in tiles, against the same composed of other ops in double precision: two hundred shapes with every attribute, sizes around strips,
// tiles and blocks, rows without keys; the same bits for any number of threads; and memory that is linear in the length.

import {
  type Backend,
  Generator,
  gradients,
  manualSeed,
  onesLike,
  rand,
  randn,
  type Shape,
  scaledDotProductAttention,
  scaledDotProductAttentionBiasGrad,
  scaledDotProductAttentionGrad,
  scope,
  type Tensor,
  useBackend,
  withBackend,
} from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { Heap } from '../src/heap.js';
import { wasmEngines } from './engines.js';

const SHAPES = 200;

interface Case {
  /** Batch, heads of q and of k, queries, keys, features of q and of v. */
  readonly sizes: readonly [number, number, number, number, number, number, number];
  readonly options: Readonly<Record<string, unknown>>;
  /** Which axes of the mask and of the bias are 1; undefined for none. */
  readonly mask: readonly boolean[] | undefined;
  readonly bias: readonly boolean[] | undefined;
  readonly dropoutP: number;
  readonly seed: number;
}

/** Case i, whatever was drawn before. */
function caseOf(i: number): Case {
  const random = new Generator(1000 + i);
  const draw = (low: number, high: number): number => low + Math.floor(random.uniform() * (high - low + 1));
  const chance = (p: number): boolean => random.uniform() < p;
  const keyHeads = draw(1, 3);
  // One in four as in generation: few queries, many keys. And some keys beyond a block of them.
  const isStep = chance(0.25);
  const queries = isStep ? draw(1, 2) : draw(1, 45);
  const keys = chance(0.15) ? draw(190, 410) : draw(1, 45);
  const axes = (): readonly boolean[] => Array.from({ length: 4 }, () => chance(0.4));
  const isPlaced = chance(0.4);
  return {
    sizes: [draw(1, 2), keyHeads * draw(1, 3), keyHeads, queries, keys, draw(1, 80), draw(1, 80)],
    options: {
      ...(isPlaced && { causal: chance(0.6), offset: draw(-queries, keys) }),
      ...(isPlaced && chance(0.6) && { window: draw(1, 30) }),
      ...(chance(0.2) && { softcap: 0.5 + 2 * random.uniform() }),
    },
    mask: chance(0.35) ? axes() : undefined,
    bias: chance(0.35) ? axes() : undefined,
    dropoutP: chance(0.3) ? 0.3 : 0,
    seed: i,
  };
}

const isPlaced = ({ causal, window }: Readonly<Record<string, unknown>>): boolean =>
  causal === true || window !== undefined;

/** The result and the gradients of q, k, v and a bias, from the same numbers in either precision. */
function results({ sizes, options, mask, bias, dropoutP, seed }: Case, dtype: 'float32' | 'float64'): Tensor[] {
  const [batch, heads, keyHeads, queries, keys, features, width] = sizes;
  manualSeed(seed);
  const scores = [batch, heads, queries, keys];
  const within = (shape: Shape): Tensor => rand(shape, { low: -1.5, high: 1.5 }).cast(dtype).detach();
  const broadcast = (axes: readonly boolean[]): Shape => scores.map((length, axis) => (axes[axis] ? 1 : length));
  const leaves = [
    within([batch, heads, queries, features]),
    within([batch, keyHeads, keys, features]),
    within([batch, keyHeads, keys, width]),
    ...(bias === undefined ? [] : [within(broadcast(bias))]),
  ];
  for (const leaf of leaves) leaf.requiresGrad = true;
  const [q, k, v, added] = leaves as [Tensor, Tensor, Tensor, Tensor | undefined];
  const { offset, ...others } = options;
  const y = scaledDotProductAttention(q, k, v, {
    ...others,
    ...(isPlaced(options) && { offset: offset as number }),
    // Two in five are out: some rows have no key at all.
    ...(mask !== undefined && { mask: rand(broadcast(mask)).greater(0.4) }),
    ...(added !== undefined && { bias: added }),
    ...(dropoutP > 0 && { dropoutP, generator: new Generator(seed).skip(3 * seed) }),
  });
  return [y.detach(), ...(gradients(y.mul(within(y.shape)).sum(), leaves) as Tensor[])];
}

const ops = [scaledDotProductAttention, scaledDotProductAttentionGrad, scaledDotProductAttentionBiasGrad];
const composing = cpu({ engine: 'typescript' });
const readable = cpu({ engine: 'typescript' });

beforeAll(async () => {
  await useBackend(readable);
  await useBackend(composing);
  for (const op of ops) expect(composing.kernels.delete(op)).toBe(true);
});

function on<T>(backend: Backend, body: () => T): T {
  return withBackend(backend, () => scope(body));
}

const numbers = (tensors: readonly Tensor[]): Float64Array[] => tensors.map((x) => Float64Array.from(x.dataSync()));

/**
 * Within a part of the largest number, to which the rounding of sums is proportional. Gradients are differences of products dy vᵀ, sums over
 * the values' features of numbers around 1: where nothing is left of them, as with a single key, it is their size that counts.
 */
function expectClose(
  actual: readonly Float64Array[],
  expected: readonly Float64Array[],
  { sizes: [batch, heads, , queries, keys, , width] }: Case,
  within: number,
): void {
  for (const [i, values] of expected.entries()) {
    // Of a bias, as many are summed as it was broadcast to.
    const count = i === 4 ? (batch * heads * queries * keys) / values.length : 1;
    const least = i === 0 ? 0 : Math.sqrt(width * count);
    const largest = values.reduce((top, value) => Math.max(top, Math.abs(value)), least);
    assertAllClose(actual[i]!, values, { rtol: 0, atol: within * largest });
  }
}

describe('by the formula, and composed', () => {
  test.each([...wasmEngines()])(`${SHAPES} shapes: %s`, async (engine) => {
    const tiled = cpu({ engine, threads: 1 });
    await useBackend(tiled);
    for (let i = 0; i < SHAPES; i++) {
      const one = caseOf(i);
      const exact = on(composing, () => numbers(results(one, 'float64')));
      const found = on(tiled, () => numbers(results(one, 'float32')));
      try {
        expectClose(found, exact, one, 1e-6);
      } catch (error) {
        throw new Error(`case ${i}, ${JSON.stringify(one)}: ${(error as Error).message}`);
      }
    }
    // None was left to the kernel in TypeScript.
    expect(tiled.info().details.leftToTypescript ?? '').not.toContain('scaledDotProductAttention');
  });
});

describe.each(wasmEngines())('%s: the same bits for any number of threads', (engine) => {
  test.each([0, 1, 2, 3])('case %i', async (i) => {
    // Several heads, rows without keys, a bias that is summed over some axes, dropout; and one head with many rows.
    const all: readonly Case[] = [
      {
        ...caseOf(7),
        sizes: [2, 6, 3, 30, 33, 20, 12],
        bias: [false, true, true, false],
        mask: [false, true, false, false],
      },
      {
        ...caseOf(8),
        sizes: [1, 1, 1, 300, 250, 16, 16],
        options: { causal: true, offset: -20, window: 90 },
        bias: undefined,
      },
      { ...caseOf(9), sizes: [3, 4, 2, 20, 9, 7, 10], bias: [true, true, false, false], dropoutP: 0.4 },
      { ...caseOf(10), sizes: [2, 8, 4, 1, 300, 32, 32], bias: undefined },
    ];
    const backends = [1, 2, 3].map((threads) => cpu({ engine, threads, splitAll: threads > 1 }));
    for (const backend of backends) await useBackend(backend);
    const [one, ...more] = backends.map((backend) => on(backend, () => numbers(results(all[i]!, 'float32'))));
    for (const each of more) expect(each).toEqual(one);
  });
});

describe('memory', () => {
  const [heads, features] = [8, 64];
  const whole = (length: number): number => 4 * heads * length * features;

  /** Bytes in use at most while causal attention goes forward and back, above q, k, v, the result, its gradient and theirs. */
  async function above(length: number): Promise<number> {
    const { allocate } = Heap.prototype;
    let peak = 0;
    const spy = vi.spyOn(Heap.prototype, 'allocate').mockImplementation(function (this: Heap, ...given) {
      const buffer = allocate.apply(this, given);
      peak = Math.max(peak, this.statistics.used);
      return buffer;
    });
    try {
      const backend = await useBackend(cpu({ threads: 1 }));
      using _ = scope();
      const leaves = [1, 2, 3].map(() => randn([1, heads, length, features], { requiresGrad: true }));
      const before = Number(backend.details().usedBytes);
      expect(before).toBeGreaterThanOrEqual(3 * whole(length));
      const [q, k, v] = leaves as [Tensor, Tensor, Tensor];
      peak = 0;
      const y = scaledDotProductAttention(q, k, v, { causal: true });
      gradients(y, leaves, { gradient: onesLike(y) });
      return peak - before - 5 * whole(length);
    } finally {
      spy.mockRestore();
    }
  }

  test('is linear in the length, and under 64 MiB above inputs and outputs for 4,096 positions', async () => {
    const [half, all] = [await above(2048), await above(4096)];
    expect(all).toBeLessThan(64 * 2 ** 20);
    // Scores alone would take four times as much.
    expect(all).toBeLessThan(2.2 * Math.max(half, 2 ** 20));
  });
});
