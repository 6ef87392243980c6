// EncoderDecoder: how states cross, what the decoder is fed, and that it is taught and asked the same.

import { keep, manualSeed, noGrad, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Embedding, Module } from '@dl/layers';
import { generate } from '@dl/lm';
import { Adam } from '@dl/optim';
import { assertAllClose, leakCheck } from '@dl/testing';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  Bridge,
  EncoderDecoder,
  GRU,
  GRUCell,
  LSTM,
  LSTMCell,
  Recurrent,
  RNN,
  SequenceGenerator,
  type SequenceNetwork,
  type States,
} from '../index.js';

beforeAll(() => useBackend(cpu()));
beforeEach(() => void manualSeed(1));

type Make = () => SequenceNetwork;

const SIZE = 6;
const int32 = (values: readonly (readonly number[])[]): Tensor => tensor(values as number[][], { dtype: 'int32' });
const sources = [
  [1, 2, 3, 4],
  [5, 6, 0, 0],
];
const targets = [
  [3, 1, 0],
  [2, 0, 0],
];
const lengths = { sourceLengths: [4, 2], targetLengths: [3, 2] };

function modelOf(encoder: SequenceNetwork, decoder: SequenceNetwork): EncoderDecoder {
  return new EncoderDecoder(encoder, new SequenceGenerator(decoder, SIZE), { input: new Embedding(8, 3) });
}

/** Lets a function see the states with which the decoder's network is called, one after the other. */
function watch(model: EncoderDecoder): States[] {
  const seen: States[] = [];
  model.decoder.network.registerForwardPreHook(([, input]) => {
    if (input?.state === undefined) return;
    // They are freed on the way.
    const copies = Object.entries(input.state).map(([name, value]) => [name, noGrad(() => keep(value.clone()))]);
    seen.push(Object.fromEntries(copies) as States);
  });
  return seen;
}

/** The numbers of each sequence in all layers and directions, in order: [layers, batch, size] → [batch][layers · size] */
const numbersOf = (state: Tensor): number[][] => {
  const layers = state.toArray() as number[][][];
  return layers[0]!.map((_, row) => layers.flatMap((layer) => layer[row]!));
};

describe('states cross from the encoder to the decoder', () => {
  test.each<[string, Make, Make]>([
    ['of the same network', () => new LSTM(3, 4, { numLayers: 2 }), () => new LSTM(5, 4, { numLayers: 2 })],
    [
      'both directions side by side',
      () => new GRU(3, 2, { numLayers: 2, bidirectional: true }),
      () => new GRU(5, 4, { numLayers: 2 }),
    ],
  ])('as they are where the numbers are as many: %s', (_, makeEncoder, makeDecoder) => {
    const [encoder, decoder] = [makeEncoder(), makeDecoder()];
    const model = modelOf(encoder, decoder);
    expect(model.bridge.keys()).toEqual([]);
    const seen = watch(model);
    model.forward(int32(sources), int32(targets), lengths);
    const { state } = encoder.forward(model.input!.forward(int32(sources)), { lengths: [4, 2] });
    for (const [name, value] of Object.entries(seen[0]!)) {
      expect(value.shape).toEqual([2, 2, 4]);
      assertAllClose(tensor(numbersOf(value)), tensor(numbersOf(state[name]!)));
    }
  });

  test.each<[string, Make, Make, readonly string[]]>([
    ['another size', () => new LSTM(3, 4), () => new LSTM(5, 6), ['h', 'c']],
    ['more layers', () => new GRU(3, 4), () => new GRU(5, 4, { numLayers: 2 }), ['h']],
    ['one direction', () => new RNN(3, 4, { bidirectional: true }), () => new RNN(5, 4), ['h']],
    ['an LSTM behind a GRU', () => new GRU(3, 4), () => new LSTM(5, 4), ['c']],
    ['a GRU behind an LSTM with a projection', () => new LSTM(3, 4, { projSize: 2 }), () => new GRU(5, 4), ['h']],
  ])('by a learned map: %s', (_, makeEncoder, makeDecoder, learned) => {
    const [encoder, decoder] = [makeEncoder(), makeDecoder()];
    const model = modelOf(encoder, decoder);
    expect(model.bridge.keys()).toEqual(learned);
    expect(model.namedParameters().map(([name]) => name)).toContain(`bridge.${learned[0]}.weight`);
    const seen = watch(model);
    model.forward(int32(sources), int32(targets), lengths).sum().backward();
    const { state } = encoder.forward(model.input!.forward(int32(sources)), { lengths: [4, 2] });
    for (const name of learned) {
      const { weight, bias } = model.bridge.get(name);
      const given = numbersOf(state[name] ?? state['h']!);
      const squash = name === 'h' ? Math.tanh : (value: number) => value;
      const rows = given.map((row) =>
        (weight.toArray() as number[][]).map((w, i) =>
          squash(w.reduce((sum, each, j) => sum + each * row[j]!, (bias!.toArray() as number[])[i]!)),
        ),
      );
      assertAllClose(tensor(numbersOf(seen[0]![name]!)), tensor(rows), { atol: 1e-6 });
    }
    expect(model.parameters().every(({ grad }) => grad !== undefined)).toBe(true);
  });
});

/** A table that shows which tokens went through it. */
class Seen extends Module<[x: Tensor], Tensor> {
  readonly table = new Embedding(SIZE, 3);
  readonly tokens: number[][] = [];

  forward(x: Tensor): Tensor {
    this.tokens.push(Array.from(x.dataSync()));
    return this.table.forward(x);
  }
}

/** A model whose decoder says what `bias` makes likely, whatever it hears. */
function fixed(bias: readonly number[]): { readonly model: EncoderDecoder; readonly seen: Seen } {
  const seen = new Seen();
  const decoder = new SequenceGenerator(new GRU(3, 4), SIZE, { input: seen });
  decoder.output.loadStateDict({ weight: tensor(new Array(SIZE).fill([0, 0, 0, 0])), bias: tensor([...bias]) });
  return { model: new EncoderDecoder(new GRU(3, 4), decoder, { input: new Embedding(8, 3) }), seen };
}

test('cells, whose states have no axis for layers, stand on either side', () => {
  const [cells, layers] = [new Recurrent(new GRUCell(3, 4)), new GRU(3, 4)];
  for (const [encoder, decoder] of [
    [cells, layers],
    [layers, cells],
    [cells, new Recurrent(new LSTMCell(3, 4))],
  ] as const) {
    const model = modelOf(encoder, decoder);
    expect(model.bridge.has('h')).toBe(false);
    const seen = watch(model);
    model.loss(int32(sources), int32(targets), lengths).backward();
    const { state } = encoder.forward(model.input!.forward(int32(sources)), { lengths: [4, 2] });
    assertAllClose(seen[0]!['h']!.reshape([2, 4]), (state as States)['h']!.reshape([2, 4]));
    expect(model.decoder.network.parameters().every(({ grad }) => grad !== undefined)).toBe(true);
  }
});

describe('teacher forcing', () => {
  const pairs = { source: () => int32(sources), target: () => int32(targets) };

  test('always, the whole target is one pass, and is what single steps give', () => {
    const model = modelOf(new GRU(3, 4, { bidirectional: true }), new LSTM(3, 5));
    const whole = model.forward(pairs.source(), pairs.target(), { sourceLengths: [4, 2] });
    // A probability that is next to 1: no draw of 24 bits reaches it.
    const steps = model.forward(pairs.source(), pairs.target(), { sourceLengths: [4, 2], teacherForcing: 1 - 1e-12 });
    expect(whole.shape).toEqual([2, 3, SIZE]);
    assertAllClose(steps, whole, { atol: 1e-6 });
    const options = { ...lengths, labelSmoothing: 0.1 };
    expect(model.loss(pairs.source(), pairs.target(), { ...options, teacherForcing: 1 - 1e-12 }).item()).toBeCloseTo(
      model.loss(pairs.source(), pairs.target(), options).item(),
      5,
    );
  });

  test('the loss is the mean of -log p of the tokens that count, as decoders are told them', () => {
    const model = modelOf(new GRU(3, 4), new GRU(3, 4));
    let sum = 0;
    sources.forEach((source, i) => {
      const asked = model.from(int32([source]), { lengths: [lengths.sourceLengths[i]!] });
      let next = asked.start(1);
      for (const token of targets[i]!.slice(0, lengths.targetLengths[i])) {
        sum -= (next.logProbabilities as Tensor).dataSync()[token]!;
        next = asked.step([token], next.state);
      }
    });
    expect(model.loss(pairs.source(), pairs.target(), lengths).item()).toBeCloseTo(sum / 5, 5);
    // What stands beyond the ends changes nothing.
    const [x, y] = [int32([sources[0]!, [5, 6, 7, 7]]), int32([targets[0]!, [2, 0, 5]])];
    expect(model.loss(x, y, lengths).item()).toBeCloseTo(sum / 5, 5);
  });

  test('never, each token is the best one of the step before', async () => {
    const model = modelOf(new GRU(3, 4), new LSTM(3, 8));
    const target = int32([
      [1, 1, 1, 1, 1, 1],
      [1, 1, 1, 1, 1, 1],
    ]);
    const logits = model.forward(pairs.source(), target, { sourceLengths: [4, 2], teacherForcing: 0 });
    const said = await generate(model.from(pairs.source(), { lengths: [4, 2] }), { maxLength: 6 });
    expect(logits.argmax(2).toArray()).toEqual(said.map(({ tokens }) => tokens));
  });

  test('now and then, as often as asked, for each token by itself', () => {
    const { model, seen } = fixed([0, 0, 0, 0, 0, 9]); // it would always say 5
    const [rows, time] = [64, 65];
    const target = int32(Array.from({ length: rows }, () => new Array(time).fill(2)));
    model.forward(int32(Array.from({ length: rows }, () => [1])), target, { teacherForcing: 0.7 });
    expect(seen.tokens).toHaveLength(time);
    expect(new Set(seen.tokens[0])).toEqual(new Set([0]));
    const fed = seen.tokens.slice(1);
    expect(new Set(fed.flat())).toEqual(new Set([2, 5]));
    const share = fed.flat().filter((token) => token === 2).length / (rows * (time - 1));
    expect(Math.abs(share - 0.7)).toBeLessThan(4 * Math.sqrt((0.7 * 0.3) / (rows * (time - 1))));
    // One coin for a row, or for a step, would make each of them all of one kind.
    expect(fed.every((step) => new Set(step).size === 2)).toBe(true);
    for (let row = 0; row < rows; row++) expect(new Set(fed.map((step) => step[row])).size).toBe(2);
  });

  test('with own tokens that are drawn, each comes as often as its probability says', () => {
    const probabilities = [0.05, 0.1, 0.15, 0.2, 0.2, 0.3];
    const { model, seen } = fixed(probabilities.map(Math.log));
    const [rows, time] = [64, 65];
    const target = int32(Array.from({ length: rows }, () => new Array(time).fill(2)));
    model.forward(int32(Array.from({ length: rows }, () => [1])), target, { teacherForcing: 0, sampled: true });
    const fed = seen.tokens.slice(1).flat();
    const chiSquared = probabilities
      .map((p, token) => (fed.filter((each) => each === token).length - fed.length * p) ** 2 / (fed.length * p))
      .reduce((sum, part) => sum + part, 0);
    // Of five degrees of freedom: above 20.5 once in a thousand seeds.
    expect(chiSquared).toBeLessThan(20.5);
  });

  test('gradients go through all steps, and every parameter gets one', () => {
    const model = modelOf(new LSTM(3, 4, { bidirectional: true }), new LSTM(3, 5, { numLayers: 2 }));
    model.loss(pairs.source(), pairs.target(), { ...lengths, teacherForcing: 0.5 }).backward();
    for (const [name, { grad }] of model.namedParameters()) {
      expect([name, grad?.dataSync().some((value) => value !== 0)]).toEqual([name, true]);
    }
  });
});

test('it learns to turn sequences round, with scheduled sampling, and says them', async () => {
  const model = modelOf(new GRU(3, 24, { bidirectional: true }), new GRU(3, 24));
  const all = [1, 2, 3, 4, 5].flatMap((a) => [1, 2, 3, 4, 5].map((b) => [a, b]));
  const source = int32(all);
  const target = int32(all.map(([a, b]) => [b!, a!, 0]));
  const optimizer = new Adam(model.parameters(), { lr: 0.02 });
  for (let step = 0; step < 150; step++) {
    const loss = model.loss(source, target, { teacherForcing: Math.max(0.5, 1 - step / 100) });
    loss.backward();
    optimizer.step();
    optimizer.zeroGrad();
  }
  const said = await generate(model.from(source), { end: 0, maxLength: 4 });
  expect(said.map(({ tokens }) => tokens)).toEqual(all.map(([a, b]) => [b, a]));
});

test('nothing leaks', async () => {
  const model = modelOf(new LSTM(3, 4), new GRU(3, 4));
  const [source, target] = [int32(sources), int32(targets)];
  await leakCheck(() => model.loss(source, target, { ...lengths, teacherForcing: 0.5 }).item());
});

test('a model that is saved loads into one made alike', () => {
  const make = (): EncoderDecoder => modelOf(new GRU(3, 4, { bidirectional: true }), new LSTM(3, 4));
  const [one, other] = [make(), make()];
  expect(Object.keys(one.stateDict())).toContain('decoder.network.weight_hh_l0');
  other.loadStateDict(one.stateDict());
  assertAllClose(other.forward(int32(sources), int32(targets)), one.forward(int32(sources), int32(targets)));
});

test('a Bridge by itself takes states from any network to any other', () => {
  const [encoder, decoder] = [new LSTM(3, 2, { bidirectional: true }), new Recurrent(new GRUCell(5, 4))];
  const bridge = new Bridge(encoder, decoder);
  const { state } = encoder.forward(new Embedding(8, 3).forward(int32(sources)), { lengths: [4, 2] });
  // Four numbers of two directions side by side, where the cell has four: as they are.
  expect(bridge.keys()).toEqual([]);
  const begin = bridge.cross(state);
  expect(Object.keys(begin)).toEqual(['h']);
  expect(begin['h']!.toArray()).toEqual(numbersOf(state.h));
});
