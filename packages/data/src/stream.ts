// Batches of anything that can be iterated: lines of a file, examples of a generator, images of a folder.
// Memory holds the buffers and the batches ahead, never the whole.

import {
  ArgumentError,
  checkCall,
  defaultGenerator,
  Generator,
  type GeneratorState,
  type KnownOptions,
  shown,
} from '@dl/autograd';
import { breathe } from './breathe.js';
import { type BatchContext, checkPosition } from './loader.js';

/**
 * Where examples come from. A function is called for each epoch, so that the batches can be iterated again; it is handed
 * random numbers of that epoch, for a source that needs some.
 */
export type Source<T> = Iterable<T> | AsyncIterable<T> | ((generator: Generator) => Iterable<T> | AsyncIterable<T>);

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

const streamOptions: KnownOptions = {
  batchSize: 'number',
  shuffleBuffer: 'number',
  bucketBy: 'function',
  pool: 'number',
  dropLast: 'boolean',
  prefetch: 'number',
  generator: 'generator',
  collate: 'function',
};

/** Where a {@link StreamLoader} stands: plain numbers that can be stored as JSON. */
export interface StreamState {
  /** The options on which the batches depend; `pool` is null without `bucketBy`. */
  readonly batchSize: number;
  readonly shuffleBuffer: number;
  readonly pool: number | null;
  readonly dropLast: boolean;
  /** The seed of the epoch under way; null when none has begun, or the last one is complete. */
  readonly epochSeed: number | null;
  /** How many batches of that epoch have been handed out. */
  readonly batch: number;
  /** Where the loader's generator stood when the source was opened. */
  readonly opened: GeneratorState;
  /** Where the loader's generator stood when this was read. */
  readonly generator: GeneratorState;
}

/** The batches of a source; see {@link streamLoader}. */
export interface StreamLoader<B> extends AsyncIterable<B> {
  /** Examples per batch. */
  readonly batchSize: number;
  /**
   * Read inside a loop, it says which batches of the epoch are done, the one in hand included. Set before a loop, it makes
   * that loop go on with the batches that were left, and puts the generator back to where it stood, so that all later
   * epochs are the same too. What is done is read again, with the same random numbers, and left out, uncollated.
   */
  state: StreamState;
  [Symbol.asyncIterator](): AsyncIterator<B, undefined, undefined>;
}

/**
 * The batches of a source, for `for await`, each example once. A shuffle buffer mixes nearby examples only: one
 * comes at most as many places early as the buffer is long. Leaving the loop early closes the source.
 *
 * `state` resumes in the middle of an epoch, to the last bit, when the source gives the same examples again. Its random
 * numbers have to come from the generator that a function is handed, or before its first example from the loader's own.
 * Resuming reads what is done once more: work that takes long, such as decoding images, belongs into `collate`. Where all
 * examples fit into memory, `loader` mixes them fully and resumes at once.
 *
 * @throws ArgumentError when an option is out of range, or a state does not fit.
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
export function streamLoader<T, B = T[]>(source: Source<T>, options: StreamOptions<T, B> = {}): StreamLoader<B> {
  checkCall('streamLoader', arguments, ['source'], streamOptions);
  return new StreamBatches(source, options);
}

class StreamBatches<T, B> implements StreamLoader<B> {
  readonly batchSize: number;
  readonly #source: Source<T>;
  readonly #options: StreamOptions<T, B>;
  readonly #prefetch: number;
  /** What a state says of the options. */
  readonly #order: Pick<StreamState, 'batchSize' | 'shuffleBuffer' | 'pool' | 'dropLast'>;
  #opened: GeneratorState | undefined;
  #epochSeed: number | null = null;
  #batch = 0;
  /** Whether where it stands was set from outside, for the next loop to go on with. */
  #resuming = false;

  constructor(source: Source<T>, options: StreamOptions<T, B>) {
    const { batchSize = 32, shuffleBuffer = 0, pool = 20, prefetch = 2, dropLast = false } = options;
    for (const [name, value, least] of [
      ['batchSize', batchSize, 1],
      ['shuffleBuffer', shuffleBuffer, 0],
      ['pool', pool, 1],
      ['prefetch', prefetch, 0],
    ] as const) {
      if (!Number.isSafeInteger(value) || value < least) {
        throw new ArgumentError(`streamLoader: ${name} is ${shown(value)}, needs a whole number of at least ${least}`);
      }
    }
    this.batchSize = batchSize;
    this.#source = source;
    this.#options = options;
    this.#prefetch = prefetch;
    this.#order = { batchSize, shuffleBuffer, pool: options.bucketBy === undefined ? null : pool, dropLast };
  }

  get state(): StreamState {
    const generator = this.#generator().state;
    const [epochSeed, batch, opened] = [this.#epochSeed, this.#batch, this.#opened ?? generator];
    return { ...this.#order, epochSeed, batch, opened, generator };
  }

  set state(state: StreamState) {
    for (const name of ['batchSize', 'shuffleBuffer', 'pool', 'dropLast'] as const) {
      if (state[name] !== this.#order[name]) {
        throw new ArgumentError(
          `streamLoader state: its ${name} is ${state[name]}, that of this loader ${this.#order[name]}; ` +
            'resume with the same data and options',
        );
      }
    }
    checkPosition('streamLoader state', state, Number.MAX_SAFE_INTEGER);
    const { epochSeed, batch, opened, generator } = state;
    new Generator(0).state = opened; // Throws before anything is changed.
    this.#generator().state = generator;
    this.#opened = opened;
    this.#epochSeed = epochSeed;
    this.#batch = batch;
    this.#resuming = epochSeed !== null;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<B, undefined, undefined> {
    const generator = this.#generator();
    const handedOut = this.#resuming ? this.#batch : 0;
    const here = generator.state;
    if (this.#resuming) {
      generator.state = this.#opened!;
    } else {
      this.#epochSeed = this.#drawSeed();
      this.#batch = 0;
      this.#opened = generator.state;
    }
    this.#resuming = false;
    const epoch = new Epoch(this.#source, this.#options, this.#epochSeed!);
    const ahead: ReturnType<typeof epoch.next>[] = [];
    try {
      try {
        await epoch.skip(handedOut);
      } finally {
        if (handedOut > 0) generator.state = here;
      }
      for (;;) {
        while (ahead.length <= this.#prefetch) {
          const next = epoch.next();
          // An error is for the loop to see, when the batch's turn comes; until then it is not unhandled.
          next.catch(() => {});
          ahead.push(next);
        }
        const ready = await ahead.shift()!;
        if (ready === undefined) break;
        await breathe();
        this.#batch++;
        yield ready.batch;
      }
      this.#epochSeed = null;
      this.#batch = 0;
    } finally {
      epoch.stop();
      await Promise.allSettled(ahead);
      await epoch.close();
    }
    return undefined;
  }

  #generator(): Generator {
    return this.#options.generator ?? defaultGenerator();
  }

  /** One draw per epoch, and none where nothing is random. */
  #drawSeed(): number {
    const { shuffleBuffer = 0, bucketBy, collate } = this.#options;
    const random =
      shuffleBuffer > 0 || bucketBy !== undefined || collate !== undefined || typeof this.#source === 'function';
    return random ? this.#generator().integer(0, Number.MAX_SAFE_INTEGER) : 0;
  }
}

/** One time through the source, all its random numbers from one seed. */
class Epoch<T, B> {
  readonly #groups: AsyncGenerator<T[], undefined, undefined>;
  readonly #collate: StreamOptions<T, B>['collate'];
  readonly #ofBatches: Generator;
  readonly #stop = new AbortController();
  #count = 0;

  constructor(source: Source<T>, { collate, ...plain }: StreamOptions<T, B>, seed: number) {
    const [ofOrder, ofBuckets, ofBatches, ofSource] = [0, 1, 2, 3].map((stream) => new Generator(seed).fork(stream));
    const examples = typeof source === 'function' ? source(ofSource!) : source;
    this.#groups = grouped(shuffled(examples, plain.shuffleBuffer ?? 0, ofOrder!), plain, ofBuckets!);
    this.#collate = collate;
    this.#ofBatches = ofBatches!;
  }

  /** The next batch; undefined after the last. */
  async next(): Promise<{ batch: B } | undefined> {
    const { value, done } = await this.#groups.next();
    if (done) return undefined;
    const index = this.#count++;
    await breathe();
    const context = { index, generator: this.#ofBatches.fork(index), signal: this.#stop.signal };
    // Without collate, B is T[].
    return { batch: this.#collate === undefined ? (value as unknown as B) : await this.#collate(value, context) };
  }

  /** Leaves out the first batches. */
  async skip(count: number): Promise<void> {
    for (; this.#count < count; this.#count++) {
      if ((await this.#groups.next()).done) {
        throw new ArgumentError(
          `streamLoader: the state has ${count} batches behind it, but the source ends after ${this.#count}; ` +
            'resume with the same data, and a source that can be iterated again',
        );
      }
      await breathe();
    }
  }

  /** Tells collate that nobody waits any more. */
  stop(): void {
    this.#stop.abort();
  }

  /** Closes the source. */
  async close(): Promise<void> {
    await this.#groups.return(undefined);
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
