// Batches of a data set, as an async iterable that can be iterated again and again: shuffled anew
// each time, prepared ahead, and resumable in the middle.

import {
  ArgumentError,
  checkCall,
  defaultGenerator,
  Generator,
  type GeneratorState,
  type KnownOptions,
  type Platform,
  shown,
} from '@dl/autograd';
import { breathe } from './breathe.js';
import { checkedSize, type Dataset, gather } from './dataset.js';

/** What a transform is told of its batch. */
export interface BatchContext {
  /** The position of the batch in its epoch, from 0. */
  readonly index: number;
  /** Random numbers for this batch alone: they do not depend on `prefetch` or on what else is drawn. */
  readonly generator: Generator;
  /** Aborted when the loop is left early; a transform that waits for something can stop waiting. */
  readonly signal: Platform<'AbortSignal'>;
}

/** Options of {@link loader}. */
export interface LoaderOptions<D extends Dataset, B = D> {
  /** Rows per batch; the last batch has what remains. Default: 32. */
  batchSize?: number;
  /** Go through the rows in a new random order each time. Default: false. */
  shuffle?: boolean;
  /**
   * Draw rows with replacement instead, each as often as its weight says: one number of at least 0 a row. An
   * epoch has as many rows as the data set.
   */
  weights?: ArrayLike<number>;
  /** Leave out a last batch that is smaller than the others. Default: false. */
  dropLast?: boolean;
  /** Where the orders, and the transforms' numbers, come from. Default: `defaultGenerator()`. */
  generator?: Generator;
  /** How many batches are prepared ahead of the one that is in use. Default: 2. */
  prefetch?: number;
  /** Makes of each batch what the loop gets: augmented, normalised, moved. May be asynchronous. */
  transform?: (batch: D, context: BatchContext) => B | Promise<B>;
}

const loaderOptions: KnownOptions = {
  batchSize: 'number',
  shuffle: 'boolean',
  weights: 'list',
  dropLast: 'boolean',
  generator: 'generator',
  prefetch: 'number',
  transform: 'function',
};

/** Where a {@link Loader} stands: plain numbers that can be stored as JSON. */
export interface LoaderState {
  /** Rows and rows per batch of the loader that this is a state of, and whether its order is random. */
  readonly size: number;
  readonly batchSize: number;
  readonly shuffle: boolean;
  /** Steps per batch, of a `bpttLoader`. */
  readonly steps?: number;
  /** The seed of the order of the epoch under way; null when none has begun, or the last one is complete. */
  readonly epochSeed: number | null;
  /** How many batches of that epoch have been handed out. */
  readonly batch: number;
  /** Where the loader's generator stood when this was read. */
  readonly generator: GeneratorState;
}

/** The batches of a data set; see {@link loader}. */
export interface Loader<B> extends AsyncIterable<B> {
  /** Batches per epoch. */
  readonly length: number;
  /** Rows of the data set. */
  readonly size: number;
  /** Rows per batch. */
  readonly batchSize: number;
  /**
   * Read inside a loop, it says which batches of the epoch are done, the one in hand included. Set before
   * a loop, it makes that loop go on with the batches that were left, and puts the generator back to
   * where it stood, so that all later epochs are the same too.
   */
  state: LoaderState;
  [Symbol.asyncIterator](): AsyncIterator<B, undefined, undefined>;
}

/**
 * The batches of `dataset`, for `for await`: each batch is the same record with arrays of `batchSize` rows,
 * `[batchSize, …]`. Every loop is one epoch, in a new order when `shuffle` is set. Between batches the
 * loader lets other tasks of the event loop run. Leaving the loop early stops what is being prepared.
 *
 * @throws ArgumentError when an option is out of range or the weights are not one a row, ShapeError when the arrays
 * differ in their rows.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { drawnDigits, loader } from '@dl/data';
 * const batches = loader(drawnDigits(100), { batchSize: 32, shuffle: true, generator: new Generator(1) });
 * for await (const { images, labels } of batches) {
 *   console.log(images.shape, labels.shape); // [32, 1, 28, 28] and [32], at last [4, 1, 28, 28] and [4]
 * }
 * ```
 */
export function loader<D extends Dataset, B = D>(dataset: D, options: LoaderOptions<D, B> = {}): Loader<B> {
  checkCall('loader', arguments, ['dataset'], loaderOptions);
  const size = checkedSize(dataset, 'loader');
  return new BatchLoader({ size, take: (rows) => gather(dataset, rows) }, options);
}

/** What batches are made of. */
export interface Rows<D> {
  readonly size: number;
  /** Steps per batch, where rows are pieces of a stream. */
  readonly steps?: number;
  /** The batch of these rows. */
  take(rows: Int32Array): D;
}

/** The batches of rows; a loader of another name makes sure of its options itself. */
export class BatchLoader<D extends Dataset, B> implements Loader<B> {
  readonly length: number;
  readonly size: number;
  readonly batchSize: number;
  readonly #rows: Rows<D>;
  readonly #options: LoaderOptions<D, B>;
  readonly #prefetch: number;
  /** Whether the order is random: shuffled, or drawn by weight. */
  readonly #shuffle: boolean;
  /** For rows that are drawn by weight: the sum of the weights up to and with each row. */
  readonly #upTo: Float64Array | undefined;
  #epochSeed: number | null = null;
  #batch = 0;
  /** Whether `#epochSeed` and `#batch` were set from outside, for the next loop to go on with. */
  #resuming = false;

  constructor(rows: Rows<D>, options: LoaderOptions<D, B>) {
    const { batchSize = 32, shuffle = false, dropLast = false, prefetch = 2 } = options;
    this.size = rows.size;
    if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
      throw new ArgumentError(`loader: batchSize is ${shown(batchSize)}, needs a whole number of at least 1`);
    }
    if (!Number.isSafeInteger(prefetch) || prefetch < 0) {
      throw new ArgumentError(`loader: prefetch is ${shown(prefetch)}, needs a whole number of at least 0`);
    }
    if (this.size === 0) throw new ArgumentError('loader: the data set has 0 rows, needs at least 1');
    if (dropLast && batchSize > this.size) {
      throw new ArgumentError(
        `loader: with dropLast and batchSize ${batchSize} no batch is left of ${this.size} rows; ` +
          'use a smaller batchSize, or keep the last batch',
      );
    }
    if (options.weights !== undefined) this.#upTo = runningSums(options.weights, this.size);
    this.batchSize = batchSize;
    this.length = dropLast ? Math.floor(this.size / batchSize) : Math.ceil(this.size / batchSize);
    this.#rows = rows;
    this.#options = options;
    this.#prefetch = prefetch;
    this.#shuffle = shuffle || this.#upTo !== undefined;
  }

  get state(): LoaderState {
    return {
      size: this.size,
      batchSize: this.batchSize,
      shuffle: this.#shuffle,
      ...(this.#rows.steps !== undefined && { steps: this.#rows.steps }),
      epochSeed: this.#epochSeed,
      batch: this.#batch,
      generator: this.#generator().state,
    };
  }

  set state(state: LoaderState) {
    const { size, batchSize, shuffle, steps, epochSeed, batch } = state;
    const own = { size: this.size, batchSize: this.batchSize, shuffle: this.#shuffle, steps: this.#rows.steps };
    if (size !== own.size || batchSize !== own.batchSize || shuffle !== own.shuffle || steps !== own.steps) {
      const words = (of: typeof own): string =>
        `${of.size} rows by ${of.batchSize}, ${of.shuffle ? 'shuffled' : 'in order'}${of.steps === undefined ? '' : `, each of ${of.steps} steps`}`;
      throw new ArgumentError(
        `loader state: it is of a loader of ${words({ size, batchSize, shuffle, steps })}, this one has ${words(own)}; ` +
          'resume with the same data and options',
      );
    }
    checkPosition('loader state', state, this.length);
    this.#generator().state = state.generator;
    this.#epochSeed = epochSeed;
    this.#batch = batch;
    this.#resuming = epochSeed !== null;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<B, undefined, undefined> {
    if (!this.#resuming) {
      this.#epochSeed = this.#drawSeed();
      this.#batch = 0;
    }
    this.#resuming = false;
    const epochSeed = this.#epochSeed ?? 0;
    const order = this.#order(epochSeed);
    const stop = new AbortController();
    const ahead: Promise<B>[] = [];
    let next = this.#batch;
    try {
      for (let index = next; index < this.length; index++) {
        while (next < this.length && ahead.length <= this.#prefetch) {
          const batch = this.#prepare(order, epochSeed, next++, stop.signal);
          // An error is for the loop to see, when the batch's turn comes; until then it is not unhandled.
          batch.catch(() => {});
          ahead.push(batch);
        }
        const batch = await ahead.shift()!;
        await breathe();
        this.#batch = index + 1;
        yield batch;
      }
      this.#epochSeed = null;
      this.#batch = 0;
    } finally {
      stop.abort();
      await Promise.allSettled(ahead);
    }
    return undefined;
  }

  async #prepare(order: Int32Array, epochSeed: number, index: number, signal: AbortSignal): Promise<B> {
    await breathe();
    signal.throwIfAborted();
    const rows = order.subarray(index * this.batchSize, (index + 1) * this.batchSize);
    const batch = this.#rows.take(rows);
    const { transform } = this.#options;
    // Without a transform, B is D.
    if (transform === undefined) return batch as unknown as B;
    return transform(batch, { index, generator: new Generator(epochSeed).fork(index), signal });
  }

  #order(epochSeed: number): Int32Array {
    if (!this.#shuffle) return Int32Array.from({ length: this.size }, (_, i) => i);
    const generator = new Generator(epochSeed);
    const upTo = this.#upTo;
    return upTo === undefined
      ? generator.permutation(this.size)
      : Int32Array.from({ length: this.size }, () => rowAt(upTo, generator.uniform53() * upTo[this.size - 1]!));
  }

  #generator(): Generator {
    return this.#options.generator ?? defaultGenerator();
  }

  /** One draw per epoch, whatever the size, and none where nothing is random. */
  #drawSeed(): number {
    const random = this.#shuffle || this.#options.transform !== undefined;
    return random ? this.#generator().integer(0, Number.MAX_SAFE_INTEGER) : 0;
  }
}

/** Refuses a state that stands in no epoch, or beyond its end. */
export function checkPosition(
  what: string,
  { epochSeed, batch }: Pick<LoaderState, 'epochSeed' | 'batch'>,
  most: number,
): void {
  const begun = epochSeed !== null;
  if (!Number.isSafeInteger(batch) || batch < 0 || batch > most || (!begun && batch !== 0)) {
    throw new ArgumentError(`${what}: batch is ${shown(batch)}, needs a whole number from 0 to ${begun ? most : 0}`);
  }
  if (begun && (!Number.isSafeInteger(epochSeed) || epochSeed < 0)) {
    throw new ArgumentError(`${what}: epochSeed is ${shown(epochSeed)}, needs null or an integer from 0 to 2^53 - 1`);
  }
}

function runningSums(weights: ArrayLike<number>, size: number): Float64Array {
  if (weights.length !== size) {
    throw new ArgumentError(`loader: got ${weights.length} weights for ${size} rows, needs one a row`);
  }
  let sum = 0;
  const upTo = Float64Array.from(weights, (weight, row) => {
    if (!(weight >= 0)) {
      throw new ArgumentError(`loader: weight ${row} is ${shown(weight)}, needs numbers of at least 0`);
    }
    return (sum += weight);
  });
  if (!(sum > 0 && sum < Infinity)) {
    throw new ArgumentError(`loader: the weights add up to ${sum}, needs a finite sum above 0`);
  }
  return upTo;
}

/** The first row whose running sum is above `at`: rows of weight 0 are never it. */
function rowAt(upTo: Float64Array, at: number): number {
  let [low, high] = [0, upTo.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (upTo[middle]! > at) high = middle;
    else low = middle + 1;
  }
  return low;
}
