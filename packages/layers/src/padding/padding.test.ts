// That padding, and resizing, bring NaN and infinities of one element to what depends on it, forth and back, and nowhere else.

import { arange, scope, sum, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, expect, test } from 'vitest';
import * as layers from '../index.js';

beforeAll(() => useBackend(cpu()));

const all: readonly (readonly [string, layers.Module])[] = [
  ['ConstantPad2d', new layers.ConstantPad2d([2, 1, 0, 3], -1)],
  ['ConstantPad2d, cut off', new layers.ConstantPad2d([-1, 1, 2, -1], -1)],
  ['ReflectionPad2d', new layers.ReflectionPad2d([2, 1, 1, 2])],
  ['ReplicationPad2d', new layers.ReplicationPad2d([2, 1, 0, 3])],
  ['ReplicationPad2d, cut off', new layers.ReplicationPad2d([2, -1, -1, 3])],
  ['CircularPad2d', new layers.CircularPad2d([2, 1, 3, 0])],
  ['PixelShuffle', new layers.Sequential(new layers.Unflatten(1, [4, 3]), new layers.PixelUnshuffle(3))],
  ['Upsample', new layers.Upsample({ scaleFactor: 2 })],
];

test.each(all)('%s: an infinite upstream gradient reaches the element that it comes from', (_, layer) => {
  using _scope = scope();
  const shape = layer instanceof layers.Sequential ? [1, 12, 3] : [1, 1, 3, 4];
  const size = shape.reduce((product, length) => product * length, 1);
  // Each element by its place, so that the result names where its elements come from; -1 is from nowhere.
  const x = arange(size, { dtype: 'float32' }).reshape(shape);
  x.requiresGrad = true;
  const y = layer.forward(x);
  const sources = [...y.dataSync()];
  for (const at of [0, 5, sources.length - 1]) {
    for (const special of [Infinity, Number.NaN]) {
      x.zeroGrad();
      const upstream = sources.map((_, i) => (i === at ? special : 1));
      const again = layer.forward(x);
      again.backward({ gradient: tensor(upstream).reshape(y.shape) });
      const expected = Array.from({ length: size }, (_, i) =>
        upstream.reduce((total, g, k) => (sources[k] === i ? total + g : total), 0),
      );
      expect([...x.grad!.dataSync()]).toEqual(expected);
    }
  }
});

test('Upsample: what lies on an element does not see its neighbour', () => {
  using _ = scope();
  const layer = new layers.Upsample({ size: 5, mode: 'linear', alignCorners: true });
  const x = tensor([[[1, Number.NaN, 3]]], { requiresGrad: true });
  const y = layer.forward(x);
  expect(y.toArray()).toEqual([[[1, Number.NaN, Number.NaN, Number.NaN, 3]]]);
  sum(y.slice([null, null, [0, 1]])).backward();
  expect(x.grad!.toArray()).toEqual([[[1, 0, 0]]]);
});

type Pad = new (padding: never, value: never) => layers.Module & { forward(x: Tensor): Tensor };
const { ConstantPad1d, ConstantPad2d, ConstantPad3d, ZeroPad1d, ZeroPad2d, ZeroPad3d } = layers;
const { ReflectionPad1d, ReflectionPad2d, ReflectionPad3d, CircularPad1d, CircularPad2d, CircularPad3d } = layers;
const { ReplicationPad1d, ReplicationPad2d, ReplicationPad3d } = layers;

test.each<[number, Pad]>([
  ...[ConstantPad1d, ZeroPad1d, ReflectionPad1d, ReplicationPad1d, CircularPad1d].map((Pad): [number, Pad] => [1, Pad]),
  ...[ConstantPad2d, ZeroPad2d, ReflectionPad2d, ReplicationPad2d, CircularPad2d].map((Pad): [number, Pad] => [2, Pad]),
  ...[ConstantPad3d, ZeroPad3d, ReflectionPad3d, ReplicationPad3d, CircularPad3d].map((Pad): [number, Pad] => [3, Pad]),
])('over %d axes, %o: one number is that of every side', (axes, Pad) => {
  using _scope = scope();
  const make = (padding: unknown) =>
    Pad.name.startsWith('Constant')
      ? new Pad(padding as never, 7 as never)
      : new (Pad as new (p: unknown) => InstanceType<Pad>)(padding);
  const shape = [1, 1, 3, 4, 3].slice(0, 2 + axes);
  const size = shape.reduce((product, length) => product * length, 1);
  const x = arange(size, { dtype: 'float32' }).reshape(shape);
  const one = make(1).forward(x);
  expect(one.shape).toEqual(shape.map((length, axis) => (axis < 2 ? length : length + 2)));
  expect(one.toArray()).toEqual(
    make(Array.from({ length: 2 * axes }, () => 1))
      .forward(x)
      .toArray(),
  );
  // What stands in the middle is x.
  const inner = one.slice(shape.map((length, axis) => (axis < 2 ? null : [1, 1 + length])));
  expect(inner.toArray()).toEqual(x.toArray());
  expect(() => make([1])).toThrow(`${Pad.name}: padding is [1], needs a whole number or [left, right`);
});
