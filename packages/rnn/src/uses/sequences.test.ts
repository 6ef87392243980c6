// SequenceEncoder, SequenceTransducer and SequenceGenerator: padding changes nothing, and each is what its formula says.

import { manualSeed, noGrad, randn, type Tensor, tensor, useBackend, where } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Conv2d, Embedding, Flatten, Linear, type Module, Sequential } from '@dl/layers';
import { allClose, assertAllClose } from '@dl/testing';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  ConvLSTM,
  EncoderDecoder,
  GRU,
  GRUCell,
  JordanRNN,
  LSTM,
  LSTMCell,
  lengthMask,
  Recurrent,
  RNN,
  SequenceEncoder,
  SequenceGenerator,
  type SequenceNetwork,
  SequenceTransducer,
  sequenceCrossEntropy,
} from '../index.js';

beforeAll(() => useBackend(cpu()));
beforeEach(() => void manualSeed(1));

const networks: readonly (readonly [string, () => SequenceNetwork])[] = [
  ['RNN', () => new RNN(3, 4)],
  ['LSTM in two layers and both directions', () => new LSTM(3, 4, { numLayers: 2, bidirectional: true })],
  ['LSTM with a projection', () => new LSTM(3, 4, { projSize: 2 })],
  ['Recurrent of an LSTMCell', () => new Recurrent(new LSTMCell(3, 4))],
  ['JordanRNN', () => new JordanRNN(3, 4, 2)],
  ['GRU with a residual', () => new GRU(3, 3, { numLayers: 2, residual: true })],
];
const forwards = networks.filter(([name]) => !name.includes('both'));
const LENGTHS = [5, 2, 1];
const int32 = (values: number[][]): Tensor => tensor(values, { dtype: 'int32' });

/** Each sequence by itself, without padding: [1, length, ...]. */
const alone = (x: Tensor): Tensor[] =>
  LENGTHS.map((length, i) =>
    x.slice([
      [i, i + 1],
      [0, length],
    ]),
  );

describe.each(networks)('%s', (_, make) => {
  test('SequenceEncoder gives what each sequence gives without its padding', () => {
    const network = make();
    const x = randn([3, 5, 3], { requiresGrad: true });
    const { bidirectional, outFeatures } = network;
    const size = bidirectional ? outFeatures / 2 : outFeatures;
    const h = new SequenceEncoder(network).forward(x, { lengths: LENGTHS });
    const mean = new SequenceEncoder(network, { pool: 'mean' }).forward(x, { lengths: LENGTHS });
    alone(x).forEach((sequence, i) => {
      const { output } = network.forward(sequence);
      const rows = (output.toArray() as number[][][])[0]!;
      // The way forward ends at the last step, the way back at the first one.
      const last = [...rows.at(-1)!.slice(0, size), ...rows[0]!.slice(size)];
      assertAllClose(h.slice([i]), tensor(last), { atol: 1e-6 });
      const sums = rows[0]!.map((_, j) => rows.reduce((sum, row) => sum + row[j]!, 0) / rows.length);
      assertAllClose(mean.slice([i]), tensor(sums), { atol: 1e-6 });
    });
    h.add(mean).square().sum().backward();
    const gradient = x.grad!.toArray() as number[][][];
    LENGTHS.forEach((length, i) => {
      expect(
        gradient[i]!.slice(length)
          .flat()
          .every((value) => value === 0),
      ).toBe(true);
      expect(
        gradient[i]!.slice(0, length)
          .flat()
          .some((value) => value !== 0),
      ).toBe(true);
    });
  });

  test('SequenceTransducer answers at each step, and its loss is the mean over those that count', () => {
    const model = new SequenceTransducer(make(), 2);
    const x = randn([3, 5, 3]);
    const labels = [
      [0, 1, 1, 0, 1],
      [1, 0, -7, -7, -7],
      [1, -7, -7, -7, -7],
    ];
    const { output } = model.forward(x, { lengths: LENGTHS });
    const losses: number[] = [];
    alone(x).forEach((sequence, i) => {
      const own = model.forward(sequence).output;
      expect(
        allClose(
          output.slice([
            [i, i + 1],
            [0, LENGTHS[i]!],
          ]),
          own,
          { atol: 1e-6 },
        ),
      ).toBe(true);
      (own.toArray() as number[][][])[0]!.forEach((logits, t) => {
        const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
        losses.push(Math.log(sum) - logits[labels[i]![t]!]!);
      });
    });
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    expect(losses).toHaveLength(8);
    expect(model.loss(x, int32(labels), { lengths: LENGTHS }).item()).toBeCloseTo(mean, 5);
    expect(sequenceCrossEntropy(output, int32(labels), { lengths: LENGTHS }).item()).toBeCloseTo(mean, 5);
    expect(sequenceCrossEntropy(output, int32(labels), { lengths: LENGTHS, reduction: 'sum' }).item()).toBeCloseTo(
      mean * 8,
      4,
    );
  });
});

test('NaN beyond the end of a sequence reaches neither a loss nor a gradient', () => {
  const model = new SequenceTransducer(new GRU(2, 3, { bidirectional: true }), 2);
  const encoder = new SequenceEncoder(model.network, { outFeatures: 2, pool: 'mean' });
  const x = tensor([
    [
      [1, 2],
      [3, 4],
    ],
    [
      [5, 6],
      [NaN, NaN],
    ],
  ]);
  const loss = model.loss(
    x,
    int32([
      [0, 1],
      [1, 0],
    ]),
    { lengths: [2, 1] },
  );
  loss.add(encoder.forward(x, { lengths: [2, 1] }).sum()).backward();
  expect(loss.item()).toBeGreaterThan(0);
  for (const { grad } of [...model.parameters(), ...encoder.output!.parameters()]) {
    expect(Array.from(grad!.dataSync()).every(Number.isFinite)).toBe(true);
  }
});

test('a network from the end to the begin ends at the begin', () => {
  const network = new Recurrent(new GRUCell(3, 4), { reverse: true });
  const x = randn([3, 5, 3]);
  const { state } = network.forward(x, { lengths: LENGTHS });
  assertAllClose(new SequenceEncoder(network).forward(x, { lengths: LENGTHS }), state['h']!);
});

test('states of images are encoded as they are', () => {
  const network = new ConvLSTM(1, 2, 3, { bidirectional: true });
  const { state } = network.forward(randn([1, 2, 1, 4, 4]));
  expect(state.h.shape).toEqual([2, 1, 2, 4, 4]);
  const x = randn([2, 3, 1, 4, 4]);
  const { h } = network.forward(x, { lengths: [3, 2] }).state; // [directions, batch, channels, height, width]
  const both = new SequenceEncoder(network).forward(x, { lengths: [3, 2] }); // [batch, directions · channels, height, width]
  assertAllClose(both.slice([null, [0, 2]]), h.slice([0]));
  assertAllClose(both.slice([null, [2, 4]]), h.slice([1]));
  expect(new SequenceEncoder(network, { pool: 'mean' }).forward(x, { lengths: [3, 2] }).shape).toEqual([2, 4, 4, 4]);
});

test('an output map is y = W h + b', () => {
  const model = new SequenceEncoder(new RNN(2, 3), { outFeatures: 2 });
  const x = randn([1, 4, 2]);
  const [h] = new SequenceEncoder(model.network).forward(x).toArray() as number[][];
  const [weight, bias] = [model.output!.weight.toArray() as number[][], model.output!.bias!.toArray() as number[]];
  const y = weight.map((row, i) => row.reduce((sum, w, j) => sum + w * h![j]!, bias[i]!));
  assertAllClose(model.forward(x), tensor([y]), { atol: 1e-6 });
});

test('input makes features of tokens, and of frames, one step at a time', () => {
  const table = new Embedding(10, 3);
  const words = new SequenceTransducer(new RNN(3, 4), 2, { input: table });
  const tokens = int32([
    [1, 2],
    [3, 9],
  ]);
  assertAllClose(words.forward(tokens).state['h']!, words.network.forward(table.forward(tokens)).state['h']!);

  const frame = new Sequential(new Conv2d(1, 2, 2), new Flatten()); // [1, 3, 3] → 8
  const video = new SequenceEncoder(new GRU(8, 4), { input: frame });
  const x = randn([2, 3, 1, 3, 3]);
  const byHand = Array.from({ length: 3 }, (_, t) => frame.forward(x.slice([null, t])).toArray() as number[][]);
  const features = tensor([0, 1].map((i) => byHand.map((rows) => rows[i]!)));
  assertAllClose(video.forward(x), new SequenceEncoder(video.network).forward(features), { atol: 1e-6 });
});

describe.each(forwards)('SequenceGenerator of %s', (_, make) => {
  const SIZE = 6;
  const tokens = [
    [3, 1, 4, 1, 5],
    [2, 0, 0, 0, 0],
    [5, 0, 0, 0, 0],
  ];

  test('step by step it gives what one pass gives, from the begin token on', () => {
    const model = new SequenceGenerator(make(), SIZE, { begin: 2 });
    const { output } = model.forward(int32([[2, 3, 1, 4, 1]]));
    const whole = output.logSoftmax(2);
    let next = model.start(1);
    tokens[0]!.forEach((token, t) => {
      assertAllClose(next.logProbabilities as Tensor, whole.slice([null, t]), { atol: 1e-6 });
      next = model.step([token], next.state);
    });
    const read = model.read([tokens[0]!], model.start(1).state);
    assertAllClose(read.logProbabilities as Tensor, next.logProbabilities as Tensor, { atol: 1e-6 });
  });

  test('its loss is the mean of -log p of the tokens that count', () => {
    const model = new SequenceGenerator(make(), SIZE);
    const lengths = [5, 2, 1];
    let sum = 0;
    lengths.forEach((length, i) => {
      let next = model.start(1);
      for (let t = 0; t < length; t++) {
        sum -= (next.logProbabilities as Tensor).dataSync()[tokens[i]![t]!]!;
        next = model.step([tokens[i]![t]!], next.state);
      }
    });
    expect(model.loss(int32(tokens), { lengths }).item()).toBeCloseTo(sum / 8, 5);
    // Beyond the end may stand any token.
    const others = int32([tokens[0]!, [2, 0, 5, 4, 3], [5, 5, 5, 5, 5]]);
    expect(model.loss(others, { lengths }).item()).toBeCloseTo(sum / 8, 5);
  });

  test('states are selected by rows, and sequences begin with states from elsewhere', () => {
    const model = new SequenceGenerator(make(), SIZE);
    const { state } = model.step([1, 2, 3], model.start(3).state);
    const some = model.step([4, 4], model.select(state, [2, 0]));
    const all = model.step([4, 4, 4], state);
    const [first, , last] = (all.logProbabilities as Tensor).toArray() as number[][];
    assertAllClose(some.logProbabilities as Tensor, tensor([last!, first!]), { atol: 1e-6 });

    const begun = model.from(all.state);
    expect(begun.batch).toBe(3);
    assertAllClose(
      begun.start(3).logProbabilities as Tensor,
      model.step([0, 0, 0], all.state).logProbabilities as Tensor,
      { atol: 1e-6 },
    );
  });
});

test('what says the next token is in evaluation mode, and leaves the mode as it was', () => {
  const model = new SequenceGenerator(new GRU(4, 8, { numLayers: 2, dropout: 0.5 }), 5);
  const next = model.start(2).logProbabilities as Tensor;
  expect(model.namedModules().every(([, { training }]) => training)).toBe(true);
  model.eval();
  assertAllClose(next, model.start(2).logProbabilities as Tensor);
});

test('in float64', () => {
  const model = new SequenceGenerator(new LSTM(3, 4, { dtype: 'float64' }), 5);
  expect([...new Set(model.parameters().map(({ dtype }) => dtype))]).toEqual(['float64']);
  model.loss(int32([[1, 2, 0]])).backward();
  expect((model.start(1).logProbabilities as Tensor).dtype).toBe('float64');
});

test('a batch of no sequences gives an empty result', () => {
  const none = randn([0, 3, 2]);
  const network = new GRU(2, 3);
  expect(new SequenceEncoder(network, { outFeatures: 2 }).forward(none).shape).toEqual([0, 2]);
  expect(new SequenceEncoder(network, { pool: 'mean' }).forward(none, { lengths: [] }).shape).toEqual([0, 3]);
  expect(new SequenceTransducer(network, 2).forward(none).output.shape).toEqual([0, 3, 2]);
  expect(noGrad(() => new SequenceGenerator(network, 4).start(0)).logProbabilities).toMatchObject({ shape: [0, 4] });
});

test.each<[string, (input: Linear) => Module]>([
  ['featuresOf of a SequenceEncoder', (input) => new SequenceEncoder(new GRU(3, 4), { input })],
  ['featuresOf of a SequenceTransducer', (input) => new SequenceTransducer(new GRU(3, 4), 2, { input })],
  [
    'featuresOf of an EncoderDecoder',
    (input) => new EncoderDecoder(new GRU(3, 4), new SequenceGenerator(new GRU(2, 3), 4), { input }),
  ],
])('what stands beyond the ends does not go through %s', (_, make) => {
  const input = new Linear(3, 3);
  const model = make(input);
  const mask = lengthMask(LENGTHS, 5).unsqueeze(2);
  const values = randn([3, 5, 3]);
  const found = [0, Number.NaN].map((filler) => {
    const x = where(mask, values, tensor(filler));
    const y =
      model instanceof EncoderDecoder
        ? model.loss(x, int32([[1], [2], [3]]), { sourceLengths: LENGTHS })
        : model instanceof SequenceTransducer
          ? model.loss(x, int32(LENGTHS.map(() => [0, 1, 1, 0, 1])), { lengths: LENGTHS })
          : model.forward(x, { lengths: LENGTHS }).square().sum();
    (y as Tensor).backward();
    const gradient = input.weight.grad!.toArray();
    model.zeroGrad();
    return [(y as Tensor).item(), gradient];
  });
  expect(Number.isFinite(found[0]![0])).toBe(true);
  expect(found[1]).toEqual(found[0]);
});
