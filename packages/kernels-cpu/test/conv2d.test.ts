// Convolutions whose sizes fall on every edge of tiles, blocks and padding, against the TypeScript engine in float64.

import {
  type ConvGeometry,
  conv2d,
  conv2dInputGrad,
  conv2dWeightGrad,
  manualSeed,
  randn,
  type Shape,
  scope,
  type Tensor,
  useBackend,
} from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { beforeAll, describe, test } from 'vitest';
import { wasmBackends } from './engines.js';

const reference = cpu({ engine: 'typescript' });
beforeAll(async () => {
  await useBackend(reference);
  manualSeed(1);
});

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
];

describe.each(wasmBackends())('%s', (_, backend) => {
  beforeAll(() => useBackend([backend, reference]));
  const moved = (x: Tensor): Tensor => x.cast('float32').to(backend);
  const close = (actual: Tensor, expected: Tensor): void =>
    assertAllClose(actual, moved(expected), { rtol: 1e-5, atol: 3e-6 * Number(expected.abs().max().item()) });

  test.each(cases)('%s', async (_, xShape, weightShape, some) => {
    await useBackend(reference);
    using _scope = scope();
    const geometry = { ...plain, ...some };
    const x = randn(xShape).cast('float64');
    const weight = randn(weightShape).cast('float64');
    const bias = randn([weightShape[0]!]).cast('float64');
    const y = conv2d.run({ x, weight, bias }, geometry);
    close(conv2d.run({ x: moved(x), weight: moved(weight), bias: moved(bias) }, geometry), y);
    close(
      conv2d.run({ x: moved(x), weight: moved(weight), bias: undefined }, geometry),
      conv2d.run({ x, weight, bias: undefined }, geometry),
    );

    const g = randn(y.shape).cast('float64');
    const toInput = { ...geometry, shape: xShape };
    const toWeight = { ...geometry, shape: weightShape };
    close(
      conv2dInputGrad.run({ g: moved(g), weight: moved(weight) }, toInput),
      conv2dInputGrad.run({ g, weight }, toInput),
    );
    close(conv2dWeightGrad.run({ x: moved(x), g: moved(g) }, toWeight), conv2dWeightGrad.run({ x, g }, toWeight));
  });
});
