// What is true of every layer, tried on each that the package exports. A new layer gets a line in `cases`.

import { type DType, manualSeed, memory, randn, type Shape, scope, type Tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { allClose, assertAllClose, gradCheck, leakCheck } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import * as layers from './index.js';

interface LayerCase {
  readonly make: (options: { dtype: DType }) => layers.Module;
  readonly input: Shape;
  readonly output: Shape;
  /** What `toString()` gives. */
  readonly prints: string;
  /** True where training and use are to give different results. */
  readonly trainsDifferently?: boolean;
}

const cases: Readonly<Record<string, readonly LayerCase[]>> = {
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
  ],
  AvgPool2d: [
    {
      make: () => new layers.AvgPool2d(3, { stride: 2, padding: 1, countIncludePad: false }),
      input: [2, 3, 5, 4],
      output: [2, 3, 3, 2],
      prints: 'AvgPool2d(kernelSize=3, stride=2, padding=1, countIncludePad=false)',
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
  Dropout: [
    {
      make: () => new layers.Dropout(0.3),
      input: [6, 5],
      output: [6, 5],
      prints: 'Dropout(p=0.3)',
      trainsDifferently: true,
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

test('every exported layer has a line here', () => {
  const exported = Object.entries(layers).filter(
    ([, value]) => typeof value === 'function' && value.prototype instanceof layers.Module,
  );
  expect(exported.map(([name]) => name).sort()).toEqual(Object.keys(cases).sort());
});

const all = Object.values(cases)
  .flat()
  .flatMap((each) =>
    (['float32', 'float64'] as const).map((dtype) => [`${each.prints} in ${dtype}`, { ...each, dtype }] as const),
  );

describe.each(all)('%s', (_, { make, input, output, prints, trainsDifferently = false, dtype }) => {
  const run = (model: layers.Module, x: Tensor): Tensor => {
    manualSeed(3); // for what falls out
    return model.forward(x);
  };

  test('the shape and dtype of its output, and how it prints', () => {
    using _ = scope();
    using model = make({ dtype });
    const y = model.forward(randn(input, { dtype }));
    expect(y.shape).toEqual(output);
    expect(y.dtype).toBe(dtype);
    expect(String(model)).toBe(prints);
  });

  test('a gradient reaches the input and every parameter', () => {
    using _ = scope();
    using model = make({ dtype });
    const x = randn(input, { dtype, requiresGrad: true });
    model.forward(x).square().sum().backward();
    for (const [name, leaf] of [['the input', x] as const, ...model.namedParameters()]) {
      expect(leaf.grad?.shape, name).toEqual(leaf.shape);
      expect(leaf.grad?.abs().max().item(), name).toBeGreaterThan(0);
    }
    model.zeroGrad();
    for (const parameter of model.parameters()) expect(parameter.grad).toBeUndefined();
  });

  test('the gradient is what finite differences give', () => {
    if (dtype !== 'float64') return;
    using _ = scope();
    using model = make({ dtype });
    gradCheck((x) => run(model, x), [randn(input, { dtype })]);
  });

  test('a state goes into another model, which then computes the same', () => {
    using _ = scope();
    manualSeed(1);
    using model = make({ dtype });
    manualSeed(2);
    using other = make({ dtype });
    const x = randn(input, { dtype });
    other.loadStateDict(model.stateDict());
    assertAllClose(run(other, x), run(model, x), { rtol: 0, atol: 0 });
    const plain = Object.entries(model.stateDict()).map(([name, value]) => {
      return [name, { shape: value.shape, data: Array.from(value.dataSync()) }];
    });
    for (const parameter of other.parameters()) parameter.assign(randn(parameter.shape, { dtype }));
    other.loadStateDict(Object.fromEntries(JSON.parse(JSON.stringify(plain))));
    assertAllClose(run(other, x), run(model, x), { rtol: 0, atol: 0 });
  });

  test('training and use differ only where they should', () => {
    using _ = scope();
    using model = make({ dtype });
    const x = randn(input, { dtype });
    const training = run(model, x);
    const inUse = run(model.eval(), x);
    expect(model.namedModules().map(([, each]) => each.training)).not.toContain(true);
    expect(allClose(inUse, training, { rtol: 0, atol: 0 })).toBe(!trainsDifferently);
    assertAllClose(run(model.train(), x), training, { rtol: 0, atol: 0 });
  });

  test('memory is flat over 50 steps, and free after dispose()', () => {
    const before = memory();
    const model = make({ dtype });
    leakCheck(
      () => {
        const x = randn(input, { dtype, requiresGrad: true });
        model.forward(x).square().sum().backward();
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
