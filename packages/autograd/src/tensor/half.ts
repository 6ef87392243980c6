// float16 and bfloat16 as bits: what a number is in two bytes, and the number that two bytes are.

import { checkCall } from '../arguments/check-call.js';
import { DTypeError } from '../errors.js';
import { checkDType, type HalfDType, isHalf } from './dtype.js';

const float = /* @__PURE__ */ new Float32Array(1);
const word = /* @__PURE__ */ new Uint32Array(/* @__PURE__ */ (() => float.buffer)());

// Of buffers that no thread shares, in words that every TypeScript has, as `Bytes` is.
type HalfBits = ReturnType<(typeof Uint16Array)['of']>;
type HalfNumbers = ReturnType<(typeof Float32Array)['of']>;

/**
 * The bits of numbers in `float16` (1 bit of sign, 5 of exponent, 10 of fraction) or `bfloat16` (the upper half of a float32), rounded from
 * float32 to the nearest, of two that are as near to the one whose last bit is 0. What is too large becomes an infinity.
 *
 * @throws DTypeError for another dtype.
 *
 * @example
 * ```ts
 * import { halfBits, halfValues } from '@dl/autograd';
 * console.log(halfBits([1, 65520], 'float16')); // Uint16Array [0x3c00, 0x7c00]
 * console.log(halfValues(halfBits([0.1], 'bfloat16'), 'bfloat16')); // Float32Array [0.1001…]
 * ```
 */
export function halfBits(values: ArrayLike<number>, dtype: HalfDType): HalfBits {
  checkCall('halfBits', arguments, ['values', 'dtype']);
  const bitsOf = needHalf('halfBits', dtype) === 'float16' ? float16Bits : bfloat16Bits;
  const bits = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) bits[i] = bitsOf(values[i]!);
  return bits;
}

/**
 * The numbers that bits of `float16` or `bfloat16` are; a float32 holds each of them.
 *
 * @throws DTypeError for another dtype.
 */
export function halfValues(bits: ArrayLike<number>, dtype: HalfDType): HalfNumbers {
  checkCall('halfValues', arguments, ['bits', 'dtype']);
  const valueOf = needHalf('halfValues', dtype) === 'float16' ? float16Value : bfloat16Value;
  const values = new Float32Array(bits.length);
  for (let i = 0; i < values.length; i++) values[i] = valueOf(bits[i]!);
  return values;
}

function needHalf(name: string, dtype: HalfDType): HalfDType {
  if (!isHalf(checkDType(name, dtype))) {
    throw new DTypeError(`${name}: dtype is ${String(dtype)}, needs float16 or bfloat16`);
  }
  return dtype;
}

function wordOf(value: number): number {
  float[0] = value;
  return word[0]!;
}

function float16Bits(value: number): number {
  const bits = wordOf(value);
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fffffff;
  if (size > 0x7f800000) return sign | 0x7e00;
  // From 2^16 on; what rounds up to that becomes an infinity by itself.
  if (size >= 0x47800000) return sign | 0x7c00;
  if (size >= 0x38800000) return sign | nearest(size - 0x38000000, 13);
  // Below 2^-14 neighbours are 2^-24 apart.
  const units = Math.abs(float[0]!) * 2 ** 24;
  const below = Math.floor(units);
  const part = units - below;
  return sign | (below + (part > 0.5 || (part === 0.5 && below % 2 === 1) ? 1 : 0));
}

function bfloat16Bits(value: number): number {
  const bits = wordOf(value);
  return (bits & 0x7fffffff) > 0x7f800000 ? 0x7fc0 : nearest(bits, 16);
}

/** Without the last `count` bits, rounded to the nearest. */
function nearest(bits: number, count: number): number {
  return (bits + (1 << (count - 1)) - 1 + ((bits >>> count) & 1)) >>> count;
}

function float16Value(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

function bfloat16Value(bits: number): number {
  word[0] = bits << 16;
  return float[0]!;
}
