// The form of the samples that each op carries: inputs to try it on, for conformance, gradient and leak tests.

import type { DType } from '../tensor/dtype.js';
import type { Shape } from '../tensor/shape.js';
import type { NestedArray } from '../tensor/tensor-base.js';
import type { AnyOp, OpInfo, Slots } from './define-op.js';

/** Values to try: given outright (`float32`, or booleans), or drawn at random in a shape. */
export type SampleInput =
  | NestedArray
  | {
      readonly shape: Shape;
      /** Default `float32`, which a run in float64 replaces. */
      readonly dtype?: DType;
      /** Uniform from low to high (default -2 and 2); whole numbers, high excluded, for `int32`. */
      readonly low?: number;
      readonly high?: number;
    }
  /** With a shape, the values are one list of as many elements. */
  | { readonly values: NestedArray; readonly dtype: DType; readonly shape?: Shape };

export interface SampleCase<
  Inputs = Readonly<Record<string, SampleInput | readonly SampleInput[] | undefined>>,
  Attrs = object,
> {
  readonly inputs: Inputs;
  readonly attrs?: Attrs;
  /** False where the case sits on a kink, so that a finite difference is not the gradient. Default true. */
  readonly smooth?: boolean;
  /** True where all numbers give the same result, so that numbers cannot tell what a NaN reaches. Default false. */
  readonly constant?: boolean;
}

/** The samples of one op. */
export interface OpSamples {
  readonly op: AnyOp;
  readonly cases: readonly SampleCase[];
  /** How far backends may differ in float32, as a fraction of what `relativeTo` names; 0 for what is copied. */
  readonly tolerance: number;
  /** Default: `value` where each element of the result depends on one element of each input, else `largest`. */
  readonly relativeTo?: RelativeTo;
}

/**
 * `value`: each value itself. `inputs`: the same, but no less than the smallest of its inputs, up to 1, for functions that are a
 * difference of numbers of that size. `largest`: the largest value of the result, to which the rounding of sums is proportional.
 */
export type RelativeTo = 'value' | 'inputs' | 'largest';

type Optional<T> = { readonly [K in keyof T]?: T[K] };

/** The samples of an op; the compiler holds their names and types to the op's. */
export function samples<I extends readonly string[], A extends object, O extends readonly string[]>(
  op: OpInfo<I, A, O>,
  cases: readonly SampleCase<SampleInputs<I>, Optional<A>>[],
  { tolerance = 1e-6, relativeTo }: { readonly tolerance?: number; readonly relativeTo?: RelativeTo } = {},
): OpSamples {
  return { op, cases: cases as readonly SampleCase[], tolerance, ...(relativeTo !== undefined && { relativeTo }) };
}

type SampleInputs<I extends readonly string[]> =
  Slots<I, SampleInput> extends infer All
    ? { readonly [K in keyof All as undefined extends All[K] ? never : K]: All[K] } & {
        readonly [K in keyof All as undefined extends All[K] ? K : never]?: All[K];
      }
    : never;

/** A case for each of several values of the only input. */
export function casesOfX(values: readonly SampleInput[]): { readonly inputs: { readonly x: SampleInput } }[] {
  return values.map((x) => ({ inputs: { x } }));
}
