// A stream that was interrupted in the middle of an epoch goes on as if it had never stopped, to the last bit.

import { ArgumentError, defaultGenerator, Generator, manualSeed, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Dropout, Flatten, Linear, Sequential } from '@dl/layers';
import { Adam } from '@dl/optim';
import { type TrainState, fit as train } from '@dl/train';
import { describe, expect, it } from 'vitest';
import { padSequences, stack } from './collate.js';
import { drawnDigits } from './digits/drawn-digits.js';
import { loader } from './loader.js';
import { type Source, type StreamLoader, type StreamOptions, type StreamState, streamLoader } from './stream.js';

/** Sequences of 1 to 9 numbers, each with its place in front. */
const sequences: number[][] = Array.from({ length: 83 }, (_, i) => [i, ...new Array((i * 7) % 9).fill(i % 5)]);

/** Drawn in a new order from a generator each time, as a folder of images is. */
const mixedBy = (generator: () => Generator): Source<number[]> => ({
  async *[Symbol.asyncIterator]() {
    for (const k of generator().permutation(sequences.length)) yield sequences[k]!;
  },
});

type Options = Omit<StreamOptions<number[], unknown>, 'generator'>;
const collate: Options['collate'] = (some, { generator, index }) => ({
  ...padSequences(some),
  draws: [generator.uniform(), generator.normal()],
  index,
});
const cases: [string, Source<number[]>, Options][] = [
  ['a list in order', sequences, { batchSize: 8 }],
  ['a shuffle buffer', sequences, { batchSize: 8, shuffleBuffer: 20 }],
  ['a shuffle buffer as long as the list', sequences, { batchSize: 8, shuffleBuffer: 83, dropLast: true }],
  ['buckets', () => sequences, { batchSize: 4, bucketBy: (some) => some.length, pool: 3, collate }],
  [
    'everything at once, prefetched',
    () => sequences,
    { batchSize: 5, shuffleBuffer: 17, bucketBy: (some) => some.length, pool: 4, prefetch: 6, collate },
  ],
  [
    'a source with random numbers of its own',
    function* (generator) {
      for (const some of sequences) if (generator.uniform() < 0.7) yield [...some, generator.integer(0, 9)];
    },
    { batchSize: 6, collate, prefetch: 0 },
  ],
  [
    'a source that draws from the generator of the loader',
    mixedBy(defaultGenerator),
    { batchSize: 7, shuffleBuffer: 5 },
  ],
];

/** Three epochs; after `stop` batches another program goes on, which has only the state. What the loop draws is in it too. */
async function run(source: Source<number[]>, options: Options, stop = Infinity): Promise<unknown[]> {
  manualSeed(5);
  const seen: unknown[] = [];
  let batches = streamLoader(source, options as StreamOptions<number[], unknown>);
  let ended = 0;
  while (ended < 3) {
    let left = false;
    for await (const batch of batches) {
      seen.push([batch, defaultGenerator().uniform()]);
      if (seen.length !== stop) continue;
      left = true;
      break;
    }
    if (!left) {
      ended++;
      continue;
    }
    const stored = JSON.stringify(batches.state);
    manualSeed(99);
    for (let k = 0; k < 7; k++) defaultGenerator().uniform();
    batches = streamLoader(source, { ...options, prefetch: 1 } as StreamOptions<number[], unknown>);
    batches.state = JSON.parse(stored) as StreamState;
  }
  return [...seen, defaultGenerator().state];
}

describe('a stream resumes', () => {
  it.each(cases)('%s', async (_, source, options) => {
    const whole = await run(source, options);
    expect(whole.length).toBeGreaterThan(25);
    for (let stop = 1; stop < whole.length - 1; stop++) expect(await run(source, options, stop)).toEqual(whole);
  });

  it('without collating what is done', async () => {
    const collated: number[] = [];
    const make = () =>
      streamLoader(sequences, {
        batchSize: 10,
        shuffleBuffer: 30,
        prefetch: 0,
        generator: new Generator(2),
        collate: (_, { index }) => collated.push(index) && index,
      });
    const first = make();
    for await (const index of first) if (index === 4) break;
    const second = make();
    second.state = first.state;
    collated.length = 0;
    for await (const _ of second);
    expect(collated).toEqual([5, 6, 7, 8]);
  });

  it('in the training loop, 12 places', async () => {
    await useBackend(cpu());
    const { images, labels } = drawnDigits(70);
    const digits = Array.from(labels.data, (label, i) => ({
      images: { data: images.data.subarray(784 * i, 784 * i + 784), shape: [1, 28, 28] },
      labels: label,
    }));
    const begin = (seed: number) => {
      manualSeed(seed);
      const model = new Sequential(new Flatten(), new Linear(784, 16), new Dropout(0.3), new Linear(16, 10));
      const data = streamLoader(digits, { batchSize: 8, shuffleBuffer: 25, collate: (some) => stack(some) });
      return { model, data, options: { optimizer: new Adam(model.parameters(), { lr: 0.01 }), epochs: 3 } };
    };
    const weights = (model: Sequential) => model.parameters().map((weight) => weight.dataSync());
    const whole = begin(1);
    for await (const _ of train(whole.model, whole.data, whole.options));
    for (let stop = 1; stop < 27; stop += 2 + (stop % 2)) {
      const first = begin(1);
      let state: TrainState | undefined;
      for await (const event of train(first.model, first.data, first.options)) {
        if (event.type === 'step' && event.totalSteps === stop) {
          state = await event.state();
          break;
        }
      }
      const second = begin(50);
      for await (const _ of train(second.model, second.data, { ...second.options, state: state! }));
      expect(weights(second.model)).toEqual(weights(whole.model));
    }
  });
});

describe('the state of a stream', () => {
  const make = (
    options: StreamOptions<number> = {},
    source: Source<number> = [1, 2, 3, 4, 5],
  ): StreamLoader<number[]> =>
    streamLoader(source, { batchSize: 2, shuffleBuffer: 3, generator: new Generator(1), ...options });

  it('counts the batch in hand as done, and is between epochs after the last', async () => {
    const batches = make();
    expect(batches.state).toMatchObject({ epochSeed: null, batch: 0 });
    const done: number[] = [];
    for await (const _ of batches) done.push(batches.state.batch);
    expect(done).toEqual([1, 2, 3]);
    expect(batches.state).toMatchObject({ epochSeed: null, batch: 0 });
  });

  it('is left behind by a new loop when not set', async () => {
    const batches = make();
    for await (const _ of batches) break;
    let count = 0;
    for await (const _ of batches) count++;
    expect(count).toBe(3);
  });

  const good = make().state;
  it.each<[string, Partial<StreamState>, string]>([
    [
      'another batch size',
      { batchSize: 4 },
      'its batchSize is 4, that of this loader 2; resume with the same data and options',
    ],
    ['other buckets', { pool: 20 }, 'its pool is 20, that of this loader null; resume with the same data and options'],
    [
      'an epoch cut',
      { dropLast: true },
      'its dropLast is true, that of this loader false; resume with the same data and options',
    ],
    [
      'half a batch',
      { epochSeed: 1, batch: 0.5 },
      `batch is 0.5, needs a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`,
    ],
    ['a batch of no epoch', { batch: 1 }, 'batch is 1, needs a whole number from 0 to 0'],
    ['a wrong seed', { epochSeed: -1 }, 'epochSeed is -1, needs null or an integer from 0 to 2^53 - 1'],
  ])('of %s is refused', (_, change, message) => {
    const batches = make();
    expect(() => {
      batches.state = { ...good, ...change };
    }).toThrow(new ArgumentError(`streamLoader state: ${message}`));
    expect(batches.state).toEqual(good);
  });

  it('of a loader, or with a damaged generator, is refused and changes nothing', () => {
    const batches = make();
    const rows = { x: { data: new Float32Array(5), shape: [5] } };
    expect(() => {
      batches.state = loader(rows, { batchSize: 2 }).state as unknown as StreamState;
    }).toThrow('streamLoader state: its shuffleBuffer is undefined, that of this loader 3');
    expect(() => {
      batches.state = { ...good, opened: { seed: 1, position: -1 }, generator: { seed: 8, position: 8 } };
    }).toThrow(ArgumentError);
    expect(batches.state).toEqual(good);
  });

  it('of a longer source, or of one that can be iterated once, is refused when the source ends', async () => {
    const long = make({}, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for await (const _ of long) if (long.state.batch === 4) break;
    const short = make();
    short.state = long.state;
    const generator = short.state.generator;
    const all = async () => {
      for await (const _ of short);
    };
    await expect(all()).rejects.toThrow(
      new ArgumentError(
        'streamLoader: the state has 4 batches behind it, but the source ends after 3; ' +
          'resume with the same data, and a source that can be iterated again',
      ),
    );
    expect(short.state.generator).toEqual(generator);
  });
});
