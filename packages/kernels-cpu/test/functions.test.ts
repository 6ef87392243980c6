// How far exp, log, tanh and sigmoid are from the truth, over every kind of float32.

import { exp, log, scope, sigmoid, type Tensor, tanh, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { wasmEngines } from './engines.js';

// One pattern of bits in 4099, and the places where something changes.
const special = [0, 1e-45, 1.1754942e-38, 1.17549435e-38, 0.625, 0.62499994, Math.SQRT1_2, 1, 3.4028235e38, Infinity];
const edges = [88.72283, 88.722839, 87.33655, 103.97208, 103.972084, 104, 150];
const bits = Uint32Array.from({ length: 1_047_800 }, (_, i) => i * 4099);
const inputs = Float32Array.of(
  ...[...special, ...edges].flatMap((value) => [value, -value]),
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

function worst(op: (x: Tensor) => Tensor, truth: (x: number) => number): { error: number; at: number } {
  using _ = scope();
  const results = op(tensor(values)).dataSync();
  let error = 0;
  let at = 0;
  for (let i = 0; i < values.length; i++) {
    const expected = truth(values[i]!);
    const actual = results[i]!;
    if (Number.isNaN(expected) || Math.fround(expected) === actual) {
      if (Number.isNaN(expected) && !Number.isNaN(actual)) return { error: Infinity, at: values[i]! };
      continue;
    }
    if (!Number.isFinite(expected)) return { error: Infinity, at: values[i]! };
    // What would be infinite in float32 may be the largest number, and the other way round.
    const distance = Math.abs(Math.max(-3.5e38, Math.min(3.5e38, actual)) - expected) / ulp(expected);
    if (!(distance <= error)) [error, at] = [distance, values[i]!];
  }
  return { error, at };
}

describe.each(wasmEngines())('%s', (engine) => {
  beforeAll(() => useBackend(cpu({ engine })));

  test.each([
    ['exp', exp, Math.exp, 1],
    ['log', log, Math.log, 1],
    ['tanh', tanh, Math.tanh, 2],
    ['sigmoid', sigmoid, (x: number) => 1 / (1 + Math.exp(-x)), 3],
  ] as const)('%s', (_, op, truth, bound) => {
    const { error, at } = worst(op, truth);
    expect(error, `at ${at}`).toBeLessThanOrEqual(bound);
  });
});
