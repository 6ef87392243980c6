// Embedding and EmbeddingBag with sparse: the same gradient as without, for the rows of the words alone.

import { scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { describe, expect, test } from 'vitest';
import { Embedding, EmbeddingBag, Linear, Module } from '../index.js';

await useBackend(cpu());

const int = (data: number[] | number[][]): Tensor => tensor(data, { dtype: 'int32' });
const words = int([
  [3, 1, 3],
  [0, 7, 1],
]);

/** Goes back from Σ y³, so that gradients depend on the rows. */
function gradients<L extends Embedding | EmbeddingBag>(make: (sparse: boolean) => L, forward: (layer: L) => Tensor) {
  const [dense, sparse] = [make(false), make(true)] as const;
  sparse.weight.assign(dense.weight);
  for (const layer of [dense, sparse]) scope(() => forward(layer).pow(3).sum().backward());
  return { dense: dense.weight.grad!, rows: sparse.weight.rowGrad! };
}

describe('with sparse', () => {
  test.each([
    ['nothing else', {}, [0, 1, 3, 7]],
    ['a padding index', { paddingIndex: 1 }, [0, 3, 7]],
    ['gradients by frequency', { scaleGradByFreq: true }, [0, 1, 3, 7]],
    ['a largest norm', { maxNorm: 0.5 }, [0, 1, 3, 7]],
  ] as const)('Embedding, and %s', (_, options, expected) => {
    const { dense, rows } = gradients(
      (sparse) => new Embedding(9, 4, { ...options, sparse }),
      (layer) => layer.forward(words),
    );
    expect(rows.indices.toArray()).toEqual(expected);
    assertAllClose(rows.toDense(), dense, { rtol: 1e-6 });
  });

  test.each([
    ['sum', {}, [0, 1, 3, 7]],
    ['mean', { paddingIndex: 3 }, [0, 1, 7]],
    ['max', {}, [0, 1, 3, 7]],
  ] as const)('EmbeddingBag of the %s', (mode, options, expected) => {
    const make = (sparse: boolean) => new EmbeddingBag(9, 4, { ...options, mode, sparse });
    for (const forward of [
      (layer: EmbeddingBag) => layer.forward(words),
      // Bags of different lengths, one without words.
      (layer: EmbeddingBag) => layer.forward(int([3, 1, 3, 0, 7, 1]), [0, 1, 1, 5]),
    ]) {
      const { dense, rows } = gradients(make, forward);
      expect(rows.indices.toArray()).toEqual(expected);
      assertAllClose(rows.toDense(), dense, { rtol: 1e-5, atol: 1e-6 });
    }
  });

  test('a table that is the weight of a linear layer, too, has a gradient for all rows', () => {
    class Tied extends Module {
      readonly table = new Embedding(9, 4, { sparse: true });
      readonly out = new Linear(4, 9, { bias: false });

      constructor() {
        super();
        (this.out as { weight: Tensor }).weight = this.table.weight;
      }

      forward(x: Tensor): Tensor {
        return this.out.forward(this.table.forward(x));
      }
    }
    const model = new Tied();
    expect(model.parameters()).toHaveLength(1);
    const { weight } = model.table;
    model.forward(words).sum().backward();
    expect(weight.rowGrad).toBeUndefined();
    // Σ over words w and rows r of ⟨E_w, E_r⟩: each row gets Σ E_w, and for each word that it is Σ E_r.
    const table = weight.toArray() as number[][];
    const sums = (rows: readonly number[]) => [0, 1, 2, 3].map((i) => rows.reduce((sum, r) => sum + table[r]![i]!, 0));
    const [ofWords, ofAll] = [sums([...words.dataSync()]), sums(table.map((_, r) => r))];
    const times = table.map((_, r) => [...words.dataSync()].filter((w) => w === r).length);
    assertAllClose(
      weight.grad!,
      times.map((count) => ofWords.map((value, i) => value + count * ofAll[i]!)),
      { rtol: 1e-5, atol: 1e-5 },
    );
  });

  test('it is shown', () => {
    expect(String(new Embedding(9, 4, { sparse: true }))).toContain('sparse=true');
    expect(String(new EmbeddingBag(9, 4, { sparse: true }))).toContain('sparse=true');
  });
});
