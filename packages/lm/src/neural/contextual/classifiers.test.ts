// Classifiers of tokens and of sequences over any encoder: by their formulas, frozen or not, words of several tokens, and what is refused.

import { BERT } from '@dl/attention';
import { ArgumentError, manualSeed, memory, ShapeError, scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Dropout, Embedding, Linear, Module, Sequential } from '@dl/layers';
import { Adam } from '@dl/optim';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { trainBpe, trainCharacters, trainWords } from '../../index.js';
import {
  BidirectionalModel,
  ELMo,
  SequenceClassifier,
  TokenClassifier,
  type TokenEncoder,
  wordBatch,
} from '../../neural.js';

beforeAll(() => useBackend(cpu()));
beforeEach(() => void manualSeed(4));

const ints = (values: unknown): Tensor => tensor(values as number[][], { dtype: 'int32' });
const tokens = (): Tensor =>
  ints([
    [3, 1, 4, 1],
    [2, 6, 0, 0],
  ]);
const lengths = [4, 2];
const bert = (): BERT =>
  new BERT({ vocabularySize: 8, dModel: 8, nhead: 2, numLayers: 1, maxLength: 6, pooler: false, tokenHead: false });
const elmo = (): BidirectionalModel =>
  new BidirectionalModel({ vocabularySize: 8, embeddingSize: 4, tokenHead: false });
const encoders: Readonly<Record<string, () => TokenEncoder | BidirectionalModel>> = {
  BERT: bert,
  BidirectionalModel: elmo,
  ELMo: () => new ELMo(elmo(), { frozen: false }),
  Embedding: () => new Embedding(8, 8),
  'vectors and a dropout': () => new Sequential(new Embedding(8, 8), new Dropout(0.2)),
};
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length;

describe.each(Object.entries(encoders))('over %s', (name, make) => {
  const features = name === 'vectors and a dropout' ? { features: 8 } : {};

  test('the loss of tokens is the mean of -log p of those with a label', () => {
    using _ = scope();
    const model = new TokenClassifier(make(), 3, features).eval();
    const labels = [
      [2, -1, 0, 1],
      [-1, 2, 1, 1],
    ];
    const logits = model.forward(tokens(), { lengths });
    expect(logits.shape).toEqual([2, 4, 3]);
    const p = logits.logSoftmax(2).toArray() as number[][][];
    const said = [-p[0]![0]![2]!, -p[0]![2]![0]!, -p[0]![3]![1]!, -p[1]![1]![2]!];
    expect(model.loss(tokens(), ints(labels), { lengths }).item()).toBeCloseTo(mean(said), 5);
    const best = p.map((row) => row.map((x) => x.indexOf(Math.max(...x))));
    expect(model.classify(tokens(), { lengths })).toEqual([best[0], best[1]!.slice(0, 2)]);
    expect(model.classify(tokens(), { lengths, firsts: [[0, 3], [1]] })).toEqual([
      [best[0]![0], best[0]![3]],
      [best[1]![1]],
    ]);
  });

  test.each([[false], [true]])('it learns from a few, frozen: %s', (frozen) => {
    const encoder = make();
    const first = encoder.parameters()[0]!.toArray();
    const model = new TokenClassifier(encoder, 3, { frozen, ...features });
    const optimizer = new Adam(model.parameters(), { lr: 0.02 });
    const labels = ints([
      [2, 1, 0, 1],
      [0, 2, -1, -1],
    ]);
    const step = (): number =>
      scope(() => {
        const loss = model.loss(tokens(), labels, { lengths });
        loss.backward();
        optimizer.step();
        optimizer.zeroGrad();
        return loss.item();
      });
    const losses = Array.from({ length: 60 }, step);
    expect(losses.at(-1)).toBeLessThan(0.6 * losses[0]!);
    expect(String(encoder.parameters()[0]!.toArray()) === String(first)).toBe(frozen);
    // The weights of the layers of a bidirectional model learn all the same.
    const learning = model.namedParameters().filter(([, { requiresGrad }]) => requiresGrad);
    const own = name === 'BidirectionalModel' ? ['encoder.mix.scores', 'encoder.mix.scale'] : [];
    if (frozen) expect(learning.map(([place]) => place)).toEqual([...own, 'output.weight', 'output.bias']);
    else expect(learning.length).toBe(model.parameters().length);
  });

  test('a frozen encoder drops nothing while the map learns', () => {
    using _ = scope();
    const model = new TokenClassifier(make(), 3, { frozen: true, dropout: 0, ...features });
    const [once, twice] = [0, 1].map(() => model.forward(tokens(), { lengths }).toArray());
    expect(twice).toEqual(once);
    expect(model.encoder.training).toBe(true);
  });

  test.each(['mean', 'max', 'first', 'last', 'ends'] as const)('a sequence by %s of what counts', (pool) => {
    using _ = scope();
    const model = new SequenceClassifier(make(), 3, { pool, ...features }).eval();
    const { encoder } = model;
    const isStatic = encoder instanceof Embedding || encoder instanceof Sequential;
    const hidden = (
      isStatic ? encoder.forward(tokens()) : encoder.forward(tokens(), { lengths })
    ).toArray() as number[][][];
    const vectors = hidden.map((row, i) => {
      const counting = row.slice(0, lengths[i]);
      const [first, last] = [counting[0]!, counting.at(-1)!];
      if (pool === 'first') return first;
      if (pool === 'last') return last;
      if (pool === 'ends') return [...first, ...last];
      return first.map((_x, f) =>
        (pool === 'mean' ? mean : (all: number[]) => Math.max(...all))(counting.map((x) => x[f]!)),
      );
    });
    const expected = model.output.forward(tensor(vectors));
    const logits = model.forward(tokens(), { lengths });
    expect(logits.sub(expected).abs().max().item()).toBeLessThan(1e-5);
    const p = logits.logSoftmax(1).toArray() as number[][];
    expect(model.loss(tokens(), ints([1, 2]), { lengths }).item()).toBeCloseTo(mean([-p[0]![1]!, -p[1]![2]!]), 5);
  });
});

test('what else an encoder takes is handed on, and a module of one’s own is an encoder', () => {
  using _ = scope();
  const model = new SequenceClassifier(bert(), 2).eval();
  const segments = ints([
    [0, 0, 1, 1],
    [0, 0, 0, 0],
  ]);
  expect(model.forward(tokens(), { lengths, segments }).toArray()).not.toEqual(
    model.forward(tokens(), { lengths }).toArray(),
  );
  class Counting extends Module<[tokens: Tensor, options?: { readonly lengths?: readonly number[] }], Tensor> {
    override forward(x: Tensor, { lengths = [] }: { readonly lengths?: readonly number[] } = {}): Tensor {
      return x.cast('float32').unsqueeze(2).add(lengths.length);
    }
  }
  const own = new TokenClassifier(new Counting(), 2, { features: 1 });
  expect(own.forward(tokens(), { lengths }).shape).toEqual([2, 4, 2]);
});

test('nothing of a forward, a loss or an answer is left', () => {
  const models = [new TokenClassifier(bert(), 3), new SequenceClassifier(elmo(), 3, { frozen: true })] as const;
  const [x, labels] = [
    tokens(),
    ints([
      [0, 1, 2, -1],
      [1, 0, -1, -1],
    ]),
  ];
  const classes = ints([0, 2]);
  const step = (): void => {
    scope(() => {
      models[0].loss(x, labels, { lengths }).backward();
      models[1].loss(x, classes, { lengths }).backward();
    });
    for (const model of models) model.zeroGrad();
    models[0].classify(x, { lengths, firsts: [[0], [1]] });
  };
  step();
  const before = memory().buffers;
  for (let i = 0; i < 20; i++) step();
  expect(memory().buffers).toBe(before);
});

describe('wordBatch', () => {
  const sentences = [['they', 'unlocked', 'it'], ['lowest']];
  const labels = [[0, 1, 0], [2]];

  test.each([
    [
      'parts of words between the tokens of its file',
      trainBpe('they unlocked it lowest low lock', {
        merges: 5,
        bos: '<s>',
        eos: '</s>',
        begin: ['<s>'],
        end: ['</s>', '</s>'],
      }),
      1,
      2,
    ],
    [
      'parts of words with nothing around',
      trainBpe('they unlocked it lowest low lock', { merges: 5, bos: '<s>' }),
      0,
      0,
    ],
    [
      'words between bos and eos',
      trainWords('they unlocked it lowest', { unk: '<unk>', bos: '<s>', eos: '</s>', pad: '<pad>' }),
      1,
      1,
    ],
    ['characters with a begin', trainCharacters('they unlocked it lowest', { bos: '<s>' }), 1, 0],
  ] as const)('%s', (_, tokenizer, before, behind) => {
    using _scope = scope();
    const batch = wordBatch(tokenizer, sentences, { labels });
    const rows = batch.tokens.toArray() as number[][];
    const said = batch.labels.toArray() as number[][];
    for (const [i, sentence] of sentences.entries()) {
      const plain = [...tokenizer.encode(sentence.join(' '))];
      expect(batch.lengths[i]).toBe(before + plain.length + behind);
      expect(rows[i]!.slice(before, before + plain.length)).toEqual(plain);
      expect(rows[i]!.slice(batch.lengths[i])).toEqual(
        rows[i]!.slice(batch.lengths[i]).map(() => tokenizer.vocabulary.pad ?? 0),
      );
      // Where a word begins, by the length of what stands before it.
      const begins = sentence.map((_word, w) => {
        const until = tokenizer.encode(sentence.slice(0, w).join(' ')).length;
        const isBlank =
          w > 0 &&
          tokenizer.encode(' ').length === 1 &&
          tokenizer.encode(` ${sentence[w]}`)[0] === tokenizer.encode(' ')[0];
        return before + until + Number(isBlank);
      });
      expect(batch.firsts[i]).toEqual(begins);
      const expected = new Array<number>(rows[i]!.length).fill(-1);
      for (const [w, at] of begins.entries()) expected[at] = labels[i]![w]!;
      expect(said[i]).toEqual(expected);
    }
  });

  test('without ends, and without labels', () => {
    using _ = scope();
    const tokenizer = trainWords('a b', { unk: '<unk>', bos: '<s>', eos: '</s>' });
    const { tokens: plain, labels: none } = wordBatch(tokenizer, [['a', 'b', 'c']], { ends: false });
    expect(plain.toArray()).toEqual([
      [tokenizer.vocabulary.id('a'), tokenizer.vocabulary.id('b'), tokenizer.vocabulary.unk],
    ]);
    expect(none.toArray()).toEqual([[-1, -1, -1]]);
  });
});

describe('bad input', () => {
  const tokenizer = trainWords('a b', { unk: '<unk>' });
  const model = (): TokenClassifier => new TokenClassifier(new Embedding(8, 4), 3);
  test.each<[string, new (message: string) => Error, () => unknown]>([
    ['TokenClassifier: the encoder is 7, needs a module', ArgumentError, () => new TokenClassifier(7 as never, 3)],
    ['TokenClassifier: numClasses is 0', ArgumentError, () => new TokenClassifier(new Embedding(8, 4), 0)],
    [
      'SequenceClassifier: the encoder does not say how many features it makes, by outFeatures; give features',
      ArgumentError,
      () => new SequenceClassifier(new Sequential(new Embedding(8, 4)), 3),
    ],
    [
      'TokenClassifier: the encoder made [2, 4, 4] of [2, 4] tokens, needs [2, 4, 5], a vector for each',
      ShapeError,
      () => new TokenClassifier(new Embedding(8, 4), 3, { features: 5 }).forward(tokens()),
    ],
    [
      'TokenClassifier: tokens are [2] int32, needs int32 [batch, time]',
      ShapeError,
      () => model().forward(ints([1, 2])),
    ],
    [
      'TokenClassifier: tokens are [1, 4] float32',
      ShapeError,
      () => new TokenClassifier(new Linear(4, 4), 3).forward(tensor([[1, 2, 3, 4]])),
    ],
    ['labels are [1, 2], needs [2, 4]', ShapeError, () => model().loss(tokens(), ints([[1, 2]]))],
    [
      'TokenClassifier.classify: got firsts for 1 sequences, and there are 2',
      ShapeError,
      () => model().classify(tokens(), { firsts: [[0]] }),
    ],
    [
      'TokenClassifier.classify: firsts of sequence 1 have 2, needs tokens from 0 to 1',
      ArgumentError,
      () => model().classify(tokens(), { lengths, firsts: [[0], [2]] }),
    ],
    ['SequenceClassifier: pool is', ArgumentError, () => new SequenceClassifier(bert(), 3, { pool: 'sum' as never })],
    ['wordBatch: got no sentences', ArgumentError, () => wordBatch(tokenizer, [])],
    ['wordBatch: sentence 1 is [], needs a list of words', ArgumentError, () => wordBatch(tokenizer, [['a'], []])],
    [
      'wordBatch: got labels for 1 sentences, and there are 2',
      ShapeError,
      () => wordBatch(tokenizer, [['a'], ['b']], { labels: [[0]] }),
    ],
    ['wordBatch: sentence 0 has 2 words', ShapeError, () => wordBatch(tokenizer, [['a', 'b']], { labels: [[0]] })],
    [
      'wordBatch: a label of sentence 0 is -2, needs a class from 0, or -1',
      ArgumentError,
      () => wordBatch(tokenizer, [['a']], { labels: [[-2]] }),
    ],
  ])('%s', (message, kind, run) => {
    expect(run).toThrow(kind);
    expect(run).toThrow(message);
  });
});
