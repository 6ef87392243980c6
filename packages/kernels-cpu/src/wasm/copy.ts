// Copies, and conversions between dtypes.

import { bytesPerElement, cast, clone } from '@dl/autograd';
import { CHEAP, pointerOf } from './engine.js';
import type { WasmExports } from './exports.js';
import { wasmKernel } from './kernel.js';
import { splitElements } from './split.js';

export const cloneKernel = wasmKernel(clone, (engine, { x, y }) => {
  const [from, to] = [pointerOf(x), pointerOf(y)];
  splitElements(engine, y.size * bytesPerElement(y.dtype), 4 * CHEAP, (wasm, first, count) => {
    wasm.copyBytes(to + first, from + first, count);
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
  splitElements(engine, y.size, CHEAP, (wasm, first, count) => {
    wasm[name](from + fromBytes * first, to + toBytes * first, count);
  });
  return true;
});
