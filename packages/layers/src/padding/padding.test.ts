// That padding, and resizing, bring NaN and infinities of one element to what depends on it, forth and back, and nowhere else.

import { arange, scope, sum, tensor, useBackend } from '@dl/autograd';
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
