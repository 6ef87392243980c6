// What PyTorch was asked: every sample of every op, and calls of the public functions that are made of ops.

import type { SampleCase, SampleInput } from '../src/dispatch/samples-type.js';
import { allSamples } from '../src/samples.js';
import type { DType } from '../src/tensor/dtype.js';
import { Generator } from '../src/tensor/random.js';
import { sizeOf } from '../src/tensor/shape.js';
import type { NestedArray } from '../src/tensor/tensor-base.js';
import { functionCases } from './golden-functions.js';

export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly data: readonly number[];
}

/** One question: a call with named inputs and attributes. */
export interface GoldenCase {
  /** The op, or the public function. */
  readonly name: string;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, GoldenTensor | readonly GoldenTensor[]>>;
}

/** The ops that PyTorch has no counterpart of, not even as a formula in make-golden.py: name → reason. */
export const notInPyTorch: Readonly<Record<string, string>> = {
  dropElements: 'its numbers are those of our own generator, which random.test.ts holds to published ones',
};

/** Every sample of every op. */
export function opCases(): GoldenCase[] {
  return allSamples()
    .filter(({ op }) => !(op.name in notInPyTorch))
    .flatMap(({ op, cases }) => cases.map((sample, i) => drawn(op.name, sample, i, op.defaults as object)));
}

/** Every call of golden-functions.ts. */
export function publicCases(): GoldenCase[] {
  const counts = new Map<string, number>();
  return functionCases.map(([name, inputs, attrs]) => {
    const i = counts.get(name) ?? 0;
    counts.set(name, i + 1);
    return drawn(name, { inputs, ...(attrs !== undefined && { attrs }) }, i, {});
  });
}

function drawn(name: string, { inputs, attrs }: SampleCase, index: number, defaults: object): GoldenCase {
  // From the name and the number of the case alone, so that new cases leave the others as they are.
  let seed = [...name].reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) % 2 ** 31, index);
  const make = (input: SampleInput): GoldenTensor => draw(input, seed++);
  const tensors: Record<string, GoldenTensor | readonly GoldenTensor[]> = {};
  for (const [slot, input] of Object.entries(inputs)) {
    if (input !== undefined) tensors[slot] = isList(input) ? input.map(make) : make(input);
  }
  return { name, attrs: { ...defaults, ...attrs }, inputs: tensors };
}

/** Lists of inputs are arrays of descriptions, or empty; any other nested array is one input. */
function isList(input: SampleInput | readonly SampleInput[]): input is readonly SampleInput[] {
  return Array.isArray(input) && input.every((item) => typeof item === 'object' && !Array.isArray(item));
}

// Drawn floats are multiples of this: short in JSON, exact in float32.
const STEP = 1 / 1024;

function draw(input: SampleInput, seed: number): GoldenTensor {
  if (!isDescription(input)) return given(input);
  if ('values' in input) return given(input.values, input.dtype);
  const { shape, dtype = 'float32', low = -2, high = 2 } = input;
  const generator = new Generator(seed);
  const used = new Set<number>();
  const data = Array.from({ length: sizeOf(shape) }, () => {
    if (dtype === 'int32') return generator.integer(low, high);
    if (dtype === 'bool') return generator.integer(0, 2);
    for (;;) {
      const value = Math.round(generator.uniform(low, high) / STEP) * STEP;
      // No two are equal, because libraries differ in where the gradient of a tie goes. Samples with ties spell them out.
      if (used.size === used.add(value).size) continue;
      return value;
    }
  });
  return { shape, dtype, data };
}

function isDescription(input: SampleInput): input is Exclude<SampleInput, NestedArray> {
  return typeof input === 'object' && !Array.isArray(input);
}

/** Values that a case spells out: `bool` for booleans, else `float32` unless it says otherwise. */
function given(values: NestedArray, dtype?: DType): GoldenTensor {
  const shape: number[] = [];
  for (let level: NestedArray | undefined = values; Array.isArray(level); level = level[0]) shape.push(level.length);
  const flat = (Array.isArray(values) ? values.flat(shape.length) : [values]) as (number | boolean)[];
  const kind = dtype ?? (typeof flat[0] === 'boolean' ? 'bool' : 'float32');
  return {
    shape,
    dtype: kind,
    data: flat.map((value) => (kind === 'float32' ? Math.fround(Number(value)) : Number(value))),
  };
}

/** JSON has no NaN and no infinities: they are written as strings. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    typeof item === 'number' && !Number.isFinite(item) ? String(item) : item,
  );
}

export function fromJson(text: string): unknown {
  return JSON.parse(text, (_, item: unknown) =>
    item === 'NaN' || item === 'Infinity' || item === '-Infinity' ? Number(item) : item,
  );
}
