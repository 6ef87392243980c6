// What PyTorch lacks, against its formula: every network written step by step over plain arrays, a sequence at a time.

import { manualSeed, randn, scope, type Tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import * as rnn from './index.js';

type Row = readonly number[];
type Step = (x: Row, ...states: Row[]) => Row[];

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const sigmoids = (x: Row): Row => x.map(sigmoid);
const tanhs = (x: Row): Row => x.map(Math.tanh);
const plus = (...all: Row[]): Row => all[0]!.map((_, i) => all.reduce((sum, each) => sum + each[i]!, 0));
const times = (...all: Row[]): Row => all[0]!.map((_, i) => all.reduce((product, each) => product * each[i]!, 1));
const others = (x: Row): Row => x.map((value) => 1 - value);
const product = (w: readonly Row[], x: Row): Row => w.map((row) => row.reduce((sum, each, k) => sum + each * x[k]!, 0));
const cut = <T>(all: readonly T[], part: number, size: number): readonly T[] =>
  all.slice(part * size, (part + 1) * size);
const rows = (x: Tensor | undefined): Row[] => x!.toArray() as number[][];
const numbers = (x: Tensor | undefined): Row => Array.from(x!.dataSync());

/** The outputs, rows of 0 beyond the ends, and then the last states, of one layer in one direction. */
function byHand(x: Row[][], first: Row[][], lengths: readonly number[] | undefined, reverse: boolean, next: Step) {
  const lasts: Row[][] = [];
  const outputs = x.map((sequence, b) => {
    const length = lengths?.[b] ?? sequence.length;
    let states = first.map((each) => each[b]!);
    const out: Row[] = sequence.map(() => states[0]!.map(() => 0));
    for (let k = 0; k < length; k++) {
      const t = reverse ? length - 1 - k : k;
      states = next(sequence[t]!, ...states);
      out[t] = states[0]!;
    }
    lasts.push(states);
    return out;
  });
  return [outputs.flat(2), ...first.map((_, s) => lasts.flatMap((states) => states[s]!))];
}

interface Given {
  readonly network: rnn.Stacked<rnn.States, never>;
  /** Axes of a step, and of each state. */
  readonly step: Row;
  readonly states: readonly Row[];
  readonly next: (w: Readonly<Record<string, Tensor | undefined>>) => Step;
}

const float64 = { dtype: 'float64' } as const;
const [inputs, hidden] = [2, 3];

const lstmStep =
  (
    w: Readonly<Record<string, Tensor | undefined>>,
    form: { readonly peepholes?: boolean; readonly coupled?: boolean },
  ): Step =>
  (x, h, c) => {
    const z = plus(product(rows(w.weightIh), x), numbers(w.biasIh), product(rows(w.weightHh), h), numbers(w.biasHh));
    const gates = form.coupled ? ['f', 'g', 'o'] : ['i', 'f', 'g', 'o'];
    const peeped = form.coupled ? ['f', 'o'] : ['i', 'f', 'o'];
    const part = (gate: string): Row => cut(z, gates.indexOf(gate), hidden);
    const seen = (gate: string, cell: Row): Row =>
      form.peepholes ? plus(part(gate), times(rows(w.peepholes)[peeped.indexOf(gate)]!, cell)) : part(gate);
    const f = sigmoids(seen('f', c));
    const i = form.coupled ? others(f) : sigmoids(seen('i', c));
    const cell = plus(times(f, c), times(i, tanhs(part('g'))));
    return [times(sigmoids(seen('o', cell)), tanhs(cell)), cell];
  };

const gruStep =
  (w: Readonly<Record<string, Tensor | undefined>>, form: { readonly reset: string; readonly update: string }): Step =>
  (x, h) => {
    const fromInput = plus(product(rows(w.weightIh), x), numbers(w.biasIh));
    const recurrent = (gate: number, state: Row): Row =>
      plus(product(cut(rows(w.weightHh), gate, hidden), state), cut(numbers(w.biasHh), gate, hidden));
    const r = sigmoids(plus(cut(fromInput, 0, hidden), recurrent(0, h)));
    const z = sigmoids(plus(cut(fromInput, 1, hidden), recurrent(1, h)));
    const inner = form.reset === 'before' ? recurrent(2, times(r, h)) : times(r, recurrent(2, h));
    const n = tanhs(plus(cut(fromInput, 2, hidden), inner));
    const [kept, taken] = form.update === 'keep' ? [z, others(z)] : [others(z), z];
    return [plus(times(kept, h), times(taken, n))];
  };

/** Less the mean, over the standard deviation. */
function normalised(x: Row, eps: number): Row {
  const mean = x.reduce((sum, each) => sum + each, 0) / x.length;
  const variance = x.reduce((sum, each) => sum + (each - mean) ** 2, 0) / x.length;
  return x.map((each) => (each - mean) / Math.sqrt(variance + eps));
}

/** A filter over an image [channels, height, width] with zeros around it. */
function convolved(filters: Tensor, image: Row, [height, width]: readonly [number, number]): Row {
  const [out, channels, tall, wide] = filters.shape as readonly [number, number, number, number];
  const w = numbers(filters);
  const result: number[] = [];
  for (let o = 0; o < out; o++) {
    for (let place = 0; place < height * width; place++) {
      const [row, column] = [Math.floor(place / width), place % width];
      let sum = 0;
      for (let c = 0; c < channels; c++) {
        for (let k = 0; k < tall * wide; k++) {
          const [i, j] = [row + Math.floor(k / wide) - (tall - 1) / 2, column + (k % wide) - (wide - 1) / 2];
          if (i < 0 || i >= height || j < 0 || j >= width) continue;
          sum += w[(o * channels + c) * tall * wide + k]! * image[(c * height + i) * width + j]!;
        }
      }
      result.push(sum);
    }
  }
  return result;
}

const convStep =
  (w: Readonly<Record<string, Tensor | undefined>>, size: readonly [number, number], channels: number): Step =>
  (x, h, c) => {
    const places = size[0] * size[1];
    const bias = numbers(w.bias).flatMap((value) => new Array<number>(places).fill(value));
    const z = plus(convolved(w.weightIh!, x, size), convolved(w.weightHh!, h, size), bias);
    const part = (gate: number): Row => cut(z, gate, channels * places);
    const seen = (gate: number, at: number, cell: Row): Row =>
      w.peepholes === undefined
        ? part(gate)
        : plus(part(gate), times(cut(numbers(w.peepholes), at, channels * places), cell));
    const cell = plus(times(sigmoids(seen(1, 1, c)), c), times(sigmoids(seen(0, 0, c)), tanhs(part(2))));
    return [times(sigmoids(seen(3, 2, cell)), tanhs(cell)), cell];
  };

const own = (network: unknown): Given['network'] => network as Given['network'];
const features = { step: [inputs], states: [[hidden]] };
const lstm = { step: [inputs], states: [[hidden], [hidden]] };
const image = [3, 2] as const;
const options = { bidirectional: true, ...float64 } as const;

const networks: Readonly<Record<string, () => Given>> = {
  'an LSTM with peepholes (Gers & Schmidhuber, 2000)': () => ({
    network: own(new rnn.LSTM(inputs, hidden, { peepholes: true, ...options })),
    ...lstm,
    next: (w) => lstmStep(w, { peepholes: true }),
  }),
  'an LSTM with coupled gates (Greff et al., 2017)': () => ({
    network: own(new rnn.LSTM(inputs, hidden, { coupled: true, ...options })),
    ...lstm,
    next: (w) => lstmStep(w, { coupled: true }),
  }),
  'an LSTM with coupled gates and peepholes': () => ({
    network: own(new rnn.LSTM(inputs, hidden, { coupled: true, peepholes: true, ...options })),
    ...lstm,
    next: (w) => lstmStep(w, { coupled: true, peepholes: true }),
  }),
  ...Object.fromEntries(
    (['before', 'after'] as const).flatMap((reset) =>
      (['take', 'keep'] as const).map((update) => [
        `a GRU, reset ${reset}, update ${update}${reset === 'after' ? '' : update === 'keep' ? ' (Cho et al., 2014)' : ' (Chung et al., 2014)'}`,
        (): Given => ({
          network: own(new rnn.GRU(inputs, hidden, { reset, update, ...options })),
          ...features,
          next: (w) => gruStep(w, { reset, update }),
        }),
      ]),
    ),
  ),
  'a minimal gated unit (Zhou et al., 2016)': () => ({
    network: own(new rnn.MGU(inputs, hidden, options)),
    ...features,
    next: (w) => (x, h) => {
      const z = plus(product(rows(w.weightIh), x), numbers(w.bias));
      const f = sigmoids(plus(cut(z, 0, hidden), product(cut(rows(w.weightHh), 0, hidden), h)));
      const n = tanhs(plus(cut(z, 1, hidden), product(cut(rows(w.weightHh), 1, hidden), times(f, h))));
      return [plus(times(others(f), h), times(f, n))];
    },
  }),
  'an LSTM with layer normalisation (Ba et al., 2016)': () => ({
    network: own(new rnn.LayerNormLSTM(inputs, hidden, { eps: 0.01, ...options })),
    ...lstm,
    next: (w) => (x, h, c) => {
      const norm = (z: Row, gain: Tensor | undefined): Row => times(normalised(z, 0.01), numbers(gain));
      const z = plus(
        norm(product(rows(w.weightIh), x), w.gainIh),
        norm(product(rows(w.weightHh), h), w.gainHh),
        numbers(w.bias),
      );
      const [i, f, g, o] = [0, 1, 2, 3].map((gate) => cut(z, gate, hidden)) as [Row, Row, Row, Row];
      const cell = plus(times(sigmoids(f), c), times(sigmoids(i), tanhs(g)));
      return [times(sigmoids(o), tanhs(plus(norm(cell, w.gainC), numbers(w.biasC)))), cell];
    },
  }),
  'Jordan’s network (1986)': () => ({
    network: own(new rnn.JordanRNN(inputs, 4, hidden, options)),
    ...features,
    next: (w) => (x, y) => {
      const h = tanhs(plus(product(rows(w.weightIh), x), product(rows(w.weightYh), y), numbers(w.bias)));
      return [plus(product(rows(w.weightHy), h), numbers(w.biasY))];
    },
  }),
  'Jordan’s network of sigmoids': () => ({
    network: own(
      new rnn.JordanRNN(inputs, 4, hidden, { nonlinearity: 'sigmoid', outputNonlinearity: 'sigmoid', ...options }),
    ),
    ...features,
    next: (w) => (x, y) => {
      const h = sigmoids(plus(product(rows(w.weightIh), x), product(rows(w.weightYh), y), numbers(w.bias)));
      return [sigmoids(plus(product(rows(w.weightHy), h), numbers(w.biasY)))];
    },
  }),
  'a convolutional LSTM': () => ({
    network: own(new rnn.ConvLSTM(1, 2, [3, 1], options)),
    step: [1, ...image],
    states: [
      [2, ...image],
      [2, ...image],
    ],
    next: (w) => convStep(w, image, 2),
  }),
  'a convolutional LSTM with peepholes (Shi et al., 2015)': () => ({
    network: own(new rnn.ConvLSTM(1, 2, 3, { peepholes: image, ...options })),
    step: [1, ...image],
    states: [
      [2, ...image],
      [2, ...image],
    ],
    next: (w) => convStep(w, image, 2),
  }),
};

const [batch, time] = [3, 4];

describe.each(['wasm', 'typescript'] as const)('on %s', (engine) => {
  beforeAll(() => useBackend(cpu({ engine })));

  describe.each(Object.entries(networks))('%s', (_, given) => {
    test.each([undefined, [2, 4, 1]])('in both directions, with states and the lengths %j', (lengths) => {
      using _scope = scope();
      manualSeed(4);
      const { network, step, states, next } = given();
      // All of them, also those that start with the same number.
      for (const weight of network.parameters()) weight.assign(randn(weight.shape, float64));
      const x = randn([batch, time, ...step], float64);
      const keys = Object.keys(network.forward(x).state);
      const first = keys.map((_, i) => randn([2, batch, ...states[i]!], float64));
      const state = Object.fromEntries(keys.map((key, i) => [key, first[i]!]));
      const found = network.forward(x, { state, ...(lengths && { lengths }) });

      const size = states[0]![0]!;
      const sequences = Array.from({ length: batch }, (_, b) =>
        Array.from({ length: time }, (_, t) => numbers(x.slice([b, t]))),
      );
      for (const [direction, reverse] of [false, true].entries()) {
        const starts = first.map((each) =>
          Array.from({ length: batch }, (_, b) => numbers(each.slice([direction, b]))),
        );
        const step = next(network.weightsOf(0, { reverse }));
        const [output, ...last] = byHand(sequences, starts, lengths, reverse, step);
        const part = found.output.slice([null, null, [direction * size, (direction + 1) * size]]);
        assertAllClose(part.dataSync(), output!, { rtol: 1e-11, atol: 1e-13 });
        for (const [i, key] of keys.entries()) {
          assertAllClose(found.state[key]!.slice([direction]).dataSync(), last[i]!, { rtol: 1e-11, atol: 1e-13 });
        }
      }
    });
  });
});

describe('weights of a GRU for the other form of its update', () => {
  beforeAll(() => useBackend(cpu()));
  const [keep, take] = [{ update: 'keep' }, { update: 'take' }] as const;

  test.each([
    [keep, take],
    [take, keep],
  ])('from %j to %j, the outputs stay', (from, to) => {
    using _ = scope();
    manualSeed(2);
    const x = randn([2, 5, 2], float64);
    const shape = { numLayers: 2, bidirectional: true, reset: 'before', ...float64 } as const;
    const network = new rnn.GRU(2, 3, { ...shape, ...from });
    const other = new rnn.GRU(2, 3, { ...shape, ...to });
    other.loadStateDict(rnn.convertUpdate(network.stateDict()));
    assertAllClose(other.forward(x).output, network.forward(x).output, { rtol: 1e-12 });
    const cell = new rnn.GRUCell(2, 3, { ...float64, ...from, bias: false });
    const step = x.slice([null, 0]);
    const converted = new rnn.GRUCell(2, 3, { ...float64, ...to, bias: false });
    converted.loadStateDict(rnn.convertUpdate(cell.stateDict()));
    assertAllClose(converted.forward(step).h, cell.forward(step).h, { rtol: 1e-12 });
    // Back again nothing has changed, and the first state dict is as it was.
    const back = rnn.convertUpdate(rnn.convertUpdate(network.stateDict()));
    for (const [name, value] of Object.entries(network.stateDict())) {
      expect(back[name]!.toArray(), name).toEqual(value.toArray());
    }
  });
});
