// Powers and remainders of every kind of float32, and at the edges of IEEE 754.

import { mod, pow, scope, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { wasmEngines } from './engines.js';

const edges = [0, 1, 2, 3, 0.5, 1e-45, 1.17549435e-38, 2 ** 24 + 2, 16777215, 3.4028235e38, Infinity];
const special = [...edges.flatMap((value) => [value, -value]), Number.NaN];
/** One pattern of bits in `step`. */
function walk(step: number, start: number): Float32Array {
  return new Float32Array(Uint32Array.from({ length: Math.floor(2 ** 32 / step) }, (_, i) => start + i * step).buffer);
}

/** Every pair of special numbers, then pairs from a walk and `others` in turn. */
function pairs(others: readonly number[]): [Float32Array, Float32Array] {
  const numbers = walk(4099, 77);
  const a = [...special.flatMap((x) => special.map(() => x)), ...numbers];
  const b = [...special.flatMap(() => special), ...Array.from(numbers, (_, i) => others[i % others.length]!)];
  return [Float32Array.from(a), Float32Array.from(b)];
}

/** a^b as IEEE 754-2019 (9.2.1) has it, which JavaScript does not where |a| is 1. */
function power(a: number, b: number): number {
  return a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b;
}

describe.each(wasmEngines())('%s', (engine) => {
  beforeAll(() => useBackend(cpu({ engine })));

  test('powers are within 1 ulp', () => {
    using _ = scope();
    const [a, b] = pairs([2, 3, -1, -2, 0.5, -0.5, 1 / 3, 2.4, 0.001, -0.01, 7, 10, 1.0001, -3.7, 30, 0, 100]);
    const y = pow(tensor(a), tensor(b)).dataSync();
    let worst: number[] = [0];
    for (let i = 0; i < y.length; i++) {
      const expected = power(a[i]!, b[i]!);
      if (Object.is(Math.fround(expected), y[i])) continue;
      const ulp = 2 ** (Math.max(Math.floor(Math.log2(Math.abs(expected))), -126) - 23);
      const error = Math.abs(Math.max(-3.5e38, Math.min(3.5e38, y[i]!)) - expected) / ulp;
      if (!(error <= worst[0]!)) worst = [error, a[i]!, b[i]!, y[i]!, expected];
    }
    expect(worst[0], worst.join(' ')).toBeLessThanOrEqual(1);
  });

  test('remainders are exact', () => {
    using _ = scope();
    const [a, b] = pairs([1, 2.5, -3, 1e-3, 7e5, -1e-20, Math.PI, 1e30, 65536]);
    const y = mod(tensor(a), tensor(b)).dataSync();
    const wrong = a.findIndex((x, i) => {
      const rest = x % b[i]!;
      const expected = rest !== 0 && rest < 0 !== b[i]! < 0 ? rest + b[i]! : rest;
      return !Object.is(Math.fround(expected), y[i]);
    });
    expect(wrong < 0 ? [] : [a[wrong], b[wrong], y[wrong]]).toEqual([]);
  });
});
