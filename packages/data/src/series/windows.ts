// Windows over a series: what was, and what comes next.

import { ArgumentError, checkCall, type Known, ShapeError, shown } from '@dl/autograd';
import { emptyLike, type NdArray, type NdData } from '../nd-array.js';
import { checkedArray, columnsOf } from './columns.js';

/** What {@link windows} makes of a series `[N]`, or of one of several columns `[N, columns]`. */
export type WindowDataset<D extends NdData = NdData> = {
  /** `[windows, taps]` or `[windows, taps, columns]`: values in the order of time. */
  readonly inputs: NdArray<D>;
  /** `[windows, horizon]` or `[windows, horizon, columns]`: those that follow. */
  readonly targets: NdArray<D>;
};

/** Options of {@link windows}. */
export interface WindowsOptions {
  /** How many values go in. */
  taps: number;
  /** How many of the values that follow are to come out. Default: 1. */
  horizon?: number;
  /** From the begin of one window to that of the next. Default: 1. */
  stride?: number;
}

const windowsOptions: Known<WindowsOptions> = { taps: 'number', horizon: 'number', stride: 'number' };

/**
 * A data set of pieces of a series: window i has the values from i · stride on, `taps` as inputs and the `horizon` that follow them as
 * targets. There are ⌊(N - taps - horizon) / stride⌋ + 1. Split the series first and then make windows of each part, because windows beside each
 * other have values in common.
 *
 * @throws ArgumentError when taps, horizon or stride is not a whole number of at least 1, ShapeError when the series is shorter than
 * taps + horizon, or no `[N]` or `[N, columns]`.
 *
 * @example
 * ```ts
 * import { windows } from '@dl/data';
 * const series = { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [6] };
 * const { inputs, targets } = windows(series, { taps: 3, horizon: 2 });
 * console.log(inputs.shape, inputs.data); // [2, 3], then 1 2 3, 2 3 4
 * console.log(targets.shape, targets.data); // [2, 2], then 4 5, 5 6
 * ```
 */
export function windows<D extends NdData>(series: NdArray<D>, options: WindowsOptions): WindowDataset<D> {
  checkCall('windows', arguments, ['series'], windowsOptions);
  const { taps, horizon = 1, stride = 1 } = (options ?? {}) as Partial<WindowsOptions>;
  for (const [name, value] of Object.entries({ taps, horizon, stride })) {
    if (!Number.isSafeInteger(value) || value! < 1) {
      throw new ArgumentError(`windows: ${name} is ${shown(value)}, needs a whole number of at least 1`);
    }
  }
  const { data, shape } = checkedSeries(series, 'windows');
  const [length, ...columns] = shape as [number, ...number[]];
  const count = Math.floor((length - taps! - horizon) / stride) + 1;
  if (count < 1) {
    throw new ShapeError(
      `windows: the series has ${length} values, needs at least ${taps! + horizon}: ${taps} taps and a horizon of ${horizon}`,
    );
  }
  const width = columnsOf(series);
  const cut = (from: number, steps: number): NdArray<D> => {
    const out = emptyLike(data, count * steps * width);
    for (let i = 0; i < count; i++) {
      const start = (i * stride + from) * width;
      out.set(data.subarray(start, start + steps * width), i * steps * width);
    }
    return { data: out, shape: [count, steps, ...columns] };
  };
  return { inputs: cut(0, taps!), targets: cut(taps!, horizon) };
}

/** The series, if it is one: `[N]` or `[N, columns]`. */
export function checkedSeries<D extends NdData>(series: NdArray<D>, what: string): NdArray<D> {
  const { shape } = checkedArray(series, what);
  if (shape.length !== 1 && shape.length !== 2) {
    throw new ShapeError(`${what}: the series is [${shape.join(', ')}], needs [N] or [N, columns]`);
  }
  return series;
}
