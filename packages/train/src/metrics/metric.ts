// Metric: what a model is measured by, batch by batch, and the checks that all metrics share.

import { ArgumentError, ShapeError, shown } from '@dl/autograd';

/** Whether a figure is better when it is lower or higher. */
export type Goal = 'min' | 'max';

/** Numbers with their shape, as a batch of @dl/data has them. */
export interface Values {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
}

/**
 * A figure that is gathered batch by batch. What it keeps does not depend on how the examples fall into batches (sums may
 * round differently), so that the figure of a data set is that of one large batch.
 *
 * @example
 * ```ts
 * import { type Metric, type Values } from '@dl/train';
 *
 * // The largest error: a metric of your own.
 * class MaxError implements Metric {
 *   readonly goal = 'min';
 *   #largest = 0;
 *   update(output: Values, target: Values): void {
 *     for (let i = 0; i < target.data.length; i++) {
 *       this.#largest = Math.max(this.#largest, Math.abs(output.data[i]! - target.data[i]!));
 *     }
 *   }
 *   compute(): number {
 *     return this.#largest;
 *   }
 *   reset(): void {
 *     this.#largest = 0;
 *   }
 * }
 * const metric = new MaxError();
 * metric.update({ data: [1, 2], shape: [2] }, { data: [1, 5], shape: [2] });
 * console.log(metric.compute()); // 3
 * ```
 */
export interface Metric<V = number> {
  /** Whether lower or higher is better. */
  readonly goal: Goal;
  /** Counts a batch: what the model gave, and what it should have given; plain arrays with their shape. */
  update(output: Values, target: Values): void;
  /** The figure over all that was counted since the start or the last `reset()`. */
  compute(): V;
  /** Forgets what was counted. */
  reset(): void;
}

/** Metrics by the name under which their figures are told. */
export type Metrics = Readonly<Record<string, Metric>>;

export function show(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

export function nothingCounted(name: string): ArgumentError {
  return new ArgumentError(`${name}: nothing was counted yet; call update(output, target) before compute()`);
}

/** The number of classes of scores [..., classes] for targets [...], or a sentence about what does not fit. */
export function classesOf(name: string, output: Values, target: Values): number {
  const classes = output.shape.at(-1);
  if (classes === undefined || classes === 0 || show(output.shape.slice(0, -1)) !== show(target.shape)) {
    throw new ShapeError(
      `${name}: the output is ${show(output.shape)} and the target ${show(target.shape)}; needs scores [..., classes] for classes [...]`,
    );
  }
  return classes;
}

/** Throws unless `value` is the number of a class: whole, from 0, below `classes`. */
export function checkClass(name: string, what: string, value: number, classes: number): void {
  if (Number.isInteger(value) && value >= 0 && value < classes) return;
  const range = Number.isFinite(classes) ? `from 0 to ${classes - 1}` : 'from 0';
  throw new ArgumentError(`${name}: ${what} is ${shown(value)}, needs the number of a class, a whole number ${range}`);
}

/**
 * Where the largest score of row `row` is; the first one of equals. Undefined where one is NaN: as in `argmax`, it would be the
 * largest, and it is no answer.
 */
export function largest(scores: ArrayLike<number>, row: number, classes: number): number | undefined {
  let best = 0;
  for (let c = 0; c < classes; c++) {
    const score = scores[row * classes + c]!;
    if (Number.isNaN(score)) return undefined;
    if (score > scores[row * classes + best]!) best = c;
  }
  return best;
}
