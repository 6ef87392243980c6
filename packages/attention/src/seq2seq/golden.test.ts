// Sequence to sequence with every score, pervasive attention and convolutions over text, beside the same written a step at a time in PyTorch.

import { readFileSync } from 'node:fs';
import { crossEntropy, scope, type Tensor, tensor, useBackend, where } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Embedding, type Module } from '@dl/layers';
import { GRU, LSTM, lengthMask } from '@dl/rnn';
import { assertAllClose } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  AdditiveAttention,
  type AttentionScore,
  AttentionSeq2Seq,
  CoverageAttention,
  LocalAttention,
  LocationAwareAttention,
  LuongAttention,
  PervasiveAttention,
  PointerGenerator,
  ScaledDotProductAttention,
  TextCNN,
} from '../index.js';

interface Values {
  readonly shape: number[];
  readonly data: number[];
}
interface Case {
  readonly model: string;
  readonly weights: Readonly<Record<string, Values>>;
  readonly logits: Values;
  readonly loss: number;
  readonly gradients: Readonly<Record<string, Values>>;
  // What else a kind of model has.
  readonly decoder: 'GRU' | 'LSTM';
  readonly order: 'bahdanau' | 'luong';
  readonly inputFeeding: boolean;
  readonly alignment: Values;
  readonly pool: 'max' | 'average' | 'both';
  readonly kernelSize: number;
  readonly channels: 'both' | 'static' | 'trained';
  readonly widths: number[];
  readonly score: string;
  readonly coverageWeight: number;
  readonly probabilities: Values;
  readonly generate: Values;
}

const cases = JSON.parse(readFileSync(new URL('../../golden/seq2seq.json', import.meta.url), 'utf8')) as Case[];
const ofKind = (kind: string): (readonly [string, Case])[] =>
  cases.filter(({ model }) => model === kind).map((each) => [`${each.pool ?? each.channels}`, each]);

const float64 = { dtype: 'float64' } as const;
const source = (): Tensor =>
  tensor(
    [
      [1, 2, 3, 4, 2],
      [5, 6, 1, 0, 0],
      [3, 0, 0, 0, 0],
    ],
    { dtype: 'int32' },
  );
const target = (): Tensor =>
  tensor(
    [
      [3, 1, 4, 0],
      [2, 0, 0, 0],
      [1, 5, 0, 0],
    ],
    { dtype: 'int32' },
  );
const lengths = { sourceLengths: [5, 3, 1], targetLengths: [4, 2, 3] };
const close = { rtol: 1e-10, atol: 1e-11 };

const scores: Readonly<Record<string, () => AttentionScore>> = {
  additive: () => new AdditiveAttention(4, 4, 3, float64),
  'location-aware': () => new LocationAwareAttention(4, 4, 3, { filters: 2, kernelSize: 3, ...float64 }),
  coverage: () => new CoverageAttention(4, 4, 3, float64),
  general: () => new LuongAttention(4, 4, float64),
  concat: () => new LuongAttention(4, 4, { score: 'concat', units: 3, ...float64 }),
  scaled: () => new ScaledDotProductAttention(4),
  monotonic: () => new LocalAttention(new LuongAttention(4, 4, float64), 1),
  predictive: () => new LocalAttention(new LuongAttention(4, 4, float64), 2, { alignment: 'predictive', units: 3 }),
  unnormalized: () =>
    new LocalAttention(new AdditiveAttention(4, 4, 3, float64), 2, {
      alignment: 'predictive',
      units: 3,
      renormalize: false,
    }),
};

beforeAll(() => useBackend(cpu()));

function expectGradients(model: Module, { gradients }: Case): void {
  expect(
    model
      .namedParameters()
      .map(([name]) => name)
      .sort(),
  ).toEqual(Object.keys(gradients).sort());
  for (const [name, { grad }] of model.namedParameters()) {
    assertAllClose(grad!, tensor(gradients[name]!, float64), close);
  }
}

describe('AttentionSeq2Seq', () => {
  test.each(Object.entries(scores))('%s: logits, alignment, loss and every gradient are PyTorch’s', (name, make) => {
    using _ = scope();
    const given = cases.find(({ model }) => model === name)!;
    const { decoder: kind, order, inputFeeding } = given;
    const size = 3 + (order === 'bahdanau' ? 4 : inputFeeding ? 5 : 0);
    const encoder = new GRU(3, 2, { bidirectional: true, ...float64 });
    const decoder = kind === 'GRU' ? new GRU(size, 4, float64) : new LSTM(size, 4, float64);
    using model = new AttentionSeq2Seq(encoder, make(), decoder, 6, {
      input: new Embedding(7, 3, float64),
      order,
      ...(order === 'luong' && { inputFeeding, attentionSize: 5 }),
    });
    model.loadStateDict(given.weights);
    const { output, weights } = model.forward(source(), target(), { ...lengths, returnWeights: true });
    const real = lengthMask(lengths.targetLengths, 4).unsqueeze(2);
    assertAllClose(where(real, output, 0), tensor(given.logits, float64), close);
    assertAllClose(weights!, tensor(given.alignment, float64), close);
    expect(model.forward(source(), target(), lengths).output.toArray()).toEqual(output.toArray());
    const loss = model.loss(source(), target(), { ...lengths, labelSmoothing: 0.1 });
    expect(loss.item()).toBeCloseTo(given.loss, 11);
    loss.backward();
    expectGradients(model, given);
  });

  test('every score has a case', () => {
    const named = cases.map(({ model }) => model).filter((name) => !['pervasive', 'text', 'pointer'].includes(name));
    expect(named.sort()).toEqual(Object.keys(scores).sort());
  });
});

describe('PervasiveAttention', () => {
  test.each(ofKind('pervasive'))('pool %s: logits, loss and every gradient are PyTorch’s', (_name, given) => {
    using _ = scope();
    const { pool, kernelSize } = given;
    const sizes = { embedDim: 2, numLayers: 2, growthRate: 2 };
    using model = new PervasiveAttention(7, 6, { ...sizes, pool, kernelSize, ...float64 });
    model.loadStateDict(given.weights);
    const { sourceLengths } = lengths;
    assertAllClose(model.forward(source(), target(), { sourceLengths }), tensor(given.logits, float64), close);
    const loss = model.loss(source(), target(), { ...lengths, labelSmoothing: 0.1 });
    expect(loss.item()).toBeCloseTo(given.loss, 11);
    loss.backward();
    expectGradients(model, given);
  });
});

describe('PointerGenerator', () => {
  test.each(cases.filter(({ model }) => model === 'pointer').map((each) => [each.score, each] as const))(
    'score %s: probabilities, alignment, loss and every gradient are PyTorch’s',
    (_name, given) => {
      using _ = scope();
      const { coverageWeight } = given;
      const encoder = new GRU(3, 2, { bidirectional: true, ...float64 });
      const decoder = given.decoder === 'GRU' ? new GRU(3, 4, float64) : new LSTM(3, 4, float64);
      using model = new PointerGenerator(encoder, scores[given.score]!(), decoder, 6, { attentionSize: 5 });
      model.loadStateDict(given.weights);
      // 6 and 7 are beyond the vocabulary, and the 7 of the last target is not in its source.
      const source = tensor(
        [
          [1, 6, 3, 7, 6],
          [5, 6, 1, 0, 0],
          [3, 0, 0, 0, 0],
        ],
        { dtype: 'int32' },
      );
      const target = tensor(
        [
          [7, 1, 6, 0],
          [2, 0, 0, 0],
          [1, 7, 0, 0],
        ],
        { dtype: 'int32' },
      );
      const found = model.forward(source, target, { ...lengths, extendedSize: 8, returnWeights: true });
      const real = lengthMask(lengths.targetLengths, 4);
      assertAllClose(where(real.unsqueeze(2), found.probabilities, 0), tensor(given.probabilities, float64), close);
      assertAllClose(where(real, found.pGen, 0), tensor(given.generate, float64), close);
      assertAllClose(found.weights!, tensor(given.alignment, float64), close);
      const loss = model.loss(source, target, { ...lengths, coverageWeight });
      expect(loss.item()).toBeCloseTo(given.loss, 11);
      loss.backward();
      expectGradients(model, given);
    },
  );
});

describe('TextCNN', () => {
  test.each(ofKind('text'))('channels %s: logits, loss and every gradient are PyTorch’s', (_name, given) => {
    using _ = scope();
    const { channels, widths } = given;
    using model = new TextCNN(7, 3, 3, { channels, widths, filters: 2, dropout: 0, ...float64 });
    model.loadStateDict(given.weights);
    const logits = model.forward(source(), { lengths: lengths.sourceLengths });
    assertAllClose(logits, tensor(given.logits, float64), close);
    const loss = crossEntropy(logits, tensor([2, 0, 1], { dtype: 'int32' }));
    expect(loss.item()).toBeCloseTo(given.loss, 11);
    loss.backward();
    expectGradients(model, given);
  });
});
