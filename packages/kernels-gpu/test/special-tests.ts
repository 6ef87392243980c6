// NaN, infinities, zeros and the ends of the range, in every element-wise op, reduction and gradient of an activation, beside the
// CPU's TypeScript engine: in Node and in a browser alike.

import {
  type Element,
  elementFormula,
  eluGrad,
  geluGrad,
  leakyReluGrad,
  reluGrad,
  scope,
  sigmoidGrad,
  siluGrad,
  softplusGrad,
  type Tensor,
  tanhGrad,
  tensor,
  updateElements,
  useBackend,
  where,
  withBackend,
} from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import type { GpuBackend } from '@dl/kernels-gpu';
import { expect, test } from 'vitest';

const [inf, nan] = [Infinity, Number.NaN];
const most = 3.4028234663852886e38;
const least = 2 ** -126;
const numbers = [nan, inf, -inf, 0, -0, 1, -1, 0.5, -0.5, -2.5, 3, 17, 80, -80, most, -most, 1e-30, -1e-30, least];
/** Results lie between 0 and 1, or -1 and 1. */
const shares = [nan, inf, -inf, 0, -0, 1, -1, 0.5, -0.5, 0.999, 1e-30];

const unary: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  neg: (x) => x.neg(),
  abs: (x) => x.abs(),
  sign: (x) => x.sign(),
  square: (x) => x.square(),
  sqrt: (x) => x.sqrt(),
  rsqrt: (x) => x.rsqrt(),
  reciprocal: (x) => x.reciprocal(),
  exp: (x) => x.exp(),
  expm1: (x) => x.expm1(),
  log: (x) => x.log(),
  log1p: (x) => x.log1p(),
  sin: (x) => x.sin(),
  cos: (x) => x.cos(),
  tanh: (x) => x.tanh(),
  sigmoid: (x) => x.sigmoid(),
  erf: (x) => x.erf(),
  floor: (x) => x.floor(),
  ceil: (x) => x.ceil(),
  round: (x) => x.round(),
  relu: (x) => x.relu(),
  silu: (x) => x.silu(),
  gelu: (x) => x.gelu(),
  'gelu by tanh': (x) => x.gelu({ approximate: 'tanh' }),
  elu: (x) => x.elu(),
  leakyRelu: (x) => x.leakyRelu({ slope: 0.1 }),
  softplus: (x) => x.softplus(),
  clamp: (x) => x.clamp(-1, 2),
  'clamp from below': (x) => x.clamp(0, inf),
  isNaN: (x) => x.isNaN(),
  isFinite: (x) => x.isFinite(),
  'cast to int32': (x) => x.cast('int32'),
  'cast to bool': (x) => x.cast('bool'),
};

const binary = [
  ...(['add', 'sub', 'mul', 'div', 'mod', 'pow', 'maximum', 'minimum'] as const),
  ...(['equal', 'notEqual', 'less', 'lessEqual', 'greater', 'greaterEqual'] as const),
];

/** Steps of formulas, which are written apart from the ops. */
const steps: Readonly<Record<string, (a: Element, b: Element) => Element>> = {
  add: (a, b) => a.add(b),
  sub: (a, b) => a.sub(b),
  mul: (a, b) => a.mul(b),
  div: (a, b) => a.div(b),
  maximum: (a, b) => a.maximum(b),
  minimum: (a, b) => a.minimum(b),
  less: (a, b) => a.less(b),
  lessEqual: (a, b) => a.lessEqual(b),
  equal: (a, b) => a.equal(b),
  neg: (a) => a.neg(),
  abs: (a) => a.abs(),
  sign: (a) => a.sign(),
  square: (a) => a.square(),
  sqrt: (a) => a.sqrt(),
  where: (a, b) => a.where(b, 7),
};

const gradients: Readonly<Record<string, (g: Tensor, x: Tensor) => Tensor>> = {
  silu: (g, x) => siluGrad.run({ g, x }, {}),
  leakyRelu: (g, x) => leakyReluGrad.run({ g, x }, { slope: 0.1 }),
  elu: (g, x) => eluGrad.run({ g, x }, { alpha: 1.5 }),
  softplus: (g, x) => softplusGrad.run({ g, x }, { beta: 0.5 }),
  gelu: (g, x) => geluGrad.run({ g, x }, { approximate: 'none' }),
  'gelu by tanh': (g, x) => geluGrad.run({ g, x }, { approximate: 'tanh' }),
};

const gradientsOfResults: Readonly<Record<string, (g: Tensor, y: Tensor) => Tensor>> = {
  relu: (g, y) => reluGrad.run({ g, y }, {}),
  tanh: (g, y) => tanhGrad.run({ g, y }, {}),
  sigmoid: (g, y) => sigmoidGrad.run({ g, y }, {}),
};

const reductions: Readonly<Record<string, (x: Tensor, axis: number) => Tensor>> = {
  sum: (x, axis) => x.sum(axis),
  mean: (x, axis) => x.mean(axis),
  prod: (x, axis) => x.prod(axis),
  max: (x, axis) => x.max(axis),
  min: (x, axis) => x.min(axis),
  argmax: (x, axis) => x.argmax(axis),
  argmin: (x, axis) => x.argmin(axis),
  softmax: (x, axis) => x.softmax(axis),
  logSoftmax: (x, axis) => x.logSoftmax(axis),
};

export function specialTests(backend: GpuBackend): void {
  const reference = cpu({ engine: 'typescript' });

  /** Runs it here and on the CPU, and compares; `name` tells the inputs of element i. */
  async function compare(f: () => Tensor, name: (i: number) => string): Promise<void> {
    await useBackend(reference);
    await useBackend(backend, { strict: true });
    using _ = scope();
    const expected = Array.from(withBackend(reference, () => f()).dataSync(), Number);
    const got = Array.from(f().dataSync(), Number);
    const wrong = got.flatMap((value, i) => {
      const right = expected[i]!;
      const isRight =
        Object.is(value, right) || value === right || Math.abs(value - right) <= 2e-6 * Math.abs(right) + 2 * least;
      return isRight ? [] : [`${name(i)} is ${value}, not ${right}`];
    });
    expect(got).toHaveLength(expected.length);
    expect(wrong).toEqual([]);
  }

  const pairs = (as: readonly number[], bs: readonly number[]) => as.flatMap((a) => bs.map((b) => [a, b] as const));

  test.each(Object.entries(unary))('special values: %s', async (name, f) => {
    await compare(
      () => f(tensor(numbers)),
      (i) => `${name}(${numbers[i]})`,
    );
    // A single number takes another way.
    for (const x of [nan, inf, -0]) {
      await compare(
        () => f(tensor(x)),
        () => `${name}(${x})`,
      );
    }
  });

  test('special values: signs of zeros and of their inverses', async () => {
    await useBackend(backend, { strict: true });
    using _ = scope();
    const zeros = tensor([0, -0]);
    expect(Array.from(zeros.reciprocal().dataSync())).toEqual([inf, -inf]);
    expect(Array.from(zeros.rsqrt().dataSync())).toEqual([inf, -inf]);
    expect(Array.from(zeros.pow(-1).dataSync())).toEqual([inf, -inf]);
    expect(Array.from(zeros.pow(-2).dataSync())).toEqual([inf, inf]);
    expect(Array.from(tensor([1, 1]).div(zeros).dataSync())).toEqual([inf, -inf]);
    for (const f of [unary['neg']!, unary['abs']!, unary['sqrt']!, unary['floor']!]) {
      const [a, b] = withBackend(reference, () => f(tensor([0, -0])).dataSync());
      expect(Array.from(f(zeros).reciprocal().dataSync())).toEqual([1 / a!, 1 / b!]);
    }
  });

  test.each(binary)('special values: %s of all pairs', async (name) => {
    const all = pairs(numbers, numbers);
    const column = (i: 0 | 1): Tensor => tensor(all.map((pair) => pair[i]));
    const told = (i: number): string => `${name}(${all[i]})`;
    await compare(() => column(0)[name](column(1)), told);
    // Broadcast, and with a number of the host beside it.
    await compare(() => tensor(numbers).reshape([-1, 1])[name](tensor(numbers)), told);
    for (const b of [nan, inf, -inf, 0, 3]) {
      await compare(
        () => tensor(numbers)[name](b),
        (i) => `${name}(${numbers[i]}, ${b})`,
      );
    }
  });

  test.each(Object.entries(steps))('special values: %s as a step of a formula', async (name, step) => {
    const all = pairs(numbers, numbers);
    const formula = elementFormula(1, 1, ([a], [b]) => [step(a!, b!)]);
    const run = (): Tensor => {
      const target = tensor(all.map(([a]) => a));
      updateElements([[target]], [[tensor(all.map(([, b]) => b))]], formula);
      return target;
    };
    await compare(run, (i) => `${name}(${all[i]})`);
  });

  test('special values: where', async () => {
    const conditions = [true, false, true, false];
    await compare(
      () => where(tensor(conditions), tensor([nan, nan, 1, inf]), tensor([2, 3, nan, -0])),
      (i) => `where ${i}`,
    );
  });

  test.each(Object.entries(gradients))('special values: the gradient of %s', async (name, f) => {
    const all = pairs(numbers, numbers);
    await compare(
      () => f(tensor(all.map(([g]) => g)), tensor(all.map(([, x]) => x))),
      (i) => `gradient of ${name}(${all[i]![1]}) times ${all[i]![0]}`,
    );
  });

  test.each(Object.entries(gradientsOfResults))('special values: the gradient of %s', async (name, f) => {
    const all = pairs(numbers, shares);
    await compare(
      () => f(tensor(all.map(([g]) => g)), tensor(all.map(([, y]) => y))),
      (i) => `gradient of ${name} = ${all[i]![1]} times ${all[i]![0]}`,
    );
  });

  test.each(Object.entries(reductions))(
    'special values: %s, at every place of lines of several lengths',
    async (name, f) => {
      for (const length of [3, 4, 70]) {
        for (const special of [nan, inf, -inf]) {
          // A line for each place, along rows and along columns.
          const rows = Array.from({ length }, (_, i) => Array.from({ length }, (_, j) => (i === j ? special : (i + j) % 5 / 4 - 0.5))); // biome-ignore format: in one
          for (const axis of [0, 1]) {
            await compare(
              () => f(tensor(rows), axis),
              (i) => `${name} of ${length} with ${special} at ${i}, axis ${axis}`,
            );
          }
        }
      }
    },
  );

  test('denormal numbers are what they are, or zeros', async () => {
    await useBackend(reference);
    await useBackend(backend, { strict: true });
    using _ = scope();
    const tiny = [1e-40, -1e-40, 2 ** -149, -(2 ** -149), 1.1e-38, -1.1e-38];
    const zeros = tiny.map((x) => Math.sign(x) * 0);
    for (const [name, f] of Object.entries(unary)) {
      const got = Array.from(f(tensor(tiny)).dataSync(), Number);
      const [exact, ofZeros] = withBackend(reference, () =>
        [tiny, zeros].map((values) => Array.from(f(tensor(values)).dataSync(), Number)),
      ) as [number[], number[]];
      const isOneOf = (value: number, i: number): boolean =>
        [exact[i]!, ofZeros[i]!].some(
          (right) => Object.is(value, right) || Math.abs(value - right) <= 2e-6 * Math.abs(right) + least,
        );
      expect(got.filter((value, i) => !isOneOf(value, i)), `${name} of ${tiny}`).toEqual([]); // biome-ignore format: in one
    }
    // Moved they keep their bits.
    expect(tensor(tiny).reshape([3, 2]).permute([1, 0]).permute([1, 0]).dataSync()).toEqual(Float32Array.from(tiny));
  });
}
