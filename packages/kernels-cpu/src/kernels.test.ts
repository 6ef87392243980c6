// What kernels do at the edges of their dtypes: wrap-around, halves, signs, NaN, infinities, and what is not there.

import {
  abs,
  add,
  argmax,
  argmin,
  cumsum,
  type DType,
  div,
  dot,
  equal,
  erf,
  expm1,
  gelu,
  isFinite,
  isNaN,
  log1p,
  logSoftmax,
  logSumExp,
  matmul,
  max,
  maximum,
  maxPool2d,
  mean,
  min,
  minimum,
  mod,
  mul,
  neg,
  pad,
  pow,
  prod,
  relu,
  round,
  sigmoid,
  sign,
  softmax,
  softplus,
  sort,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
  topK,
  useBackend,
} from '@dl/autograd';
import { beforeAll, describe, expect, test } from 'vitest';
import { cpu } from './index.js';

beforeAll(async () => {
  await useBackend(cpu());
});

const of = (values: readonly number[], dtype: DType = 'float64'): Tensor => tensor([...values], { dtype });
const int = (...values: number[]): Tensor => of(values, 'int32');
const values = (x: Tensor): number[] => Array.from(x.dataSync());
const NaN = Number.NaN;
const LARGEST = 2 ** 31 - 1;
const SMALLEST = -(2 ** 31);

/** The integer that 32 bits hold, from one of any size. */
const wrap = (value: bigint): number => Number(BigInt.asIntN(32, value));

describe('int32', () => {
  test('wraps around, as in C and NumPy', () => {
    expect(values(add(int(LARGEST, SMALLEST), int(1, -1)))).toEqual([SMALLEST, LARGEST]);
    expect(values(sub(int(SMALLEST), int(1)))).toEqual([LARGEST]);
    expect(values(neg(int(SMALLEST, 5)))).toEqual([SMALLEST, -5]);
    expect(values(abs(int(SMALLEST, -5)))).toEqual([SMALLEST, 5]);
  });

  test('products are exact modulo 2³², beyond what a double holds', () => {
    const [a, b] = [123_456_789, -987_654_321];
    const product = wrap(BigInt(a) * BigInt(b));
    expect(values(mul(int(a), int(b)))).toEqual([product]);
    expect(values(square(int(a)))).toEqual([wrap(BigInt(a) ** 2n)]);
    expect(values(prod(int(a, b, a)))).toEqual([wrap(BigInt(a) * BigInt(b) * BigInt(a))]);
    expect(values(matmul(tensor([[a, b]], { dtype: 'int32' }), tensor([[b], [a]], { dtype: 'int32' })))).toEqual([
      wrap(2n * BigInt(a) * BigInt(b)),
    ]);
    expect(values(dot(int(a, b), int(b, b)))).toEqual([wrap(BigInt(a) * BigInt(b) + BigInt(b) ** 2n)]);
  });

  test('large products, too', () => {
    const n = 24;
    const entry = (i: number): number => Math.imul(i + 1, 2_654_435_761);
    const a = Array.from({ length: n * n }, (_, i) => entry(i));
    const b = Array.from({ length: n * n }, (_, i) => entry(i * 7 + 3));
    const y = values(
      matmul(tensor({ data: Int32Array.from(a), shape: [n, n] }), tensor({ data: Int32Array.from(b), shape: [n, n] })),
    );
    for (const [i, j] of [
      [0, 0],
      [5, 17],
      [23, 23],
    ] as const) {
      let exact = 0n;
      for (let k = 0; k < n; k++) exact += BigInt(a[i * n + k]!) * BigInt(b[k * n + j]!);
      expect(y[i * n + j]).toBe(wrap(exact));
    }
  });

  test('sums wrap around', () => {
    expect(values(sum(int(LARGEST, LARGEST, 3)))).toEqual([1]);
    expect(values(cumsum(int(LARGEST, 1, 1), 0))).toEqual([LARGEST, SMALLEST, SMALLEST + 1]);
  });

  test('casting cuts off towards zero, and wraps what is too large', () => {
    const from = of([-1.9, -0.5, 0.5, 1.9, 2 ** 31, 2 ** 32 + 5, NaN, Infinity]);
    expect(values(from.cast('int32')).map((v) => v + 0)).toEqual([-1, 0, 0, 1, SMALLEST, 5, 0, 0]);
    expect(values(of([-0, 0.1, NaN, -Infinity]).cast('bool'))).toEqual([0, 1, 1, 1]);
    expect(values(int(0, -3).cast('bool'))).toEqual([0, 1]);
    expect(values(tensor([true, false]).cast('int32'))).toEqual([1, 0]);
    expect(values(of([1 + 2 ** -30]).cast('float32'))).toEqual([1]);
    expect(values(int(LARGEST).cast('float64'))).toEqual([LARGEST]);
  });
});

describe('rounding and remainders', () => {
  test('halves go to the even neighbour', () => {
    const x = of([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.49999999999999994, 2 ** 53 - 1, -7.3]);
    expect(values(round(x)).map((v) => v + 0)).toEqual([-2, -2, 0, 0, 2, 2, 0, 2 ** 53 - 1, -7]);
    expect(values(round(of([Infinity, -Infinity, NaN])))).toEqual([Infinity, -Infinity, NaN]);
  });

  test('a remainder has the sign of the divisor, as in Python', () => {
    const [a, b] = [
      [7, -7, 7, -7, 6, -6],
      [3, 3, -3, -3, 3, -3],
    ] as const;
    const expected = [1, 2, -2, -1, 0, 0];
    expect(values(mod(of(a), of(b))).map((v) => v + 0)).toEqual(expected);
    expect(values(mod(int(...a), int(...b)))).toEqual(expected);
    expect(values(mod(of([5.5, -5.5]), of([2, 2])))).toEqual([1.5, 0.5]);
    expect(values(mod(of([-5, 5]), of([Infinity, Infinity])))).toEqual([Infinity, 5]);
    expect(values(mod(of([5]), of([0])))).toEqual([NaN]);
  });

  test('division by zero follows IEEE 754', () => {
    expect(values(div(of([1, -1, 0]), of([0, 0, 0])))).toEqual([Infinity, -Infinity, NaN]);
    expect(values(pow(of([0, 0, 1, -8, 2]), of([0, -1, NaN, 1 / 3, Infinity])))).toEqual([
      1,
      Infinity,
      1,
      NaN,
      Infinity,
    ]);
  });
});

describe('NaN', () => {
  const withNaN = [1, NaN, 3];

  test('comes through max, min, maximum, minimum, relu and clamp', () => {
    expect(values(max(of(withNaN)))).toEqual([NaN]);
    expect(values(min(of(withNaN)))).toEqual([NaN]);
    expect(values(max(of([NaN, 1, 2])))).toEqual([NaN]);
    expect(values(maximum(of(withNaN), of([2, 2, NaN])))).toEqual([2, NaN, NaN]);
    expect(values(minimum(of(withNaN), of([2, 2, NaN])))).toEqual([1, NaN, NaN]);
    expect(values(relu(of([-1, NaN, 2])))).toEqual([0, NaN, 2]);
    expect(values(of(withNaN).clamp(0, 2))).toEqual([1, NaN, 2]);
    expect(values(sign(of([-2, NaN, 0])))).toEqual([-1, NaN, 0]);
    const image = tensor([
      [
        [
          [1, NaN],
          [2, 3],
        ],
      ],
    ]);
    expect(values(maxPool2d(image, 2))).toEqual([NaN]);
  });

  test('is where argmax and argmin point, at the first one', () => {
    expect(values(argmax(of([5, NaN, 9, NaN])))).toEqual([1]);
    expect(values(argmin(of([5, NaN, -9, NaN])))).toEqual([1]);
    expect(values(argmax(of([2, 7, 7])))).toEqual([1]);
    expect(values(argmin(of([7, 2, 2])))).toEqual([1]);
  });

  test('counts as the largest when sorting', () => {
    const up = sort(of([3, NaN, -Infinity, Infinity, NaN, 1]));
    expect(values(up.values)).toEqual([-Infinity, 1, 3, Infinity, NaN, NaN]);
    expect(values(up.indices)).toEqual([2, 5, 0, 3, 1, 4]);
    const down = sort(of([3, NaN, Infinity, 1]), 0, { descending: true });
    expect(values(down.values)).toEqual([NaN, Infinity, 3, 1]);
    expect(values(topK(of([3, NaN, Infinity, 1]), 2).indices)).toEqual([1, 2]);
    expect(values(topK(of([3, NaN, Infinity, 1]), 2, { largest: false }).values)).toEqual([1, 3]);
  });

  test('equals nothing, and is found', () => {
    expect(values(equal(of(withNaN), of(withNaN)))).toEqual([1, 0, 1]);
    expect(values(isNaN(of([1, NaN, Infinity])))).toEqual([0, 1, 0]);
    expect(values(isFinite(of([1, NaN, -Infinity])))).toEqual([1, 0, 0]);
  });
});

describe('order', () => {
  test('equals keep their order, both ways', () => {
    const x = of([2, 1, 2, 1, 2]);
    expect(values(sort(x).indices)).toEqual([1, 3, 0, 2, 4]);
    expect(values(sort(x, 0, { descending: true }).indices)).toEqual([0, 2, 4, 1, 3]);
    expect(values(topK(x, 3).indices)).toEqual([0, 2, 4]);
  });
});

describe('large and small arguments', () => {
  test('exponentials do not overflow where the result does not', () => {
    expect(values(softmax(of([1000, 1000])))).toEqual([0.5, 0.5]);
    expect(values(softmax(of([-Infinity, 0, 0])))).toEqual([0, 0.5, 0.5]);
    expect(values(logSoftmax(of([1e4, 0])))).toEqual([0, -1e4]);
    expect(values(logSumExp(of([1e4, 1e4])))[0]).toBeCloseTo(1e4 + Math.LN2, 10);
    expect(values(logSumExp(of([-Infinity, -Infinity])))).toEqual([-Infinity]);
    expect(values(logSumExp(of([Infinity, 0])))).toEqual([Infinity]);
    expect(values(sigmoid(of([-1000, 1000])))).toEqual([0, 1]);
    expect(values(softplus(of([-1000, 1000])))).toEqual([0, 1000]);
    expect(values(gelu(of([-1000, 1000])))).toEqual([-0, 1000]);
  });

  test('nothing is lost near zero', () => {
    expect(values(log1p(of([1e-20])))).toEqual([1e-20]);
    expect(values(expm1(of([1e-20])))).toEqual([1e-20]);
    expect(values(erf(of([1e-300])))[0]! / ((2 / Math.sqrt(Math.PI)) * 1e-300)).toBeCloseTo(1, 14);
  });

  test('in TypeScript a sum of many float32 is as exact as its result', async () => {
    await useBackend(cpu({ engine: 'typescript' }));
    const n = 1_000_000;
    const tenth = Math.fround(0.1);
    const x = tensor(new Float32Array(n).fill(0.1));
    expect(sum(x).item()).toBe(Math.fround(n * tenth));
    expect(mean(x).item()).toBe(tenth);
  });
});

describe('the error function', () => {
  // From tables with 15 digits or more (Abramowitz & Stegun 7.1; DLMF 7).
  test.each([
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [2, 0.9953222650189527],
    [2.5, 0.999593047982555],
    [3, 0.9999779095030014],
    [4, 0.9999999845827421],
  ])('erf(%d)', (x, expected) => {
    expect(Math.abs(values(erf(of([x])))[0]! - expected)).toBeLessThan(3e-16);
    expect(values(erf(of([-x])))[0]).toBe(-values(erf(of([x])))[0]!);
  });

  test('its ends', () => {
    expect(values(erf(of([0, 6, -6, Infinity, -Infinity, NaN])))).toEqual([0, 1, -1, 1, -1, NaN]);
  });

  test('is smooth where one formula takes over from the other', () => {
    const at = 2.2;
    const h = 1e-9;
    const [before, after] = values(erf(of([at - h, at + h]))) as [number, number];
    const slope = (2 / Math.sqrt(Math.PI)) * Math.exp(-at * at);
    expect(Math.abs(after - before - 2 * h * slope)).toBeLessThan(5e-16);
  });
});

test('a column is padded on its sides', async () => {
  for (const backend of [cpu({ engine: 'typescript' }), cpu()]) {
    await useBackend(backend);
    const padded = pad(of([1, 2], 'float32').reshape([2, 1]), [
      [0, 0],
      [1, 2],
    ]);
    expect(values(padded)).toEqual([0, 1, 0, 0, 0, 2, 0, 0]);
  }
});
