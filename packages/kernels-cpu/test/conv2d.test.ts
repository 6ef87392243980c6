// Convolutions whose sizes fall on every edge of tiles, blocks and padding, against the TypeScript engine in float64.

import {
  type Backend,
  type ConvGeometry,
  conv2d,
  conv2dInputGrad,
  conv2dWeightGrad,
  manualSeed,
  ones,
  randn,
  type Shape,
  scope,
  type Tensor,
  tensor,
  useBackend,
  zeros,
} from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { algorithmOfConvolution, algorithmOfInputGrad, algorithmOfWeightGrad } from '../src/wasm/conv-choice.js';
import { convSizes, reversed } from '../src/wasm/conv-sizes.js';
import { wasmEngines } from './engines.js';

const reference = cpu({ engine: 'typescript' });
beforeAll(async () => {
  await useBackend(reference);
  manualSeed(1);
});

/** Numbers of one size, as tiles need them. */
const even = () => true;

const plain: ConvGeometry = { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 };
const cases: [what: string, x: Shape, weight: Shape, geometry: Partial<ConvGeometry>][] = [
  ['one pixel', [1, 1, 1, 1], [1, 1, 1, 1], {}],
  ['pointwise', [3, 5, 9, 7], [7, 5, 1, 1], {}],
  ['pointwise in groups', [2, 6, 5, 5], [9, 2, 1, 1], { groups: 3 }],
  ['pointwise with stride', [2, 5, 9, 7], [7, 5, 1, 1], { stride: [2, 3] }],
  ['3x3 as large as before', [2, 3, 17, 19], [9, 3, 3, 3], { padding: [1, 1, 1, 1] }],
  ['width of one vector', [1, 2, 8, 8], [4, 2, 3, 3], { padding: [1, 1, 1, 1] }],
  ['more taps than a block', [1, 70, 6, 5], [5, 70, 3, 3], { padding: [1, 1, 1, 1] }],
  ['more positions than a block', [1, 2, 47, 45], [3, 2, 3, 3], {}],
  ['more filters than a block', [1, 2, 5, 5], [131, 2, 3, 3], { padding: [1, 1, 1, 1] }],
  ['uneven padding', [2, 2, 7, 6], [3, 2, 3, 2], { padding: [2, 0, 1, 3] }],
  ['padding beyond the filter', [1, 2, 5, 5], [3, 2, 2, 2], { padding: [2, 2, 2, 2] }],
  ['stride 2', [2, 3, 11, 13], [5, 3, 3, 3], { stride: [2, 2], padding: [1, 1, 1, 1] }],
  ['stride that leaves pixels out', [1, 2, 11, 12], [3, 2, 2, 2], { stride: [3, 4] }],
  ['dilation', [1, 3, 13, 12], [4, 3, 3, 3], { dilation: [2, 3], padding: [2, 2, 3, 3] }],
  ['dilation and stride', [1, 3, 13, 12], [4, 3, 3, 3], { dilation: [2, 3], stride: [2, 1], padding: [1, 2, 0, 3] }],
  ['depthwise', [2, 5, 9, 9], [5, 1, 3, 3], { groups: 5, padding: [1, 1, 1, 1] }],
  ['groups with stride', [2, 4, 9, 9], [6, 2, 3, 3], { groups: 2, stride: [2, 2], padding: [1, 1, 1, 1] }],
  ['one dimension', [2, 3, 1, 33], [4, 3, 1, 5], { padding: [0, 0, 2, 2] }],
  ['more filters than positions', [1, 20, 4, 3], [70, 20, 3, 3], { stride: [2, 2], padding: [1, 1, 1, 1] }],
  ['first layer', [3, 1, 14, 14], [6, 1, 5, 5], { padding: [2, 2, 2, 2] }],
  ['first layer of three channels, stride 2', [1, 3, 23, 21], [13, 3, 7, 7], { stride: [2, 2], padding: [3, 3, 3, 3] }],
];

const depthwise: typeof cases = [
  ['3x3', [2, 5, 9, 9], [5, 1, 3, 3], { groups: 5, padding: [1, 1, 1, 1] }],
  ['wide', [1, 3, 5, 67], [3, 1, 3, 3], { groups: 3, padding: [1, 1, 1, 1] }],
  ['width of 4, 5, 6, 7', [1, 2, 4, 7], [2, 1, 1, 4], { groups: 2 }],
  ['narrower than a vector', [2, 3, 9, 3], [3, 1, 3, 3], { groups: 3, padding: [1, 1, 1, 1] }],
  ['one pixel', [2, 3, 1, 1], [3, 1, 3, 3], { groups: 3, padding: [1, 1, 1, 1] }],
  ['stride 2', [2, 4, 15, 14], [4, 1, 3, 3], { groups: 4, stride: [2, 2], padding: [1, 1, 1, 1] }],
  ['stride 2, odd padding', [2, 4, 15, 21], [4, 1, 5, 5], { groups: 4, stride: [2, 2], padding: [1, 2, 3, 0] }],
  ['stride 3 and 1', [1, 4, 15, 14], [4, 1, 3, 3], { groups: 4, stride: [3, 1], padding: [1, 1, 1, 1] }],
  ['stride 1 and 3', [1, 4, 15, 22], [4, 1, 3, 3], { groups: 4, stride: [1, 3], padding: [0, 1, 2, 1] }],
  ['stride 4, pixels left out', [1, 2, 19, 18], [2, 1, 3, 3], { groups: 2, stride: [4, 4] }],
  ['dilation', [1, 4, 15, 14], [4, 1, 3, 3], { groups: 4, dilation: [2, 3], padding: [2, 2, 3, 3] }],
  [
    'dilation and stride',
    [1, 4, 17, 18],
    [4, 1, 3, 3],
    { groups: 4, dilation: [3, 3], stride: [2, 2], padding: [3, 3, 3, 3] },
  ],
  ['2 filters for each channel', [2, 3, 9, 11], [6, 1, 3, 3], { groups: 3, padding: [1, 1, 1, 1] }],
  ['groups of 3', [2, 9, 7, 13], [9, 3, 3, 3], { groups: 3, stride: [1, 2], padding: [1, 1, 1, 1] }],
  ['groups of 4', [1, 8, 7, 12], [8, 4, 3, 3], { groups: 2, stride: [2, 2], padding: [1, 1, 1, 1] }],
  ['padding beyond the filter', [1, 2, 5, 5], [2, 1, 2, 2], { groups: 2, padding: [2, 2, 2, 2] }],
];

const tiled: typeof cases = [
  ['whole tiles', [2, 16, 16, 16], [24, 16, 3, 3], { padding: [1, 1, 1, 1] }],
  ['sizes that are no multiples of 4', [2, 16, 13, 15], [24, 16, 3, 3], { padding: [1, 1, 1, 1] }],
  ['without padding', [3, 17, 12, 19], [18, 17, 3, 3], {}],
  ['padding of 2', [3, 16, 9, 10], [22, 16, 3, 3], { padding: [2, 2, 2, 2] }],
  ['uneven padding', [3, 16, 10, 11], [20, 16, 3, 3], { padding: [0, 2, 1, 0] }],
  ['padding beyond the filter', [2, 16, 9, 10], [16, 16, 3, 3], { padding: [3, 5, 6, 3] }],
  ['filters and channels that fill no panel', [2, 19, 16, 16], [29, 19, 3, 3], { padding: [1, 1, 1, 1] }],
  ['in groups', [2, 32, 17, 16], [40, 16, 3, 3], { groups: 2, padding: [1, 1, 1, 1] }],
  ['one row of tiles', [5, 16, 3, 40], [16, 16, 3, 3], { padding: [1, 1, 1, 1] }],
  ['images of one tile', [70, 16, 4, 3], [16, 16, 3, 3], { padding: [1, 1, 1, 1] }],
  ['many channels', [1, 130, 16, 16], [24, 130, 3, 3], { padding: [1, 1, 1, 1] }],
  ['many filters', [2, 40, 12, 12], [130, 40, 3, 3], { padding: [1, 1, 1, 1] }],
];

describe.each(wasmEngines())('%s', (engine) => {
  const backend = cpu({ engine, threads: 1 });
  const threaded = cpu({ engine, threads: 3, splitAll: true });
  beforeAll(async () => {
    await useBackend(threaded);
    await useBackend([backend, reference]);
  });
  const moved = (x: Tensor): Tensor => x.cast('float32').to(backend);
  const close = (actual: Tensor, expected: Tensor): void =>
    assertAllClose(actual, moved(expected), { rtol: 1e-5, atol: 3e-6 * Number(expected.abs().max().item()) });

  /** All three from these tensors. */
  function results(
    xs: Shape,
    ws: Shape,
    geometry: ConvGeometry,
    tensors: Record<'x' | 'weight' | 'bias' | 'g', Tensor>,
  ) {
    const { x, weight, bias, g } = tensors;
    return [
      conv2d.run({ x, weight, bias }, geometry),
      conv2d.run({ x, weight, bias: undefined }, geometry),
      conv2dInputGrad.run({ g, weight }, { ...geometry, shape: xs }),
      conv2dWeightGrad.run({ x, g }, { ...geometry, shape: ws }),
    ];
  }

  async function compare(xs: Shape, ws: Shape, some: Partial<ConvGeometry>): Promise<void> {
    await useBackend(reference);
    using _scope = scope();
    const geometry = { ...plain, ...some };
    const [x, weight, bias] = [randn(xs), randn(ws), randn([ws[0]!])].map((value) => value.cast('float64'));
    const y = conv2d.run({ x: x!, weight: weight!, bias }, geometry);
    const tensors = { x: x!, weight: weight!, bias: bias!, g: randn(y.shape).cast('float64') };
    const expected = results(xs, ws, geometry, tensors);
    const on = (to: Backend) => {
      const each = (value: Tensor): Tensor => value.cast('float32').to(to);
      const { x, weight, bias, g } = tensors;
      return { x: each(x), weight: each(weight), bias: each(bias), g: each(g) };
    };
    const actual = results(xs, ws, geometry, on(backend));
    for (const [i, value] of actual.entries()) close(value, expected[i]!);
    // On several threads: bit by bit the same.
    for (const [i, value] of results(xs, ws, geometry, on(threaded)).entries()) {
      expect(value.dataSync()).toEqual(actual[i]!.dataSync());
    }
  }

  const sizesOf = (xs: Shape, ws: Shape, some: Partial<ConvGeometry>) => {
    using _scope = scope();
    const geometry = { ...plain, ...some };
    const { shape } = conv2d.run({ x: zeros(xs), weight: zeros(ws), bias: undefined }, geometry);
    return convSizes(xs, ws, shape, geometry);
  };

  test.each(cases)('%s', (_, xs, ws, some) => compare(xs, ws, some));

  test.each(depthwise)('few filters in a group: %s', async (_, xs, ws, some) => {
    const sizes = sizesOf(xs, ws, some);
    expect(algorithmOfConvolution(sizes, even)).toBe('direct');
    await compare(xs, ws, some);
  });

  test.each(tiled)('tiles: %s', async (_, xs, ws, some) => {
    const sizes = sizesOf(xs, ws, some);
    expect(algorithmOfConvolution(sizes, even)).toBe('tiles');
    expect(algorithmOfWeightGrad(sizes, even)).toBe('tiles');
    const reverse = reversed(sizes);
    expect(algorithmOfInputGrad(sizes, reverse, even)).toBe(reverse === undefined ? 'folding' : 'tiles');
    await compare(xs, ws, some);
  });

  test('the filters of a depthwise convolution get their gradient straight from the image', () => {
    expect(algorithmOfWeightGrad(sizesOf([2, 5, 9, 9], [5, 1, 3, 3], { groups: 5 }), even)).toBe('direct');
  });

  test('NaN reaches the nine results that see it', async () => {
    await useBackend(backend);
    using _scope = scope();
    const [size, at] = [24, 10];
    for (const wrong of [Number.NaN, Infinity]) {
      const values = new Float32Array(16 * size * size).fill(1);
      values[at * size + at] = wrong;
      const x = tensor({ data: values, shape: [1, 16, size, size] });
      const results = conv2d(x, ones([16, 16, 3, 3]), { padding: 1 }).dataSync();
      for (let i = 0; i < size; i++) {
        for (let j = 0; j < size; j++) {
          const isNear = Math.max(Math.abs(i - at), Math.abs(j - at)) <= 1;
          if (isNear) expect(results[i * size + j]).toBe(wrong);
          else expect(results[i * size + j]).toBeLessThan(200);
        }
      }
    }
  });

  // A tile would lose the digits of all that is near, up to four pixels away.
  test.each([1e6, -1e30, 1e3])('one pixel of %f among thousandths takes no digits from others', async (outlier) => {
    await useBackend(backend);
    using _scope = scope();
    const size = 22;
    const withOutlier = (): Tensor => {
      const values = randn([2, 16, size, size], { backend }).mul(1e-3).dataSync() as Float32Array;
      values[10 * size + 11] = outlier;
      return tensor({ data: values, shape: [2, 16, size, size] });
    };
    const [uneven, usual] = [withOutlier(), randn([2, 16, size, size], { backend })];
    const weight = randn([16, 16, 3, 3], { backend });
    const geometry: ConvGeometry = { ...plain, padding: [1, 1, 1, 1] };
    const fine = (x: Tensor): Tensor => x.to(reference).cast('float64');
    // What a result sums in sizes bounds its error.
    const check = (actual: Tensor, expected: Tensor, sizes: Tensor): void => {
      const [got, wanted, bounds] = [actual.dataSync(), expected.dataSync(), sizes.dataSync()];
      const wrong = got.findIndex((value, i) => !(Math.abs(value - wanted[i]!) <= 2e-6 * bounds[i]!));
      expect(wrong < 0 ? 'right' : `${got[wrong]} for ${wanted[wrong]} at ${wrong}`).toBe('right');
    };
    const forward = (x: Tensor, w: Tensor): Tensor => conv2d.run({ x, weight: w, bias: undefined }, geometry);
    const toInput = (g: Tensor, w: Tensor): Tensor =>
      conv2dInputGrad.run({ g, weight: w }, { ...geometry, shape: g.shape });
    const toWeight = (x: Tensor, g: Tensor): Tensor =>
      conv2dWeightGrad.run({ x, g }, { ...geometry, shape: [16, 16, 3, 3] });
    for (const [f, a, b] of [
      [forward, uneven, weight],
      [toInput, uneven, weight],
      [toWeight, uneven, usual],
      [toWeight, usual, uneven],
    ] as const) {
      check(f(a, b), f(fine(a), fine(b)), f(fine(a).abs(), fine(b).abs()));
    }
  });
});
