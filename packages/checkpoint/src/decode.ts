// The values of one tensor, from the bytes of a file to a typed array. No value changes on the way.

import {
  type DType,
  FormatError,
  type HalfDType,
  halfBits,
  halfValues,
  isFloat,
  isHalf,
  printable,
  type TypedArray,
  typedArray,
} from '@dl/autograd';
import { type ElementType, toLittleEndian, widths } from './safetensors.js';

export interface Decoded {
  readonly data: TypedArray;
  readonly dtype: DType;
}

type Read = (view: DataView, at: number) => number | bigint;

/** Integers of other widths: as `int32`, if every one fits. */
const integers: Partial<Record<ElementType, Read>> = {
  I64: (view, at) => view.getBigInt64(at, true),
  I16: (view, at) => view.getInt16(at, true),
  I8: (view, at) => view.getInt8(at),
  U64: (view, at) => view.getBigUint64(at, true),
  U32: (view, at) => view.getUint32(at, true),
  U16: (view, at) => view.getUint16(at, true),
  U8: (view, at) => view.getUint8(at),
};

const halves: Partial<Record<ElementType, HalfDType>> = { F16: 'float16', BF16: 'bfloat16' };

/** Floats in another dtype of floats; what are no floats stay. */
export function inFloats({ data, dtype }: Decoded, asked: DType | undefined): Decoded {
  if (asked === undefined || asked === dtype || !(isFloat(dtype) || isHalf(dtype))) return { data, dtype };
  const values = typedArray(asked, data.length);
  values.set(isHalf(asked) ? halfValues(halfBits(data, asked), asked) : data);
  return { data: values, dtype: asked };
}

export function decode(name: string, type: ElementType, bytes: Uint8Array): Decoded {
  const count = bytes.length / widths[type];
  if (type === 'F32') return { data: filled(new Float32Array(count), bytes), dtype: 'float32' };
  if (type === 'F64') return { data: filled(new Float64Array(count), bytes), dtype: 'float64' };
  if (type === 'I32') return { data: filled(new Int32Array(count), bytes), dtype: 'int32' };
  if (type === 'BOOL') return { data: booleans(name, bytes), dtype: 'bool' };

  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const half = halves[type];
  if (half !== undefined) {
    return { data: halfValues(filled(new Uint16Array(count), bytes), half), dtype: half };
  }
  const data = new Int32Array(count);
  const read = integers[type]!;
  for (let i = 0; i < count; i++) {
    const value = read(view, i * widths[type]);
    data[i] = Number(value);
    // Above 2^53 both sides may round to the same: the comparison must be with the value as it was read.
    if (typeof value === 'bigint' ? BigInt(data[i]!) !== value : data[i] !== value) {
      throw new FormatError(
        `fromSafetensors: tensor '${printable(name)}' is ${type} and holds ${value} at index ${i}, which no int32 can; save it as F64 or with smaller values`,
      );
    }
  }
  return { data, dtype: 'int32' };
}

function filled<T extends Float32Array | Float64Array | Int32Array | Uint16Array>(data: T, bytes: Uint8Array): T {
  const target = new Uint8Array(data.buffer);
  target.set(bytes);
  toLittleEndian(target, data.BYTES_PER_ELEMENT);
  return data;
}

function booleans(name: string, bytes: Uint8Array): Uint8Array {
  const index = bytes.findIndex((byte) => byte > 1);
  if (index >= 0) {
    throw new FormatError(
      `fromSafetensors: tensor '${printable(name)}' is BOOL but holds ${bytes[index]} at index ${index}, needs 0 or 1; the file is damaged`,
    );
  }
  return bytes.slice();
}

/** The dtype that tensors of a type have here. */
export function dtypeOf(type: ElementType): DType {
  if (type === 'F32') return 'float32';
  if (type === 'F64') return 'float64';
  if (type === 'BOOL') return 'bool';
  return halves[type] ?? 'int32';
}
