// Labels and indices that lie outside: those from the host are refused as on the CPU, also after they were moved; those that the
// device computed give NaN wherever they could have been read or added. In Node and in a browser alike.

import {
  concat,
  crossEntropy,
  embedding,
  IndexError,
  maxPool2dGrad,
  randn,
  scope,
  type Tensor,
  tensor,
  useBackend,
} from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import type { GpuBackend } from '@dl/kernels-gpu';
import { expect, test } from 'vitest';

export function indexTests(backend: GpuBackend): void {
  const whole = (values: readonly number[]): Tensor => tensor([...values], { dtype: 'int32' });
  /** Of which the host knows nothing. */
  const computed = (values: readonly number[]): Tensor => whole(values).add(0);
  const values = (x: Tensor): number[] => Array.from(x.dataSync());
  const nans = (x: Tensor): boolean[] => values(x).map(Number.isNaN);
  const outside = [-1, 3, 7, -(2 ** 24), 2 ** 24, 100_000];

  test('a computed label that lies outside: the loss of its row and the gradient are NaN, and no other', async () => {
    await useBackend(backend, { strict: true });
    for (const label of outside) {
      using _ = scope();
      const logits = randn([4, 3], { requiresGrad: true });
      const losses = crossEntropy(logits, computed([0, label, 2, 1]), { reduction: 'none' });
      expect(nans(losses), `label ${label}`).toEqual([false, true, false, false]);
      losses.sum().backward();
      expect(
        nans(logits.grad!).map((is, i) => is === (i >= 3 && i < 6)),
        `label ${label}`,
      ).not.toContain(false);
      expect(crossEntropy(logits, computed([0, label, 2, 1])).item()).toBeNaN();
    }
  });

  test('computed indices that lie outside: what they would have read or changed is NaN', async () => {
    await useBackend(backend, { strict: true });
    for (const index of outside) {
      using _ = scope();
      const told = `index ${index}`;
      const x = tensor([[1, 2], [3, 4], [5, 6]]); // biome-ignore format: a matrix
      const chosen = computed([2, index]);
      expect(values(x.indexSelect(0, chosen)), told).toEqual([5, 6, Number.NaN, Number.NaN]);
      expect(values(x.gather(0, chosen.reshape([1, 2]))), told).toEqual([5, Number.NaN]);
      // Only the column of the index.
      expect(values(x.scatterAdd(0, chosen.reshape([1, 2]), tensor([[10, 20]]))), told).toEqual([1, Number.NaN, 3, Number.NaN, 15, Number.NaN]); // biome-ignore format: in one
      const table = randn([3, 2], { requiresGrad: true });
      embedding(chosen, table).sum().backward();
      expect(nans(table.grad!), told).not.toContain(false);
    }
  });

  test('adding by many indices adds to each place what the CPU adds, also of indices that the device computed', async () => {
    const reference = cpu({ engine: 'typescript' });
    const count = 50;
    const index = Array.from({ length: count }, (_, i) => (i * i) % 7);
    const cases: readonly ((x: Tensor, at: Tensor) => Tensor)[] = [
      // Rows, columns, and planes of which each has its own.
      (x, at) => x.slice([[0, 9], [0, 6]]).indexAdd(0, at, x.slice([[0, count], [0, 6]])), // biome-ignore format: in one
      (x, at) => x.slice([[0, 5], [0, 9]]).indexAdd(1, at, x.slice([[0, 5], [0, count]])), // biome-ignore format: in one
      (x, at) => x.slice([[0, 9], [0, 4]]).scatterAdd(0, at.reshape([count, 1]).expand([count, 3]), x.slice([[0, count], [0, 3]])), // biome-ignore format: in one
      (x, at) => x.slice([[0, 3], [0, 9]]).scatterAdd(1, at.reshape([1, count]).expand([2, count]), x.slice([[0, 2], [0, count]])), // biome-ignore format: in one
    ];
    const start = Float32Array.from({ length: count * count }, (_, i) => ((i * 37) % 101) / 8);
    for (const body of cases) {
      using _ = scope();
      await useBackend(reference);
      const expected = values(body(tensor(start).reshape([count, count]), whole(index)));
      await useBackend(backend, { strict: true });
      const x = tensor(start).reshape([count, count]);
      expect(values(body(x, whole(index)))).toEqual(expected);
      expect(values(body(x, computed(index)))).toEqual(expected);
      expect(nans(body(x, computed(index.with(20, 9))))).toContain(true);
    }
  });

  test('an index that is itself read from outside gives NaN, too', async () => {
    await useBackend(backend, { strict: true });
    using _ = scope();
    const lost = whole([2, 1, 0]).indexSelect(0, computed([0, 5, 1]));
    const x = tensor([10, 20, 30]);
    expect(values(x.indexSelect(0, lost))).toEqual([30, Number.NaN, 20]);
    expect(values(x.gather(0, lost))).toEqual([30, Number.NaN, 20]);
    expect(nans(x.scatterAdd(0, lost, x))).not.toContain(false);
    expect(nans(crossEntropy(randn([3, 3]), lost, { reduction: 'none' }))).toEqual([false, true, false]);
  });

  test('computed places of a pool that lie outside of the plane give NaN', async () => {
    await useBackend(backend, { strict: true });
    using _ = scope();
    const g = tensor([[[[1, 2], [3, 4]]]]); // biome-ignore format: a plane
    const run = (places: readonly number[]): Tensor =>
      maxPool2dGrad.run(
        { g, indices: computed(places).reshape([1, 1, 2, 2]) },
        { shape: [1, 1, 4, 4], geometry: undefined },
      );
    expect(values(run([0, 3, 12, 15]))).toEqual([1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 4]);
    for (const place of [-1, 16, 2 ** 24]) expect(nans(run([0, 3, place, 15]))).not.toContain(false);
  });

  const moves: Readonly<Record<string, (labels: Tensor) => Tensor>> = {
    'a copy': (x) => x.clone(),
    'a cast': (x) => x.cast('int32'),
    'a shape': (x) => x.reshape([2, 4]).reshape([8]),
    'a slice': (x) => x.slice([[2, 6]]),
    'a slice of a slice': (x) => x.slice([[1, null]]).slice([[1, 4]]),
    'a reversal': (x) => x.slice([[null, null, -1]]),
    'a permutation': (x) => x.reshape([2, 4]).permute([1, 0]).reshape([8]),
    'an expansion': (x) => x.reshape([1, 8]).expand([3, 8]).reshape([24]),
    'a selection': (x) => x.indexSelect(0, whole([4, 3, 3])),
    'a gather': (x) => x.gather(0, whole([4, 3, 0])),
    'a padding': (x) => x.pad([[1, 2]]),
    'a joint': (x) => concat([whole([1]), x]),
  };

  test.each(Object.entries(moves))('labels from the host are checked after %s', async (_name, move) => {
    await useBackend(backend, { strict: true });
    using _ = scope();
    const labels = move(whole([0, 1, 2, 7, 0, 1, 2, 0]));
    expect(values(labels)).toContain(7);
    const logits = randn([labels.size, 3]);
    expect(() => crossEntropy(logits, labels)).toThrow(
      'crossEntropy: label 7 is out of range; there are 3, so needs 0 to 2',
    );
    expect(() => logits.indexSelect(1, labels)).toThrow(IndexError);
    expect(() => embedding(labels, randn([3, 2]))).toThrow('embedding: index 7 is out of range');
    // Where all lie inside, nothing is refused.
    expect(crossEntropy(randn([labels.size, 8]), labels).item()).not.toBeNaN();
  });

  test('a part of labels of which only others lie outside is not refused, and read back once at most', async () => {
    await useBackend(backend, { strict: true });
    using _ = scope();
    const part = whole([7, 0, 1, 2, -1]).slice([[1, 4]]);
    let reads = 0;
    const { gl } = backend.device;
    const { readPixels } = gl;
    const count = (...args: Parameters<WebGLRenderingContext['readPixels']>): void => {
      reads++;
      (readPixels as WebGLRenderingContext['readPixels']).apply(gl, args);
    };
    gl.readPixels = count;
    try {
      const logits = randn([3, 3]);
      const first = crossEntropy(logits, part);
      expect(reads).toBe(1);
      const second = crossEntropy(logits, part);
      // Known to lie inside without looking.
      crossEntropy(logits, whole([0, 1, 2, 0, 0]).slice([[0, 3]]));
      expect(reads).toBe(1);
      expect(second.item()).toBe(first.item());
      expect(first.item()).toBeGreaterThan(0);
    } finally {
      Object.assign(gl, { readPixels });
    }
  });

  test('numbers that were changed in place are no longer what the host wrote', async () => {
    await useBackend(backend, { strict: true });
    using _ = scope();
    const labels = whole([0, 1, 2]);
    labels.assign(computed([0, 1, 5]));
    expect(nans(crossEntropy(randn([3, 3]), labels, { reduction: 'none' }))).toEqual([false, false, true]);
    labels.assign(whole([0, 1, 4]));
    expect(() => crossEntropy(randn([3, 3]), labels)).toThrow('crossEntropy: label 4 is out of range');
  });

  test('whole numbers beyond 2^24 in attributes are refused', async () => {
    await useBackend(backend, { strict: true });
    using _ = scope();
    const x = whole([1, 2, 3]);
    expect(() => x.pad([[1, 0]], { value: 2 ** 24 + 1 })).toThrow(
      'gpu: pad has the value 16777217, and whole numbers are exact up to 2^24 on this backend; keep it on the CPU backend',
    );
    expect(() => x.clamp(0, 2 ** 31 - 1)).toThrow(
      'gpu: clamp has the bound 2147483647, and whole numbers are exact up to 2^24',
    );
    expect(values(x.clamp(2, Infinity))).toEqual([2, 2, 3]);
    expect(values(x.pad([[1, 0]], { value: 2 ** 24 }))).toEqual([2 ** 24, 1, 2, 3]);
  });
}
