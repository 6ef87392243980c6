// Batches of anything that can be gone through: lines of a file, examples of a generator, images of a folder.
// Memory holds the buffers and the batches ahead, never the whole.

import { ArgumentError, defaultGenerator, Generator } from '@dl/autograd';
import type { BatchContext } from './loader.js';
import { breathe } from './macrotask.js';

/** Where examples come from. A function is called for each epoch, so that the batches can be gone through again. */
export type Source<T> = Iterable<T> | AsyncIterable<T> | (() => Iterable<T> | AsyncIterable<T>);

/** Options of {@link streamLoader}. */
export interface StreamOptions<T, B = T[]> {
  /** Examples per batch; the last batch has what remains. Default: 32. */
  batchSize?: number;
  /** How many examples wait in a buffer, from which the next is drawn at random. Default: 0, the order of the source. */
  shuffleBuffer?: number;
  /**
   * The length of an example. Examples of like length then share a batch, so that little is padded: `pool` batches
   * are read, sorted by length, cut, and handed out in random order.
   */
  bucketBy?: (example: T) => number;
  /** How many batches are sorted together. Default: 20. */
  pool?: number;
  /** Leave out a last batch that is smaller than the others. Default: false. */
  dropLast?: boolean;
  /** How many batches are prepared ahead of the one that is in use. Default: 2. */
  prefetch?: number;
  /** Where the order, and collate's numbers, come from. Default: `defaultGenerator()`. */
  generator?: Generator;
  /** Makes a batch of its examples: `stack`, or one with `padSequences` in it. May be asynchronous. Default: the list. */
  collate?: (examples: T[], context: BatchContext) => B | Promise<B>;
}

/**
 * The batches of a source, for `for await`, each example once. A shuffle buffer mixes nearby examples only: one
 * comes at most as many places early as the buffer is long. Leaving the loop early closes the source.
 * Where all examples fit into memory, `loader` mixes them fully and resumes in the middle of an epoch.
 *
 * @throws ArgumentError when an option is out of range.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { padSequences, streamLoader } from '@dl/data';
 * const sentences = [[4, 2], [7, 1, 3, 3], [5], [8, 8, 6, 9]];
 * const batches = streamLoader(sentences, {
 *   batchSize: 2,
 *   bucketBy: (sentence) => sentence.length,
 *   generator: new Generator(1),
 *   collate: (some) => padSequences(some),
 * });
 * for await (const { values, lengths } of batches) console.log(values.shape, lengths.data); // [2, 2] and [2, 4], in some order
 * ```
 */
export function streamLoader<T, B = T[]>(source: Source<T>, options: StreamOptions<T, B> = {}): AsyncIterable<B> {
  const { batchSize = 32, shuffleBuffer = 0, pool = 20, prefetch = 2 } = options;
  for (const [name, value, least] of [
    ['batchSize', batchSize, 1],
    ['shuffleBuffer', shuffleBuffer, 0],
    ['pool', pool, 1],
    ['prefetch', prefetch, 0],
  ] as const) {
    if (!Number.isSafeInteger(value) || value < least) {
      throw new ArgumentError(`streamLoader: ${name} is ${value}, needs a whole number of at least ${least}`);
    }
  }
  return { [Symbol.asyncIterator]: () => epoch(source, options) };
}

async function* epoch<T, B>(source: Source<T>, options: StreamOptions<T, B>): AsyncGenerator<B, undefined, undefined> {
  const { collate, ...plain } = options;
  const { shuffleBuffer = 0, prefetch = 2, bucketBy } = plain;
  const random = shuffleBuffer > 0 || bucketBy !== undefined || collate !== undefined;
  const seed = random ? (options.generator ?? defaultGenerator()).integer(0, Number.MAX_SAFE_INTEGER) : 0;
  const [ofOrder, ofBuckets, ofBatches] = [0, 1, 2].map((stream) => new Generator(seed).fork(stream));
  const examples = typeof source === 'function' ? source() : source;
  const groups = grouped(shuffled(examples, shuffleBuffer, ofOrder!), plain, ofBuckets!);
  const stop = new AbortController();
  let count = 0;
  const prepare = async (): Promise<{ batch: B } | undefined> => {
    const { value, done } = await groups.next();
    if (done) return undefined;
    await breathe();
    const context = { index: count, generator: ofBatches!.fork(count++), signal: stop.signal };
    // Without collate, B is T[].
    return { batch: collate === undefined ? (value as unknown as B) : await collate(value, context) };
  };
  const ahead: ReturnType<typeof prepare>[] = [];
  try {
    for (;;) {
      while (ahead.length <= prefetch) {
        const next = prepare();
        // An error is for the loop to see, when the batch's turn comes; until then it is not unhandled.
        next.catch(() => {});
        ahead.push(next);
      }
      const ready = await ahead.shift()!;
      if (ready === undefined) return undefined;
      await breathe();
      yield ready.batch;
    }
  } finally {
    stop.abort();
    await Promise.allSettled(ahead);
    await groups.return(undefined);
  }
}

/** The examples, each drawn from a buffer of the given size that is kept full while there are more. */
async function* shuffled<T>(
  source: Iterable<T> | AsyncIterable<T>,
  size: number,
  random: Generator,
): AsyncGenerator<T> {
  const buffer: T[] = [];
  for await (const example of source) {
    if (size === 0) {
      yield example;
    } else if (buffer.length < size) {
      buffer.push(example);
    } else {
      const k = random.integer(0, size);
      const drawn = buffer[k]!;
      buffer[k] = example;
      yield drawn;
    }
  }
  for (const k of random.permutation(buffer.length)) yield buffer[k]!;
}

/** The examples in batches, sorted by length within a pool when they have lengths. */
async function* grouped<T>(
  examples: AsyncIterable<T>,
  { batchSize = 32, pool = 20, bucketBy, dropLast = false }: Omit<StreamOptions<T>, 'collate'>,
  random: Generator,
): AsyncGenerator<T[], undefined, undefined> {
  const size = bucketBy === undefined ? batchSize : batchSize * pool;
  let waiting: T[] = [];
  for await (const example of examples) {
    waiting.push(example);
    if (waiting.length === size) {
      const full = waiting;
      waiting = [];
      yield* cut(full, batchSize, bucketBy, false, random);
    }
  }
  yield* cut(waiting, batchSize, bucketBy, dropLast, random);
  return undefined;
}

function cut<T>(
  examples: T[],
  batchSize: number,
  bucketBy: ((example: T) => number) | undefined,
  dropLast: boolean,
  random: Generator,
): T[][] {
  const sorted =
    bucketBy === undefined
      ? examples
      : examples
          .map((example) => ({ example, length: bucketBy(example) }))
          .sort((a, b) => a.length - b.length)
          .map(({ example }) => example);
  const count = dropLast ? Math.floor(sorted.length / batchSize) : Math.ceil(sorted.length / batchSize);
  const batches = Array.from({ length: count }, (_, k) => sorted.slice(k * batchSize, (k + 1) * batchSize));
  return bucketBy === undefined ? batches : Array.from(random.permutation(count), (k) => batches[k]!);
}
