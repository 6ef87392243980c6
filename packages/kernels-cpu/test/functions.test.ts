// How far functions of one number are from the truth, over every kind of float32; and which are exact.

import * as dl from '@dl/autograd';
import { scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { wasmEngines } from './engines.js';
import { erf, gelu, geluTanh } from './truth.js';

// One pattern of bits in 4099, and the places where something changes.
const special = [0, 1e-45, 1.1754942e-38, 1.17549435e-38, 0.625, 0.62499994, Math.SQRT1_2, 1, 3.4028235e38, Infinity];
const thresholds = [
  1e-9,
  1e-4,
  Math.SQRT1_2 - 1,
  Math.SQRT2 - 1,
  8,
  11,
  14.4,
  17.5,
  18,
  110,
  2 ** 20,
  2 ** 23,
  2 ** 31,
  2 ** 63,
];
const edges = [88.72283, 88.722839, 87.33655, 103.97208, 103.972084, 104, 150];
const bits = Uint32Array.from({ length: 1_047_800 }, (_, i) => i * 4099);
const inputs = Float32Array.of(
  ...[...special, ...thresholds, ...edges].flatMap((value) => [value, -value]),
  Number.NaN,
  ...[0x7f800001, 0xffc00000].map((pattern) => new Float32Array(Uint32Array.of(pattern).buffer)[0]!),
);
const values = new Float32Array(bits.length + inputs.length);
values.set(new Float32Array(bits.buffer));
values.set(inputs, bits.length);

/** Half the distance to the next float32, twice: the size of a last place at this magnitude. */
function ulp(value: number): number {
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(value))), -126);
  return 2 ** (exponent - 23);
}

const truths = new Map<(x: number) => number, Float64Array>();

/** Computed once for all engines. */
function truthOf(truth: (x: number) => number): Float64Array {
  const known = truths.get(truth) ?? Float64Array.from(values, truth);
  truths.set(truth, known);
  return known;
}

function worst(op: (x: Tensor) => Tensor, truth: (x: number) => number): { error: number; at: number } {
  using _ = scope();
  const results = op(tensor(values)).dataSync();
  const truths = truthOf(truth);
  let error = 0;
  let at = 0;
  for (let i = 0; i < values.length; i++) {
    const expected = truths[i]!;
    const actual = results[i]!;
    if (Number.isNaN(expected) || Math.fround(expected) === actual) {
      if (Number.isNaN(expected) && !Number.isNaN(actual)) return { error: Infinity, at: values[i]! };
      if (actual === 0 && !Object.is(Math.fround(expected), actual)) return { error: Infinity, at: values[i]! };
      continue;
    }
    if (!Number.isFinite(expected)) return { error: Infinity, at: values[i]! };
    // What would be infinite in float32 may be the largest number, and the other way round.
    const distance = Math.abs(Math.max(-3.5e38, Math.min(3.5e38, actual)) - expected) / ulp(expected);
    if (!(distance <= error)) [error, at] = [distance, values[i]!];
  }
  return { error, at };
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const silu = (x: number): number => x / (1 + Math.exp(-x));
const elu = (x: number): number => (x > 0 ? x : Math.expm1(x));
const selu = (x: number): number => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x));
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const elu07 = (x: Tensor): Tensor => dl.elu(x, { alpha: 0.7 });
const softplus3 = (x: Tensor): Tensor => dl.softplus(x, { beta: 3 });
const geluByTanh = (x: Tensor): Tensor => dl.gelu(x, { approximate: 'tanh' });

function roundHalfToEven(x: number): number {
  const [below, above] = [Math.floor(x), Math.ceil(x)];
  if (x - below !== above - x) return x - below < above - x ? below : above;
  return below % 2 === 0 ? below : above;
}

describe.each(wasmEngines())('%s', (engine) => {
  beforeAll(() => useBackend(cpu({ engine })));

  test.each([
    ['exp', dl.exp, Math.exp, 1],
    ['expm1', dl.expm1, Math.expm1, 1],
    ['log', dl.log, Math.log, 1],
    ['log1p', dl.log1p, Math.log1p, 1.5],
    ['sin', dl.sin, Math.sin, 2],
    ['cos', dl.cos, Math.cos, 2],
    ['tanh', dl.tanh, Math.tanh, 2],
    ['sigmoid', dl.sigmoid, sigmoid, 3],
    ['erf', dl.erf, erf, 1.5],
    ['silu', dl.silu, silu, 3],
    ['elu', dl.elu, elu, 1],
    ['elu of alpha 0.7', elu07, (x: number) => (x > 0 ? x : Math.fround(0.7) * Math.expm1(x)), 2],
    ['selu', dl.selu, selu, 2],
    ['softplus', dl.softplus, softplus, 2],
    ['softplus of beta 3', softplus3, (x: number) => softplus(3 * x) / 3, 3],
    ['gelu', dl.gelu, gelu, 5],
    ['gelu by tanh', geluByTanh, geluTanh, 3],
  ] as const)('%s', (_, op: (x: Tensor) => Tensor, truth, bound) => {
    const { error, at } = worst(op, truth);
    expect(error, `at ${at}`).toBeLessThanOrEqual(bound);
  });

  test('gelu is within 3 ulp where x is above -1', () => {
    const above = (x: number): number => (x > -1 ? x : 0);
    const { error, at } = worst(
      (x) => dl.gelu(dl.where(dl.greater(x, -1), x, 0)),
      (x) => gelu(above(x)),
    );
    expect(error, `at ${at}`).toBeLessThanOrEqual(3);
  });

  test.each([
    ['floor', dl.floor, Math.floor],
    ['ceil', dl.ceil, Math.ceil],
    ['round', dl.round, roundHalfToEven],
    ['sign', dl.sign, Math.sign],
    ['isNaN', dl.isNaN, (x: number) => Number(Number.isNaN(x))],
    ['isFinite', dl.isFinite, (x: number) => Number(Number.isFinite(x))],
    ['cast to bool', (x: Tensor) => dl.cast(x, 'bool'), (x: number) => Number(x !== 0)],
    ['cast to int32', (x: Tensor) => dl.cast(x, 'int32'), (x: number) => x | 0],
  ] as const)('%s is exact', (_, op: (x: Tensor) => Tensor, truth) => {
    using _scope = scope();
    const results = op(tensor(values)).dataSync();
    const wrong = values.findIndex((x, i) => !Object.is(results[i], truth(x)));
    expect(wrong < 0 ? [] : [values[wrong], results[wrong]]).toEqual([]);
  });
});
