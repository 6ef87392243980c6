// Small tasks with a known answer: parity of bits, the adding task for recurrent networks, a noisy sine.

import { ArgumentError, checkCall, Generator, type Known } from '@dl/autograd';
import type { NdArray } from '../nd-array.js';
import { checkCount, checkNoise } from './options.js';
import type { ClassDataset } from './points.js';

/** Inputs `[N, …]` and the numbers `[N, 1]` that belong to them. */
export type RegressionDataset = {
  readonly inputs: NdArray<Float32Array>;
  readonly targets: NdArray<Float32Array>;
};

/** Options of the tasks. */
export interface TaskOptions {
  /** Another seed draws other examples. Default: 0. */
  seed?: number;
}

const taskOptions: Known<TaskOptions> = { seed: 'number' };

/** Options of {@link sine}. */
export interface SineOptions extends TaskOptions {
  /** Inputs are uniform from `low` … Default: -π. */
  low?: number;
  /** … to `high`. Default: π. */
  high?: number;
  /** Standard deviation of what is added to the targets. Default: 0. */
  noise?: number;
}

const sineOptions: Known<SineOptions> = { low: 'number', high: 'number', noise: 'number', ...taskOptions };

/**
 * Random bits `[count, bits]`, 0 or 1, and whether an odd number of them is 1. With 2 bits this is XOR.
 *
 * @throws ArgumentError when `count` or `bits` is not a whole number of at least 1.
 *
 * @example
 * ```ts
 * import { parity } from '@dl/data';
 * const { inputs, labels } = parity(64, 8);
 * console.log(inputs.shape, labels.shape); // [64, 8] and [64]
 * ```
 */
export function parity(count: number, bits: number, options: TaskOptions = {}): ClassDataset {
  checkCall('parity', arguments, ['count', 'bits'], taskOptions);
  checkCount('parity', 'count', count);
  checkCount('parity', 'bits', bits);
  const root = new Generator(options.seed ?? 0);
  const inputs = new Float32Array(count * bits);
  const labels = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const random = root.fork(i);
    for (let k = 0; k < bits; k++) {
      const bit = random.uint32() & 1;
      inputs[i * bits + k] = bit;
      labels[i]! ^= bit;
    }
  }
  return { inputs: { data: inputs, shape: [count, bits] }, labels: { data: labels, shape: [count] } };
}

/**
 * The adding task: sequences `[count, length, 2]` of a number uniform in [0, 1) and a mark, which is 1 at one
 * step of each half and 0 elsewhere. The target is the sum of the two marked numbers; to answer 1 always
 * gives a mean squared error of 1/6.
 *
 * @throws ArgumentError when `count` is not a whole number of at least 1, or `length` one of at least 2.
 *
 * Source: S. Hochreiter, J. Schmidhuber, "Long short-term memory", Neural Computation 9(8), 1997, with the
 * numbers and marks of Q. Le, N. Jaitly, G. Hinton, arXiv 1504.00941.
 *
 * @example
 * ```ts
 * import { addingTask } from '@dl/data';
 * const { inputs, targets } = addingTask(32, 50);
 * console.log(inputs.shape, targets.shape); // [32, 50, 2] and [32, 1]
 * ```
 */
export function addingTask(count: number, length: number, options: TaskOptions = {}): RegressionDataset {
  checkCall('addingTask', arguments, ['count', 'length'], taskOptions);
  checkCount('addingTask', 'count', count);
  checkCount('addingTask', 'length', length, 2);
  const root = new Generator(options.seed ?? 0);
  const inputs = new Float32Array(count * length * 2);
  const targets = new Float32Array(count);
  const half = Math.floor(length / 2);
  for (let i = 0; i < count; i++) {
    const random = root.fork(i);
    const marked = [random.integer(0, half), random.integer(half, length)];
    for (let t = 0; t < length; t++) inputs[(i * length + t) * 2] = random.uniform();
    for (const t of marked) {
      inputs[(i * length + t) * 2 + 1] = 1;
      targets[i]! += inputs[(i * length + t) * 2]!;
    }
  }
  return { inputs: { data: inputs, shape: [count, length, 2] }, targets: { data: targets, shape: [count, 1] } };
}

/**
 * Points of a sine: x uniform in [low, high), y = sin x + noise.
 *
 * @throws ArgumentError when `count` is not a whole number of at least 1, `high` is not above `low`, or the noise
 * is negative.
 *
 * @example
 * ```ts
 * import { sine } from '@dl/data';
 * const { inputs, targets } = sine(100, { noise: 0.1 });
 * console.log(inputs.shape, targets.shape); // [100, 1] and [100, 1]
 * ```
 */
export function sine(count: number, options: SineOptions = {}): RegressionDataset {
  checkCall('sine', arguments, ['count'], sineOptions);
  const { low = -Math.PI, high = Math.PI, noise = 0, seed = 0 } = options;
  checkCount('sine', 'count', count);
  checkNoise('sine', noise);
  if (!(high > low && high - low < Infinity)) {
    throw new ArgumentError(`sine: inputs go from ${low} to ${high}, needs low < high`);
  }
  const root = new Generator(seed);
  const inputs = new Float32Array(count);
  const targets = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const random = root.fork(i);
    inputs[i] = low + (high - low) * random.uniform53();
    targets[i] = Math.sin(inputs[i]!) + noise * random.normal();
  }
  return { inputs: { data: inputs, shape: [count, 1] }, targets: { data: targets, shape: [count, 1] } };
}
