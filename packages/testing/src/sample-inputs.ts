// Turning the samples that ops carry into tensors: the same values for every backend and dtype.

import {
  type AnyOp,
  type Backend,
  checkCall,
  type DType,
  Generator,
  isBoolean,
  isFloat,
  isInteger,
  type NestedArray,
  type Shape,
  sizeOf,
  type Tensor,
  type TypedArray,
  tensor,
  typedArray,
} from '@dl/autograd';
import type { SampleCase, SampleInput } from '@dl/autograd/samples';

/** The inputs of an op by name, as tensors. */
export type SampleTensors = Readonly<Record<string, Tensor | readonly Tensor[] | undefined>>;

/** Makes a tensor of values. */
export type Place = (values: TypedArray, shape: Shape, dtype: DType) => Tensor;

/**
 * The inputs of a case as tensors; float inputs in `float`, the others in the dtype that the sample says. `place` makes them, if
 * something else than `tensor` is to.
 */
export function sampleTensors(
  sample: SampleCase,
  float: 'float32' | 'float64',
  backend: Backend,
  place: Place = (data, shape, dtype) => tensor({ data, shape }, { backend, dtype }),
): SampleTensors {
  checkCall('sampleTensors', arguments, ['sample', 'float', 'backend', 'place']);
  let seed = 1;
  const make = (input: SampleInput): Tensor => {
    const { values, shape, dtype } = sampleValues(input, seed++);
    return dtype === 'float32' ? place(convert(values, float), shape, float) : place(values, shape, dtype);
  };
  const tensors: Record<string, Tensor | readonly Tensor[] | undefined> = {};
  for (const [name, input] of Object.entries(sample.inputs)) {
    if (input === undefined) continue;
    tensors[name] = isList(input) ? input.map(make) : make(input);
  }
  return tensors;
}

/** The values of one input. Floats are such that float32 holds them exactly, so that all dtypes start from the same. */
export function sampleValues(input: SampleInput, seed: number): { values: TypedArray; shape: Shape; dtype: DType } {
  checkCall('sampleValues', arguments, ['input', 'seed']);
  if (!isDescription(input)) return given(input);
  if ('values' in input) {
    const each = given(input.values, input.dtype);
    return input.shape === undefined ? each : { ...each, shape: input.shape };
  }
  const { shape, dtype = 'float32', low = -2, high = 2 } = input;
  const generator = new Generator(seed);
  const values = typedArray(dtype, sizeOf(shape));
  for (let i = 0; i < values.length; i++) {
    if (isInteger(dtype)) values[i] = generator.integer(low, high);
    else if (isBoolean(dtype)) values[i] = generator.integer(0, 2);
    else values[i] = generator.uniform(low, high);
  }
  return { values, shape, dtype };
}

function isDescription(input: SampleInput): input is Exclude<SampleInput, NestedArray> {
  return typeof input === 'object' && !Array.isArray(input);
}

/** Values that a sample spells out: `bool` for booleans, else `float32` unless it says otherwise. */
function given(data: NestedArray, dtype?: DType): { values: TypedArray; shape: Shape; dtype: DType } {
  const shape: number[] = [];
  for (let level: unknown = data; Array.isArray(level); level = level[0]) shape.push(level.length);
  const flat = (Array.isArray(data) ? data.flat(Infinity) : [data]) as (number | boolean)[];
  const kind = dtype ?? (typeof flat[0] === 'boolean' ? 'bool' : 'float32');
  const values = typedArray(kind, flat.length);
  values.set(flat.map(Number));
  return { values, shape, dtype: kind };
}

function convert(values: TypedArray, dtype: 'float32' | 'float64'): TypedArray {
  const converted = typedArray(dtype, values.length);
  converted.set(values);
  return converted;
}

/** Lists of inputs are arrays of descriptions, or empty; any other nested array is one input. */
export function isList(input: SampleInput | readonly SampleInput[]): input is readonly SampleInput[] {
  return Array.isArray(input) && input.every((item) => typeof item === 'object' && !Array.isArray(item));
}

/** Runs an op on sample tensors; always a record of outputs, with all inputs as they are then when the op changes some. */
export function runSample(
  op: AnyOp,
  tensors: SampleTensors,
  attrs: object | undefined,
): Readonly<Record<string, Tensor>> {
  const result = op.run(tensors, { ...op.defaults, ...attrs }) as Tensor | Readonly<Record<string, Tensor>>;
  const [first, ...others] = op.outputNames;
  const outputs =
    first !== undefined && others.length === 0
      ? { [first]: result as Tensor }
      : (result as Readonly<Record<string, Tensor>> | undefined);
  return op.mutates === undefined ? outputs! : { ...named(tensors), ...outputs };
}

/** The outputs alone, without the inputs that the op has changed. */
export function returned(op: AnyOp, results: Readonly<Record<string, Tensor>>): Tensor[] {
  return op.outputNames.map((name) => results[name]!);
}

function named(tensors: SampleTensors): Readonly<Record<string, Tensor>> {
  const flat: Record<string, Tensor> = {};
  for (const [name, value] of Object.entries(tensors)) {
    if (Array.isArray(value)) for (const [i, tensor] of value.entries()) flat[`${name}[${i}]`] = tensor;
    else if (value !== undefined) flat[name] = value as Tensor;
  }
  return flat;
}

/** The float inputs, in order, made leaves. */
export function leavesOf(op: AnyOp, tensors: SampleTensors): { leaves: Tensor[]; withLeaves: SampleTensors } {
  const leaves: Tensor[] = [];
  const track = (tensor: Tensor): Tensor => {
    if (!isFloat(tensor.dtype)) return tensor;
    tensor.requiresGrad = true;
    leaves.push(tensor);
    return tensor;
  };
  const withLeaves = Object.fromEntries(
    Object.entries(tensors).map(([name, value]) => [
      name,
      !hasGradient(op, name) || value === undefined
        ? value
        : Array.isArray(value)
          ? value.map(track)
          : track(value as Tensor),
    ]),
  );
  return { leaves, withLeaves };
}

/** Whether an input can have a gradient: what a differentiable op changes has none. */
export function hasGradient(op: AnyOp, input: string): boolean {
  return op.declaration.grad === 'nondifferentiable' || op.mutates?.includes(input) !== true;
}

/** The inputs with each float64 tensor that can have a gradient replaced, in order, by one of `xs`; what the op changes is a copy. */
export function inputsFrom(op: AnyOp, tensors: SampleTensors, xs: readonly Tensor[]): SampleTensors {
  let next = 0;
  const replace = (tensor: Tensor): Tensor => (tensor.dtype === 'float64' ? xs[next++]! : tensor);
  const copy = (tensor: Tensor): Tensor => tensor.clone();
  return Object.fromEntries(
    Object.entries(tensors).map(([name, value]) => {
      const change = hasGradient(op, name) ? replace : copy;
      return [name, Array.isArray(value) ? value.map(change) : value === undefined ? value : change(value as Tensor)];
    }),
  );
}
