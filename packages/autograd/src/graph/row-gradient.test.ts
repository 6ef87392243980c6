// Gradients for some rows of a table: what they hold, how they add up, and where they become gradients for all rows.

import { cpu } from '@dl/kernels-cpu';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { PlainBackend } from '../../test/plain-backend.js';
import {
  assignRows,
  checkpoint,
  customGrad,
  detectAnomaly,
  embedding,
  full,
  gradients,
  indexSelect,
  memory,
  noGrad,
  ones,
  type RowGradient,
  rowGradient,
  scope,
  type Tensor,
  tensor,
  useBackend,
  zeros,
} from '../index.js';

const engines = [
  ['wasm', cpu()],
  ['typescript', cpu({ engine: 'typescript' })],
] as const;

const int = (data: number[] | number[][]): Tensor => tensor(data, { dtype: 'int32' });
const table = (rows = 6): Tensor =>
  tensor(
    Array.from({ length: rows }, (_, i) => [i + 0.5, -i]),
    { requiresGrad: true },
  );
/** Σ over words of factor · row, with another factor for each word. */
const weighted = (words: Tensor, weight: Tensor, factors: number[], options: object = { sparse: true }): Tensor =>
  embedding(words, weight, options)
    .mul(tensor(factors).reshape([-1, 1]))
    .sum();
const shown = (gradient: RowGradient | undefined) =>
  gradient && { indices: gradient.indices.toArray(), values: gradient.values.toArray() };

describe.each(engines)('on the engine %s', (_, backend) => {
  beforeAll(async () => {
    await useBackend(backend);
  });

  test('has the rows that were looked up, ascending, and summed', () => {
    const weight = table();
    weighted(int([4, 1, 4, 4, 0]), weight, [1, 10, 100, 1000, 7]).backward();
    expect(shown(weight.rowGrad)).toEqual({
      indices: [0, 1, 4],
      values: [
        [7, 7],
        [10, 10],
        [1101, 1101],
      ],
    });
    expect(weight.rowGrad!.shape).toEqual([6, 2]);
    expect(weight.rowGrad!.toDense().toArray()).toEqual([
      [7, 7],
      [10, 10],
      [0, 0],
      [0, 0],
      [1101, 1101],
      [0, 0],
    ]);
  });

  test('of two batches has the rows of both', () => {
    const weight = table();
    weighted(int([4, 1]), weight, [1, 10]).backward();
    weighted(int([5, 1, 0]), weight, [2, 20, 3]).backward();
    expect(shown(weight.rowGrad)).toEqual({
      indices: [0, 1, 4, 5],
      values: [
        [3, 3],
        [30, 30],
        [1, 1],
        [2, 2],
      ],
    });
  });

  test('of a table that is looked up twice in one loss is the sum', () => {
    const weight = table();
    const loss = weighted(int([4, 1]), weight, [1, 10]).add(
      indexSelect(weight, 0, int([1, 3]), { sparse: true })
        .sum()
        .mul(5),
    );
    loss.backward();
    expect(shown(weight.rowGrad)).toEqual({
      indices: [1, 3, 4],
      values: [
        [15, 15],
        [5, 5],
        [1, 1],
      ],
    });
  });

  test.each(['the dense use first', 'the dense use last'])('with %s becomes a gradient for all rows', (order) => {
    const weight = table();
    const both = order === 'the dense use first' ? [0, 1] : [1, 0];
    const uses = [() => weight.mul(2).sum(), () => weighted(int([4, 1, 4]), weight, [1, 10, 100])];
    const inOneLoss = uses[both[0]!]!().add(uses[both[1]!]!());
    inOneLoss.backward();
    const expected = [0, 1, 2, 3, 4, 5].map((row) => {
      const value = 2 + (row === 1 ? 10 : 0) + (row === 4 ? 101 : 0);
      return [value, value];
    });
    expect(weight.rowGrad).toBeUndefined();
    expect(weight.grad!.toArray()).toEqual(expected);
    weight.zeroGrad();
    for (const at of both) uses[at]!().backward();
    expect(weight.grad!.toArray()).toEqual(expected);
  });

  test('leaves out the padding index, whatever it was multiplied with', () => {
    const weight = table();
    weighted(int([5, 1, 5]), weight, [Number.NaN, 10, 3], { sparse: true, paddingIndex: -1 }).backward();
    expect(shown(weight.rowGrad)).toEqual({ indices: [1], values: [[10, 10]] });
    weight.zeroGrad();
    weighted(int([5]), weight, [1], { sparse: true, paddingIndex: 5 }).backward();
    expect(weight.rowGrad!.indices.shape).toEqual([0]);
    expect(weight.rowGrad!.toDense().sum().item()).toBe(0);
  });

  test('of a table that was computed, of gradients() and with createGraph is for all rows', () => {
    const words = int([4, 1, 4]);
    const expected = [0, 10, 0, 0, 101, 0].map((value) => [value, value]);
    const weight = table();
    weighted(words, weight.mul(2), [1, 10, 100]).backward();
    expect(weight.grad!.toArray()).toEqual(expected.map((row) => row.map((value) => 2 * value)));
    expect(gradients(weighted(words, weight, [1, 10, 100]), [weight])[0]!.toArray()).toEqual(expected);
    weight.zeroGrad();
    // Σ w³ of the rows that were read: 3 w², then 6 w for each time that they were.
    embedding(words, weight, { sparse: true }).pow(3).sum().backward({ createGraph: true });
    const [second] = gradients(weight.grad!.sum(), [weight]);
    const times = [0, 1, 0, 0, 2, 0];
    const values = weight.toArray() as number[][];
    expect(second!.toArray()).toEqual(values.map((row, i) => row.map((w) => 6 * w * times[i]! + 0)));
  });

  test('comes through a checkpoint, and out of a formula of the user', () => {
    const weight = table();
    const x = tensor([[1, 2]], { requiresGrad: true });
    checkpoint((x) => embedding(int([2, 2]), weight, { sparse: true }).mul(x), x)
      .sum()
      .backward();
    expect(shown(weight.rowGrad)).toEqual({ indices: [2], values: [[2, 4]] });
    weight.zeroGrad();
    const made = rowGradient(
      int([3, 0]),
      tensor([
        [1, 2],
        [3, 4],
      ]),
      weight.shape,
    );
    const first = customGrad((w: Tensor) => ({ value: w.sum(), gradient: () => [made] }));
    first(weight).backward();
    first(weight).backward();
    expect(shown(weight.rowGrad)).toEqual({
      indices: [0, 3],
      values: [
        [6, 8],
        [2, 4],
      ],
    });
    noGrad(() => weight.rowGrad!.values.assign(full([2, 2], 9)));
    expect(shown(made)).toEqual({
      indices: [0, 3],
      values: [
        [3, 4],
        [1, 2],
      ],
    });
  });

  test('is a copy of a gradient that a formula gave', () => {
    const weight = table();
    const made = rowGradient(int([3]), tensor([[1, 2]]), weight.shape);
    customGrad((w: Tensor) => ({ value: w.sum(), gradient: () => [made] }))(weight).backward();
    weight.zeroGrad();
    expect(shown(made)).toEqual({ indices: [3], values: [[1, 2]] });
  });

  test('shares no buffer with the upstream gradient', () => {
    const weight = table();
    const seed = tensor([[1, 2]]);
    embedding(int([3]), weight, { sparse: true }).backward({ gradient: seed });
    noGrad(() => weight.rowGrad!.values.assign(full([1, 2], 9)));
    expect(seed.toArray()).toEqual([[1, 2]]);
  });

  test('leaves no memory, and lives as long as its parameter', () => {
    const weight = table(1000);
    const before = memory().buffers;
    const step = () =>
      scope(() => {
        weighted(int([4, 1, 4]), weight, [1, 10, 100]).backward();
        weighted(int([5, 1]), weight, [1, 10]).backward();
      });
    step();
    expect(memory().buffers).toBe(before + 2);
    expect(weight.rowGrad!.values.isFreed).toBe(false);
    const { peakBytes } = memory();
    for (let i = 0; i < 20; i++) {
      weight.zeroGrad();
      step();
    }
    expect(memory().buffers).toBe(before + 2);
    expect(memory().peakBytes).toBe(peakBytes);
    weight.zeroGrad();
    expect(memory().buffers).toBe(before);
    expect(weight.rowGrad).toBeUndefined();
  });

  test('survives the scope in which its parameter was made with it, and alone', () => {
    const weight = scope(() => {
      const weight = table();
      weighted(int([4]), weight, [1]).backward();
      return weight;
    });
    expect(shown(weight.rowGrad)).toEqual({ indices: [4], values: [[1, 1]] });
    const alone = scope(() => [weight.rowGrad!.clone()]);
    expect(shown(alone[0])).toEqual({ indices: [4], values: [[1, 1]] });
  });

  test('takes no more memory for a larger table', () => {
    const peak = (rows: number): number => {
      const weight = ones([rows, 4], { requiresGrad: true });
      const before = memory().bytes;
      scope(() => {
        weighted(int([4, 1, 4]), weight, [1, 10, 100]).backward();
      });
      const made = memory().bytes - before;
      weight.zeroGrad();
      weight.dispose();
      return made;
    };
    expect(peak(100_000)).toBe(peak(100));
  });

  test('NaN reaches its row alone, and is told where it arose', () => {
    const weight = table();
    weighted(int([4, 1]), weight, [Number.NaN, 10]).backward();
    expect(shown(weight.rowGrad)).toEqual({
      indices: [1, 4],
      values: [
        [10, 10],
        [Number.NaN, Number.NaN],
      ],
    });
    expect(() =>
      detectAnomaly(() => {
        const weight = tensor([[0, 1]], { requiresGrad: true });
        embedding(int([0]), weight, { sparse: true })
          .sqrt()
          .sum()
          .backward();
      }),
    ).toThrow(/made Infinity .* in the gradient of sqrt/);
  });

  test('assignRows changes those rows, and a gradient that needs the former ones says so', () => {
    const x = table();
    const y = x.square().sum();
    assignRows(
      x,
      int([4, 0]),
      tensor([
        [1, 2],
        [3, 4],
      ]),
    );
    expect(x.indexSelect(0, int([0, 1, 4, 5])).toArray()).toEqual([
      [3, 4],
      [1.5, -1],
      [1, 2],
      [5.5, -5],
    ]);
    expect(() => y.backward()).toThrow(/square saved x .* assignRows\(\) changed it/);
    expect(() => assignRows(x, int([0, 6]), ones([2, 2]))).toThrow(/assignRows: index 6 at position 1 is out of range/);
    expect(x.toArray()).toContainEqual([3, 4]);
    expect(() => assignRows(x, int([0]), ones([2, 2]))).toThrow(
      'assignRows: x is [6, 2], index [1] and rows [2, 2]; needs a row of x for each index',
    );
  });
});

test('assignRows, on a backend that has no kernel for it', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  await useBackend([new PlainBackend({ name: 'bare' }), cpu()]);
  const x = tensor([0, 1, 2, 3].map((i) => [i, -i]));
  assignRows(x, int([]), zeros([0, 2]));
  // Of rows with one index the last one stays, and no number of another row gets into one.
  assignRows(
    x,
    int([1, 3, 1]),
    tensor([
      [Number.NaN, 2],
      [3, Infinity],
      [5, 6],
    ]),
  );
  expect(x.toArray()).toEqual([
    [0, -0],
    [5, 6],
    [2, -2],
    [3, Infinity],
  ]);
  expect(() => assignRows(x, int([1, 4]), ones([2, 2]))).toThrow(
    'assignRows: index 4 at position 1 is out of range; there are 4 rows, so needs 0 to 3',
  );
  warn.mockRestore();
});

describe('says what is wrong', () => {
  let weight: Tensor;
  beforeAll(async () => {
    await useBackend(cpu());
  });
  beforeEach(() => {
    weight = table();
    weighted(int([4, 1, 4]), weight, [1, 10, 100]).backward();
  });

  test('where the gradient is read as a tensor', () => {
    expect(() => weight.grad).toThrow(
      'grad: this tensor has a gradient for 2 of its 6 rows, since it was looked up with { sparse: true }; read rowGrad, or rowGrad.toDense() for a tensor with all rows',
    );
    expect(weight.gradValues).toBe(weight.rowGrad!.values);
    expect(String(weight.rowGrad)).toBe('RowGradient(2 rows of [6, 2], float32)');
  });

  test('where it is given as one', () => {
    expect(() => weight.add(weight.rowGrad as never)).toThrow(/RowGradient/);
    expect(() => {
      weight.grad = weight.rowGrad as never;
    }).toThrow('grad: got a RowGradient; needs a Tensor, or undefined to free the gradient');
  });

  test('where another gradient is set', () => {
    const { indices, values } = weight.rowGrad!;
    expect(() => {
      weight.rowGrad = ones([6, 2]) as never;
    }).toThrow(/rowGrad: got a Tensor; needs what rowGradient\(\) makes/);
    expect(() => {
      weight.rowGrad = rowGradient(int([0]), ones([1, 3]), [6, 3]);
    }).toThrow('rowGrad: the gradient is float32 [6, 3], needs to be as the tensor, float32 [6, 2]');
    expect([indices.isFreed, values.isFreed]).toEqual([false, false]);
    weight.rowGrad = rowGradient(int([0]), ones([1, 2]), [6, 2]);
    expect([indices.isFreed, values.isFreed]).toEqual([true, true]);
    expect(() => values.toArray()).toThrow(/grad was set anew, which frees the former gradient/);
    weight.grad = ones([6, 2]);
    expect(weight.rowGrad).toBeUndefined();
    expect(weight.grad!.sum().item()).toBe(12);
    weight.rowGrad = rowGradient(int([0]), ones([1, 2]), [6, 2]);
    expect(weight.rowGrad!.toDense().sum().item()).toBe(2);
    weight.rowGrad = undefined;
    expect(weight.grad).toBeUndefined();
  });

  test('of indices and rows that do not fit', () => {
    expect(() => embedding(int([6]), weight, { sparse: true })).toThrow(/embedding: index 6 at position 0/);
    expect(() => indexSelect(weight, 1, int([0]), { sparse: true })).toThrow(
      'indexSelect: sparse is for rows, along axis 0, and the axis is 1; leave it out',
    );
    expect(() => rowGradient(int([7]), ones([1, 2]), [6, 2])).toThrow(
      'rowGradient: index 7 at position 0 is out of range; there are 6 rows, so needs 0 to 5',
    );
    expect(() => rowGradient(int([1]), ones([2, 2]), [6, 2])).toThrow(
      'rowGradient: rows are [2, 2], needs [1, 2]: a row of [6, 2] for each of 1 indices',
    );
    expect(() => ones([6, 2]).indexAdd(0, int([1]), ones([2, 2]))).toThrow(
      'indexAdd: source is [2, 2], needs [1, 2]: a slice of x for each of 1 indices',
    );
    expect(() => ones([6, 2]).indexAdd(0, int([6]), ones([1, 2]))).toThrow(/indexAdd: index 6 at position 0/);
  });
});
