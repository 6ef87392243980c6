// wordEmbedding: rows are the vectors of their tokens, trained or not.

import { ArgumentError, Generator, scope, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { SGD } from '@dl/optim';
import { beforeAll, describe, expect, test } from 'vitest';
import { WordVectors } from '../../index.js';
import { wordEmbedding } from '../../neural.js';

beforeAll(() => useBackend(cpu()));

const vectors = new WordVectors(['a', 'b', 'c'], Float32Array.of(1, 2, 3, 4, 5, 6));

/** One step of training on a word. */
function step(layer: ReturnType<typeof wordEmbedding>, word: number): void {
  scope(() => {
    layer
      .forward(tensor([word], { dtype: 'int32' }))
      .sum()
      .backward();
    new SGD([layer.weight], { lr: 1 }).step();
  });
}

test('rows of wordEmbedding are those of the words, by default in their order', () => {
  const layer = wordEmbedding(vectors);
  expect(layer.weight.toArray()).toEqual([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  step(layer, 1);
  expect(layer.weight.toArray()).toEqual([
    [1, 2],
    [2, 3],
    [5, 6],
  ]);
});

test('of tokens, each has the vector of its word; the padding index has zeros, others are as spread as words are', () => {
  const tokens = ['<pad>', 'c', 'x', 'a', ...Array.from({ length: 2000 }, (_, i) => `y${i}`)];
  const layer = wordEmbedding(vectors, { tokens, paddingIndex: 0, generator: new Generator(1) });
  const rows = layer.weight.toArray() as number[][];
  expect([rows[0], rows[1], rows[3]]).toEqual([
    [0, 0],
    [5, 6],
    [1, 2],
  ]);
  const others = rows.slice(4).flat();
  const mean = others.reduce((sum, value) => sum + value, 0) / others.length;
  const variance = others.reduce((sum, value) => sum + (value - mean) ** 2, 0) / others.length;
  // 1 to 6 have the variance 35 / 12.
  expect(Math.abs(mean)).toBeLessThan(0.1);
  expect(Math.abs(variance / (35 / 12) - 1)).toBeLessThan(0.1);
  expect(layer.paddingIndex).toBe(0);
});

test('frozen it does not learn, until it is given back', () => {
  const layer = wordEmbedding(vectors, { frozen: true });
  expect(layer.weight.requiresGrad).toBe(false);
  layer.unfreeze();
  step(layer, 0);
  expect(layer.weight.toArray()).toEqual([
    [0, 1],
    [3, 4],
    [5, 6],
  ]);
});

test('other types, and gradients of rows', () => {
  const layer = wordEmbedding(vectors, { dtype: 'float64', sparse: true });
  expect([layer.weight.dtype, layer.sparse]).toEqual(['float64', true]);
  step(layer, 2);
  expect((layer.weight.toArray() as number[][])[2]).toEqual([4, 5]);
});

describe('bad input', () => {
  test('what are no vectors, and tokens that are none of the words', () => {
    expect(() => wordEmbedding({} as never)).toThrow(
      new ArgumentError(
        'wordEmbedding: vectors is an object of nothing, needs WordVectors, such as loadWordVectors of @dl/lm/node gives',
      ),
    );
    expect(() => wordEmbedding(vectors, { tokens: ['A', 'B'] })).toThrow(
      new ArgumentError(
        "wordEmbedding: none of the 2 tokens, such as 'A', is one of the 3 words of the vectors; both need the same words, in the same letters",
      ),
    );
  });
});
