// Penalties and the constraint: values and gradients by formula, computed a second time in plain numbers.

import { concat, Generator, grad, noGrad, randn, scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose, gradCheck, leakCheck } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import * as layers from '../index.js';

beforeAll(() => useBackend(cpu()));

const double = (values: number[] | number[][]): Tensor => tensor(values, { dtype: 'float64' });
const weights = [
  [1, -2, 0.5],
  [0.1, 3, -0.7],
];
const bias = [0.3, -0.2];
const all = [...weights.flat(), ...bias];

describe('of weights', () => {
  const cases: readonly (readonly [
    string,
    (parameters: Tensor[]) => Tensor,
    (w: number) => number,
    (w: number) => number,
  ])[] = [
    ['l1Penalty', (p) => layers.l1Penalty(p, 0.1), (w) => 0.1 * Math.abs(w), (w) => 0.1 * Math.sign(w)],
    ['l2Penalty', (p) => layers.l2Penalty(p, 0.1), (w) => 0.05 * w ** 2, (w) => 0.1 * w],
    [
      'weightElimination',
      (p) => layers.weightElimination(p, 0.1, { scale: 2 }),
      (w) => (0.1 * w ** 2) / (4 + w ** 2),
      (w) => (0.1 * 8 * w) / (4 + w ** 2) ** 2,
    ],
  ];

  test.each(cases)('%s', (_, penalty, value, slope) => {
    using _scope = scope();
    const [w, b] = [double(weights), double(bias)];
    for (const each of [w, b]) each.requiresGrad = true;
    const y = penalty([w, b]);
    assertAllClose([y.item()], [all.reduce((sum, v) => sum + value(v), 0)], { rtol: 1e-13 });
    y.backward();
    assertAllClose(w.grad!.dataSync(), weights.flat().map(slope), { rtol: 1e-13 });
    assertAllClose(b.grad!.dataSync(), bias.map(slope), { rtol: 1e-13 });
  });

  test('l2Penalty is what an optimiser calls weight decay', () => {
    using _ = scope();
    const w = double(weights);
    const slope = grad((x: Tensor) => layers.l2Penalty([x], 0.3))(w);
    assertAllClose(slope, w.mul(0.3), { rtol: 1e-14 });
  });
});

describe('maxNorm', () => {
  const norms = (weight: Tensor): number[] => (weight.toArray() as number[][]).map((row) => Math.hypot(...row.flat(3)));

  test('only units above the limit change, in direction not at all', () => {
    using _ = scope();
    const start = [
      [3, 4, 0],
      [0.3, 0, 0.4],
      [0, 0, 0],
    ];
    const weight = layers.parameter(double(start));
    expect(layers.maxNorm(weight, 2)).toBe(weight);
    assertAllClose(weight.dataSync(), [1.2, 1.6, 0, 0.3, 0, 0.4, 0, 0, 0], { rtol: 1e-15 });
    expect(weight.requiresGrad && weight.isLeaf).toBe(true);
  });

  test('the filters of a convolution, and units on another axis', () => {
    using _ = scope();
    using conv = new layers.Conv2d(3, 4, 5, { dtype: 'float64' });
    const before = norms(conv.weight);
    const limit = [...before].sort((a, b) => a - b)[1]!;
    layers.maxNorm(conv.weight, limit);
    assertAllClose(
      norms(conv.weight),
      before.map((size) => Math.min(size, limit)),
      { rtol: 1e-13 },
    );

    const weight = layers.parameter(double(weights));
    layers.maxNorm(weight, 1, { axis: -1 });
    const columns = [0, 1, 2].map((i) => Math.hypot(weights[0]![i]!, weights[1]![i]!));
    const expected = weights.flatMap((row) => row.map((w, i) => w * Math.min(1, 1 / columns[i]!)));
    assertAllClose(weight.dataSync(), expected, { rtol: 1e-14 });
  });

  test('leaves no memory behind', () => {
    using linear = new layers.Linear(4, 3);
    leakCheck(() => layers.maxNorm(linear.weight, 0.1));
  });
});

describe('laplacian', () => {
  test('of a polynomial, by its formula', () => {
    using _ = scope();
    // x³ + y² z and x y z: the Laplacians are 6x + 2z and 0.
    const f = (x: Tensor): Tensor => {
      const [a, b, c] = [0, 1, 2].map((i) => x.slice([null, [i, i + 1]])) as [Tensor, Tensor, Tensor];
      return a
        .mul(a)
        .mul(a)
        .add(b.square().mul(c))
        .mul(tensor([1, 0], { dtype: 'float64' }))
        .add(
          a
            .mul(b)
            .mul(c)
            .mul(tensor([0, 1], { dtype: 'float64' })),
        );
    };
    const bends = layers.laplacian(
      f,
      double([
        [1, 2, 3],
        [-2, 0.5, 4],
      ]),
    );
    assertAllClose(bends.dataSync(), [12, 0, -4, 0], { rtol: 1e-13, atol: 1e-13 });
  });

  /** Second differences of f at x along each feature, [batch, outputs]. */
  const differences = (f: (x: Tensor) => Tensor, x: Tensor, h: number): Tensor[] =>
    noGrad(() =>
      Array.from({ length: x.shape[1]! }, (_, i) => {
        const step = double(Array.from({ length: x.shape[1]! }, (_, j) => (i === j ? h : 0)));
        return f(x.add(step))
          .add(f(x.sub(step)))
          .sub(f(x).mul(2))
          .div(h * h);
      }),
    );

  test('of a model, against differences of its outputs', () => {
    using _ = scope();
    const options = { dtype: 'float64', generator: new Generator(1) } as const;
    // Two curves behind each other: the second sees the slope of the first.
    using model = new layers.Sequential(
      new layers.Linear(3, 5, options),
      new layers.Tanh(),
      new layers.Linear(5, 4, options),
      new layers.Softplus(),
      new layers.Linear(4, 2, options),
    );
    const x = randn([4, 3], options);
    const f = (values: Tensor): Tensor => model.forward(values);
    const bends = differences(f, x, 1e-4);
    const expected = bends.reduce((sum, bend) => sum.add(bend));
    assertAllClose(layers.laplacian(f, x), expected, { rtol: 1e-5, atol: 1e-6 });
    const squares = bends.map((bend) => bend.square()).reduce((sum, each) => sum.add(each));
    const penalty = squares.sum(1).mean().item() * 0.5;
    assertAllClose([layers.curvaturePenalty(f, x, 0.5).item()], [penalty], { rtol: 1e-5 });
  });

  test('the penalty of polynomials: each second derivative is squared by itself', () => {
    using _ = scope();
    const x = double([
      [1, 2],
      [3, -1],
    ]);
    const [a, b] = [0, 1].map((i) => (rows: Tensor) => rows.slice([null, [i, i + 1]])) as [
      (rows: Tensor) => Tensor,
      (rows: Tensor) => Tensor,
    ];
    // x² - y²: 2² + (-2)², although the sum of its second derivatives is 0.
    const saddle = (rows: Tensor): Tensor => a(rows).square().sub(b(rows).square());
    expect(layers.laplacian(saddle, x).abs().max().item()).toBe(0);
    assertAllClose([layers.curvaturePenalty(saddle, x, 0.5).item()], [4], { rtol: 1e-14 });
    // x³ and x y², two outputs: (6x)² + (2x)², the mean of 40 · 1 and 40 · 9.
    const two = (rows: Tensor): Tensor => concat([a(rows).pow(3), a(rows).mul(b(rows).square())], 1);
    assertAllClose([layers.curvaturePenalty(two, x, 1).item()], [200], { rtol: 1e-13 });
  });

  test('the penalty has gradients: for the input, and for every weight', () => {
    using _ = scope();
    const options = { dtype: 'float64', generator: new Generator(2) } as const;
    const x = randn([3, 2], options);
    const [w, v] = [randn([2, 4], options), randn([4, 1], options)];
    gradCheck((x, w, v) => layers.curvaturePenalty((x) => x.matmul(w).tanh().matmul(v), x, 0.1), [x, w, v], {
      tolerance: 1e-5,
    });
  });

  test('what is straight does not bend', () => {
    using _ = scope();
    using model = new layers.Linear(3, 2);
    expect(
      layers
        .laplacian((x) => model.forward(x), randn([4, 3]))
        .abs()
        .max()
        .item(),
    ).toBe(0);
    expect(layers.curvaturePenalty((x) => model.forward(x), randn([4, 3]), 1).item()).toBe(0);
  });

  test('a penalised model bends less', () => {
    using _ = scope();
    const options = { generator: new Generator(3) } as const;
    using model = new layers.Sequential(
      new layers.Linear(2, 8, options),
      new layers.Tanh(),
      new layers.Linear(8, 1, options),
    );
    const x = randn([16, 2], options);
    const bend = (): Tensor => layers.curvaturePenalty((x) => model.forward(x), x, 1);
    const before = bend().item();
    for (let step = 0; step < 20; step++) {
      using _ = scope();
      bend().backward();
      for (const parameter of model.parameters()) {
        // The output's bias does not bend anything.
        if (parameter.grad) noGrad(() => parameter.assign(parameter.sub(parameter.grad!.mul(0.5))));
      }
      model.zeroGrad();
    }
    expect(bend().item()).toBeLessThan(before / 2);
  });
});

describe('what does not fit', () => {
  const x = (): Tensor => randn([2, 3]);
  const wrong: readonly (readonly [() => unknown, string])[] = [
    [
      () => layers.l1Penalty([], 1),
      'l1Penalty: got no parameters, needs an array of tensors, such as model.parameters()',
    ],
    [
      () => layers.l2Penalty(x() as never, 1),
      'l2Penalty: got a Tensor, needs an array of tensors, such as model.parameters()',
    ],
    [() => layers.l2Penalty([x()], -1), 'l2Penalty: strength is -1, needs a number of at least 0'],
    [() => layers.weightElimination([x()], 1, { scale: 0 }), 'weightElimination: scale is 0, needs a number above 0'],
    [
      () => layers.maxNorm(x(), 1),
      'maxNorm: the weight is no parameter, and would be changed in place; give it a weight of a layer',
    ],
    [() => layers.maxNorm(layers.parameter(x()), 0), 'maxNorm: limit is 0, needs a number above 0'],
    [
      () => layers.maxNorm(layers.parameter(x()), 1, { axis: 2 }),
      'maxNorm: axis is 2, needs one of the 2 axes of the weight',
    ],
    [() => layers.laplacian(3 as never, x()), 'laplacian: f is 3, needs a function of a tensor'],
    [() => layers.laplacian((y) => y, randn([3])), 'laplacian: x is [3], needs [batch, ...features]'],
    [
      () => layers.laplacian((y) => y.sum(), x()),
      'laplacian: x is [2, 3] and f(x) is []; needs a row of outputs for each row of x',
    ],
    [() => layers.laplacian(() => 1 as never, x()), 'laplacian: f returned 1, needs a Tensor'],
    [
      () => layers.curvaturePenalty((y) => y, x(), -1),
      'curvaturePenalty: strength is -1, needs a number of at least 0',
    ],
  ];

  test.each(wrong)('%s', (f, message) => {
    using _ = scope();
    expect(f).toThrow(message);
  });
});
