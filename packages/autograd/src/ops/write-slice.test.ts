// writeSlice: one copy where the part lies in one piece, what the graph hears of it, and a cache that stays where it is.

import { cpu } from '@dl/kernels-cpu';
import { beforeEach, describe, expect, test } from 'vitest';
import { PlainBackend } from '../../test/plain-backend.js';
import {
  arange,
  type Backend,
  type BufferHandle,
  type DType,
  memory,
  noGrad,
  ones,
  resetPeakMemory,
  type SliceRange,
  scope,
  slice,
  sum,
  type Tensor,
  tensor,
  useBackend,
  writeSlice,
  zeros,
} from '../index.js';

/** A backend whose copies are told. */
function watched(backend: Backend): { readonly backend: Backend; readonly copies: number[][] } {
  const copies: number[][] = [];
  const copy = backend.copy.bind(backend);
  backend.copy = (
    from: BufferHandle,
    to: BufferHandle,
    dtype: DType,
    size: number,
    fromStart = 0,
    toStart = 0,
  ): void => {
    copies.push([size, toStart]);
    copy(from, to, dtype, size, fromStart, toStart);
  };
  return { backend, copies };
}

const inOnePiece: Record<string, [ranges: readonly SliceRange[], size: number, start: number]> = {
  rows: [[[1, 3]], 24, 12],
  'a row': [[-1], 12, 24],
  'an element': [[1, 2, 3], 1, 23],
  'some of a row of a row': [[0, 1, [1, 3]], 2, 5],
  'all of it': [['...'], 36, 0],
  'one step, whichever way': [[[2, null, -3]], 12, 24],
};
const inSeveral: Record<string, readonly SliceRange[]> = {
  'a column': ['...', 1],
  'rows of several': [null, [0, 2]],
  'every other row': [[null, null, 2]],
  'rows the other way round': [[null, null, -1]],
};

describe.each([
  ['the CPU', (): Backend => cpu({ threads: 1 })],
  ['the readable kernels', (): Backend => cpu({ engine: 'typescript' })],
  ['a backend without kernels', (): Backend => new PlainBackend()],
])('on %s', (_, make) => {
  const { backend, copies } = watched(make());
  beforeEach(async () => {
    await useBackend([backend, cpu({ engine: 'typescript' })]);
  });

  test.each(Object.entries(inOnePiece))('one piece is one copy: %s', (_, [ranges, size, start]) => {
    using _scope = scope();
    const x = zeros([3, 3, 4]);
    // Freed, or what was read would move away first.
    const shape = scope(() => slice(x, ranges).shape);
    const value = arange(1, size + 1)
      .cast('float32')
      .reshape(shape);
    copies.length = 0;
    writeSlice(x, ranges, value);
    expect(copies).toEqual([[size, start]]);
    expect(Array.from(x.dataSync())).toEqual(
      Array.from({ length: 36 }, (_, i) => (i >= start && i < start + size ? i - start + 1 : 0)),
    );
  });

  test.each(Object.entries(inSeveral))(
    'what is read there is what was written, and nothing else changed: %s',
    (_, ranges) => {
      using _scope = scope();
      const x = arange(36).reshape([3, 3, 4]);
      const { shape } = slice(x, ranges);
      const value = arange(100, 100 + shape.reduce((a, b) => a * b, 1)).reshape(shape);
      const before = x.clone();
      x.writeSlice(ranges, value);
      expect(slice(x, ranges).toArray()).toEqual(value.toArray());
      const changed = (tensor: Tensor): number => Array.from(tensor.dataSync()).filter((each) => each < 100).length;
      expect(changed(x)).toBe(36 - value.size);
      const kept = Array.from(x.dataSync()).flatMap((each, i) => (each < 100 ? [each - before.dataSync()[i]!] : []));
      expect(kept.filter((difference) => difference !== 0)).toEqual([]);
    },
  );

  test('NaN that is written over is gone', () => {
    using _scope = scope();
    const x = tensor([
      [NaN, 1],
      [Infinity, 2],
    ]);
    x.writeSlice([null, 0], 0);
    expect(x.toArray()).toEqual([
      [0, 1],
      [0, 2],
    ]);
  });

  test('a part of the tensor itself is what it was', () => {
    using _scope = scope();
    const x = arange(6).reshape([3, 2]);
    x.writeSlice([[1, 3]], x.slice([[0, 2]]));
    expect(x.toArray()).toEqual([
      [0, 1],
      [0, 1],
      [2, 3],
    ]);
    // What was read of it before does not change with it.
    const row = x.slice([2]);
    x.writeSlice([2], 7);
    expect(row.toArray()).toEqual([2, 3]);
  });

  test('nothing to write is nothing changed', () => {
    using _scope = scope();
    const x = ones([2, 3]);
    x.writeSlice([[1, 1]], zeros([0, 3]));
    expect(x.toArray()).toEqual(ones([2, 3]).toArray());
  });
});

describe('the graph', () => {
  beforeEach(async () => {
    await useBackend(cpu());
  });

  test('is told what a backward pass still needs', () => {
    using _scope = scope();
    const w = ones([2, 2], { requiresGrad: true });
    const x = ones([2, 2]);
    const loss = sum(w.mul(x));
    x.writeSlice([0], 3);
    expect(() => loss.backward()).toThrow('mul saved b for its gradient, but writeSlice() changed it in place');
  });

  test('loses no gradient without a word', () => {
    using _scope = scope();
    const w = ones([2], { requiresGrad: true });
    const x = zeros([2, 2]);
    expect(() => x.writeSlice([0], w)).toThrow(
      'writeSlice: value requires a gradient, which would be lost; write value.detach(), or inside noGrad',
    );
    expect(() => w.mul(2).writeSlice([0], 1)).toThrow(
      'writeSlice: mul made a tensor of x, and its gradient would be lost; change a detach() of it, or inside noGrad',
    );
    noGrad(() => x.writeSlice([0], w));
    x.writeSlice([1], w.detach());
    expect(x.toArray()).toEqual([
      [1, 1],
      [1, 1],
    ]);
    // A leaf may change, as by assign.
    w.writeSlice([0], 5);
    expect(w.toArray()).toEqual([5, 1]);
  });

  test('a tensor is not written into itself', () => {
    using _scope = scope();
    const x = ones([2, 2]);
    expect(() => x.writeSlice([], x)).toThrow(
      'writeSlice: a tensor of value is among the tensors to change already; give it a copy, with clone()',
    );
  });
});

describe.each([
  ['rows, time first', [64, 2, 8], (t: number): SliceRange[] => [t]],
  ['a column of each head', [2, 4, 64, 2], (t: number): SliceRange[] => ['...', t, null]],
] as const)('a cache that grows step by step: %s', (_, shape, at) => {
  test.each([
    ['wasm', (): Backend => cpu({ threads: 1 })],
    ['typescript', (): Backend => cpu({ engine: 'typescript' })],
  ])('takes no memory but its own with %s', async (_, make) => {
    await useBackend(make());
    const cache = zeros(shape);
    const held = memory().bytes;
    resetPeakMemory();
    for (let t = 0; t < 64; t++) {
      scope(() => {
        const step = slice(cache, at(t));
        const value = ones(step.shape).mul(t);
        step.dispose();
        cache.writeSlice(at(t), value);
      });
      expect(memory().bytes).toBe(held);
    }
    // Beside the cache no more than a step: its value, the ones that it is made of, and what was read.
    expect(memory().peakBytes - held).toBeLessThanOrEqual((4 * cache.size * 4) / 64);
    expect(slice(cache, at(63)).mean().item()).toBe(63);
    expect(cache.mean().item()).toBe(31.5);
    cache.dispose();
  });
});
