// Rounding, signs and tests of one number, conversions between dtypes, and copies.

import {
  bytesPerElement,
  cast,
  ceil,
  clone,
  floor,
  isFinite,
  isNaN,
  logicalNot,
  type OpInfo,
  round,
  sign,
} from '@dl/autograd';
import { pointerOf } from './engine.js';
import type { WasmExports } from './exports.js';
import { type WasmKernel, wasmKernel } from './kernel.js';
import { splitElements } from './split.js';

// A fifth of a nanosecond an element: about 20 µs of work.
const GRAIN = 65536;

type Name = 'unaryFloor' | 'unaryCeil' | 'unaryRound' | 'unarySign' | 'testNaN' | 'testFinite';

/** A kernel for float32, with results of float32 or bool. */
function unary(op: OpInfo<readonly ['x'], Record<never, never>, readonly ['y']>, name: Name): WasmKernel {
  return wasmKernel(op, (engine, { x, y }) => {
    if (x.dtype !== 'float32') return false;
    const [from, to, bytes] = [pointerOf(x), pointerOf(y), bytesPerElement(y.dtype)];
    splitElements(engine, y.size, GRAIN, (run, first, count) => run[name](from + 4 * first, to + bytes * first, count));
    return true;
  });
}

export const floorKernel = unary(floor, 'unaryFloor');
export const ceilKernel = unary(ceil, 'unaryCeil');
export const roundKernel = unary(round, 'unaryRound');
export const signKernel = unary(sign, 'unarySign');
export const isNaNKernel = unary(isNaN, 'testNaN');
export const isFiniteKernel = unary(isFinite, 'testFinite');

export const logicalNotKernel = wasmKernel(logicalNot, (engine, { x, y }) => {
  const [from, to] = [pointerOf(x), pointerOf(y)];
  splitElements(engine, y.size, GRAIN, (run, first, count) => run.logicalNot(from + first, to + first, count));
  return true;
});

export const cloneKernel = wasmKernel(clone, (engine, { x, y }) => {
  const [from, to] = [pointerOf(x), pointerOf(y)];
  splitElements(engine, y.size * bytesPerElement(y.dtype), 4 * GRAIN, (run, first, count) => {
    run.copyBytes(to + first, from + first, count);
  });
  return true;
});

type Conversion = keyof {
  [N in keyof WasmExports as N extends `${'float' | 'int' | 'bool' | 'float16' | 'bfloat16'}To${string}`
    ? N
    : never]: true;
};
const conversions: Partial<Record<string, Conversion>> = {
  'float32 int32': 'floatToInt',
  'float32 bool': 'floatToBool',
  'int32 float32': 'intToFloat',
  'int32 bool': 'intToBool',
  'bool float32': 'boolToFloat',
  'bool int32': 'boolToInt',
  'float16 float32': 'float16ToFloat',
  'bfloat16 float32': 'bfloat16ToFloat',
  'float32 float16': 'floatToFloat16',
  'float32 bfloat16': 'floatToBfloat16',
};

export const castKernel = wasmKernel(cast, (engine, { x, y }) => {
  const name = conversions[`${x.dtype} ${y.dtype}`];
  if (name === undefined) return false;
  const [from, to] = [pointerOf(x), pointerOf(y)];
  const [fromBytes, toBytes] = [bytesPerElement(x.dtype), bytesPerElement(y.dtype)];
  splitElements(engine, y.size, GRAIN, (run, first, count) => {
    run[name](from + fromBytes * first, to + toBytes * first, count);
  });
  return true;
});
