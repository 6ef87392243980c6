// What the initialisers and layers start with: statistics against closed formulas and PyTorch's, structure element by element.

import { readFileSync } from 'node:fs';
import { Generator, scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import * as layers from '../index.js';

interface Statistics {
  readonly mean: number;
  readonly std: number;
  readonly least: number;
  readonly largest: number;
}

const golden: {
  readonly initialisers: {
    readonly statistics: Readonly<Record<string, Statistics>>;
    readonly zerosInEachColumn: readonly number[];
    readonly gains: Readonly<Record<layers.GainName, number>>;
    readonly fans: readonly (readonly [shape: readonly number[], fanIn: number, fanOut: number])[];
    readonly dirac: readonly { shape: readonly number[]; groups: number; data: readonly number[] }[];
  };
} = JSON.parse(readFileSync(new URL('../../golden/activations.json', import.meta.url), 'utf8'));
const pytorch = golden.initialisers;

beforeAll(() => useBackend(cpu()));

const shape = [800, 40, 5];
const [fanIn, fanOut] = [40 * 5, 800 * 5];
const seeded = (): { generator: Generator; dtype: 'float64' } => ({ generator: new Generator(3), dtype: 'float64' });

const statisticsOf = (x: Tensor): Statistics => ({
  mean: x.mean().item(),
  std: x.std().item(),
  least: x.min().item(),
  largest: x.max().item(),
});

/** The mean within four standard errors, the standard deviation within four of its own. */
function checkMoments({ mean, std }: Statistics, expected: { mean: number; std: number }, count: number): void {
  assertAllClose([mean], [expected.mean], { rtol: 0, atol: (4 * expected.std) / Math.sqrt(count) });
  assertAllClose([std], [expected.std], { rtol: 4 / Math.sqrt(2 * count) });
}

describe('even on ±bound: standard deviation bound/√3, the largest next to the bound', () => {
  const cases: readonly (readonly [name: string, make: () => Tensor, bound: number])[] = [
    ['kaimingUniform', () => layers.kaimingUniform(shape, seeded()), Math.sqrt(6 / fanIn)],
    [
      'kaimingUniform fanOut',
      () => layers.kaimingUniform(shape, { ...seeded(), mode: 'fanOut' }),
      Math.sqrt(6 / fanOut),
    ],
    [
      'xavierUniform',
      () => layers.xavierUniform(shape, { ...seeded(), gain: 5 / 3 }),
      (5 / 3) * Math.sqrt(6 / (fanIn + fanOut)),
    ],
    ['lecunUniform', () => layers.lecunUniform(shape, seeded()), Math.sqrt(3 / fanIn)],
    ['lenetUniform', () => layers.lenetUniform(shape, seeded()), 2.4 / fanIn],
    ['fanInUniform', () => layers.fanInUniform(shape, fanIn, seeded()), 1 / Math.sqrt(fanIn)],
    ['Linear.weight', () => new layers.Linear(fanIn, 800, seeded()).weight, 1 / Math.sqrt(fanIn)],
    ['Linear.bias', () => new layers.Linear(4, 20000, seeded()).bias!, 1 / 2],
    ['Conv2d.weight', () => new layers.Conv2d(20, 400, 5, { ...seeded(), groups: 4 }).weight, 1 / Math.sqrt(5 * 25)],
    ['Conv2d.bias', () => new layers.Conv2d(1, 20000, 2, seeded()).bias!, 1 / 2],
  ];

  test.each(cases)('%s', (name, make, bound) => {
    using _ = scope();
    const weight = make();
    const found = statisticsOf(weight);
    // The moments of even numbers scatter less than those of normal ones.
    checkMoments(found, { mean: 0, std: bound / Math.sqrt(3) }, weight.size);
    assertAllClose([found.largest, -found.least], [bound, bound], { rtol: 20 / weight.size });
    expect(Math.max(found.largest, -found.least)).toBeLessThanOrEqual(bound);
    const reference = pytorch.statistics[name];
    if (reference !== undefined) assertAllClose([found.std], [reference.std], { rtol: 0.01 });
  });
});

describe('normal: the standard deviation of the formula', () => {
  const cases: readonly (readonly [name: string, make: () => Tensor, std: number])[] = [
    ['kaimingNormal', () => layers.kaimingNormal(shape, { ...seeded(), mode: 'fanOut' }), Math.sqrt(2 / fanOut)],
    [
      'kaimingNormal slope',
      () => layers.kaimingNormal(shape, { ...seeded(), slope: 0.5 }),
      Math.sqrt(2 / 1.25 / fanIn),
    ],
    ['xavierNormal', () => layers.xavierNormal(shape, seeded()), Math.sqrt(2 / (fanIn + fanOut))],
    ['lecunNormal', () => layers.lecunNormal(shape, seeded()), Math.sqrt(1 / fanIn)],
    ['Embedding.weight', () => new layers.Embedding(800, 100, seeded()).weight, 1],
  ];

  test.each(cases)('%s', (name, make, std) => {
    using _ = scope();
    const weight = make();
    const found = statisticsOf(weight);
    checkMoments(found, { mean: 0, std }, weight.size);
    // Of normal numbers 4.55% are further than two standard deviations away.
    const far = weight
      .abs()
      .greater(2 * std)
      .cast('float64')
      .mean()
      .item();
    assertAllClose([far], [0.0455], { rtol: 0, atol: 4 * Math.sqrt(0.0455 / weight.size) });
    const reference = pytorch.statistics[name];
    if (reference !== undefined) assertAllClose([found.std], [reference.std], { rtol: 0.01 });
  });
});

test('norms and PReLU start as PyTorch’s: weight 1, bias 0, slope 1/4', () => {
  using _ = scope();
  for (const norm of [new layers.LayerNorm(3), new layers.BatchNorm2d(3), new layers.GroupNorm(1, 3)]) {
    expect(norm.weight!.toArray()).toEqual([1, 1, 1]);
    expect(norm.bias!.toArray()).toEqual([0, 0, 0]);
  }
  expect(new layers.PReLU({ numParameters: 2 }).weight.toArray()).toEqual([0.25, 0.25]);
});

describe('truncatedNormal: within its bounds, with the moments of the formula', () => {
  const density = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  /** By adding up the density: another way than drawing. */
  const moments = (mean: number, std: number, low: number, high: number): { mean: number; std: number } => {
    const steps = 20000;
    const width = (high - low) / steps;
    const xs = Array.from({ length: steps }, (_, i) => low + (i + 0.5) * width);
    const weights = xs.map((x) => density((x - mean) / std));
    const total = weights.reduce((sum, w) => sum + w, 0);
    const center = xs.reduce((sum, x, i) => sum + x * weights[i]!, 0) / total;
    return { mean: center, std: Math.sqrt(xs.reduce((sum, x, i) => sum + (x - center) ** 2 * weights[i]!, 0) / total) };
  };
  const cases: readonly (readonly [
    string,
    layers.TruncatedNormalOptions,
    readonly [number, number, number, number],
  ])[] = [
    ['truncatedNormal', {}, [0, 1, -2, 2]],
    ['truncatedNormal off centre', { mean: 0.5, std: 2, low: 0, high: 1 }, [0.5, 2, 0, 1]],
    ['truncatedNormal one side', { mean: 0, std: 1, low: 1, high: 6 }, [0, 1, 1, 6]],
    ['truncatedNormal narrow, beside the mean', { mean: 0, std: 1, low: 1, high: 2 }, [0, 1, 1, 2]],
    ['truncatedNormal wide', { std: 0.02 }, [0, 0.02, -0.2, 0.2]],
  ];

  test.each(cases)('%s', (name, options, [mean, std, low, high]) => {
    using _ = scope();
    const weight = layers.truncatedNormal(shape, { ...seeded(), ...options });
    const found = statisticsOf(weight);
    checkMoments(found, moments(mean, std, low, high), weight.size);
    expect(found.least).toBeGreaterThanOrEqual(low);
    expect(found.largest).toBeLessThanOrEqual(high);
    const reference = pytorch.statistics[name];
    if (reference !== undefined) assertAllClose([found.std], [reference.std], { rtol: 0.01 });
  });
});

test.each([[[30, 50]], [[50, 30]], [[20, 3, 2, 2]], [[7, 7]]])(
  'orthogonal %j: right angles, and the length of the gain',
  (of) => {
    using _ = scope();
    const weight = layers.orthogonal(of, { ...seeded(), gain: 2 });
    expect(weight.shape).toEqual(of);
    const [rows, columns] = [of[0]!, weight.size / of[0]!];
    const matrix = weight.reshape([rows, columns]);
    const products = matrix.matmul(matrix, rows <= columns ? { transposeB: true } : { transposeA: true });
    const size = Math.min(rows, columns);
    const expected = Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 4 : 0));
    assertAllClose(products.dataSync(), expected, { rtol: 1e-12, atol: 1e-12 });
  },
);

test('orthogonal: elements scatter as PyTorch’s do', () => {
  using _ = scope();
  const { mean, std } = statisticsOf(layers.orthogonal([300, 100, 4], { ...seeded(), gain: 2 }));
  assertAllClose([mean], [0], { atol: 2e-3 });
  assertAllClose([std], [pytorch.statistics.orthogonal!.std], { rtol: 1e-4 });
});

test('sparse: so many zeros in each column, normal elsewhere', () => {
  using _ = scope();
  const weight = layers.sparse([400, 300], 0.35, { ...seeded(), std: 0.5 });
  const zeros = weight.equal(0).cast('float64').sum(0).dataSync();
  expect([...new Set(zeros)]).toEqual(pytorch.zerosInEachColumn);
  // Over the rows the zeros are spread evenly: 105 in each, within five standard deviations of a binomial.
  const inRows = weight.equal(0).cast('float64').sum(1);
  const spread = 5 * Math.sqrt(300 * 0.35 * 0.65);
  assertAllClose(inRows.dataSync(), new Float64Array(400).fill(105), { rtol: 0, atol: spread });
  // The mean square is 65% of the variance.
  assertAllClose([weight.std().item()], [0.5 * Math.sqrt(0.65)], { rtol: 0.01 });
  assertAllClose([weight.std().item()], [pytorch.statistics.sparse!.std], { rtol: 0.01 });
  // A share that rounding would lift over a whole number is rounded up, as PyTorch does.
  expect(layers.sparse([3, 1], 0.5).equal(0).cast('float32').sum().item()).toBe(2);
});

test.each(pytorch.dirac.map((each) => [each.shape, each] as const))(
  'dirac %j is PyTorch’s',
  (_, { shape: of, groups, data }) => {
    using _scope = scope();
    expect(Array.from(layers.dirac(of, { groups }).dataSync())).toEqual(data);
  },
);

test('a convolution that starts with dirac passes its input through', () => {
  using _ = scope();
  using conv = new layers.Conv2d(3, 3, 3, { padding: 1, bias: false });
  conv.weight.assign(layers.dirac(conv.weight.shape));
  const x = tensor({ data: Float32Array.from({ length: 48 }, (_, i) => Math.sin(i)), shape: [1, 3, 4, 4] });
  assertAllClose(conv.forward(x), x, { rtol: 0, atol: 0 });
});

test('constant, and gains', () => {
  using _ = scope();
  expect(layers.constant([2, 2], 0.5).toArray()).toEqual([
    [0.5, 0.5],
    [0.5, 0.5],
  ]);
  for (const [name, gain] of Object.entries(pytorch.gains)) {
    expect(layers.calculateGain(name as layers.GainName)).toBeCloseTo(gain, 14);
  }
});

test('fans, as PyTorch counts them', () => {
  for (const [of, fanIn, fanOut] of pytorch.fans) expect(layers.fansOf(of)).toEqual({ fanIn, fanOut });
});

test('dtype and seed: the same numbers in single precision, and again', () => {
  using _ = scope();
  const makers = [layers.truncatedNormal, layers.orthogonal, layers.lecunNormal, layers.lenetUniform];
  for (const make of [...makers, (of: readonly number[], o: layers.ParameterOptions) => layers.sparse(of, 0.2, o)]) {
    const double = make([5, 6], seeded());
    const single = make([5, 6], { generator: new Generator(3) });
    expect([double.dtype, single.dtype]).toEqual(['float64', 'float32']);
    assertAllClose(single, double, { rtol: 1e-6 });
  }
});

describe('what does not fit', () => {
  const wrong: readonly (readonly [() => unknown, string])[] = [
    [() => layers.truncatedNormal([2], { std: 0 }), 'truncatedNormal: std is 0, needs a number above 0'],
    [() => layers.truncatedNormal([2], { mean: NaN }), 'truncatedNormal: mean is NaN, needs a finite number'],
    [
      () => layers.truncatedNormal([2], { low: 2, high: 1 }),
      'truncatedNormal: low is 2 and high is 1; needs low < high',
    ],
    [
      () => layers.truncatedNormal([2], { mean: 9 }),
      'truncatedNormal: mean 9 is 7 outside of -2 to 2, more than two standard deviations of 1; move it nearer',
    ],
    [() => layers.orthogonal([3]), 'orthogonal: the weight is [3], needs two axes or more: [out, in, ...window]'],
    [() => layers.orthogonal([3, 3], { gain: Infinity }), 'orthogonal: gain is Infinity, needs a finite number'],
    [() => layers.sparse([3, 3, 3], 0.1), 'sparse: the weight is [3, 3, 3], needs two axes: [out, in]'],
    [() => layers.sparse([3, 3], 10), 'sparse: sparsity is 10, needs a share from 0 to 1'],
    [() => layers.dirac([3]), 'dirac: the weight is [3], needs two to five axes: [out, in, ...window]'],
    [() => layers.dirac([3, 3], { groups: 2 }), 'dirac: 3 outputs cannot be cut into 2 groups; needs a multiple of 2'],
    [() => layers.constant([2], 1, { dtype: 'int32' }), 'constant: dtype is int32, needs float32 or float64'],
    [() => layers.lecunNormal([3]), 'fansOf: the weight is [3], needs at least two axes: [out, in, ...window]'],
    [
      () => layers.calculateGain('gelu' as never),
      "calculateGain: got 'gelu', needs one of 'linear', 'sigmoid', 'tanh', 'relu', 'leakyRelu', 'selu'",
    ],
  ];

  test.each(wrong)('%s', (f, message) => {
    using _ = scope();
    expect(f).toThrow(message);
  });
});

test.each<[string, (options: object) => Tensor]>([
  ['kaimingUniform', (options) => layers.kaimingUniform([4, 4], options)],
  ['kaimingNormal', (options) => layers.kaimingNormal([4, 4], options)],
  ['xavierUniform', (options) => layers.xavierUniform([4, 4], options)],
  ['xavierNormal', (options) => layers.xavierNormal([4, 4], options)],
  ['fanInUniform', (options) => layers.fanInUniform([4, 4], 4, options)],
  ['lecunNormal', (options) => layers.lecunNormal([4, 4], options)],
  ['lecunUniform', (options) => layers.lecunUniform([4, 4], options)],
  ['lenetUniform', (options) => layers.lenetUniform([4, 4], options)],
  ['constant', (options) => layers.constant([4, 4], 1, options)],
  ['truncatedNormal', (options) => layers.truncatedNormal([4, 4], options)],
  ['orthogonal', (options) => layers.orthogonal([4, 4], options)],
  ['sparse', (options) => layers.sparse([4, 4], 0.5, options)],
  ['dirac', (options) => layers.dirac([4, 4], options)],
])('%s refuses an option that it does not know', (name, make) => {
  using _ = scope();
  make({});
  expect(() => make({ generatr: new Generator(1) })).toThrow(new RegExp(`^${name}: .*generatr`));
});

test('dirac takes two to five axes', () => {
  using _ = scope();
  expect(layers.dirac([1, 1, 1, 1, 1]).item()).toBe(1);
  for (const shape of [[2], [1, 1, 1, 1, 1, 1]]) {
    expect(() => layers.dirac(shape)).toThrow('two to five axes: [out, in, ...window]');
  }
});
