// What is true of every layer, tried on each that the package exports. A new layer gets a line in `cases`.

import { checkpoint, manualSeed, memory, randint, randn, scope, type Tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { allClose, assertAllClose, gradCheck, leakCheck } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { activationCases } from '../test/activation-cases.js';
import type { LayerCase } from '../test/layer-case.js';
import { normCases } from '../test/norm-cases.js';
import { rearrangingCases } from '../test/rearranging-cases.js';
import { spatialCases, wrapperCases } from '../test/spatial-cases.js';
import { type Allowed, expectExactReach, leafOf, placeOf } from '../test/special-values.js';
import { SpatialModule } from './core/spatial.js';
import * as layers from './index.js';

const cases: Readonly<Record<string, readonly LayerCase[]>> = {
  ...spatialCases,
  ...rearrangingCases,
  ...normCases,
  Linear: [
    { make: (o) => new layers.Linear(4, 3, o), input: [2, 4], output: [2, 3], prints: 'Linear(4, 3)' },
    {
      make: (o) => new layers.Linear(4, 3, { bias: false, ...o }),
      input: [2, 5, 4],
      output: [2, 5, 3],
      prints: 'Linear(4, 3, bias=false)',
    },
  ],
  Conv2d: [
    {
      make: (o) => new layers.Conv2d(2, 3, 3, { padding: 1, ...o }),
      input: [2, 2, 5, 4],
      output: [2, 3, 5, 4],
      prints: 'Conv2d(2, 3, kernelSize=3, padding=1)',
    },
    {
      make: (o) => new layers.Conv2d(4, 4, [3, 2], { groups: 4, stride: [2, 1], dilation: 1, bias: false, ...o }),
      input: [1, 4, 7, 5],
      output: [1, 4, 3, 4],
      prints: 'Conv2d(4, 4, kernelSize=[3, 2], stride=[2, 1], groups=4, bias=false)',
    },
    {
      make: (o) => new layers.Conv2d(1, 2, 4, { padding: 'same', dilation: 2, ...o }),
      input: [1, 1, 7, 8],
      output: [1, 2, 7, 8],
      prints: 'Conv2d(1, 2, kernelSize=4, padding=same, dilation=2)',
    },
  ],
  MaxPool2d: [
    {
      make: () => new layers.MaxPool2d(2),
      input: [2, 3, 5, 4],
      output: [2, 3, 2, 2],
      prints: 'MaxPool2d(kernelSize=2)',
    },
    {
      make: () => new layers.MaxPool2d([3, 2], { stride: 2, padding: 1, ceilMode: true }),
      input: [1, 1, 6, 6],
      output: [1, 1, 4, 4],
      prints: 'MaxPool2d(kernelSize=[3, 2], stride=2, padding=1, ceilMode=true)',
    },
    {
      make: () => new layers.MaxPool2d(2, { dilation: [2, 3] }),
      input: [1, 2, 6, 6],
      output: [1, 2, 2, 2],
      prints: 'MaxPool2d(kernelSize=2, dilation=[2, 3])',
    },
  ],
  AvgPool2d: [
    {
      make: () => new layers.AvgPool2d(3, { stride: 2, padding: 1, countIncludePad: false }),
      input: [2, 3, 5, 4],
      output: [2, 3, 3, 2],
      prints: 'AvgPool2d(kernelSize=3, stride=2, padding=1, countIncludePad=false)',
    },
    {
      make: () => new layers.AvgPool2d(2, { divisorOverride: 3 }),
      input: [1, 2, 4, 4],
      output: [1, 2, 2, 2],
      prints: 'AvgPool2d(kernelSize=2, divisorOverride=3)',
    },
  ],
  Flatten: [
    { make: () => new layers.Flatten(), input: [2, 3, 4, 5], output: [2, 60], prints: 'Flatten()' },
    {
      make: () => new layers.Flatten({ start: 0, end: 1 }),
      input: [2, 3, 4],
      output: [6, 4],
      prints: 'Flatten(start=0, end=1)',
    },
  ],
  Tanh: [{ make: () => new layers.Tanh(), input: [2, 3], output: [2, 3], prints: 'Tanh()' }],
  ReLU: [{ make: () => new layers.ReLU(), input: [2, 3], output: [2, 3], prints: 'ReLU()' }],
  Sigmoid: [{ make: () => new layers.Sigmoid(), input: [2, 3], output: [2, 3], prints: 'Sigmoid()' }],
  ...activationCases,
  Dropout: [
    {
      make: () => new layers.Dropout(0.3),
      input: [6, 5],
      output: [6, 5],
      prints: 'Dropout(p=0.3)',
      trainsDifferently: true,
    },
  ],
  Embedding: [
    {
      make: (o) => new layers.Embedding(7, 3, o),
      input: [4, 5],
      indices: 7,
      output: [4, 5, 3],
      prints: 'Embedding(7, 3)',
    },
    {
      make: (o) => new layers.Embedding(4, 2, { paddingIndex: -1, ...o }),
      input: [6],
      indices: 4,
      output: [6, 2],
      prints: 'Embedding(4, 2, paddingIndex=3)',
    },
    {
      make: (o) => new layers.Embedding(4, 2, { scaleGradByFreq: true, ...o }),
      input: [6],
      indices: 4,
      output: [6, 2],
      prints: 'Embedding(4, 2, scaleGradByFreq=true)',
    },
  ],
  Sequential: [
    {
      make: (o) => new layers.Sequential(new layers.Linear(4, 3, o), new layers.Tanh(), new layers.Linear(3, 2, o)),
      input: [5, 4],
      output: [5, 2],
      prints: 'Sequential(\n  (0): Linear(4, 3)\n  (1): Tanh()\n  (2): Linear(3, 2)\n)',
    },
    { make: () => new layers.Sequential(), input: [2], output: [2], prints: 'Sequential()' },
  ],
};

beforeAll(() => useBackend(cpu()));

// Losses take several inputs: loss/every-loss.test.ts tries them.
const isLoss = (value: unknown): boolean =>
  value === layers.Loss || (typeof value === 'function' && value.prototype instanceof layers.Loss);

test('every exported layer has a line here', () => {
  const exported = Object.entries(layers).filter(
    ([, value]) => typeof value === 'function' && value.prototype instanceof layers.Module && !isLoss(value),
  );
  expect(exported.map(([name]) => name).sort()).toEqual(Object.keys(cases).sort());
});

const named = Object.entries(cases).flatMap(([layer, list]) => list.map((each) => ({ ...each, layer })));
const all = [...named, ...wrapperCases.map((each) => ({ ...each, layer: '' }))].flatMap((each) =>
  (['float32', 'float64'] as const).map((dtype) => [`${each.prints} in ${dtype}`, { ...each, dtype }] as const),
);

// Zeros of the padding are multiplied by the weights, and NaN · 0 is NaN, as in PyTorch.
const overPadding: Allowed = { spreads: (place) => place.endsWith('weight') };
// A row with NaN has no length, so none above maxNorm, and an infinite one is shortened to 0.
const shortened: Allowed = { hidden: true, spreads: () => true };
/** Where NaN and infinity reach more or less than what depends on them, and why. */
const allowed: Readonly<Record<string, Allowed>> = {
  Conv1d: overPadding,
  Conv2d: overPadding,
  Conv3d: overPadding,
  ConvTranspose1d: overPadding,
  ConvTranspose2d: overPadding,
  DepthwiseSeparableConv2d: overPadding,
  // The numbers decide which element is the largest: NaN is, and then the places of the others hold 0.
  MaxUnpool2d: { hidden: true },
  // On which side of 0 a NaN is, nobody knows; then the slope counts.
  PReLU: { spreads: (place) => place === 'x' },
};

describe.each(all)('%s', (_, { layer, make, input, indices, output, prints, trainsDifferently = false, dtype }) => {
  const run = (model: layers.Module, x: Tensor): Tensor => {
    manualSeed(3); // for what is dropped
    return model.forward(x);
  };
  const draw = (requiresGrad = false): Tensor =>
    indices === undefined ? randn(input, { dtype, requiresGrad }) : randint(0, indices, input);

  test('the shape and dtype of its output, and how it prints', () => {
    using _ = scope();
    using model = make({ dtype });
    const y = model.forward(draw());
    expect(y.shape).toEqual(output);
    expect(y.dtype).toBe(dtype);
    expect(String(model)).toBe(prints);
  });

  test('one example without a batch gives what a batch of one gives', () => {
    using _ = scope();
    using model = make({ dtype });
    using other = make({ dtype });
    // Others take any number of axes, or a batch only; of two images PyTorch's Dropout2d would make sequences.
    if (!(model instanceof SpatialModule) || model instanceof layers.Dropout2d) return;
    other.loadStateDict(model.stateDict());
    const one = randn(input.slice(1), { dtype, requiresGrad: true });
    const batch = one.detach().reshape([1, ...one.shape]);
    batch.requiresGrad = true;
    const [y, expected] = [run(model, one), run(other, batch)];
    assertAllClose(y, expected.reshape(expected.shape.slice(1)), { rtol: 0, atol: 0 });
    y.exp().sum().backward();
    expected.exp().sum().backward();
    assertAllClose(one.grad!, batch.grad!.reshape(one.shape), { rtol: 0, atol: 0 });
    model.namedParameters().forEach(([name, { grad }], i) => {
      expect(grad!.toArray(), name).toEqual(other.parameters()[i]!.grad!.toArray());
    });
    // Running statistics too.
    for (const [name, value] of Object.entries(model.stateDict())) {
      expect(value.toArray(), name).toEqual(other.stateDict()[name]!.toArray());
    }
  });

  test('a gradient reaches the input and every parameter', () => {
    using _ = scope();
    using model = make({ dtype });
    const x = draw(true);
    // Not the square: what is normalised has squares whose sum does not change.
    model.forward(x).exp().sum().backward();
    const inputs = x.requiresGrad ? [['the input', x] as const] : [];
    for (const [name, leaf] of [...inputs, ...model.namedParameters()]) {
      expect(leaf.grad?.shape, name).toEqual(leaf.shape);
      expect(leaf.grad?.abs().max().item(), name).toBeGreaterThan(0);
    }
    model.zeroGrad();
    for (const parameter of model.parameters()) expect(parameter.grad).toBeUndefined();
  });

  test('the gradient is what finite differences give', () => {
    if (dtype !== 'float64' || indices !== undefined) return;
    using _ = scope();
    using model = make({ dtype });
    gradCheck((x) => run(model, x), [randn(input, { dtype })]);
  });

  test.each(trainsDifferently ? ['training', 'use'] : ['training'])(
    'NaN and infinity reach exactly what depends on them, in %s',
    (mode) => {
      using _ = scope();
      manualSeed(7);
      using model = make({ dtype });
      if (mode === 'use') model.eval();
      const x = draw();
      const parameters = model.namedParameters();
      const inputs = indices === undefined ? [['x', x] as const] : [];
      const places = [...inputs, ...parameters].map(([name, value]) => placeOf(name, value));
      expectExactReach(
        places,
        dtype,
        (values) => {
          const leaves = inputs.map((_, i) => leafOf(values[i]!));
          for (const [i, [, parameter]] of parameters.entries()) parameter.assign(values[leaves.length + i]!);
          model.zeroGrad();
          return { y: run(model, leaves[0] ?? x), leaves: [...leaves, ...model.parameters()] };
        },
        prints.includes('maxNorm') ? shortened : allowed[layer],
      );
    },
  );

  test('a state goes into another model, which then computes the same', () => {
    using _ = scope();
    manualSeed(1);
    using model = make({ dtype });
    manualSeed(2);
    using other = make({ dtype });
    const x = draw();
    run(model, x); // running statistics move on
    other.loadStateDict(model.stateDict());
    assertAllClose(run(other, x), run(model, x), { rtol: 0, atol: 0 });
    const plain = Object.entries(model.stateDict()).map(([name, value]) => {
      return [name, { shape: value.shape, data: Array.from(value.dataSync()) }];
    });
    for (const parameter of other.parameters()) parameter.assign(randn(parameter.shape, { dtype }));
    other.loadStateDict(Object.fromEntries(JSON.parse(JSON.stringify(plain))));
    model.loadStateDict(other.stateDict());
    assertAllClose(run(other, x), run(model, x), { rtol: 0, atol: 0 });
    assertAllClose(run(other.eval(), x), run(model.eval(), x), { rtol: 0, atol: 0 });
  });

  test('training and evaluation differ only where they should', () => {
    using _ = scope();
    using model = make({ dtype });
    const x = draw();
    const training = run(model, x);
    const inUse = run(model.eval(), x);
    expect(model.namedModules().map(([, each]) => each.training)).not.toContain(true);
    expect(allClose(inUse, training, { rtol: 0, atol: 0 })).toBe(!trainsDifferently);
    assertAllClose(run(model.train(), x), training, { rtol: 0, atol: 0 });
  });

  test('in a checkpoint it changes and gives what it does without', () => {
    using _ = scope();
    const inputs = [draw(true), draw(true)];
    const trained = (forward: (model: layers.Module, x: Tensor) => Tensor) => {
      manualSeed(1);
      const model = make({ dtype });
      manualSeed(2);
      // Both forwards come before both gradients: what the first one changed, the second one has changed again.
      const results = inputs.map((x) => forward(model, x).exp());
      for (const result of results.reverse()) result.sum().backward();
      const grads = [...inputs, ...model.parameters()].map(({ grad }) => grad?.toArray());
      const state = Object.entries(model.stateDict()).map(([name, value]) => [name, value.toArray()]);
      for (const x of inputs) x.zeroGrad();
      model.dispose();
      return { grads, state };
    };
    const plain = trained((model, x) => model.forward(x));
    expect(trained((model, x) => checkpoint((x: Tensor) => model.forward(x), x))).toEqual(plain);
  });

  test('its output is a tensor of its own, in training and evaluation', () => {
    using _ = scope();
    using model = make({ dtype });
    const x = draw();
    for (const mode of [model.train(), model.eval()]) {
      const y = run(mode, x);
      expect(y).not.toBe(x);
      y.dispose();
      expect(x.isFreed).toBe(false);
    }
  });

  test('a summary knows its output, its parameters and its work', () => {
    using model = make({ dtype });
    const { rows, parameters } = model.summary(input, { dtype: indices === undefined ? dtype : 'int32' });
    if (model.children().length === 0) expect(rows[0]!.output).toEqual(output);
    expect(parameters).toBe(model.parameters().reduce((sum, { size }) => sum + size, 0));
    for (const { name, multiplyAdds } of rows) expect(multiplyAdds, name).toBeDefined();
  });

  test('memory is flat over 50 steps, and free after dispose()', () => {
    const before = memory();
    const model = make({ dtype });
    leakCheck(
      () => {
        model.forward(draw(true)).square().sum().backward();
        model.zeroGrad();
      },
      { steps: 50 },
    );
    leakCheck(() => model.loadStateDict(model.stateDict()), { steps: 5 });
    model.dispose();
    expect(memory().bytes).toBe(before.bytes);
    expect(memory().buffers).toBe(before.buffers);
  });
});
