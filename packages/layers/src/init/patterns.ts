// Initialisers with a structure: constant, orthogonal, sparse, truncated, and those that pass the input through.

import {
  ArgumentError,
  checkCall,
  checkInteger,
  DTypeError,
  defaultGenerator,
  formatShape,
  full,
  type Generator,
  isFloat,
  type Known,
  type Shape,
  ShapeError,
  shown,
  sizeOf,
  type Tensor,
  tensor,
} from '@dl/autograd';
import { type ParameterOptions, parameterOptions } from '../core/parameter.js';

/**
 * The same number everywhere.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { constant } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(constant([2, 2], 0.5).toArray()); // [[0.5, 0.5], [0.5, 0.5]]
 * ```
 */
export function constant(shape: Shape, value: number, options: ParameterOptions = {}): Tensor {
  checkCall('constant', arguments, ['shape', ['value', 'element']], parameterOptions);
  return full(shape, value, placeOf('constant', options));
}

/** Options of {@link truncatedNormal}. */
export interface TruncatedNormalOptions extends ParameterOptions {
  /** Default 0. */
  readonly mean?: number;
  /** The standard deviation before the cut. Default 1. */
  readonly std?: number;
  /** Nothing is below this. Default -2, whatever the standard deviation, as in PyTorch. */
  readonly low?: number;
  /** Nothing is above this. Default 2. */
  readonly high?: number;
}

const truncatedNormalOptions: Known<TruncatedNormalOptions> = {
  mean: 'finite',
  std: 'number',
  low: 'number',
  high: 'number',
  ...parameterOptions,
};

/**
 * Normal random numbers, those outside [low, high] drawn again.
 *
 * @throws ArgumentError for a mean more than two standard deviations outside of [low, high], where hardly a draw would do.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { truncatedNormal } from '@dl/layers';
 * await useBackend(cpu());
 * const weight = truncatedNormal([300, 100], { std: 0.02, low: -0.04, high: 0.04 });
 * console.log(weight.abs().max().item() <= 0.04); // true
 * ```
 */
export function truncatedNormal(shape: Shape, options: TruncatedNormalOptions = {}): Tensor {
  checkCall('truncatedNormal', arguments, ['shape'], truncatedNormalOptions);
  const { mean = 0, std = 1, low = -2, high = 2, generator = defaultGenerator() } = options;
  if (!(std > 0 && std < Infinity))
    throw new ArgumentError(`truncatedNormal: std is ${shown(std)}, needs a number above 0`);
  if (!Number.isFinite(mean)) throw new ArgumentError(`truncatedNormal: mean is ${shown(mean)}, needs a finite number`);
  if (!(low < high))
    throw new ArgumentError(`truncatedNormal: low is ${low} and high is ${shown(high)}; needs low < high`);
  const outside = Math.max(low - mean, mean - high, 0);
  if (outside > 2 * std) {
    throw new ArgumentError(
      `truncatedNormal: mean ${mean} is ${outside} outside of ${low} to ${high}, more than two standard deviations of ${std}; move it nearer`,
    );
  }
  const isNarrow = high - low < 2 * std;
  const center = Math.min(Math.max(mean, low), high);
  const next = (): number => {
    for (;;) {
      const x = isNarrow ? generator.uniform(low, high) : generator.normal(mean, std);
      // From even draws, one stays as often as the normal density there is to the largest.
      if (isNarrow && generator.uniform() > Math.exp(((center - mean) ** 2 - (x - mean) ** 2) / (2 * std ** 2)))
        continue;
      if (x >= low && x <= high) return x;
    }
  };
  return filled('truncatedNormal', shape, options, (data) => {
    for (let i = 0; i < data.length; i++) data[i] = next();
  });
}

/** Options of {@link orthogonal}. */
export interface OrthogonalOptions extends ParameterOptions {
  /** Multiplies the weight. Default 1. */
  readonly gain?: number;
}

const orthogonalOptions: Known<OrthogonalOptions> = { gain: 'number', ...parameterOptions };

/**
 * A matrix whose rows (or columns, where there are fewer of these) are at right angles and of length `gain`: it turns what comes in, and
 * loses nothing (Saxe et al., 2013). A weight [out, in, ...window] is taken as [out, in · window]. Any such matrix is as likely as any other.
 *
 * @throws ShapeError for fewer than two axes.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { orthogonal } from '@dl/layers';
 * await useBackend(cpu());
 * const weight = orthogonal([2, 3]);
 * console.log(weight.matmul(weight, { transposeB: true }).toArray()); // [[1, 0], [0, 1]], nearly
 * ```
 */
export function orthogonal(shape: Shape, options: OrthogonalOptions = {}): Tensor {
  checkCall('orthogonal', arguments, ['shape'], orthogonalOptions);
  const { gain = 1, generator = defaultGenerator() } = options;
  if (!Number.isFinite(gain)) throw new ArgumentError(`orthogonal: gain is ${shown(gain)}, needs a finite number`);
  needAxes('orthogonal', shape, (axes) => axes >= 2, 'two axes or more: [out, in, ...window]');
  const rows = shape[0]!;
  const columns = sizeOf(shape.slice(1));
  const vectors = orthonormal(Math.min(rows, columns), Math.max(rows, columns), generator);
  return filled('orthogonal', shape, options, (data) => {
    for (let i = 0; i < data.length; i++) {
      const [row, column] = [Math.floor(i / columns), i % columns];
      data[i] = gain * (rows <= columns ? vectors[row]![column]! : vectors[column]![row]!);
    }
  });
}

/** Random vectors of length 1 at right angles to each other, by Gram and Schmidt. */
function orthonormal(count: number, length: number, generator: Generator): Float64Array[] {
  const vectors: Float64Array[] = [];
  while (vectors.length < count) {
    const vector = Float64Array.from({ length }, () => generator.normal());
    // The second round takes out what rounding has left of the first.
    for (let round = 0; round < 2; round++) {
      for (const other of vectors) addTo(vector, -dot(vector, other), other);
    }
    const size = Math.sqrt(dot(vector, vector));
    for (let i = 0; i < length; i++) vector[i]! /= size;
    vectors.push(vector);
  }
  return vectors;
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  return total;
}

function addTo(x: Float64Array, factor: number, other: Float64Array): void {
  for (let i = 0; i < x.length; i++) x[i]! += factor * other[i]!;
}

/** Options of {@link sparse}. */
export interface SparseOptions extends ParameterOptions {
  /** Of the others. Default 0.01. */
  readonly std?: number;
}

const sparseOptions: Known<SparseOptions> = { std: 'number', ...parameterOptions };

/**
 * A matrix [out, in] of normal random numbers, of which in each column the share `sparsity`, rounded up, is 0: every input reaches only a few
 * outputs (Martens, 2010).
 *
 * @throws ShapeError unless there are two axes.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { sparse } from '@dl/layers';
 * await useBackend(cpu());
 * const weight = sparse([10, 4], 0.75);
 * console.log(weight.equal(0).cast('float32').sum(0).toArray()); // [8, 8, 8, 8]
 * ```
 */
export function sparse(shape: Shape, sparsity: number, options: SparseOptions = {}): Tensor {
  checkCall('sparse', arguments, ['shape', ['sparsity', 'number']], sparseOptions);
  const { std = 0.01, generator = defaultGenerator() } = options;
  if (!(sparsity >= 0 && sparsity <= 1)) {
    throw new ArgumentError(`sparse: sparsity is ${shown(sparsity)}, needs a share from 0 to 1`);
  }
  if (!(std >= 0 && std < Infinity))
    throw new ArgumentError(`sparse: std is ${shown(std)}, needs a number of at least 0`);
  needAxes('sparse', shape, (axes) => axes === 2, 'two axes: [out, in]');
  const [rows, columns] = shape as readonly [number, number];
  const zeros = Math.ceil(sparsity * rows);
  return filled('sparse', shape, options, (data) => {
    for (let i = 0; i < data.length; i++) data[i] = generator.normal(0, std);
    for (let column = 0; column < columns; column++) {
      for (const row of generator.permutation(rows).subarray(0, zeros)) data[row * columns + column] = 0;
    }
  });
}

/** Options of {@link dirac}. */
export interface DiracOptions extends ParameterOptions {
  /** How many groups of channels pass through, each by itself. Default 1. */
  readonly groups?: number;
}

const diracOptions: Known<DiracOptions> = { groups: 'number', ...parameterOptions };

/**
 * A weight that passes its input through: the identity for [out, in], and for a convolution [out, in, ...window] filters with a single 1, in
 * the middle of the window at their own channel. Of a filter of even size, the middle is the element after.
 *
 * @throws ShapeError for fewer than two axes, or more than five.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { dirac } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(dirac([2, 3]).toArray()); // [[1, 0, 0], [0, 1, 0]]
 * console.log(dirac([1, 1, 3]).toArray()); // [[[0, 1, 0]]]
 * ```
 */
export function dirac(shape: Shape, options: DiracOptions = {}): Tensor {
  checkCall('dirac', arguments, ['shape'], diracOptions);
  const { groups = 1 } = options;
  checkInteger('dirac', 'groups', groups, 1);
  needAxes('dirac', shape, (axes) => axes >= 2 && axes <= 5, 'two to five axes: [out, in, ...window]');
  const [outputs, inputs, ...window] = shape as readonly [number, number, ...number[]];
  if (outputs % groups !== 0) {
    throw new ShapeError(
      `dirac: ${outputs} outputs cannot be cut into ${groups} groups; needs a multiple of ${groups}`,
    );
  }
  const area = sizeOf(window);
  const middle = window.reduce((at, length) => at * length + Math.floor(length / 2), 0);
  const each = outputs / groups;
  return filled('dirac', shape, options, (data) => {
    for (let out = 0; out < outputs; out++) {
      const channel = out % each;
      if (channel < inputs) data[(out * inputs + channel) * area + middle] = 1;
    }
  });
}

function needAxes(name: string, shape: Shape, fits: (axes: number) => boolean, layout: string): void {
  if (!fits(shape.length)) throw new ShapeError(`${name}: the weight is ${formatShape(shape)}, needs ${layout}`);
}

function filled(name: string, shape: Shape, options: ParameterOptions, fill: (data: Float64Array) => void): Tensor {
  const data = new Float64Array(sizeOf(shape));
  fill(data);
  return tensor({ data, shape }, placeOf(name, options));
}

/** How and where a tensor is made, without what says what is in it. */
function placeOf(name: string, { dtype = 'float32', backend }: ParameterOptions): Omit<ParameterOptions, 'generator'> {
  if (!isFloat(dtype)) {
    throw new DTypeError(`${name}: dtype is ${dtype}, needs float32 or float64`);
  }
  return { dtype, ...(backend && { backend }) };
}
