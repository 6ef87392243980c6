// What the test of every module wants to know of one, and how it looks at what it gives.

import { concat, type DType, type Shape, Tensor, tensor } from '@dl/autograd';
import type { Module } from '@dl/layers';
import type { Allowed } from './special-values.js';

export interface ModuleCase {
  readonly make: (options: { dtype: DType }) => Module;
  readonly input: Shape;
  /** For inputs that are indices: how many there are to choose from. */
  readonly indices?: number;
  /** What `forward` takes behind the input, such as `{ state, lengths }`. */
  readonly more?: (dtype: DType) => readonly unknown[];
  /** The shapes of all inputs, for a summary, where one is not enough; false where they are of two dtypes, of which it knows one. */
  readonly summarized?: readonly Shape[] | false;
  /** The shapes of all tensors of what it gives, in their order. */
  readonly gives: readonly Shape[];
  /** What `toString()` gives. */
  readonly prints: string;
  /** True where `prints` is how it begins, and the modules below print as they do elsewhere. */
  readonly begins?: boolean;
  /** True where training and use are to give different results. */
  readonly trainsDifferently?: boolean;
  /** How many tensors a forward leaves to the scope that is open, beside what it gives; a comment says why. */
  readonly leaves?: number;
  /** Where NaN and infinity reach more or less than what depends on them; a comment says why. */
  readonly reach?: Allowed;
}

/** All tensors in what a module gives: a tensor, a record of them, or records in it. */
export function tensorsIn(result: unknown): Tensor[] {
  if (result instanceof Tensor) return [result];
  if (typeof result !== 'object' || result === null) return [];
  return Object.values(result).flatMap(tensorsIn);
}

/** All numbers in what a module gives, in a row. */
export function numbersIn(result: unknown): Tensor {
  return concat(tensorsIn(result).map((each) => each.reshape([-1])));
}

/** Numbers that differ, none of them 0: such as a state to begin with, since what is multiplied by 0 would not be seen. */
export function filled(shape: Shape, dtype: DType): Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  return tensor({ data: Float64Array.from({ length: size }, (_, i) => Math.sin(1 + 2 * i)), shape }, { dtype });
}
