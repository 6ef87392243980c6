// What PyTorch lacks, against its formula over plain numbers, in float64; and gradients against finite differences.

import { manualSeed, noGrad, randn, scope, type Tensor, tensor, useBackend, zeros } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import type { AnyModule } from '@dl/layers';
import { assertAllClose, gradCheck } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { attentionByHand, encoderLayerByHand, type HandOptions, type Pair } from '../test/by-hand.js';
import { OwnPositions, ownPositionsByHand } from '../test/own-positions.js';
import {
  type AttentionCallOptions,
  causalMask,
  type FeedForwardActivation,
  MultiheadAttention,
  type MultiheadAttentionOptions,
  prefixMask,
  TransformerEncoderLayer,
  type TransformerLayerOptions,
  windowMask,
} from './index.js';

const float64 = { dtype: 'float64' } as const;
const [batch, queries, width] = [2, 4, 6];
type Rows = readonly (readonly number[])[];
const rowsOf = (x: Tensor): readonly Rows[] => x.toArray() as number[][][];
const exact = { rtol: 1e-10, atol: 1e-12 };

/** Fills all weights with numbers that none is 0 of. */
function filled<M extends AnyModule>(model: M): M {
  noGrad(() => {
    for (const each of model.parameters()) each.assign(randn(each.shape, { std: 0.6, ...float64 }));
  });
  return model;
}

/** A way to hide keys: what a call is told, and the same of a pair, where the last query stands at the last key. */
interface Hidden {
  readonly call: (keys: number) => AttentionCallOptions;
  readonly allowed: (keys: number) => (...pair: Pair) => boolean;
}

const distance = (keys: number, i: number, j: number): number => j - i - (keys - queries);
const hidden: Readonly<Record<string, Hidden>> = {
  nothing: { call: () => ({}), allowed: () => () => true },
  'what comes later': {
    call: () => ({ causal: true }),
    allowed: (keys) => (_b, _h, i, j) => distance(keys, i, j) <= 0,
  },
  'what is far': {
    call: () => ({ window: 2 }),
    allowed: (keys) => (_b, _h, i, j) => Math.abs(distance(keys, i, j)) < 2,
  },
  'what comes later or is far, and padding': {
    call: () => ({ causal: true, window: 2, lengths: [queries - 1, queries] }),
    allowed: (keys) => (b, _h, i, j) => {
      const far = distance(keys, i, j);
      return far <= 0 && far > -2 && j < [queries - 1, queries][b]!;
    },
  },
  'by causalMask': {
    call: (keys) => ({ mask: causalMask(queries, keys) }),
    allowed: (keys) => (_b, _h, i, j) => distance(keys, i, j) <= 0,
  },
  'by windowMask': {
    call: (keys) => ({ mask: windowMask(queries, keys, 3) }),
    allowed: (keys) => (_b, _h, i, j) => Math.abs(distance(keys, i, j)) < 3,
  },
  'by prefixMask': {
    call: (keys) => ({ mask: prefixMask(queries, keys, 2) }),
    allowed: (keys) => (_b, _h, i, j) => j < 2 || distance(keys, i, j) <= 0,
  },
};

const forms: Readonly<Record<string, readonly [heads: number, options: MultiheadAttentionOptions]>> = {
  'heads in pairs': [6, { keyHeads: 3 }],
  'one head of keys for all': [3, { keyHeads: 1, bias: false }],
  'heads of another width, and a scale': [4, { headDim: 2, keyHeads: 2, scale: 0.9 }],
  'normalised queries and keys': [2, { qkNorm: true }],
  'capped scores': [2, { softcap: 0.8 }],
  'keys and values of other widths': [4, { headDim: 3, keyHeads: 2, kdim: 5, vdim: 2, qkNorm: true }],
  'positions of its own': [2, { positions: new OwnPositions() }],
  'positions of its own, heads in pairs': [4, { headDim: 2, keyHeads: 2, positions: new OwnPositions() }],
};

/** An attention of a form, filled, with inputs for it: its own queries as keys, or five keys. */
function given(
  form: string,
  isSelf: boolean,
): { model: MultiheadAttention; inputs: readonly [Tensor, Tensor, Tensor] } {
  const [heads, options] = forms[form]!;
  const model = filled(new MultiheadAttention(width, heads, { ...options, ...float64 }));
  const q = randn([batch, queries, width], float64);
  if (isSelf) return { model, inputs: [q, q, q] };
  return { model, inputs: [q, randn([batch, 5, model.kdim], float64), randn([batch, 5, model.vdim], float64)] };
}

function byHand(model: MultiheadAttention, inputs: readonly [Tensor, Tensor, Tensor], how: Hidden) {
  const keys = inputs[1].shape[1]!;
  const options: HandOptions = {
    allowed: how.allowed(keys),
    ...(model.positions && ownPositionsByHand(keys - queries, model.headDim)),
  };
  return attentionByHand(model, [rowsOf(inputs[0]), rowsOf(inputs[1]), rowsOf(inputs[2])], options);
}

beforeAll(() => useBackend(cpu()));

describe.each(Object.keys(forms))('MultiheadAttention with %s', (form) => {
  const cases = Object.keys(hidden).flatMap((what) => [
    [what, false] as const,
    ...(form.startsWith('keys') ? [] : [[what, true] as const]),
  ]);

  test.each(cases)('hidden is %s, of itself: %s', (what, isSelf) => {
    using _ = scope();
    manualSeed(3);
    const how = hidden[what]!;
    const { model, inputs } = given(form, isSelf);
    const call = how.call(inputs[1].shape[1]!);
    const expected = byHand(model, inputs, how);
    const { output, weights } = model.forward(...inputs, { ...call, returnWeights: true });
    assertAllClose(output.dataSync(), expected.output.flat(2), exact);
    assertAllClose(weights!.dataSync(), expected.weights.flat(3), exact);
    expect(model.forward(...inputs, call).output.toArray()).toEqual(output.toArray());
    model.dispose();
  });

  test('gradients of queries, keys, values and every parameter, by output and weights', () => {
    using _ = scope();
    manualSeed(5);
    const { model, inputs } = given(form, false);
    const call = { ...hidden['what comes later or is far, and padding']!.call(5), returnWeights: true };
    const run = (q: Tensor, k: Tensor, v: Tensor): Tensor => {
      const { output, weights } = model.forward(q, k, v, call);
      return output.exp().sum().add(weights!.square().sum());
    };
    gradCheck(run, inputs);
    run(...inputs).backward();
    for (const parameter of model.parameters()) {
      const [found, values] = [parameter.grad!.dataSync(), Float64Array.from(parameter.dataSync())];
      const at = (i: number, value: number): number => {
        parameter.assign(tensor({ data: values.with(i, value), shape: parameter.shape }));
        return noGrad(() => run(...inputs)).item();
      };
      const differences = Array.from(values, (value, i) => (at(i, value + 1e-6) - at(i, value - 1e-6)) / 2e-6);
      parameter.assign(tensor({ data: values, shape: parameter.shape }));
      assertAllClose(found, differences, { rtol: 1e-5, atol: 1e-6 });
    }
    model.dispose();
  });
});

describe('a query that may look at no key', () => {
  const nothingForTheSecond = (keys: number): Tensor =>
    tensor([0, 1, 0, 0], float64).equal(0).reshape([queries, 1]).expand([queries, keys]);

  test.each([
    ['by a mask', (): AttentionCallOptions => ({ mask: nothingForTheSecond(5) })],
    [
      'by minus infinity, added',
      (): AttentionCallOptions => ({
        bias: zeros([queries, 5], float64).add(nothingForTheSecond(5).cast('float64').log()),
      }),
    ],
    [
      'by a mask of one column, with a window',
      (): AttentionCallOptions => ({ mask: nothingForTheSecond(1), window: 9 }),
    ],
  ])('%s: its heads give zeros, and no gradient comes from it or is NaN', (_, call) => {
    using _scope = scope();
    manualSeed(9);
    const model = filled(new MultiheadAttention(width, 3, { keyHeads: 1, ...float64 }));
    const inputs = [
      [batch, queries, width],
      [batch, 5, width],
      [batch, 5, width],
    ].map((shape) => randn(shape, { requiresGrad: true, ...float64 })) as [Tensor, Tensor, Tensor];
    const { output, weights } = model.forward(...inputs, { ...call(), returnWeights: true });
    const bias = model.outProj.bias!.toArray();
    for (const b of [0, 1]) expect(output.slice([b, 1]).toArray()).toEqual(bias);
    expect(weights!.slice([null, null, 1]).abs().max().item()).toBe(0);
    assertAllClose(weights!.slice([null, null, 0]).sum(-1).dataSync(), new Array(6).fill(1), exact);
    output.exp().sum().add(weights!.square().sum()).backward();
    for (const each of [...inputs, ...model.parameters()]) {
      expect(Array.from(each.grad!.dataSync()).every(Number.isFinite)).toBe(true);
    }
    expect(inputs[0].grad!.slice([null, 1]).abs().max().item()).toBe(0);
    expect(inputs[0].grad!.slice([null, 0]).abs().max().item()).toBeGreaterThan(0);
    model.dispose();
  });
});

test('with causal order and more queries than keys, the first ones see none', () => {
  using _ = scope();
  manualSeed(4);
  const model = filled(new MultiheadAttention(width, 2, { positions: new OwnPositions(), ...float64 }));
  const [q, k] = [randn([batch, queries, width], float64), randn([batch, 2, width], float64)];
  const { output, weights } = model.forward(q, k, k, { causal: true, returnWeights: true });
  const expected = byHand(model, [q, k, k], hidden['what comes later']!);
  assertAllClose(output.dataSync(), expected.output.flat(2), exact);
  assertAllClose(weights!.dataSync(), expected.weights.flat(3), exact);
  expect(weights!.sum(-1).slice([0, 0]).toArray()).toEqual([0, 0, 1, expect.closeTo(1, 10)]);
  model.dispose();
});

const everyActivation: readonly FeedForwardActivation[] = ['relu', 'gelu', 'geluTanh', 'silu', 'geglu', 'swiglu'];
const layerForms: readonly TransformerLayerOptions[] = [
  ...everyActivation.map((activation) => ({ activation })),
  ...everyActivation.map((activation) => ({ activation, norm: 'rms', normFirst: true }) as const),
  { norm: 'rms', layerNormEps: 0.1 },
  { normFirst: true, keyHeads: 1, qkNorm: true, bias: false },
  { activation: 'swiglu', positions: new OwnPositions() },
];

const titleOf = (form: TransformerLayerOptions): string =>
  Object.entries(form)
    .map(([name, value]) => `${name} ${typeof value === 'object' ? 'of its own' : value}`)
    .join(', ');

test.each(layerForms.map((form) => [titleOf(form), form] as const))('TransformerEncoderLayer, %s', (_title, form) => {
  using _ = scope();
  manualSeed(13);
  const layer = filled(new TransformerEncoderLayer(width, 2, { dimFeedforward: 5, dropout: 0, ...form, ...float64 }));
  const x = randn([batch, queries, width], float64);
  const how = hidden['what comes later or is far, and padding']!;
  const expected = encoderLayerByHand(layer, rowsOf(x), {
    allowed: how.allowed(queries),
    ...(form.positions && ownPositionsByHand(0, layer.selfAttention.headDim)),
  });
  assertAllClose(layer.forward(x, how.call(queries)).dataSync(), expected.flat(2), { rtol: 1e-9, atol: 1e-11 });
  gradCheck((at) => layer.forward(at, how.call(queries)), [x]);
  layer.dispose();
});
