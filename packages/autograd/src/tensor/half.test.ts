// float16 and bfloat16 against what PyTorch made of the same bits, and against the formula of each.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { dtypeInfo, halfBits, halfValues } from '../index.js';

type Golden = Record<
  'float16' | 'bfloat16',
  {
    readonly epsilon: number;
    readonly largest: number;
    readonly rounded: { readonly count: number; readonly digest: string };
    readonly values: { readonly digest: string };
  }
>;
const golden = JSON.parse(readFileSync(new URL('../../golden/halves.json', import.meta.url), 'utf8')) as Golden;

const digest = (array: Uint16Array | Int32Array): string =>
  createHash('sha256')
    .update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
    .digest('hex');

const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
const kinds = [
  { dtype: 'float16', exponents: 5, infinity: 0x7c00 },
  { dtype: 'bfloat16', exponents: 8, infinity: 0x7f80 },
] as const;

/** IEEE 754: sign, exponent, fraction. */
function formula(bits: number, exponents: number): number {
  const fractions = 15 - exponents;
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits & 0x7fff) >> fractions;
  const fraction = (bits % 2 ** fractions) / 2 ** fractions;
  const most = 2 ** exponents - 1;
  const bias = most >> 1;
  if (exponent === most) return fraction === 0 ? sign * Infinity : Number.NaN;
  return exponent === 0 ? sign * 2 ** (1 - bias) * fraction : sign * 2 ** (exponent - bias) * (1 + fraction);
}

/** The inputs of golden/make-halves.py: what lies between each two neighbours, just beside, and more. */
function hard(dtype: 'float16' | 'bfloat16', infinity: number): Uint32Array {
  const float = new Float32Array(1);
  const word = new Uint32Array(float.buffer);
  const bits: number[] = [];
  for (let half = 0; half < infinity; half++) {
    if (dtype === 'float16') {
      const after = half + 1 === infinity ? 65536 : formula(half + 1, 5);
      float[0] = (formula(half, 5) + after) / 2;
      bits.push(word[0]! - 1, word[0]!, word[0]! + 1);
    } else bits.push(half * 65536 + 0x7fff, half * 65536 + 0x8000, half * 65536 + 0x8001);
  }
  // biome-ignore format: a list
  bits.push(0, 1, 2, 0x007fffff, 0x00800000, 0x33000000, 0x33000001, 0x387fffff, 0x38800000, 0x477fefff, 0x477ff000,
    0x477fffff, 0x47800000, 0x7f7f7fff, 0x7f7f8000, 0x7f7fffff, 0x7f800000, 0x7f800001, 0x7fc00000, 0x7fffffff);
  const drawn: number[] = [];
  for (let state = 1; drawn.length < 20000; ) {
    state = Number((BigInt(state) * 1664525n + 1013904223n) % 2n ** 32n);
    drawn.push(state);
  }
  return Uint32Array.from([...bits, ...bits.map((each) => each + 2 ** 31), ...drawn]);
}

describe.each(kinds)('$dtype', ({ dtype, exponents, infinity }) => {
  test('each of the 65536 is the number of the formula, and of PyTorch', () => {
    const values = halfValues(all, dtype);
    const wrong = all.find((bits) => !Object.is(values[bits], formula(bits, exponents)));
    expect(wrong).toBeUndefined();
    const bits = Int32Array.from(new Int32Array(values.buffer), (word, i) => (Number.isNaN(values[i]) ? -1 : word));
    expect(digest(bits)).toBe(golden[dtype].values.digest);
  });

  test('what is one already keeps its bits', () => {
    const values = halfValues(all, dtype);
    const back = halfBits(values, dtype);
    expect(all.find((bits) => back[bits] !== bits && !Number.isNaN(values[bits]))).toBeUndefined();
    expect(all.every((bits) => !Number.isNaN(values[bits]) || (back[bits]! & 0x7fff) > infinity)).toBe(true);
  });

  test('ties, subnormals, infinities and what is beside them are rounded as in PyTorch', () => {
    const words = hard(dtype, infinity);
    const floats = new Float32Array(words.buffer);
    const bits = halfBits(floats, dtype).map((each) => ((each & 0x7fff) > infinity ? 0xffff : each));
    expect(bits.length).toBe(golden[dtype].rounded.count);
    expect(digest(bits)).toBe(golden[dtype].rounded.digest);
  });

  test('its limits in the table are those of PyTorch and of the formula', () => {
    const { epsilon, largest, smallest, bytes } = dtypeInfo(dtype);
    expect([epsilon, largest]).toEqual([golden[dtype].epsilon, golden[dtype].largest]);
    expect([smallest, bytes]).toEqual([formula(1, exponents), 2]);
  });
});

test('bits of another dtype are refused', () => {
  expect(() => halfBits([1], 'float32' as 'float16')).toThrow('halfBits: dtype is float32, needs float16 or bfloat16');
  expect(() => halfValues([1], 'half' as 'float16')).toThrow("halfValues: dtype is 'half', needs one of float32, ");
});
