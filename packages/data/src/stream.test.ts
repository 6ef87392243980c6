import { ArgumentError, DTypeError, defaultGenerator, Generator, ShapeError } from '@dl/autograd';
import { describe, expect, it } from 'vitest';
import { padSequences, stack } from './collate.js';
import { type StreamOptions, streamLoader } from './stream.js';

const numbers = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const seeded = (seed: number, rest: StreamOptions<number> = {}): StreamOptions<number> => ({
  generator: new Generator(seed),
  ...rest,
});

async function all<B>(batches: AsyncIterable<B>): Promise<B[]> {
  const list: B[] = [];
  for await (const batch of batches) list.push(batch);
  return list;
}

describe('streamLoader', () => {
  it('batches lists, generators and streams, in order, the rest last or left out', async () => {
    expect(await all(streamLoader(numbers(5), { batchSize: 2 }))).toEqual([[0, 1], [2, 3], [4]]);
    expect(await all(streamLoader(numbers(5), { batchSize: 2, dropLast: true }))).toEqual([
      [0, 1],
      [2, 3],
    ]);
    const stream = new ReadableStream<string>({
      start(controller) {
        for (const word of ['a', 'b', 'c']) controller.enqueue(word);
        controller.close();
      },
    });
    expect(await all(streamLoader(stream as unknown as AsyncIterable<string>, { batchSize: 2 }))).toEqual([
      ['a', 'b'],
      ['c'],
    ]);
    expect(await all(streamLoader([], {}))).toEqual([]);
  });

  it.each([
    { shuffleBuffer: 10 },
    { shuffleBuffer: 1000 },
    { bucketBy: (x: number) => x % 17 },
    { shuffleBuffer: 30, bucketBy: (x: number) => x % 17, pool: 3 },
  ])('hands out every example once, in an order of the seed, whatever is prefetched: %o', async (options) => {
    const run = (seed: number, prefetch: number) =>
      all(streamLoader(numbers(203), seeded(seed, { batchSize: 8, prefetch, ...options })));
    const order = await run(1, 2);
    expect(order.flat().sort((a, b) => a - b)).toEqual(numbers(203));
    expect(order.map((batch) => batch.length).sort((a, b) => a - b)).toEqual([3, ...new Array(25).fill(8)]);
    expect(order.flat()).not.toEqual(numbers(203));
    expect(await run(1, 0)).toEqual(order);
    expect(await run(1, 9)).toEqual(order);
    expect(await run(2, 2)).not.toEqual(order);
  });

  it('goes through a function again, in a new order each epoch', async () => {
    const batches = streamLoader(() => numbers(40), seeded(3, { shuffleBuffer: 20 }));
    const [first, second] = [(await all(batches)).flat(), (await all(batches)).flat()];
    expect(first).not.toEqual(second);
    expect(first.sort((a, b) => a - b)).toEqual(second.sort((a, b) => a - b));
  });

  it('draws nothing where nothing is random', async () => {
    const before = defaultGenerator().state;
    await all(streamLoader(numbers(9)));
    expect(defaultGenerator().state).toEqual(before);
  });

  it('mixes within the buffer, and no further', async () => {
    const order = (await all(streamLoader(numbers(500), seeded(4, { shuffleBuffer: 25 })))).flat();
    order.forEach((example, place) => expect(example - place).toBeLessThanOrEqual(25));
    expect(Math.max(...order.map((example, place) => place - example))).toBeGreaterThan(25);
  });

  it('puts like lengths together, so that little is padded', async () => {
    const random = new Generator(5);
    const lengths = Array.from({ length: 960 }, () => random.integer(1, 60));
    const padding = (batches: number[][]) =>
      batches.reduce((sum, batch) => sum + batch.reduce((empty, n) => empty + Math.max(...batch) - n, 0), 0);
    const plain = padding(await all(streamLoader(lengths, seeded(6, { batchSize: 16 }))));
    const bucketed = await all(streamLoader(lengths, seeded(6, { batchSize: 16, bucketBy: (n) => n })));
    expect(padding(bucketed)).toBeLessThan(plain / 10);
    const longest = bucketed.map((batch) => Math.max(...batch));
    expect(longest).not.toEqual([...longest].sort((a, b) => a - b));
  });

  it('reads no further than its buffers and batches ahead, and closes the source when left', async () => {
    let read = 0;
    let closed = false;
    function* endless(): Generator2 {
      try {
        for (;;) yield read++;
      } finally {
        closed = true;
      }
    }
    type Generator2 = globalThis.Generator<number, void, undefined>;
    let signal: AbortSignal | undefined;
    let seen = 0;
    const batches = streamLoader(endless, {
      batchSize: 4,
      shuffleBuffer: 50,
      prefetch: 3,
      generator: new Generator(7),
      collate: (some, context) => {
        signal = context.signal;
        return some;
      },
    });
    for await (const _ of batches) {
      seen++;
      // The buffer, this batch and those ahead, the one being gathered.
      expect(read).toBeLessThanOrEqual(50 + 4 * (seen + 3 + 1));
      if (seen === 200) break;
    }
    expect([closed, signal?.aborted]).toEqual([true, true]);
  });

  it('fails at the batch that fails, and closes the source', async () => {
    let closed = false;
    async function* source() {
      try {
        yield* numbers(3);
        throw new RangeError('line 4 is damaged');
      } finally {
        closed = true;
      }
    }
    const seen: number[][] = [];
    const run = async () => {
      for await (const batch of streamLoader(source, { batchSize: 1 })) seen.push(batch);
    };
    await expect(run()).rejects.toThrow(new RangeError('line 4 is damaged'));
    expect([seen, closed]).toEqual([[[0], [1], [2]], true]);
  });

  it.each([
    [{ batchSize: 0 }, 'batchSize is 0, needs a whole number of at least 1'],
    [{ shuffleBuffer: -1 }, 'shuffleBuffer is -1, needs a whole number of at least 0'],
    [{ pool: 0.5 }, 'pool is 0.5, needs a whole number of at least 1'],
    [{ prefetch: Number.NaN }, 'prefetch is NaN, needs a number'],
  ])('refuses %o', (options, message) => {
    expect(() => streamLoader([1], options)).toThrow(new ArgumentError(`streamLoader: ${message}`));
  });
});

describe('padSequences', () => {
  it('fills up at the end or the start, cuts off, and says how long each is', () => {
    expect(padSequences([[1, 2, 3], [4], []], { value: -1 })).toEqual({
      values: { data: Int32Array.of(1, 2, 3, 4, -1, -1, -1, -1, -1), shape: [3, 3] },
      lengths: { data: Int32Array.of(3, 1, 0), shape: [3] },
      mask: { data: Uint8Array.of(1, 1, 1, 1, 0, 0, 0, 0, 0), shape: [3, 3], dtype: 'bool' },
    });
    const { values, lengths, mask } = padSequences([[1, 2, 3], [4]], { length: 2, side: 'start' });
    expect([values.data, lengths.data, mask.data]).toEqual([
      Int32Array.of(1, 2, 0, 4),
      Int32Array.of(2, 1),
      Uint8Array.of(1, 1, 0, 1),
    ]);
  });

  it('keeps features and number types', () => {
    const step = (n: number) => ({ data: new Float32Array(2 * n).fill(n), shape: [n, 2] });
    const { values } = padSequences([step(1), step(2)]);
    values.data satisfies Float32Array;
    expect(values).toEqual({ data: Float32Array.of(1, 1, 0, 0, 2, 2, 2, 2), shape: [2, 2, 2] });
    expect(padSequences([Float64Array.of(0.5)]).values.data).toEqual(Float64Array.of(0.5));
  });

  it.each<[() => unknown, Error]>([
    [() => padSequences([]), new ArgumentError('padSequences: got no sequences, needs at least 1')],
    [
      () => padSequences([[1]], { length: 0 }),
      new ArgumentError('padSequences: length is 0, needs a whole number of at least 1'),
    ],
    [
      () => padSequences([[1], [0.5]]),
      new DTypeError(
        'padSequences: sequence 1 has 0.5 in it, needs whole numbers of 32 bits; give a Float32Array for others',
      ),
    ],
    [
      () => padSequences<Float32Array | Int32Array>([Float32Array.of(1), Int32Array.of(1)]),
      new DTypeError('padSequences: sequence 0 is Float32Array but 1 is Int32Array, needs one type'),
    ],
    [
      () =>
        padSequences([
          { data: new Float32Array(4), shape: [2, 2] },
          { data: new Float32Array(3), shape: [1, 3] },
        ]),
      new ShapeError(
        'padSequences: sequence 0 has the shape [2, 2] and 1 [1, 3], needs the same sizes after the first',
      ),
    ],
  ])('refuses %s', (act, error) => {
    expect(act).toThrow(error);
  });
});

describe('stack', () => {
  const image = (value: number, side = 2) => ({
    data: new Uint8Array(side * side).fill(value),
    shape: [1, side, side],
  });

  it('stacks arrays and labels', () => {
    const batch = stack([
      { image: image(1), label: 7 },
      { image: image(2), label: 8 },
    ]);
    batch.image.data satisfies Uint8Array;
    batch.label.data satisfies Int32Array;
    expect(batch).toEqual({
      image: { data: Uint8Array.of(1, 1, 1, 1, 2, 2, 2, 2), shape: [2, 1, 2, 2] },
      label: { data: Int32Array.of(7, 8), shape: [2] },
    });
  });

  it('refuses what does not fit together', () => {
    expect(() => stack([])).toThrow(new ArgumentError('stack: got no examples, needs at least 1'));
    expect(() => stack([{ image: image(1) }, { image: image(1, 3) }])).toThrow(
      new ShapeError(
        "stack: 'image' has the shape [1, 2, 2] in example 0 and [1, 3, 3] in 1; crop or resize images, pad sequences with padSequences",
      ),
    );
    expect(() => stack([{ y: 1 }, { y: 0.5 }])).toThrow(
      new DTypeError("stack: 'y' of example 1 is 0.5, needs a whole number of 32 bits"),
    );
    expect(() => stack<{ y?: number } & Record<string, number>>([{ y: 1 }, { z: 1 }])).toThrow(
      new DTypeError("stack: 'y' of example 1 is of another type than in example 0, or missing"),
    );
  });
});
