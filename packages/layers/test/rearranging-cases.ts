// The lines of the generic layer test for padding, for layers that put elements elsewhere, and for volumes.

import type { Shape } from '@dl/autograd';
import * as layers from '../src/index.js';
import type { LayerCase } from './layer-case.js';

const plain = (prints: string, make: () => layers.Module, input: Shape, output: Shape): LayerCase => ({
  make,
  input,
  output,
  prints,
});

export const rearrangingCases: Readonly<Record<string, readonly LayerCase[]>> = {
  ConstantPad1d: [
    plain('ConstantPad1d(padding=[1, 2], value=3)', () => new layers.ConstantPad1d([1, 2], 3), [2, 2, 3], [2, 2, 6]),
  ],
  ConstantPad2d: [
    plain(
      'ConstantPad2d(padding=[1, 0, -1, 2], value=-1)',
      () => new layers.ConstantPad2d([1, 0, -1, 2], -1),
      [1, 2, 3, 2],
      [1, 2, 4, 3],
    ),
  ],
  ConstantPad3d: [
    plain(
      'ConstantPad3d(padding=1, value=0.5)',
      () => new layers.ConstantPad3d(1, 0.5),
      [1, 1, 2, 1, 2],
      [1, 1, 4, 3, 4],
    ),
  ],
  ZeroPad1d: [plain('ZeroPad1d(padding=2)', () => new layers.ZeroPad1d(2), [2, 2, 3], [2, 2, 7])],
  ZeroPad2d: [
    plain('ZeroPad2d(padding=[0, 1, 2, 3])', () => new layers.ZeroPad2d([0, 1, 2, 3]), [1, 2, 3, 2], [1, 2, 8, 3]),
  ],
  ZeroPad3d: [plain('ZeroPad3d(padding=1)', () => new layers.ZeroPad3d(1), [1, 1, 2, 1, 2], [1, 1, 4, 3, 4])],
  ReflectionPad1d: [plain('ReflectionPad1d(padding=2)', () => new layers.ReflectionPad1d(2), [2, 2, 3], [2, 2, 7])],
  ReflectionPad2d: [
    plain(
      'ReflectionPad2d(padding=[0, 1, 2, 1])',
      () => new layers.ReflectionPad2d([0, 1, 2, 1]),
      [1, 2, 3, 2],
      [1, 2, 6, 3],
    ),
  ],
  ReflectionPad3d: [
    plain('ReflectionPad3d(padding=1)', () => new layers.ReflectionPad3d(1), [1, 1, 2, 2, 3], [1, 1, 4, 4, 5]),
  ],
  ReplicationPad1d: [
    plain('ReplicationPad1d(padding=[3, 0])', () => new layers.ReplicationPad1d([3, 0]), [2, 2, 3], [2, 2, 6]),
  ],
  ReplicationPad2d: [
    plain(
      'ReplicationPad2d(padding=[0, 1, 2, -1])',
      () => new layers.ReplicationPad2d([0, 1, 2, -1]),
      [1, 2, 3, 2],
      [1, 2, 4, 3],
    ),
  ],
  ReplicationPad3d: [
    plain('ReplicationPad3d(padding=1)', () => new layers.ReplicationPad3d(1), [1, 1, 2, 1, 2], [1, 1, 4, 3, 4]),
  ],
  CircularPad1d: [plain('CircularPad1d(padding=2)', () => new layers.CircularPad1d(2), [2, 2, 3], [2, 2, 7])],
  CircularPad2d: [
    plain(
      'CircularPad2d(padding=[0, 1, 2, 3])',
      () => new layers.CircularPad2d([0, 1, 2, 3]),
      [1, 2, 3, 2],
      [1, 2, 8, 3],
    ),
  ],
  CircularPad3d: [
    plain('CircularPad3d(padding=1)', () => new layers.CircularPad3d(1), [1, 1, 2, 1, 2], [1, 1, 4, 3, 4]),
  ],
  Identity: [plain('Identity()', () => new layers.Identity(), [2, 3], [2, 3])],
  Unflatten: [
    plain('Unflatten(1, [2, -1])', () => new layers.Unflatten(1, [2, -1]), [3, 6], [3, 2, 3]),
    plain('Unflatten(-2, [2, 2])', () => new layers.Unflatten(-2, [2, 2]), [4, 3], [2, 2, 3]),
  ],
  PixelShuffle: [plain('PixelShuffle(2)', () => new layers.PixelShuffle(2), [2, 4, 2, 3], [2, 1, 4, 6])],
  PixelUnshuffle: [plain('PixelUnshuffle(2)', () => new layers.PixelUnshuffle(2), [2, 1, 4, 6], [2, 4, 2, 3])],
  ChannelShuffle: [plain('ChannelShuffle(2)', () => new layers.ChannelShuffle(2), [2, 4, 3], [2, 4, 3])],
  Upsample: [
    plain('Upsample(scaleFactor=2)', () => new layers.Upsample({ scaleFactor: 2 }), [1, 2, 3], [1, 2, 6]),
    plain(
      'Upsample(size=[4, 2], mode=bilinear, alignCorners=true)',
      () => new layers.Upsample({ size: [4, 2], mode: 'bilinear', alignCorners: true }),
      [1, 2, 3, 3],
      [1, 2, 4, 2],
    ),
    plain(
      'Upsample(scaleFactor=1.5, mode=trilinear)',
      () => new layers.Upsample({ scaleFactor: 1.5, mode: 'trilinear' }),
      [1, 1, 2, 3, 2],
      [1, 1, 3, 4, 3],
    ),
  ],
  MaxPool3d: [
    plain('MaxPool3d(kernelSize=2)', () => new layers.MaxPool3d(2), [1, 2, 2, 4, 2], [1, 2, 1, 2, 1]),
    plain(
      'MaxPool3d(kernelSize=[1, 2, 2], stride=1, padding=[0, 1, 0], dilation=[1, 2, 1])',
      () => new layers.MaxPool3d([1, 2, 2], { stride: 1, padding: [0, 1, 0], dilation: [1, 2, 1] }),
      [1, 1, 2, 3, 3],
      [1, 1, 2, 3, 2],
    ),
  ],
  AvgPool3d: [
    plain(
      'AvgPool3d(kernelSize=2, padding=1, countIncludePad=false, divisorOverride=3)',
      () => new layers.AvgPool3d(2, { padding: 1, countIncludePad: false, divisorOverride: 3 }),
      [1, 2, 2, 2, 2],
      [1, 2, 2, 2, 2],
    ),
  ],
  Dropout3d: [
    {
      ...plain('Dropout3d(p=0.4)', () => new layers.Dropout3d(0.4), [3, 4, 1, 2, 1], [3, 4, 1, 2, 1]),
      trainsDifferently: true,
    },
  ],
  InstanceNorm1d: [
    {
      make: (o) => new layers.InstanceNorm1d(2, { affine: true, ...o }),
      input: [3, 2, 5],
      output: [3, 2, 5],
      prints: 'InstanceNorm1d(2, affine=true)',
    },
  ],
  InstanceNorm3d: [
    {
      make: (o) => new layers.InstanceNorm3d(2, { trackRunningStats: true, ...o }),
      input: [2, 2, 2, 2, 2],
      output: [2, 2, 2, 2, 2],
      prints: 'InstanceNorm3d(2, trackRunningStats=true)',
      trainsDifferently: true,
    },
  ],
  BatchNorm3d: [
    {
      make: (o) => new layers.BatchNorm3d(2, o),
      input: [2, 2, 2, 2, 1],
      output: [2, 2, 2, 2, 1],
      prints: 'BatchNorm3d(2)',
      trainsDifferently: true,
    },
  ],
};
