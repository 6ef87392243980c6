// The graph unrolled in time: which vertices and arrows there are, and where they stand.

import { useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Linear, Module, Sequential } from '@dl/layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { GRU, LSTM, RNN } from '../index.js';
import { unrolled } from './unrolled.js';

beforeAll(async () => {
  await useBackend(cpu({ threads: 1, engine: 'typescript' }));
});

interface Drawn {
  readonly arrows: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly places: Readonly<Record<string, readonly [number, number]>>;
}

/** What the text says, read anew. */
function drawn(dot: string): Drawn {
  const vertices = [...dot.matchAll(/^ {2}(\w+) \[label="(.*?)",.* pos="(.*?),(.*?)!"\];$/gm)];
  return {
    arrows: [...dot.matchAll(/^ {2}(\w+ -> \w+)(?: \[.*\])?;$/gm)].map(([, arrow]) => arrow!),
    labels: Object.fromEntries(vertices.map(([, id, label]) => [id!, label!])),
    places: Object.fromEntries(vertices.map(([, id, , x, y]) => [id!, [Number(x), Number(y)] as const])),
  };
}

/** The ids of what has a label. */
const withLabel = ({ labels }: Drawn, label: string): string[] =>
  Object.keys(labels).filter((id) => labels[id] === label);

test('an Elman network: inputs below, cells in a row, outputs above; states go along the row', () => {
  const picture = drawn(unrolled(new RNN(3, 5), 3));
  expect(picture.arrows.toSorted()).toEqual(
    [
      ...['x1 -> h0_1', 'x2 -> h0_2', 'x3 -> h0_3'],
      ...['h0_0 -> h0_1', 'h0_1 -> h0_2', 'h0_2 -> h0_3', 'h0_3 -> h0_4'],
      ...['h0_1 -> y1', 'h0_2 -> y2', 'h0_3 -> y3'],
    ].toSorted(),
  );
  const { labels, places } = picture;
  expect([labels['x2'], labels['h0_2'], labels['y2'], labels['h0_0'], labels['h0_4']]).toEqual([
    'x(2)\\n[3]',
    'RNN\\nh(2)',
    'y(2)\\n[5]',
    'h\\nat the begin',
    'h\\nat the end',
  ]);
  for (const step of [1, 2, 3]) {
    const [x, h, y] = [places[`x${step}`]!, places[`h0_${step}`]!, places[`y${step}`]!];
    expect([h[0], y[0]]).toEqual([x[0], x[0]]);
    expect(x[1] < h[1] && h[1] < y[1]).toBe(true);
  }
  const row = [0, 1, 2, 3, 4].map((step) => places[`h0_${step}`]!);
  for (const [i, place] of row.entries()) {
    expect(place[1]).toBe(row[0]![1]);
    if (i > 0) expect(place[0]).toBeGreaterThan(row[i - 1]![0]);
  }
});

test('weights are shared: the same name at each step, between what it connects; the last state meets none', () => {
  const picture = drawn(unrolled(new RNN(3, 5), 3));
  const { places } = picture;
  const inputs = withLabel(picture, 'weight_ih_l0').map((id) => places[id]![1]);
  expect(inputs).toHaveLength(3);
  for (const y of inputs) expect(y > places['x1']![1] && y < places['h0_1']![1]).toBe(true);
  const recurrent = withLabel(picture, 'weight_hh_l0').map((id) => places[id]![0]);
  expect(recurrent).toHaveLength(3);
  for (const [i, x] of recurrent.entries()) {
    expect(x > places[`h0_${i}`]![0] && x < places[`h0_${i + 1}`]![0]).toBe(true);
  }
  expect(withLabel(picture, 'h')).toHaveLength(1);
});

test('an LSTM hands on two states, of which its cell meets no weight', () => {
  const dot = unrolled(new LSTM(3, 5, { numLayers: 2, projSize: 2 }), 4);
  const picture = drawn(dot);
  expect(picture.labels['h1_3']).toBe('LSTM\\nh(3), c(3)');
  expect(picture.labels['y3']).toBe('y(3)\\n[2]');
  for (const layer of [0, 1]) expect(withLabel(picture, `weight_hh_l${layer}`)).toHaveLength(4);
  expect(withLabel(picture, 'c')).toHaveLength(2 * 5);
  expect(dot.match(/color="blue:firebrick"/g)).toHaveLength(2 * 5);
  expect(picture.arrows).toContain('h0_2 -> h1_2');
  expect(picture.arrows).not.toContain('h0_2 -> y2');
});

test('both directions: states of the reverse one go to earlier steps, and both go to the next layer', () => {
  const picture = drawn(unrolled(new GRU(3, 5, { numLayers: 2, bidirectional: true }), 2));
  const { arrows, labels } = picture;
  for (const arrow of [
    'h0_0 -> h0_1',
    'h0_1 -> h0_2',
    'h0_2 -> h0_3',
    'r0_3 -> r0_2',
    'r0_2 -> r0_1',
    'r0_1 -> r0_0',
  ]) {
    expect(arrows).toContain(arrow);
  }
  for (const arrow of [
    'x1 -> r0_1',
    'h0_1 -> both0_1',
    'r0_1 -> both0_1',
    'both0_1 -> h1_1',
    'both0_1 -> r1_1',
    'both1_2 -> y2',
  ]) {
    expect(arrows).toContain(arrow);
  }
  expect([labels['r0_3'], labels['r0_0'], labels['y1']]).toEqual(['h\\nat the begin', 'h\\nat the end', 'y(1)\\n[10]']);
  for (const name of ['weight_ih_l1_reverse', 'weight_hh_l1_reverse']) expect(withLabel(picture, name)).toHaveLength(2);
});

test('in reverse: states go to earlier steps, by the weights of the one direction that there is', () => {
  const picture = drawn(unrolled(new RNN(3, 5, { reverse: true }), 2));
  expect(picture.arrows.toSorted()).toEqual(
    [
      ...['x1 -> r0_1', 'x2 -> r0_2'],
      ...['r0_3 -> r0_2', 'r0_2 -> r0_1', 'r0_1 -> r0_0'],
      ...['r0_1 -> y1', 'r0_2 -> y2'],
    ].toSorted(),
  );
  expect(withLabel(picture, 'weight_hh_l0')).toHaveLength(2);
});

test('a residual stack: from the second layer on, what goes in is added to what comes out', () => {
  const { arrows } = drawn(unrolled(new RNN(5, 5, { numLayers: 3, residual: true }), 1));
  const up = [
    'x1 -> h0_1',
    'h0_1 -> h1_1',
    'h1_1 -> sum1_1',
    'h0_1 -> sum1_1',
    'sum1_1 -> h2_1',
    'h2_1 -> sum2_1',
    'sum1_1 -> sum2_1',
    'sum2_1 -> y1',
  ];
  for (const arrow of up) expect(arrows).toContain(arrow);
  expect(arrows).toHaveLength(up.length + 3 * 2);
});

class Tagger extends Module {
  network = new GRU(3, 4);
  out = new Linear(4, 2);
  forward(): void {}
}

test('the network of a model: parameters by their names in it', () => {
  const model = new Tagger();
  const picture = drawn(unrolled(model, 2));
  const names = Object.keys(model.stateDict());
  for (const name of ['network.weight_ih_l0', 'network.weight_hh_l0']) {
    expect(names).toContain(name);
    expect(withLabel(picture, name)).toHaveLength(2);
  }
});

describe('bad input', () => {
  class Translator extends Module {
    encoder = new GRU(3, 4);
    decoder = new GRU(3, 4);
    forward(): void {}
  }

  test('no model, no network, two networks', () => {
    // @ts-expect-error: no model
    expect(() => unrolled('rnn', 3)).toThrow("unrolled: the model is 'rnn', needs a Module");
    expect(() => unrolled(new Sequential(new Linear(1, 1)), 3)).toThrow(
      'unrolled: Sequential has no recurrent network; needs an RNN, LSTM or GRU, or a model with one',
    );
    expect(() => unrolled(new Translator(), 3)).toThrow(
      'unrolled: Translator has 2 recurrent networks (encoder, decoder); draw one of them at a time, unrolled(model.encoder, 3)',
    );
  });

  test('no steps', () => {
    expect(() => unrolled(new RNN(1, 1), 0)).toThrow('unrolled: steps is 0, needs a whole number of at least 1');
  });
});
