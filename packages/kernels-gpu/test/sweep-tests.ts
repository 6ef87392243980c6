// Elementary functions over all that a float can hold, beside what double precision says: in Node and in a browser alike.

import { scope, type Tensor, tensor, useBackend, withBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import type { GpuBackend } from '@dl/kernels-gpu';
import { expect, test } from 'vitest';

const { fround } = Math;

/** Numbers below are taken for zeros, or not. */
const LEAST = 2 ** -126;

/** Of both signs: some in every binade, and dense ones around 0, 1, -1, multiples of π/2, whole numbers and halves. */
function manyNumbers(): number[] {
  const found: number[] = [];
  for (let e = -126; e < 128; e++) {
    for (let k = 0; k < 24; k++) found.push(2 ** e * (1 + k / 24), -(2 ** e) * (1 + k / 24));
  }
  for (let k = -2500; k <= 2500; k++) {
    found.push(
      k / 256,
      k * 25.7,
      k * 1e5 + 0.123,
      (k * Math.PI) / 2,
      1 + k / 5000,
      1 + k * 2 ** -23,
      -1 + Math.abs(k) * 2 ** -24,
    );
    found.push(k + 0.5, (k + 0.5) * (1 + 2 ** -23), (k + 0.5) * (1 - 2 ** -23), 2 ** 23 + k / 2, -(2 ** 24) + k);
  }
  return found.map(fround);
}

/** Multiples of π/2 that lie so near to floats that sines and cosines there are tiny, up to the largest floats. */
function nearQuarterTurns(): number[] {
  const found: number[] = [];
  for (let e = 1; e < 128; e++) {
    for (let k = 0; k < 4096; k += 3) {
      const x = fround(2 ** e * (1 + k / 4096 + 2 ** -20));
      if (Math.min(Math.abs(Math.sin(x)), Math.abs(Math.cos(x))) < 2e-3) found.push(x, -x);
    }
  }
  return found;
}

/** How far off the worst is, as a fraction of the right value; what has no fraction must be the very value. */
function worstOf(got: ArrayLike<number>, expected: readonly number[], inputs: (i: number) => string): number {
  let worst = 0;
  for (const [i, exact] of expected.entries()) {
    const [value, right] = [got[i]!, fround(exact)];
    if (!Number.isFinite(right) || !Number.isFinite(value)) {
      // An overflow may be rounded either way at the very end.
      const atTheEnd =
        Math.abs(value) >= 3.4028e38 && Math.abs(exact) >= 3.4028e38 && Math.sign(value) === Math.sign(exact);
      if (!atTheEnd) expect(value, inputs(i)).toBe(right);
    } else if (Math.abs(exact) < 1.001 * LEAST)
      expect(Math.abs(value - exact), inputs(i)).toBeLessThanOrEqual(1.01 * LEAST);
    else worst = Math.max(worst, Math.abs(value - exact) / Math.abs(exact));
  }
  return worst;
}

const functions: Readonly<Record<string, (x: number) => number>> = {
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  sqrt: Math.sqrt,
  rsqrt: (x) => 1 / Math.sqrt(x),
  reciprocal: (x) => 1 / x,
};

/** By IEEE 754, to the last bit. */
const exactFunctions: Readonly<Record<string, (x: number) => number>> = {
  neg: (x) => -x,
  abs: Math.abs,
  sign: Math.sign,
  square: (x) => fround(x * x),
  floor: Math.floor,
  ceil: Math.ceil,
  round: (x) => {
    const below = Math.floor(x);
    const part = x - below;
    return part < 0.5 || (part === 0.5 && below % 2 === 0) ? below : below + 1;
  },
  relu: (x) => Math.max(x, 0),
};

export function sweepTests(backend: GpuBackend): void {
  const reference = cpu({ engine: 'typescript' });
  const numbers = manyNumbers();
  const call = (name: string, x: Tensor): Tensor => (x as unknown as Record<string, () => Tensor>)[name]!();

  test.each(Object.entries(functions))('%s: within 1e-6 of the result, over all floats', async (name, f) => {
    await useBackend(backend, { strict: true });
    using _ = scope();
    const xs = name === 'sin' || name === 'cos' ? [...numbers, ...nearQuarterTurns()] : numbers;
    const got = call(name, tensor(xs)).dataSync();
    expect(worstOf(got, xs.map(f), (i) => `${name}(${xs[i]})`)).toBeLessThan(1e-6);
  });

  test.each(['erf', 'softplus', 'elu', 'silu', 'gelu'])('%s: beside double precision on the CPU', async (name) => {
    await useBackend(reference);
    await useBackend(backend, { strict: true });
    using _ = scope();
    // Below, 1 + erf has no digits left, in double precision either, and the sigmoid is less than the least number.
    const from = { gelu: -5.5, silu: -87 }[name] ?? -Infinity;
    const xs = numbers.filter((x) => x > from);
    const got = call(name, tensor(xs)).dataSync();
    const expected = withBackend(reference, () =>
      Array.from(call(name, tensor(xs, { dtype: 'float64' })).dataSync(), Number),
    );
    expect(worstOf(got, expected, (i) => `${name}(${xs[i]})`)).toBeLessThan(1e-6);
  });

  test.each(Object.entries(exactFunctions))('%s: to the last bit', async (name, f) => {
    await useBackend(backend, { strict: true });
    using _ = scope();
    const got = call(name, tensor(numbers)).dataSync();
    const wrong = numbers.filter((x, i) => got[i] !== f(x) && !(Math.abs(f(x)) < LEAST && got[i] === 0));
    expect(wrong).toEqual([]);
  });

  test('sines of large angles: from tables', async () => {
    await useBackend(backend, { strict: true });
    using _ = scope();
    // W. Kahan's and other known values, by exact reduction.
    const angles = [1e8, 1e22, 2 ** 120, 16367173 * 2 ** 72].map(fround);
    const expected = angles.map(Math.sin);
    expect(worstOf(tensor(angles).sin().dataSync(), expected, (i) => `sin(${angles[i]})`)).toBeLessThan(1e-6);
    const x = tensor(angles, { requiresGrad: true });
    x.sin().sum().backward();
    expect(worstOf(x.grad!.dataSync(), angles.map(Math.cos), (i) => `cos(${angles[i]})`)).toBeLessThan(1e-6);
  });

  test('powers: within 1e-6 of the result, and whole ones exact', async () => {
    await useBackend(backend, { strict: true });
    using _ = scope();
    const pairs: [number, number][] = [];
    const add = (a: number, b: number): void => void pairs.push([fround(a), fround(b)]);
    // Results from 2^-150 to 2^130, of bases small and large, and just beside 1, where exponents are large.
    for (let y = -150; y <= 130; y += 3.1) {
      for (let e = -30; e <= 30; e += 0.77) add(2 ** e, y / e);
      for (let k = 1; k <= 40; k++) {
        for (const base of [1 + k * 3e-5, 1 - k * 3e-5, 1 + k * 2 ** -22]) add(base, y / Math.log2(base));
      }
    }
    for (const a of [0.3, 0.7, 1.7, 2.3, 100, 1e-3, 0.99, 1.01]) {
      for (let b = -20; b <= 20; b += 0.25) {
        add(a, b);
        add(-a, b);
      }
    }
    const got = tensor(pairs.map(([a]) => a)).pow(tensor(pairs.map(([, b]) => b))).dataSync(); // biome-ignore format: in one
    const expected = pairs.map(([a, b]) => a ** b);
    expect(worstOf(got, expected, (i) => `${pairs[i]![0]}^${pairs[i]![1]}`)).toBeLessThan(1e-6);
    const whole: [number, number][] = [];
    for (let a = -300; a <= 300; a++) {
      for (let b = 0; b <= 24; b++) if (Math.abs(a ** b) <= 2 ** 24) whole.push([a, b]);
    }
    for (let b = -126; b < 128; b++) whole.push([2, b], [-2, b], [0.5, b], [4, b >> 1]);
    const powers = tensor(whole.map(([a]) => a)).pow(tensor(whole.map(([, b]) => b))).dataSync(); // biome-ignore format: in one
    expect(whole.filter(([a, b], i) => powers[i] !== a ** b && Math.abs(a ** b) >= LEAST)).toEqual([]);
  });

  test('remainders: exact for quotients of any size', async () => {
    await useBackend(backend, { strict: true });
    using _ = scope();
    const sizes = [
      1e-30,
      1e-10,
      0.1,
      0.3,
      1,
      3,
      7,
      10.5,
      1e3,
      65537,
      1e8,
      1e15,
      1e30,
      3e38,
      2 ** 24 - 1,
      2 ** 24,
      2 ** 100,
    ];
    const pairs: [number, number][] = [];
    for (const a of sizes.flatMap((size) => [size, size * 1.2345])) {
      for (const b of sizes)
        for (const s of [1, -1]) for (const t of [1, -1]) pairs.push([fround(s * Math.min(a, 3.4e38)), fround(t * b)]);
    }
    for (let k = -500; k < 500; k++) pairs.push([fround(k * 1.37), fround(0.37)], [k, 7], [k * 4097, -3]);
    const remainder = (a: number, b: number): number => {
      const rest = a % b;
      return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
    };
    const got = tensor(pairs.map(([a]) => a)).mod(tensor(pairs.map(([, b]) => b))).dataSync(); // biome-ignore format: in one
    expect(pairs.filter(([a, b], i) => got[i] !== fround(remainder(a, b)))).toEqual([]);
    const whole = pairs.filter(
      ([a, b]) => Number.isInteger(a) && Number.isInteger(b) && Math.abs(a) <= 2 ** 24 && Math.abs(b) <= 2 ** 24,
    );
    const column = (i: 0 | 1): Tensor => tensor(whole.map((pair) => pair[i]), { dtype: 'int32' }); // biome-ignore format: in one
    const rests = column(0).mod(column(1)).dataSync();
    expect(whole.filter(([a, b], i) => rests[i] !== remainder(a, b) + 0)).toEqual([]);
    expect(tensor([5, -5, 0], { dtype: 'int32' }).mod(tensor([0, 0, 0], { dtype: 'int32' })).toArray()).toEqual([0, 0, 0]); // biome-ignore format: in one
  });

  test('floats become whole numbers of 32 bits as in JavaScript', async () => {
    await useBackend(backend, { strict: true });
    using _ = scope();
    const xs = [
      ...numbers,
      Number.NaN,
      Infinity,
      -Infinity,
      2 ** 31,
      -(2 ** 31),
      2 ** 32,
      3 * 2 ** 31,
      -(2 ** 31) - 256,
    ];
    const got = tensor(xs).cast('int32').dataSync();
    expect(xs.filter((x, i) => got[i] !== (x | 0))).toEqual([]);
    // On the device, too.
    const back = tensor(xs).cast('int32').cast('float32').dataSync();
    expect(xs.filter((x, i) => back[i] !== fround(x | 0))).toEqual([]);
    const bools = tensor(xs).cast('bool').dataSync();
    expect(xs.filter((x, i) => bools[i] !== (x === 0 ? 0 : 1))).toEqual([]);
  });
}
