// Weight norm and spectral norm as wrappers: the same function at first, what training moves, and what freezing does.

import { checkpoint, manualSeed, memory, randn, scope, type Tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { gradCheck, leakCheck } from '@dl/testing';
import { beforeAll, expect, test } from 'vitest';
import { Linear, type Module, spectralNorm, weightNorm } from '../index.js';

beforeAll(() => useBackend(cpu()));

const trainable = (model: Module) =>
  model.namedParameters().flatMap(([name, { requiresGrad }]) => (requiresGrad ? [name] : []));

test('weight norm and spectral norm: the same function at first, and a largest singular value of 1', () => {
  using _ = scope();
  using layer = new Linear(4, 3, { dtype: 'float64' });
  const x = randn([2, 4], { dtype: 'float64' });
  const before = layer.forward(x).dataSync();
  weightNorm(layer);
  const after = layer.forward(x).dataSync();
  for (const [i, value] of before.entries()) expect(after[i]).toBeCloseTo(value, 12);
  expect(() => weightNorm(layer)).toThrow(
    'weightNorm: Linear has no parameter weight of its own, but bias, weight_g, weight_v; it is normalised already',
  );
  using spectral = spectralNorm(new Linear(5, 2, { bias: false, dtype: 'float64' }), { iterations: 200 });
  spectral.forward(randn([1, 5], { dtype: 'float64' }));
  // Of W Wᵀ, 2x2, the largest eigenvalue by the quadratic formula.
  const [a, b, , d] = spectral.weight.matmul(spectral.weight.transpose()).dataSync() as unknown as number[];
  expect((a! + d!) / 2 + Math.sqrt(((a! - d!) / 2) ** 2 + b! ** 2)).toBeCloseTo(1, 9);
});

test('spectral norm: use leaves u and v, training moves them, and nothing leaks', () => {
  const before = memory();
  const layer = spectralNorm(new Linear(4, 3, { dtype: 'float64' }));
  const state = () => layer.buffers().map((each) => each.toArray());
  const start = state();
  {
    using _ = scope();
    const x = randn([2, 4], { dtype: 'float64' });
    const inUse = layer.eval().forward(x).toArray();
    expect(state()).toEqual(start);
    expect(layer.forward(x).toArray()).toEqual(inUse);
    layer.train().forward(x);
    expect(state()).not.toEqual(start);
    layer.eval();
    gradCheck((input) => layer.forward(input), [x]);
    expect(layer.summary([1, 4]).rows[0]).toMatchObject({ parameters: 15, multiplyAdds: 12, connections: 15 });
    layer.train();
  }
  leakCheck(() => {
    layer
      .forward(randn([2, 4], { dtype: 'float64' }))
      .sum()
      .backward();
    layer.zeroGrad();
  });
  layer.dispose();
  expect(memory().bytes).toBe(before.bytes);
});

test('what was frozen stays so under weight norm and spectral norm', () => {
  using a = weightNorm(new Linear(2, 2).freeze('weight'));
  using b = spectralNorm(new Linear(2, 2).freeze('weight'));
  expect([...trainable(a), ...trainable(b)]).toEqual(['bias', 'bias']);
});

test('spectral norm: in a checkpoint it moves u and v once, and the gradient is that of the weight that was used', () => {
  using _ = scope();
  const x = randn([2, 4], { dtype: 'float64' });
  const trained = (forward: (layer: Module, x: Tensor) => Tensor) => {
    manualSeed(5);
    const layer = spectralNorm(new Linear(4, 3, { dtype: 'float64' }));
    // The second forward moves u and v before the first one is gone back through.
    const [first, second] = [forward(layer, x), forward(layer, x.mul(2))];
    first.square().sum().backward();
    second.square().sum().backward();
    return [...layer.parameters().map(({ grad }) => grad?.toArray()), ...layer.buffers().map((each) => each.toArray())];
  };
  expect(trained((layer, x) => checkpoint((x: Tensor) => layer.forward(x), x))).toEqual(
    trained((layer, x) => layer.forward(x)),
  );
});
