// A loader for truncated backpropagation through time: one long series as parallel streams, a piece of each at a time.

import { ArgumentError, checkCall, type KnownOptions, ShapeError, shown } from '@dl/autograd';
import { BatchLoader, type Loader, type LoaderOptions } from '../loader.js';
import { emptyLike, type NdArray, type NdData } from '../nd-array.js';
import { columnsOf } from './columns.js';
import { checkedSeries } from './windows.js';

/** What {@link bpttLoader} makes of a series `[N]`, or of one of several columns `[N, columns]`. */
export type BpttBatch<D extends NdData = NdData> = {
  /** A piece of each stream, `[streams, steps]` or `[streams, steps, columns]`. */
  readonly inputs: NdArray<D>;
  /** The same, one step later: what comes next. */
  readonly targets: NdArray<D>;
  /** 1 where a stream begins with this piece, so that nothing was before it, `[streams]`; `tensor` makes booleans of it. */
  readonly starts: NdArray<Uint8Array>;
};

/** Options of {@link bpttLoader}. */
export interface BpttOptions<D extends NdData, B = BpttBatch<D>>
  extends Pick<LoaderOptions<BpttBatch<D>, B>, 'dropLast' | 'generator' | 'prefetch' | 'transform'> {
  /** How many parts of the series run side by side: the size of a batch. Default: 32. */
  streams?: number;
  /** How many steps are cut off each at a time; the last piece has what remains. Default: 64. */
  steps?: number;
}

const bpttOptions: KnownOptions = {
  streams: 'number',
  steps: 'number',
  dropLast: 'boolean',
  generator: 'generator',
  prefetch: 'number',
  transform: 'function',
};

/**
 * A long series, such as the characters of a text or the samples of a signal, as batches for a recurrent network whose state goes on
 * from batch to batch. Of its N values each stream has L = ⌊(N - 1) / streams⌋ steps: stream b goes from b · L to (b + 1) · L, and the last value
 * of it is only a target. Batch k has steps k · `steps` and those that follow of all streams, so that row b of a batch goes on where row b of
 * the former one ended. Every value but the first is a target once; fewer than `streams` at the end are left over.
 *
 * All of it is one epoch, ⌈L / steps⌉ batches. In the first one `starts` says that the streams begin. Like those of `loader`, the
 * batches can be iterated again and again, and go on from a `state` in the middle of an epoch.
 *
 * @throws ArgumentError when an option is out of range, ShapeError when the series is too short, or no `[N]` or `[N, columns]`.
 *
 * Source: R. Williams, J. Peng, "An efficient gradient-based algorithm for on-line training of recurrent network trajectories", 1990.
 *
 * @example
 * ```ts
 * import { bpttLoader } from '@dl/data';
 * const text = 'to be, or not to be';
 * const characters = { data: Int32Array.from(text, (c) => c.charCodeAt(0)), shape: [text.length] };
 * const letters = (row: Int32Array) => String.fromCharCode(...row);
 * for await (const { inputs, targets, starts } of bpttLoader(characters, { streams: 2, steps: 5 })) {
 *   const [, steps = 0] = inputs.shape;
 *   console.log(letters(inputs.data.subarray(0, steps)), letters(targets.data.subarray(0, steps)), starts.data[0]);
 * } // 'to be' 'o be,' 1, then ', or' ' or ' 0
 * ```
 */
export function bpttLoader<D extends NdData>(
  series: NdArray<D>,
  options?: Omit<BpttOptions<D>, 'transform'>,
): Loader<BpttBatch<D>>;
export function bpttLoader<D extends NdData, B>(series: NdArray<D>, options: BpttOptions<D, B>): Loader<B>;
export function bpttLoader<D extends NdData, B = BpttBatch<D>>(
  series: NdArray<D>,
  options: BpttOptions<D, B> = {},
): Loader<B> {
  checkCall('bpttLoader', arguments, ['series'], bpttOptions);
  const { streams = 32, steps = 64, dropLast = false, prefetch = 2, ...rest } = options;
  for (const [name, value, least] of [
    ['streams', streams, 1],
    ['steps', steps, 1],
    ['prefetch', prefetch, 0],
  ] as const) {
    if (!Number.isSafeInteger(value) || value < least) {
      throw new ArgumentError(`bpttLoader: ${name} is ${shown(value)}, needs a whole number of at least ${least}`);
    }
  }
  const length = stepsOf(series, streams);
  const pieces = dropLast ? Math.floor(length / steps) : Math.ceil(length / steps);
  if (pieces === 0) {
    throw new ArgumentError(
      `bpttLoader: with dropLast no piece of ${steps} steps is left of streams of ${length}; use fewer steps, or keep the last piece`,
    );
  }
  const take = (rows: Int32Array): BpttBatch<D> => pieceOf(series, { streams, steps, length }, rows[0]! / streams);
  const rows = { size: pieces * streams, steps, take };
  return new BatchLoader<BpttBatch<D>, B>(rows, { ...rest, batchSize: streams, prefetch });
}

/** How many steps each stream has. */
function stepsOf(series: NdArray, streams: number): number {
  const [count] = checkedSeries(series, 'bpttLoader').shape as [number];
  if (count <= streams) {
    throw new ShapeError(
      `bpttLoader: the series has ${count} values, needs at least ${streams + 1}: a step of each of ${streams} streams, and what follows the last`,
    );
  }
  return Math.floor((count - 1) / streams);
}

function pieceOf<D extends NdData>(
  series: NdArray<D>,
  { streams, steps, length }: { readonly streams: number; readonly steps: number; readonly length: number },
  piece: number,
): BpttBatch<D> {
  const width = columnsOf(series);
  const taken = Math.min(steps, length - piece * steps);
  const cut = (shift: number): NdArray<D> => {
    const out = emptyLike(series.data, streams * taken * width);
    for (let b = 0; b < streams; b++) {
      const start = (b * length + piece * steps + shift) * width;
      out.set(series.data.subarray(start, start + taken * width), b * taken * width);
    }
    return { data: out, shape: [streams, taken, ...series.shape.slice(1)] };
  };
  const starts = new Uint8Array(streams).fill(piece === 0 ? 1 : 0);
  return { inputs: cut(0), targets: cut(1), starts: { data: starts, shape: [streams], dtype: 'bool' } };
}
