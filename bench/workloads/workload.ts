// What a workload is, and the short ways to write one.

import { type DType, sizeOf, type Tensor } from '@dl/autograd';
import type { Layout } from '../engines/layouts.js';
import type { Tf, TfTensor } from '../engines/tfjs-api.js';

type Made<T> = T | readonly T[] | undefined;
/** Makes what is needed beforehand, from the inputs, and returns the function that is timed. */
type Make<T> = (...inputs: T[]) => () => Made<T>;

export interface Workload {
  /** Unique; the filter of the command line looks in it. */
  readonly name: string;
  /** Every engine gets the same values. */
  readonly inputs: readonly Input[];
  readonly dl: Make<Tensor>;
  /** Left out where TensorFlow.js cannot do it. */
  readonly tfjs?: (tf: Tf, ...inputs: TfTensor[]) => () => Made<TfTensor>;
  /** The layout of the first result; the others are plain. */
  readonly output?: Layout;
  /** How far results may lie from ours, relative to 1 + |ours|; `random` for those that never agree. Default 1e-5. */
  readonly tolerance?: number | 'random';
}

export interface Input {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly layout: Layout;
  values(): Float32Array | Int32Array | Uint8Array;
}

/** A workload that is one call. */
export function call(
  label: string,
  inputs: readonly Input[],
  dl: (...inputs: Tensor[]) => Made<Tensor>,
  tfjs?: (tf: Tf, ...inputs: TfTensor[]) => Made<TfTensor>,
  options: Pick<Workload, 'output' | 'tolerance'> = {},
): Workload {
  return {
    name: [label, ...inputs.map(({ shape }) => formatShape(shape))].join(' '),
    inputs,
    dl:
      (...x) =>
      () =>
        dl(...x),
    ...(tfjs && {
      tfjs:
        (tf, ...x) =>
        () =>
          tfjs(tf, ...x),
    }),
    ...options,
  };
}

export function formatShape(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

interface FloatRange {
  readonly low?: number;
  readonly high?: number;
  readonly layout?: Layout;
}

/** Numbers spread evenly over a range, in no order. */
export function floats(shape: readonly number[], { low = -2, high = 2, layout = 'plain' }: FloatRange = {}): Input {
  const next = uniform();
  const values = () =>
    Float32Array.from(
      { length: sizeOf(shape) },
      next((u) => low + u * (high - low)),
    );
  return { shape, dtype: 'float32', layout, values };
}

/** Whole numbers from `low` to `high - 1`. */
export function ints(shape: readonly number[], low: number, high: number): Input {
  const next = uniform();
  const values = () =>
    Int32Array.from(
      { length: sizeOf(shape) },
      next((u) => low + Math.floor(u * (high - low))),
    );
  return { shape, dtype: 'int32', layout: 'plain', values };
}

/** True and false, about as often. */
export function bools(shape: readonly number[]): Input {
  const next = uniform();
  const values = () =>
    Uint8Array.from(
      { length: sizeOf(shape) },
      next((u) => (u < 0.5 ? 0 : 1)),
    );
  return { shape, dtype: 'bool', layout: 'plain', values };
}

export function image(shape: readonly number[]): Input {
  return floats(shape, { layout: 'image' });
}

export function filter(shape: readonly number[], layout: Layout = 'filter'): Input {
  return floats(shape, { low: -0.5, high: 0.5, layout });
}

let inputsMade = 0;

/** A stream of numbers from 0 to 1 for each input (xorshift32), the same whenever it is started. */
function uniform(): (map: (u: number) => number) => () => number {
  const seed = Math.imul(++inputsMade, 0x9e3779b1) | 1;
  return (map) => {
    let state = seed;
    return () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return map((state >>> 0) / 2 ** 32);
    };
  };
}
