// Kernels that move, join and convert elements, of every dtype and at sizes around every step of their loops: equal to the
// TypeScript kernels bit by bit.

import * as dl from '@dl/autograd';
import { type DType, type Shape, scope, type Tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { wasmEngines } from './engines.js';

const reference = cpu({ engine: 'typescript' });
const sizes = [1, 3, 4, 5, 8, 15, 16, 17, 63, 64, 65, 257, 1023];
const dtypes: readonly DType[] = ['float32', 'int32', 'bool', 'float64', 'float16', 'bfloat16'];

describe.each(wasmEngines())('%s', (engine) => {
  const backend = cpu({ engine });
  beforeAll(() => useBackend([backend, reference]));

  /** Runs `f` on tensors of these shapes on both backends, for each dtype, and compares. */
  async function compare(shapes: readonly Shape[], f: (...xs: Tensor[]) => Tensor, of = dtypes): Promise<void> {
    for (const dtype of of) {
      await useBackend(reference);
      dl.manualSeed(1);
      using _ = scope();
      const xs = shapes.map((shape) => dl.randn(shape).mul(3).cast(dtype));
      const expected = f(...xs);
      const actual = f(...xs.map((x) => x.to(backend)));
      expect(actual.shape).toEqual(expected.shape);
      expect(actual.dtype).toBe(expected.dtype);
      const [got, wanted] = [actual.dataSync(), expected.dataSync()];
      const wrong = got.findIndex((value, i) => !Object.is(value, wanted[i]));
      expect(wrong < 0 ? 'equal' : `${got[wrong]} for ${wanted[wrong]} at ${wrong}`).toBe('equal');
    }
  }

  test('slice', async () => {
    for (const n of sizes) {
      await compare([[n]], (x) => x.slice([[n >> 1, null]]));
      await compare([[n]], (x) => x.slice([[null, null, -1]]));
      await compare([[n]], (x) => x.slice([[null, null, 3]]));
      await compare([[5, n]], (x) => x.slice([[1, 4]]));
      await compare([[5, n]], (x) => x.slice([-2]));
      await compare([[5, n]], (x) =>
        x.slice([
          [null, null, -2],
          [n >> 2, null],
        ]),
      );
      await compare([[4, n, 3]], (x) =>
        x.slice([
          [1, 3],
          [n >> 1, null],
          [0, 2],
        ]),
      );
      await compare([[3, 2, n]], (x) => x.slice([null, 1, [null, null, -1]]));
      await compare([[2, n]], (x) => x.slice([[1, 1]]));
    }
  });

  test('the gradient of slice', async () => {
    const gradient = (x: Tensor, ranges: readonly dl.SliceRange[]): Tensor =>
      dl.grad((v: Tensor) => v.slice(ranges).mul(v.slice(ranges)).sum())(x);
    const floats = ['float32', 'float64'] as const;
    for (const n of sizes) {
      await compare([[n]], (x) => gradient(x, [[n >> 1, null]]), floats);
      await compare([[n]], (x) => gradient(x, [[null, null, -2]]), floats);
      await compare([[5, n]], (x) => gradient(x, [[1, 4]]), floats);
      await compare(
        [[5, n]],
        (x) =>
          gradient(x, [
            [4, 0, -2],
            [n >> 2, null],
          ]),
        floats,
      );
      await compare(
        [[4, n, 3]],
        (x) =>
          gradient(x, [
            [1, 3],
            [n >> 1, null],
            [0, 2],
          ]),
        floats,
      );
    }
  });

  test('concat', async () => {
    for (const n of sizes) {
      await compare([[n], [3], [n]], (...xs) => dl.concat(xs));
      await compare(
        [
          [2, n],
          [0, n],
          [3, n],
        ],
        (...xs) => dl.concat(xs),
      );
      await compare(
        [
          [3, n],
          [3, 2],
        ],
        (...xs) => dl.concat(xs, 1),
      );
      await compare(
        [
          [2, n, 3],
          [2, 1, 3],
          [2, n, 3],
        ],
        (...xs) => dl.concat(xs, 1),
      );
      await compare([[n], [n]], (...xs) => dl.stack(xs, 1));
    }
  });

  test('pad', async () => {
    for (const n of sizes) {
      for (const value of [0, 1]) {
        await compare([[n]], (x) => dl.pad(x, [[2, 3]], { value }));
        await compare([[3, n]], (x) =>
          dl.pad(
            x,
            [
              [1, 0],
              [0, 0],
            ],
            { value },
          ),
        );
        await compare([[3, n]], (x) =>
          dl.pad(
            x,
            [
              [0, 0],
              [5, 1],
            ],
            { value },
          ),
        );
        await compare([[2, 3, n, 4]], (x) =>
          dl.pad(
            x,
            [
              [0, 0],
              [0, 0],
              [1, 2],
              [3, 1],
            ],
            { value },
          ),
        );
        await compare([[2, 3, n, 2, 2]], (x) =>
          dl.pad(
            x,
            [
              [1, 2],
              [0, 1],
              [1, 0],
              [1, 1],
              [0, 2],
            ],
            { value },
          ),
        );
        await compare([[0, n]], (x) =>
          dl.pad(
            x,
            [
              [1, 2],
              [0, 1],
            ],
            { value },
          ),
        );
      }
      await compare([[4, n + 3]], (x) =>
        dl.pad(
          x,
          [
            [2, 3],
            [1, 2],
          ],
          { mode: 'reflect' },
        ),
      );
      await compare([[4, n]], (x) =>
        dl.pad(
          x,
          [
            [2, 3],
            [4, 7],
          ],
          { mode: 'replicate' },
        ),
      );
    }
    await compare([[7]], (x) => dl.pad(x, [[2, 3]], { value: -7 }), ['float32', 'int32', 'float64']);
  });

  test('triangles', async () => {
    for (const n of sizes) {
      for (const diagonal of [-n - 9, -2, 0, 1, n + 9]) {
        await compare([[5, n]], (x) => dl.tril(x, diagonal));
        await compare([[2, 5, n]], (x) => dl.triu(x, diagonal));
        await compare([[n, 5]], (x) => dl.triu(x, diagonal));
      }
    }
  });

  test('repeat and expand, over one to five axes that do not join', async () => {
    for (const n of sizes) {
      await compare([[1]], (x) => dl.expand(x, [n]));
      await compare([[n]], (x) => dl.expand(x, [3, n]));
      await compare([[n, 1]], (x) => dl.expand(x, [n, 5]));
      await compare([[n]], (x) => dl.repeat(x, [2, 3]));
      await compare([[3, n]], (x) => dl.repeat(x, [3, 2]));
      await compare([[2, 3, n]], (x) => dl.repeat(x, [1, 3, 2]));
      await compare([[2, 3, n, 2]], (x) => dl.repeat(x, [2, 1, 2, 3]));
      await compare([[2, 1, 3, n, 1]], (x) => dl.expand(x, [2, 5, 3, n, 4]));
      await compare([[2, 1, 3, 1, 2, 1, n]], (x) => dl.expand(x, [2, 2, 3, 3, 2, 2, n]));
    }
    await compare([[3, 4]], (x) => dl.repeat(x, [0, 2]));
    // Rows beyond what is copied in the loop.
    await compare([[4, 70_000]], (x) => dl.repeat(x, [2, 2]), ['float32']);
  });

  test('casts and copies', async () => {
    for (const n of sizes) {
      for (const dtype of dtypes) await compare([[n]], (x) => x.cast(dtype));
      await compare([[n]], (x) => x.clone());
      await compare([[n]], (x) => dl.roll(x, 2));
    }
  });

  test('logic, broadcasting', async () => {
    for (const n of sizes) {
      for (const op of [dl.logicalAnd, dl.logicalOr, dl.logicalXor]) {
        await compare([[n], [n]], op, ['bool']);
        await compare([[n], []], op, ['bool']);
        await compare([[], [n]], op, ['bool']);
        await compare([[3, n], [n]], op, ['bool']);
        await compare(
          [
            [3, 1],
            [3, n],
          ],
          op,
          ['bool'],
        );
        await compare(
          [
            [2, 1, n],
            [3, 1],
          ],
          op,
          ['bool'],
        );
      }
      await compare([[n]], dl.logicalNot, ['bool']);
    }
  });

  /** Indices from 0 to length - 1, each several times, in no order. */
  const indices = (shape: Shape, length: number): dl.Tensor =>
    dl.tensor({
      data: Int32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (i * 7 + (i >> 2)) % length),
      shape,
    });

  test('rows by index', async () => {
    for (const n of sizes) {
      await compare([[5, n]], (x) => dl.indexSelect(x, 0, indices([7], 5).to(x.backend)));
      await compare([[3, n]], (x) => dl.indexSelect(x, 1, indices([7], n).to(x.backend)));
      await compare([[2, n, 3]], (x) => dl.indexSelect(x, 1, indices([n], n).to(x.backend)));
      await compare([[3, n]], (x) => dl.indexSelect(x, 1, indices([0], n).to(x.backend)));
    }
  });

  test('elements by index', async () => {
    for (const n of sizes) {
      await compare([[5, n]], (x) => dl.gather(x, 0, indices([7, n], 5).to(x.backend)));
      await compare([[5, n]], (x) => dl.gather(x, 0, indices([7, Math.ceil(n / 2)], 5).to(x.backend)));
      await compare([[5, n]], (x) => dl.gather(x, 1, indices([4, 9], n).to(x.backend)));
      await compare([[2, n, 3]], (x) => dl.gather(x, 1, indices([2, 4, 2], n).to(x.backend)));
      await compare([[2, n, 3, 2]], (x) => dl.gather(x, 2, indices([2, Math.ceil(n / 2), 4, 1], 3).to(x.backend)));
    }
  });

  test('sums by index, in the order of the index', async () => {
    const floats = ['float32', 'float64', 'int32'] as const;
    for (const n of sizes) {
      await compare(
        [
          [5, n],
          [7, n],
        ],
        (x, s) => dl.scatterAdd(x, 0, indices([7, n], 5).to(x.backend), s),
        floats,
      );
      await compare(
        [
          [5, n],
          [5, 9],
        ],
        (x, s) => dl.scatterAdd(x, 1, indices([5, 9], n).to(x.backend), s),
        floats,
      );
      await compare(
        [
          [5, n],
          [4, 9],
        ],
        (x, s) => dl.scatterAdd(x, 1, indices([4, 9], n).to(x.backend), s),
        floats,
      );
      await compare(
        [
          [2, n, 3],
          [2, 4, 2],
        ],
        (x, s) => dl.scatterAdd(x, 1, indices([2, 4, 2], n).to(x.backend), s),
        floats,
      );
      const gradient = (x: Tensor, g: Tensor, axis: number, index: Tensor): Tensor =>
        dl.grad((v: Tensor) => dl.indexSelect(v, axis, index).mul(g).sum())(x);
      const real = ['float32', 'float64'] as const;
      await compare(
        [
          [5, n],
          [9, n],
        ],
        (x, g) => gradient(x, g, 0, indices([9], 5).to(x.backend)),
        real,
      );
      await compare(
        [
          [3, n],
          [3, 9],
        ],
        (x, g) => gradient(x, g, 1, indices([9], n).to(x.backend)),
        real,
      );
      await compare(
        [
          [2, n, 3],
          [2, 9, 3],
        ],
        (x, g) => gradient(x, g, 1, indices([9], n).to(x.backend)),
        real,
      );
    }
  });

  test('an index out of range is named', async () => {
    await useBackend(backend);
    using _ = scope();
    const x = dl.ones([3, 4]);
    const wrong = dl.tensor([[0, 1, 2, 5]], { dtype: 'int32' });
    const negative = dl.tensor([0, -1], { dtype: 'int32' });
    expect(() => dl.gather(x, 1, wrong)).toThrow('gather: index 5 at position 3 is out of range; the axis has 4');
    expect(() => dl.scatterAdd(x, 0, wrong, dl.ones([1, 4]))).toThrow('scatterAdd: index 5 at position 3');
    expect(() => dl.indexSelect(x, 0, negative)).toThrow('indexSelect: index -1 at position 1');
    expect(() => dl.embedding(negative, x)).toThrow('embedding: index -1 at position 1');
  });
});
