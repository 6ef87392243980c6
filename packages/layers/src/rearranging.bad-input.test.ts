// What padding, layers that put elements elsewhere, and dilated, sized and counted windows say about what does not fit.

import { ones, randn, scope, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, expect, test } from 'vitest';
import * as layers from './index.js';

beforeAll(() => useBackend(cpu()));

const { AvgPool2d, ConvTranspose1d, ConvTranspose2d, EmbeddingBag, MaxPool1d, MaxPool2d, MaxUnpool2d } = layers;

const wrong: readonly (readonly [() => unknown, string])[] = [
  [
    () => new layers.ZeroPad2d([1, 2] as never),
    'ZeroPad2d: padding is [1, 2], needs a whole number or [left, right, top, bottom]',
  ],
  [() => new layers.ReflectionPad1d(0.5), 'ReflectionPad1d: padding is 0.5, needs a whole number or [left, right]'],
  [
    () => new layers.ConstantPad1d(1, undefined as never),
    'ConstantPad1d: value is undefined, needs the number to pad with',
  ],
  [
    () => new layers.ZeroPad2d(1).forward(randn([2, 2])),
    'ZeroPad2d: input is [2, 2], needs 4 axes, [batch, channels, height, width], or 3, [channels, height, width]',
  ],
  [
    () => new layers.ZeroPad1d([-2, -1]).forward(randn([1, 1, 3])),
    'ZeroPad1d: of an input of [1, 1, 3] padding [-2, -1] leaves nothing; cut off less',
  ],
  [
    () => new layers.ReplicationPad1d([-4, 5]).forward(randn([1, 1, 3])),
    'ReplicationPad1d: of an input of [1, 1, 3] padding [-4, 5] leaves nothing; cut off less',
  ],
  [
    () => new layers.ReflectionPad2d([0, 0, 3, 0]).forward(randn([1, 1, 3, 3])),
    "ReflectionPad2d: padding 3 in mode 'reflect' needs more than the 3 elements that axis 2 of the input [1, 1, 3, 3] has",
  ],
  [
    () => new layers.CircularPad1d(4).forward(randn([1, 1, 3])),
    "CircularPad1d: padding 4 in mode 'circular' needs more than the 3 elements that axis 2",
  ],
  [
    () => new layers.Unflatten(1, [-1, -1]),
    'Unflatten: sizes are [-1, -1], needs a list of whole numbers, one of which may be -1',
  ],
  [() => new layers.Unflatten(1, 4 as never), 'Unflatten: sizes are 4, needs a list of whole numbers'],
  [
    () => new layers.Unflatten(1, [2, 3]).forward(randn([2, 5])),
    'Unflatten: input is [2, 5], which has 5 elements on axis 1; needs what can be cut into [2, 3]',
  ],
  [
    () => new layers.Unflatten(1, [2, -1]).forward(randn([2, 5])),
    'Unflatten: input is [2, 5], which has 5 elements on axis 1; needs what can be cut into [2, -1]',
  ],
  [
    () => new layers.Unflatten(-3, [1]).forward(randn([2, 5])),
    'Unflatten: input is [2, 5], which has no axis -3; needs what can be cut into [1]',
  ],
  [
    () => new layers.Identity().forward([1] as never),
    'Identity: input is [1], needs a Tensor; make one with tensor(...)',
  ],
  [() => new layers.PixelShuffle(0), 'PixelShuffle: upscaleFactor is 0, needs a whole number of at least 1'],
  [
    () => new layers.PixelShuffle(2).forward(randn([1, 6, 2, 2])),
    'PixelShuffle: input is [1, 6, 2, 2], whose 6 channels are no multiple of 2² = 4',
  ],
  [
    () => new layers.PixelShuffle(2).forward(randn([2, 2])),
    'PixelShuffle: input is [2, 2], needs [..., channels, height, width]',
  ],
  [
    () => new layers.PixelUnshuffle(2).forward(randn([1, 3, 4])),
    'PixelUnshuffle: input is [1, 3, 4], whose 3x4 places are no multiple of 2',
  ],
  [
    () => new layers.ChannelShuffle(2).forward(randn([1, 3, 4])),
    'ChannelShuffle: input is [1, 3, 4], needs [batch, channels, ...places] with a multiple of 2 channels',
  ],
  [() => new layers.Upsample(), 'Upsample: neither size nor scaleFactor is given; needs one of them'],
  [
    () => new layers.Upsample({ size: 2, scaleFactor: 2 }),
    'Upsample: both size and scaleFactor are given; needs one of them',
  ],
  [
    () => new layers.Upsample({ size: 2, mode: 'bicubic' as never }),
    "Upsample: mode is 'bicubic', needs 'nearest', 'linear', 'bilinear' or 'trilinear'",
  ],
  [() => new layers.Upsample({ size: 0 }), 'Upsample: size is 0, needs a whole number of at least 1'],
  [() => new layers.Upsample({ scaleFactor: -1 }), 'Upsample: scaleFactor is -1, needs a number above 0'],
  [
    () => new layers.Upsample({ size: 2, alignCorners: true }),
    "Upsample: alignCorners is for the linear modes, and the mode is 'nearest'",
  ],
  [
    () => new layers.Upsample({ size: 2, mode: 'bilinear' }).forward(randn([1, 1, 3])),
    "Upsample: input is [1, 1, 3], and mode 'bilinear' needs [batch, channels, height, width]",
  ],
  [
    () => new layers.Upsample({ size: 2 }).forward(randn([1, 3])),
    "Upsample: input is [1, 3], and mode 'nearest' needs [batch, channels, ...places]",
  ],
  [
    () => new layers.Upsample({ size: [2, 3] }).forward(randn([1, 1, 3])),
    'Upsample: input is [1, 1, 3], with 1 axes of places, and 2 numbers say how large they are to be; needs one, or one for each',
  ],
  [
    () => new layers.Upsample({ scaleFactor: 0.2 }).forward(randn([1, 1, 3])),
    'Upsample: input is [1, 1, 3], of which axis 2 would be 0 long',
  ],
  [() => new MaxPool2d(2, { dilation: 0 }), 'MaxPool2d: dilation is 0, needs a whole number of at least 1'],
  [() => new MaxPool1d(2, { dilation: 1.5 }), 'MaxPool1d: dilation is 1.5, needs a whole number of at least 1'],
  [
    () => new MaxPool1d(3, { dilation: 2 }).forward(randn([1, 1, 4])),
    'MaxPool1d: a window of 5 does not fit into an input of [1, 1, 4] with padding 0',
  ],
  [
    () => new MaxPool2d(2, { dilation: 4 }).forward(randn([1, 1, 9, 4])),
    'maxPool2d: a window of 2x2 (dilation 4x4) does not fit into an input of [1, 1, 9, 4] with padding 0x0',
  ],
  [
    () => new MaxPool2d(2, { dilation: 2, padding: 1, stride: 1 }).forward(randn([1, 1, 1, 4])),
    'maxPool2d: of an input of [1, 1, 1, 4] a window with dilation 2x2 and padding 1x1 could see padding only; pad less, or use a smaller dilation',
  ],
  [
    () => new layers.MaxPool3d([2, 2] as never),
    'MaxPool3d: kernelSize is [2, 2], needs one number or 3, one for each axis',
  ],
  [
    () => new layers.MaxPool3d(2, { padding: [0, 2, 0] }),
    'MaxPool3d: padding 0x2x0 is more than half the window 2x2x2; a window could see padding only',
  ],
  [
    () => new layers.MaxPool3d(2, { dilation: 2 }).forward(randn([1, 1, 3, 2, 3])),
    'MaxPool3d: a window of 3x3x3 does not fit into an input of [1, 1, 3, 2, 3] with padding 0x0x0',
  ],
  [
    () => new layers.AvgPool3d(2).forward(randn([1, 3, 3])),
    'AvgPool3d: input is [1, 3, 3], needs 5 axes, [batch, channels, depth, height, width], or 4, [channels, depth, height, width]',
  ],
  [
    () => new layers.AvgPool3d(2, { divisorOverride: 1.5 }),
    'AvgPool3d: divisorOverride is 1.5, needs a whole number other than 0',
  ],
  [
    () => new AvgPool2d(2, { divisorOverride: 0 }),
    'AvgPool2d: divisorOverride is 0, needs a whole number other than 0',
  ],
  [
    () => new ConvTranspose2d(1, 1, 3, { stride: 2 }).forward(ones([1, 1, 2, 3]), [5, 9]),
    'ConvTranspose2d: outputSize is 5x9, and an input of [1, 1, 2, 3] leads to 5x7, or up to 6x8',
  ],
  [
    () => new ConvTranspose1d(1, 1, 3, { stride: 2 }).forward(ones([1, 1, 2]), 4),
    'ConvTranspose1d: outputSize is 4, and an input of [1, 1, 2] leads to 5, or up to 6',
  ],
  [
    () => new ConvTranspose1d(1, 1, 3, { stride: 3, outputPadding: 3 }),
    'ConvTranspose1d: outputPadding is 3, the stride 3 and the dilation 1; needs less than the stride or the dilation',
  ],
  [
    () => new EmbeddingBag(3, 2, { mode: 'max', scaleGradByFreq: true }),
    "EmbeddingBag: scaleGradByFreq is for the modes 'sum' and 'mean', and the mode is 'max'",
  ],
  [
    () => new EmbeddingBag(3, 2, { includeLastOffset: true }).forward(tensor([1, 2], { dtype: 'int32' }), [0, 1]),
    'EmbeddingBag: offsets are [0, 1], needs the count of all indices, 2, at their end, as includeLastOffset says',
  ],
  [
    () =>
      new MaxUnpool2d(2).forward(
        randn([2, 2]),
        tensor(
          [
            [0, 1],
            [2, 3],
          ],
          { dtype: 'int32' },
        ),
      ),
    'MaxUnpool2d: input is [2, 2], needs 4 axes, [batch, channels, height, width], or 3, [channels, height, width]',
  ],
];

test.each(wrong)('%s', (make, message) => {
  using _ = scope();
  expect(make).toThrow(message);
});

test('what Identity returns is freed by itself', () => {
  using _ = scope();
  const x = tensor([1, 2]);
  new layers.Identity().forward(x).dispose();
  expect(x.toArray()).toEqual([1, 2]);
});
