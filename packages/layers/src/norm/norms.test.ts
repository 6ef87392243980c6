// Norms at their edges: batches of nothing, and what is constant without an eps. Values by formula and by PyTorch's rule.

import { ones, randn, scope, type Tensor, tensor, useBackend, zeros } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import * as layers from '../index.js';

beforeAll(() => useBackend(cpu()));

const statisticsOf = (layer: layers.Module): unknown => layer.buffers().map((each) => each.toArray());

test.each<[string, () => layers.Module, readonly number[]]>([
  ['BatchNorm1d', () => new layers.BatchNorm1d(3), [0, 3]],
  ['BatchNorm1d of sequences', () => new layers.BatchNorm1d(3, { momentum: null }), [0, 3, 4]],
  ['BatchNorm2d', () => new layers.BatchNorm2d(3), [0, 3, 2, 2]],
  ['InstanceNorm2d', () => new layers.InstanceNorm2d(3, { trackRunningStats: true, affine: true }), [0, 3, 2, 2]],
  [
    'InstanceNorm2d by average',
    () => new layers.InstanceNorm2d(3, { trackRunningStats: true, momentum: null }),
    [0, 3, 2, 2],
  ],
  ['GroupNorm', () => new layers.GroupNorm(3, 3), [0, 3, 2, 2]],
  ['LayerNorm', () => new layers.LayerNorm(3), [0, 3]],
  ['RMSNorm', () => new layers.RMSNorm(3), [0, 3]],
  ['LocalResponseNorm', () => new layers.LocalResponseNorm(3), [0, 3, 2, 2]],
])('%s: a batch of nothing gives nothing, and changes nothing', (_, make, shape) => {
  using _scope = scope();
  using layer = make();
  layer.forward(randn([4, ...shape.slice(1)]));
  const before = statisticsOf(layer);
  const x = zeros(shape, { requiresGrad: true });
  const y = layer.forward(x);
  expect(y.shape).toEqual(shape);
  y.sum().backward();
  expect(x.grad!.shape).toEqual(shape);
  for (const parameter of layer.parameters()) expect(Math.abs(parameter.grad!.sum().item())).toBe(0);
  expect(statisticsOf(layer)).toEqual(before);
  expect(layer.eval().forward(x).shape).toEqual(shape);
});

describe.each(['float32', 'float64'] as const)('without eps, in %s', (dtype) => {
  const check = (layer: layers.Module, x: Tensor, isConstant: (i: number) => boolean): void => {
    x.requiresGrad = true;
    const y = layer.forward(x);
    y.mul(tensor({ data: Float64Array.from({ length: x.size }, (_, i) => i + 1), shape: x.shape }).cast(dtype))
      .sum()
      .backward();
    const [values, slopes] = [y.dataSync(), x.grad!.dataSync()];
    for (let i = 0; i < x.size; i++) {
      expect(Number.isFinite(values[i]!) && Number.isFinite(slopes[i]!)).toBe(true);
      if (isConstant(i)) expect([Math.abs(values[i]!), Math.abs(slopes[i]!)]).toEqual([0, 0]);
      else expect(Math.abs(values[i]!)).toBeGreaterThan(0);
    }
  };

  test('a constant channel becomes 0 without a gradient, as in PyTorch', () => {
    using _ = scope();
    const x = tensor(
      [
        [5, 1, 0],
        [5, 2, 0],
        [5, 4, 0],
      ],
      { dtype },
    );
    check(new layers.BatchNorm1d(3, { eps: 0, dtype }), x, (i) => i % 3 !== 1);
    const image = tensor([[[[0.5, 0.5]], [[1, 3]]]], { dtype });
    check(new layers.InstanceNorm2d(2, { eps: 0 }), image, (i) => i < 2);
  });

  test('a constant group too', () => {
    using _ = scope();
    const x = tensor(
      [
        [2, 2, 2, 2],
        [1, 2, 3, 5],
      ],
      { dtype },
    );
    check(new layers.LayerNorm(4, { eps: 0, dtype }), x, (i) => i < 4);
    check(new layers.GroupNorm(2, 4, { eps: 0, dtype }), x.detach(), (i) => i < 4);
    check(new layers.RMSNorm(4, { eps: 0, dtype }), x.detach().mul(tensor([[0], [1]], { dtype })), (i) => i < 4);
  });
});

test('NaN in a channel is not taken for constant', () => {
  using _ = scope();
  const x = ones([4, 2]).mul(tensor([1, Number.NaN]));
  const y = new layers.BatchNorm1d(2, { eps: 0 }).forward(x).toArray() as number[][];
  expect(y.map((row) => row.map(Number.isNaN))).toEqual(Array.from({ length: 4 }, () => [false, true]));
});
