// Making random tensors. The numbers are drawn on the host, so that they are the same on every backend.

import { checkCall, type KnownOptions } from '../arguments/check-call.js';
import { randomOptions } from '../arguments/make-options.js';
import { shown } from '../arguments/shown.js';
import { ArgumentError } from '../errors.js';
import { checkDType, checkValue, type DType, isFloat, typedArray } from './dtype.js';
import { floatOf, like, make, shapeAndOptions } from './make.js';
import type { MakeOptions } from './make-like.js';
import { neighbour } from './neighbour.js';
import { defaultGenerator, type Generator } from './random.js';
import { checkShape, type Shape, sizeOf } from './shape.js';
import type { Tensor } from './tensor.js';

export interface RandomOptions extends MakeOptions {
  /** Where the numbers come from. Default: the one that `manualSeed` seeds. */
  readonly generator?: Generator;
}

function draw(
  name: string,
  shape: Shape,
  dtype: DType,
  options: RandomOptions,
  next: (generator: Generator) => number,
): Tensor {
  checkShape(name, shape);
  const generator = options.generator ?? defaultGenerator();
  const values = typedArray(dtype, sizeOf(shape));
  if (isFloat(dtype)) for (let i = 0; i < values.length; i++) values[i] = next(generator);
  else for (let i = 0; i < values.length; i++) values[i] = checkValue(name, next(generator), dtype, i);
  return make(name, values, shape, dtype, options);
}

const randOptions: KnownOptions = { low: 'number', high: 'number', ...randomOptions };

/** Uniform random numbers in [low, high); default [0, 1). The shape is a list, or its lengths one by one. */
export function rand(shape: Shape, options?: RandomOptions & { readonly low?: number; readonly high?: number }): Tensor;
export function rand(...lengths: readonly [number, ...number[]]): Tensor;
export function rand(): Tensor {
  const [shape, options] = shapeAndOptions<RandomOptions & { readonly low?: number; readonly high?: number }>(
    'rand',
    arguments,
    randOptions,
  );
  const { low = 0, high = 1, ...rest } = options;
  if (!(low < high)) throw new ArgumentError(`rand: low ${low} is not below high ${high}`);
  if (!Number.isFinite(high - low)) {
    throw new ArgumentError(
      `rand: low is ${low} and high is ${shown(high)}; needs finite bounds, and a finite distance between them`,
    );
  }
  const dtype = floatOf('rand', rest);
  const [least, most] = floatsWithin(low, high, dtype);
  if (least > most) throw new ArgumentError(`rand: no ${dtype} lies in [${low}, ${high}); ask for dtype 'float64'`);
  return draw('rand', shape, dtype, rest, (generator) => {
    return Math.min(most, Math.max(least, generator.uniform(low, high)));
  });
}

/** The smallest and the largest number of the dtype in [low, high). */
function floatsWithin(low: number, high: number, dtype: DType): readonly [least: number, most: number] {
  const [from, to] = typedArray(dtype, 2).fill(low, 0, 1).fill(high, 1) as Iterable<number> as readonly [
    number,
    number,
  ];
  return [from < low ? neighbour(from, 'above', dtype) : from, to < high ? to : neighbour(to, 'below', dtype)];
}

const randnOptions: KnownOptions = { mean: 'number', std: 'number', ...randomOptions };

/** Normal random numbers with the given mean (default 0) and standard deviation (default 1). The shape is a list, or its lengths one by one. */
export function randn(
  shape: Shape,
  options?: RandomOptions & { readonly mean?: number; readonly std?: number },
): Tensor;
export function randn(...lengths: readonly [number, ...number[]]): Tensor;
export function randn(): Tensor {
  const [shape, options] = shapeAndOptions<RandomOptions & { readonly mean?: number; readonly std?: number }>(
    'randn',
    arguments,
    randnOptions,
  );
  const { mean = 0, std = 1, ...rest } = options;
  if (!(std >= 0)) throw new ArgumentError(`randn: std is ${shown(std)}, needs a number of at least 0`);
  return draw('randn', shape, floatOf('randn', rest), rest, (generator) => generator.normal(mean, std));
}

/** Random whole numbers from `low` (included) to `high` (excluded), `int32` unless asked otherwise. */
export function randint(low: number, high: number, shape: Shape, options: RandomOptions = {}): Tensor {
  checkCall('randint', arguments, ['low', 'high', 'shape'], randomOptions);
  const dtype = checkDType('randint', options.dtype ?? 'int32');
  if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high) || high <= low) {
    throw new ArgumentError(`randint: low is ${low} and high is ${shown(high)}; needs whole numbers with low < high`);
  }
  return draw('randint', shape, dtype, options, (generator) => generator.integer(low, high));
}

/** Random uniform numbers in [0, 1) with the shape, dtype and backend of another tensor. */
export function randLike(
  model: Tensor,
  options: RandomOptions & { readonly low?: number; readonly high?: number } = {},
): Tensor {
  checkCall('randLike', arguments, ['model'], randOptions);
  return rand(model.shape, like('randLike', model, options));
}

/** Normal random numbers with the shape, dtype and backend of another tensor. */
export function randnLike(
  model: Tensor,
  options: RandomOptions & { readonly mean?: number; readonly std?: number } = {},
): Tensor {
  checkCall('randnLike', arguments, ['model'], randnOptions);
  return randn(model.shape, like('randnLike', model, options));
}

/** Random whole numbers with the shape and backend of another tensor. */
export function randintLike(model: Tensor, low: number, high: number, options: RandomOptions = {}): Tensor {
  checkCall('randintLike', arguments, ['model', 'low', 'high'], randomOptions);
  const { backend } = like('randintLike', model, options);
  return randint(low, high, model.shape, { ...options, backend });
}

/** 1 with probability `p`, else 0, `float32` unless asked otherwise. */
export function bernoulli(p: number, shape: Shape, options: RandomOptions = {}): Tensor {
  checkCall('bernoulli', arguments, [['p', 'number'], 'shape'], randomOptions);
  if (!(p >= 0 && p <= 1)) throw new ArgumentError(`bernoulli: p is ${shown(p)}, needs a probability from 0 to 1`);
  const dtype = checkDType('bernoulli', options.dtype ?? 'float32');
  return draw('bernoulli', shape, dtype, options, (generator) => (generator.uniform() < p ? 1 : 0));
}

/** {@link bernoulli} with the shape, dtype and backend of another tensor. */
export function bernoulliLike(model: Tensor, p: number, options: RandomOptions = {}): Tensor {
  checkCall('bernoulliLike', arguments, ['model', ['p', 'number']], randomOptions);
  return bernoulli(p, model.shape, like('bernoulliLike', model, options));
}

/** The numbers 0 … n - 1 in random order, `int32` unless asked otherwise. */
export function permutation(n: number, options: RandomOptions = {}): Tensor {
  checkCall('permutation', arguments, ['n'], randomOptions);
  const order = (options.generator ?? defaultGenerator()).permutation(n);
  const dtype = checkDType('permutation', options.dtype ?? 'int32');
  const values = typedArray(dtype, n);
  for (let i = 0; i < n; i++) values[i] = checkValue('permutation', order[i]!, dtype, i);
  return make('permutation', values, [n], dtype, options);
}
