// Points of the plane in classes that no straight line parts: moons, spirals, rings.

import { ArgumentError, checkCall, Generator, type Known, shown } from '@dl/autograd';
import type { NdArray } from '../nd-array.js';
import { checkCount, checkNoise } from './options.js';

/** Inputs `[N, …]` and the classes `[N]` that they belong to. */
export type ClassDataset = {
  readonly inputs: NdArray<Float32Array>;
  readonly labels: NdArray<Int32Array>;
};

/** Options of {@link moons}. */
export interface PointsOptions {
  /** Standard deviation of what is added to both coordinates. Default: 0. */
  noise?: number;
  /** Another seed draws other points. Default: 0. */
  seed?: number;
}

const pointsOptions: Known<PointsOptions> = { noise: 'number', seed: 'number' };

/** Options of {@link spirals} and {@link rings}. */
export interface ClassesOptions extends PointsOptions {
  /** How many arms, or rings. Default: 2. */
  classes?: number;
}

const classesOptions: Known<ClassesOptions> = { classes: 'number', ...pointsOptions };

/** Options of {@link spirals}. */
export interface SpiralsOptions extends ClassesOptions {
  /** How often an arm goes round. Default: 1. */
  turns?: number;
}

const spiralsOptions: Known<SpiralsOptions> = { turns: 'number', ...classesOptions };

/**
 * Two half circles of radius 1 that reach into each other. With t uniform in [0, π): class 0 is
 * (cos t, sin t), class 1 is (1 - cos t, 1/2 - sin t). Points alternate between the classes.
 *
 * @throws ArgumentError when `count` is not a whole number of at least 1, or the noise is negative.
 *
 * @example
 * ```ts
 * import { moons } from '@dl/data';
 * const { inputs, labels } = moons(200, { noise: 0.1, seed: 1 });
 * console.log(inputs.shape, labels.shape); // [200, 2] and [200]
 * ```
 */
export function moons(count: number, options: PointsOptions = {}): ClassDataset {
  checkCall('moons', arguments, ['count'], pointsOptions);
  return draw('moons', count, 2, options, (label, random) => {
    const t = Math.PI * random.uniform53();
    return label === 0 ? [Math.cos(t), Math.sin(t)] : [1 - Math.cos(t), 0.5 - Math.sin(t)];
  });
}

/**
 * Arms of a spiral, one a class, turned against each other. With r uniform in [0, 1): a point of class k
 * of K is r (cos θ, sin θ), θ = 2π (turns r + k / K). Points alternate between the classes.
 *
 * @throws ArgumentError when `count` or `classes` is not a whole number of at least 1, the noise is
 * negative, or `turns` is not a positive number.
 *
 * @example
 * ```ts
 * import { spirals } from '@dl/data';
 * const { inputs, labels } = spirals(300, { classes: 3, noise: 0.02 });
 * console.log(inputs.shape, labels.data.slice(0, 4)); // [300, 2] and 0, 1, 2, 0
 * ```
 */
export function spirals(count: number, options: SpiralsOptions = {}): ClassDataset {
  checkCall('spirals', arguments, ['count'], spiralsOptions);
  const { classes = 2, turns = 1 } = options;
  if (!(turns > 0 && turns < Infinity)) {
    throw new ArgumentError(`spirals: turns is ${shown(turns)}, needs a number above 0`);
  }
  return draw('spirals', count, classes, options, (label, random) => {
    const r = random.uniform53();
    const angle = 2 * Math.PI * (turns * r + label / classes);
    return [r * Math.cos(angle), r * Math.sin(angle)];
  });
}

/**
 * Circles about the origin, one a class: class k of K has radius (k + 1) / K. Points alternate between the
 * classes.
 *
 * @throws ArgumentError when `count` or `classes` is not a whole number of at least 1, or the noise is negative.
 *
 * @example
 * ```ts
 * import { rings } from '@dl/data';
 * const { inputs } = rings(100, { noise: 0.05 });
 * console.log(inputs.shape); // [100, 2]
 * ```
 */
export function rings(count: number, options: ClassesOptions = {}): ClassDataset {
  checkCall('rings', arguments, ['count'], classesOptions);
  const { classes = 2 } = options;
  return draw('rings', count, classes, options, (label, random) => {
    const angle = 2 * Math.PI * random.uniform53();
    const radius = (label + 1) / classes;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
}

/** Point i, of class i mod `classes`, from random numbers of its own: it does not depend on `count`. */
function draw(
  what: string,
  count: number,
  classes: number,
  { noise = 0, seed = 0 }: PointsOptions,
  point: (label: number, random: Generator) => [number, number],
): ClassDataset {
  checkCount(what, 'count', count);
  checkCount(what, 'classes', classes);
  checkNoise(what, noise);
  const root = new Generator(seed);
  const inputs = new Float32Array(2 * count);
  const labels = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const random = root.fork(i);
    labels[i] = i % classes;
    const [x, y] = point(labels[i]!, random);
    inputs[2 * i] = x + noise * random.normal();
    inputs[2 * i + 1] = y + noise * random.normal();
  }
  return { inputs: { data: inputs, shape: [count, 2] }, labels: { data: labels, shape: [count] } };
}
