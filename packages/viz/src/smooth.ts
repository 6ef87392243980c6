// Exponential smoothing of a noisy curve, without the pull towards zero at its start.

import { ArgumentError, checkCall } from '@dl/autograd';
import { isList, show } from './validate.js';

/** Throws unless `factor` is a number from 0 up to, but not including, 1. */
export function checkSmoothing(where: string, factor: unknown): void {
  if (typeof factor !== 'number' || !(factor >= 0 && factor < 1)) {
    throw new ArgumentError(
      `${where}: smoothing is ${show(factor)}, needs a number from 0 (none) to below 1, such as 0.9`,
    );
  }
}

/**
 * An exponential moving average with bias correction, as Adam uses it (Kingma and Ba, 2015):
 * m_t = β m_{t-1} + (1 - β) x_t with m_0 = 0, and the result is m_t / (1 - β^t). It averages over about
 * the last 1 / (1 - β) values.
 *
 * Gaps (null, NaN, infinities) come out as null and are not counted: t goes up at finite values only.
 *
 * @param values Any length; not changed.
 * @param factor β, from 0 (no smoothing) to below 1.
 * @throws ArgumentError if `values` is not a list, or for a factor outside [0, 1).
 *
 * @example
 * ```ts
 * import { smooth } from '@dl/viz';
 * console.log(smooth([4, 0, 0], 0.5)); // [4, 1.333…, 0.571…]
 * ```
 */
export function smooth(values: ArrayLike<number | null>, factor: number): (number | null)[] {
  checkCall('smooth', arguments, ['values', ['factor', 'number']]);
  if (!isList(values)) throw new ArgumentError(`smooth: values is ${show(values)}, needs an array of numbers`);
  checkSmoothing('smooth', factor);
  let mean = 0;
  let weight = 0;
  return Array.from(values, (value) => {
    if (value === null || !Number.isFinite(value)) return null;
    mean = factor * mean + (1 - factor) * value;
    // 1 - β^t by its own recurrence, which is exact enough and needs no counter.
    weight = factor * weight + (1 - factor);
    return mean / weight;
  });
}
