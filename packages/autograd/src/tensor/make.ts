// Making tensors: from data, constants, sequences and random numbers. All values are made on the host, so that
// they are the same on every backend.

import { checkCall, type Known, type KnownOptions } from '../arguments/check-call.js';
import { makeOptions } from '../arguments/make-options.js';
import { shown } from '../arguments/shown.js';
import type { Backend } from '../backend/backend.js';
import { isInstance } from '../copies.js';
import { ArgumentError, DTypeError } from '../errors.js';
import { needTensor } from '../ops/checks.js';
import { filledTensor } from './allocate.js';
import { checkDType, checkValue, type DType, isArrayOf, isFloat, type TypedArray, typedArray } from './dtype.js';
import { type ArrayWithShape, hostValues, type NestedValues } from './host-values.js';
import { backendOf, type MakeOptions, makeLike } from './make-like.js';
import { checkInteger, checkShape, type Shape } from './shape.js';
import { Tensor } from './tensor.js';
import { setTensorClass, TensorBase } from './tensor-base.js';

export function make(name: string, values: TypedArray, shape: Shape, dtype: DType, options: MakeOptions): Tensor {
  setTensorClass(Tensor);
  return makeLike(name, values, shape, dtype, options);
}

/**
 * A tensor from a number, nested arrays, a typed array, rows that are typed arrays, or an array with its shape. Numbers become `float32`,
 * booleans `bool`. Of typed arrays, `Float64Array` becomes `float64`; those of integers of 32 and 64 bits, such as labels, `int32`; all others
 * `float32`, so that the bytes of an image are numbers from 0 to 255, to be divided by 255. `bool` comes of booleans alone, or where
 * it is asked for: `{ dtype: 'bool' }` for a mask of 0 and 1 in bytes. A value that the dtype cannot hold is an error, not rounded.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * console.log(tensor([[1, 2], [3, 4]]).shape); // [2, 2]
 * console.log(tensor([0, 3], { dtype: 'int32' }).dtype); // int32
 * console.log(tensor({ data: new Float32Array(6), shape: [2, 3] }).shape); // [2, 3]
 * const pixels = { data: Uint8ClampedArray.of(0, 51, 255, 255), shape: [1, 1, 2, 2] };
 * console.log(tensor(pixels).div(255).toArray()); // [[[[0, 0.2], [1, 1]]]]
 * console.log(tensor([Float32Array.of(1, 2), Float32Array.of(3, 4)]).shape); // [2, 2]
 * ```
 */
export function tensor(data: NestedValues | ArrayWithShape, options: MakeOptions = {}): Tensor {
  if (Array.isArray(options)) {
    throw new ArgumentError(
      `tensor: after data comes ${shown(options)}; a shape is given by tensor(data).reshape(${shown(options)})`,
    );
  }
  checkCall('tensor', arguments, ['data'], makeOptions);
  if (isInstance(data, TensorBase, 'tensor', 'the value'))
    throw new ArgumentError('tensor: got a Tensor already; use clone() for a copy, cast() for another dtype');
  const { flat, shape, dtype: found } = hostValues(data, options.dtype);
  const dtype = checkDType('tensor', found);
  let values: TypedArray;
  if (isArrayOf(dtype, flat)) {
    values = flat;
  } else {
    values = typedArray(dtype, flat.length);
    for (let i = 0; i < flat.length; i++) values[i] = checkValue('tensor', Number(flat[i]), dtype, i);
  }
  return make('tensor', values, shape, dtype, options);
}

/** A tensor of this shape with every element equal to `value`. */
export function full(shape: Shape, value: number, options: MakeOptions = {}): Tensor {
  checkCall('full', arguments, ['shape', ['value', 'element']], makeOptions);
  return filled('full', shape, value, options);
}

function filled(name: string, shape: Shape, value: number, options: MakeOptions): Tensor {
  checkShape(name, shape);
  const dtype = checkDType(name, options.dtype ?? 'float32');
  checkValue(name, value, dtype, 0);
  setTensorClass(Tensor);
  const tensor = filledTensor(backendOf(name, options), value, shape, dtype, name);
  if (options.requiresGrad === true) tensor.requiresGrad = true;
  return tensor;
}

/**
 * What functions take that make a tensor of a shape: the shape as a list with options behind it, or its lengths one by one.
 */
export function shapeAndOptions<O extends object>(
  name: string,
  given: ArrayLike<unknown>,
  known: KnownOptions,
): readonly [shape: Shape, options: Partial<O>] {
  if (typeof given[0] !== 'number') {
    checkCall(name, given, ['shape'], known);
    return [given[0] as Shape, (given[1] ?? {}) as Partial<O>];
  }
  const lengths = Array.from(given);
  const last = lengths.at(-1);
  if (typeof last === 'object' && last !== null) {
    throw new ArgumentError(
      `${name}: options go behind a shape in brackets: ${name}([${lengths.slice(0, -1).join(', ')}], { … })`,
    );
  }
  return [lengths as number[], {}];
}

/** A tensor of zeros: `zeros([2, 3])`, or `zeros(2, 3)`. */
export function zeros(shape: Shape, options?: MakeOptions): Tensor;
export function zeros(...lengths: readonly [number, ...number[]]): Tensor;
export function zeros(): Tensor {
  const [shape, options] = shapeAndOptions<MakeOptions>('zeros', arguments, makeOptions);
  return filled('zeros', shape, 0, options);
}

/** A tensor of ones: `ones([2, 3])`, or `ones(2, 3)`. */
export function ones(shape: Shape, options?: MakeOptions): Tensor;
export function ones(...lengths: readonly [number, ...number[]]): Tensor;
export function ones(): Tensor {
  const [shape, options] = shapeAndOptions<MakeOptions>('ones', arguments, makeOptions);
  return filled('ones', shape, 1, options);
}

/** What a …Like form takes over from the tensor that it is given, unless options say otherwise. */
export function like<O extends MakeOptions>(
  name: string,
  model: Tensor,
  options: O,
): O & { dtype: DType; backend: Backend } {
  needTensor(name, 'the model', model);
  return { ...options, dtype: options.dtype ?? model.dtype, backend: options.backend ?? model.backend };
}

/** Zeros with the shape, dtype and backend of another tensor. */
export function zerosLike(model: Tensor, options: MakeOptions = {}): Tensor {
  checkCall('zerosLike', arguments, ['model'], makeOptions);
  return filled('zerosLike', model.shape, 0, like('zerosLike', model, options));
}

/** Ones with the shape, dtype and backend of another tensor. */
export function onesLike(model: Tensor, options: MakeOptions = {}): Tensor {
  checkCall('onesLike', arguments, ['model'], makeOptions);
  return filled('onesLike', model.shape, 1, like('onesLike', model, options));
}

/** One value throughout, with the shape, dtype and backend of another tensor. */
export function fullLike(model: Tensor, value: number, options: MakeOptions = {}): Tensor {
  checkCall('fullLike', arguments, ['model', ['value', 'element']], makeOptions);
  return filled('fullLike', model.shape, value, like('fullLike', model, options));
}

/** Options of {@link arange}. */
export interface ArangeOptions extends MakeOptions {
  /** From one number to the next. Default 1. */
  readonly step?: number;
}

const arangeOptions: Known<ArangeOptions> = { step: 'number', ...makeOptions };

/**
 * The numbers `start, start + step, …` below `end`; `arange(end)` starts at 0. Whole numbers give `int32`, others `float32`. The step is
 * an option, or the third number.
 */
export function arange(end: number, options?: ArangeOptions): Tensor;
export function arange(start: number, end: number, options?: ArangeOptions): Tensor;
export function arange(start: number, end: number, step: number, options?: MakeOptions): Tensor;
export function arange(...given: readonly (number | ArangeOptions | undefined)[]): Tensor {
  const count = given.findIndex((each) => typeof each !== 'number');
  const numbers = (count < 0 ? given : given.slice(0, count)).slice(0, 3) as number[];
  checkCall(
    'arange',
    given,
    numbers.length < 2 ? ['end'] : ['start', 'end', 'step'].slice(0, numbers.length),
    arangeOptions,
  );
  const [start, end] = numbers.length < 2 ? [0, given[0] as number] : (numbers as [number, number]);
  const options = (given[Math.max(1, numbers.length)] ?? {}) as ArangeOptions;
  const step = numbers[2] ?? options.step ?? 1;
  if (!Number.isFinite(start) || !Number.isFinite(end) || !Number.isFinite(step) || step === 0) {
    throw new ArgumentError(
      `arange: start ${shown(start)}, end ${shown(end)}, step ${shown(step)}; needs finite numbers and a step other than 0`,
    );
  }
  const whole = Number.isInteger(start) && Number.isInteger(step);
  const dtype = checkDType('arange', options.dtype ?? (whole ? 'int32' : 'float32'));
  const length = Math.max(0, Math.ceil((end - start) / step));
  const values = typedArray(dtype, length);
  for (let i = 0; i < length; i++) values[i] = checkValue('arange', start + i * step, dtype, i);
  return make('arange', values, [length], dtype, options);
}

/** `count` numbers from `start` to `end`, both included, evenly spaced. */
export function linspace(start: number, end: number, count: number, options: MakeOptions = {}): Tensor {
  checkCall('linspace', arguments, [['start', 'number'], ['end', 'number'], 'count'], makeOptions);
  checkInteger('linspace', 'count', count, 1);
  const dtype = floatOf('linspace', options);
  const values = typedArray(dtype, count);
  for (let i = 0; i < count; i++) values[i] = count === 1 ? start : start + (i * (end - start)) / (count - 1);
  return make('linspace', values, [count], dtype, options);
}

const eyeOptions: KnownOptions = { ...makeOptions, columns: 'number' };

/** The identity matrix with `rows` rows and `columns` columns (default: as many). */
export function eye(rows: number, options: MakeOptions & { readonly columns?: number } = {}): Tensor {
  checkCall('eye', arguments, ['rows'], eyeOptions);
  const { columns = rows, ...rest } = options;
  checkInteger('eye', 'rows', rows, 0);
  checkInteger('eye', 'columns', columns, 0);
  const dtype = checkDType('eye', rest.dtype ?? 'float32');
  const values = typedArray(dtype, rows * columns);
  for (let i = 0; i < Math.min(rows, columns); i++) values[i * columns + i] = 1;
  return make('eye', values, [rows, columns], dtype, rest);
}

export function floatOf(name: string, options: MakeOptions): DType {
  const dtype = checkDType(name, options.dtype ?? 'float32');
  if (!isFloat(dtype)) throw new DTypeError(`${name}: dtype is ${dtype}, needs float32 or float64`);
  return dtype;
}
