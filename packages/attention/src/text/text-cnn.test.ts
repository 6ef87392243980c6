// TextCNN: each text is answered as it would be alone, padding is never a maximum, and one of its two tables stays as it is.

import { crossEntropy, manualSeed, randn, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Adam } from '@dl/optim';
import { assertAllClose, leakCheck } from '@dl/testing';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { TextCNN } from '../index.js';

beforeAll(() => useBackend(cpu()));
beforeEach(() => void manualSeed(6));

const int32 = (values: readonly (readonly number[])[]): Tensor => tensor(values as number[][], { dtype: 'int32' });

test.each(['both', 'static', 'trained'] as const)('padding is never a maximum: channels %s', (channels) => {
  const model = new TextCNN(20, 4, 3, { widths: [1, 2, 3, 5], filters: 6, channels }).eval();
  const texts = [[3, 14, 15, 9, 2, 6], [5, 3, 5], [8], [9, 7]];
  const lengths = texts.map(({ length }) => length);
  for (const [filler, time] of [
    [0, 6],
    [19, 6],
    [11, 9],
  ] as const) {
    const padded = texts.map((text) => [...text, ...new Array<number>(time - text.length).fill(filler)]);
    const logits = model.forward(int32(padded), { lengths });
    for (const [i, text] of texts.entries()) {
      assertAllClose(logits.slice([[i, i + 1]]), model.forward(int32([text])), { atol: 1e-6 });
    }
  }
});

test('filters whose answers are all negative give the ReLU of their largest, not of the padding’s 0', () => {
  // One word, one feature, one filter of width 1 with a bias: y = x - 2 for a word that is 1, and -2 for what is padded.
  const model = new TextCNN(2, 1, 1, { widths: [1], filters: 1, channels: 'trained' }).eval();
  model.trained!.weight.assign(tensor([[1], [9]]));
  model.convolutions.at(0).weight.assign(tensor([[[-1]]]));
  model.convolutions.at(0).bias!.assign(tensor([0.25]));
  model.output.weight.assign(tensor([[1]]));
  model.output.bias!.assign(tensor([0]));
  // Of the word, 0.25 - 1 is below 0; a padding of zeros would give 0.25, which is above.
  expect(model.forward(int32([[0, 1, 1]]), { lengths: [1] }).toArray()).toEqual([[0]]);
});

test('the static table begins as the trained one, is saved, and does not learn', () => {
  const vectors = randn([20, 4]);
  const model = new TextCNN(20, 4, 2, { vectors, filters: 3 });
  expect(model.fixed!.toArray()).toEqual(vectors.toArray());
  expect(model.trained!.weight.toArray()).toEqual(vectors.toArray());
  const drawn = new TextCNN(20, 4, 2);
  expect(drawn.fixed!.toArray()).toEqual(drawn.trained!.weight.toArray());
  expect(Object.keys(model.stateDict())).toContain('fixed');
  expect(model.namedParameters().map(([name]) => name)).not.toContain('fixed');
  const optimizer = new Adam(model.parameters(), { lr: 0.1 });
  const texts = int32([
    [1, 2, 3, 4, 5],
    [6, 7, 8, 9, 10],
  ]);
  leakCheck(() => {
    crossEntropy(model.forward(texts), tensor([0, 1], { dtype: 'int32' })).backward();
    optimizer.step();
    optimizer.zeroGrad();
  });
  expect(model.fixed!.toArray()).toEqual(vectors.toArray());
  expect(model.trained!.weight.toArray()).not.toEqual(vectors.toArray());
  expect(vectors.isFreed).toBe(false);
});

test('it learns whether a pair of words comes one after the other, wherever that is', () => {
  // A bag of words cannot: both classes have the same words.
  const place = (at: number, pair: readonly number[]): number[] => [
    ...new Array<number>(at).fill(3),
    ...pair,
    ...new Array<number>(6 - at).fill(3),
  ];
  const all = [0, 1, 2, 3, 4, 5, 6].flatMap((at) => [place(at, [1, 2]), place(at, [2, 1])]);
  const [texts, labels] = [
    int32(all),
    tensor(
      all.map((_, i) => i % 2),
      { dtype: 'int32' },
    ),
  ];
  const model = new TextCNN(4, 4, 2, { widths: [2, 3], filters: 4, dropout: 0.2 });
  const optimizer = new Adam(model.parameters(), { lr: 0.03 });
  for (let step = 0; step < 100; step++) {
    crossEntropy(model.forward(texts), labels).backward();
    optimizer.step();
    optimizer.zeroGrad();
  }
  expect(model.eval().forward(texts).argmax(1).toArray()).toEqual(labels.toArray());
});

test.each<[() => unknown, string]>([
  [() => new TextCNN(0, 4, 2), 'TextCNN: numWords is 0, needs a whole number of at least 1'],
  [() => new TextCNN(9, 4, 2, { widths: [] }), 'TextCNN: widths are [], needs at least one'],
  [() => new TextCNN(9, 4, 2, { widths: [0] }), 'TextCNN: a width is 0, needs a whole number of at least 1'],
  [
    () => new TextCNN(9, 4, 2, { channels: 'two' as never }),
    "TextCNN: channels is 'two', needs 'both', 'static' or 'trained'",
  ],
  [
    () => new TextCNN(9, 4, 2, { vectors: randn([9, 5]) }),
    'TextCNN: vectors are [9, 5], needs [9, 4], one for each word',
  ],
  [() => new TextCNN(9, 4, 2, { dropout: 2 }), 'Dropout: p is 2, needs a probability from 0 to 1'],
  [() => new TextCNN(9, 4, 2).forward(randn([2, 3])), 'TextCNN: words are [2, 3] float32, needs int32 [batch, length]'],
  [() => new TextCNN(9, 4, 2).forward(int32([[], []])), 'TextCNN: words are'],
  [
    () => new TextCNN(9, 4, 2).forward(int32([[1, 2]]), { lengths: [3] }),
    'TextCNN: a length is 3, needs a whole number from 1 to 2',
  ],
])('%s', (run, message) => {
  expect(run).toThrow(message);
});
