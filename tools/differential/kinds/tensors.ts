// Tensors as a case has them, plain JSON, for the kinds that draw arguments of layers and losses.

import { type Tensor, tensor } from '@dl/autograd';
import type { Random } from '../random.js';

/** Data row by row; `int32` are indices or classes, everything else has the case's dtype. */
export interface Given {
  readonly shape: readonly number[];
  readonly data: readonly (number | string)[];
  readonly kind?: 'int32';
  /** Whether its gradient is compared. */
  readonly grad?: boolean;
}

export type DType = 'float32' | 'float64';

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);
export const isGiven = (value: unknown): value is Given =>
  typeof value === 'object' && value !== null && 'data' in value;

const numberOf = (value: number | string): number =>
  typeof value === 'number' ? value : { nan: Number.NaN, inf: Infinity, '-inf': -Infinity }[value]!;

export function toTensor({ shape, data, kind, grad = false }: Given, dtype: DType): Tensor {
  const values = Float64Array.from(data, numberOf);
  if (kind === 'int32') return tensor({ data: Int32Array.from(values), shape });
  const x = tensor({ data: dtype === 'float64' ? values : Float32Array.from(values), shape });
  x.requiresGrad = grad;
  return x;
}

/** Multiples of 1/64, which both dtypes have. */
export function reals(r: Random, shape: readonly number[], low = -2.5, high = 2.5): Given {
  return { shape, data: r.list(sizeOf(shape), () => r.whole(low * 64, high * 64) / 64) };
}

/** Few different numbers: with ties and zeros. */
export function coarse(r: Random, shape: readonly number[]): Given {
  return { shape, data: r.list(sizeOf(shape), () => r.whole(-2, 2) / 2) };
}

export function wholes(r: Random, shape: readonly number[], low: number, high: number): Given {
  return { shape, data: r.list(sizeOf(shape), () => r.whole(low, high)), kind: 'int32' };
}

/** The tensor with one or two elements replaced. */
export function spoiled(r: Random, given: Given, values: readonly (number | string)[]): Given {
  const data = [...given.data];
  if (data.length > 0) for (let i = r.whole(1, 2); i > 0; i--) data[r.whole(0, data.length - 1)] = r.pick(values);
  return { ...given, data };
}

/** The sum of the elements times numbers that tell them apart, none of them 0. */
export function weighted(y: Tensor, from = 0): Tensor {
  const data = Float64Array.from(
    { length: y.size },
    (_, i) => ((i % 2) * 2 - 1) * ((((i * 7 + from * 3) % 10) + 1) / 8),
  );
  return y.mul(tensor({ data: y.dtype === 'float64' ? data : Float32Array.from(data), shape: y.shape })).sum();
}
