// A series as parallel streams: what comes when, and going on in the middle.

import { ArgumentError, defaultGenerator, Generator, manualSeed, ShapeError } from '@dl/autograd';
import { describe, expect, it } from 'vitest';
import type { LoaderState } from '../loader.js';
import type { NdArray } from '../nd-array.js';
import { type BpttBatch, type BpttOptions, bpttLoader } from './bptt-loader.js';

const count = (n: number): NdArray<Int32Array> => ({ data: Int32Array.from({ length: n }, (_, i) => i), shape: [n] });

async function all<B>(batches: AsyncIterable<B>): Promise<B[]> {
  const found: B[] = [];
  for await (const batch of batches) found.push(batch);
  return found;
}

/** What stream b is given, piece after piece. */
const streamOf = (batches: readonly BpttBatch[], name: 'inputs' | 'targets', b: number): number[] =>
  batches.flatMap((batch) => {
    const { data, shape } = batch[name];
    return [...data.subarray(b * shape[1]!, (b + 1) * shape[1]!)];
  });

describe('streams', () => {
  it.each([
    [25, 4, 3],
    [26, 4, 3],
    [24, 4, 3],
    [100, 1, 10],
    [100, 7, 100],
    [5, 4, 2],
  ])('of %i values: %i, by %i steps', async (n, streams, steps) => {
    const loader = bpttLoader(count(n), { streams, steps });
    const batches = await all(loader);
    const length = Math.floor((n - 1) / streams);
    expect(batches).toHaveLength(Math.ceil(length / steps));
    expect([loader.length, loader.size, loader.batchSize]).toEqual([batches.length, batches.length * streams, streams]);
    batches.forEach(({ inputs, targets, starts }, k) => {
      const taken = k < batches.length - 1 ? steps : length - k * steps;
      expect(inputs.shape).toEqual([streams, taken]);
      expect(targets.shape).toEqual([streams, taken]);
      expect(starts).toEqual({ data: new Uint8Array(streams).fill(k === 0 ? 1 : 0), shape: [streams], dtype: 'bool' });
    });
    for (let b = 0; b < streams; b++) {
      const values = Array.from({ length }, (_, t) => b * length + t);
      expect(streamOf(batches, 'inputs', b)).toEqual(values);
      expect(streamOf(batches, 'targets', b)).toEqual(values.map((value) => value + 1));
    }
    // Every value but the first once, up to less than one for each stream.
    const targets = Array.from({ length: streams }, (_, b) => streamOf(batches, 'targets', b)).flat();
    expect(targets).toEqual(Array.from({ length: targets.length }, (_, i) => i + 1));
    expect(n - 1 - targets.length).toBeLessThan(streams);
  });

  it('have 32 rows and 64 steps by default', async () => {
    const [first] = await all(bpttLoader(count(32 * 70 + 1)));
    expect(first!.inputs.shape).toEqual([32, 64]);
  });

  it('keep columns together, and the type of numbers', async () => {
    const series = { data: Float64Array.of(1, 10, 2, 20, 3, 30, 4, 40, 5, 50), shape: [5, 2] };
    const batches = await all(bpttLoader(series, { streams: 2, steps: 1 }));
    expect(batches.map(({ inputs }) => inputs)).toEqual([
      { data: Float64Array.of(1, 10, 3, 30), shape: [2, 1, 2] },
      { data: Float64Array.of(2, 20, 4, 40), shape: [2, 1, 2] },
    ]);
    expect(batches.map(({ targets }) => targets)).toEqual([
      { data: Float64Array.of(2, 20, 4, 40), shape: [2, 1, 2] },
      { data: Float64Array.of(3, 30, 5, 50), shape: [2, 1, 2] },
    ]);
  });

  it('leave the short piece out with dropLast', async () => {
    const shapes = (await all(bpttLoader(count(21), { streams: 2, steps: 4, dropLast: true }))).map(
      (b) => b.inputs.shape,
    );
    expect(shapes).toEqual([
      [2, 4],
      [2, 4],
    ]);
  });

  it('can be changed without changing the series, or one another', async () => {
    const series = count(9);
    for await (const { inputs, targets } of bpttLoader(series, { streams: 2, steps: 2 })) {
      inputs.data.fill(-1);
      expect(targets.data).not.toContain(-1);
    }
    expect(series).toEqual(count(9));
  });

  it('begin anew with each loop', async () => {
    const loader = bpttLoader(count(50), { streams: 3, steps: 5 });
    for await (const _ of loader) break;
    expect(await all(loader)).toEqual(await all(bpttLoader(count(50), { streams: 3, steps: 5 })));
  });
});

describe('resumes', () => {
  type Options = BpttOptions<Int32Array, unknown>;
  const drawn: Options['transform'] = ({ inputs, starts }, { generator, index }) => ({
    inputs,
    starts,
    index,
    draws: [generator.uniform(), generator.normal()],
  });

  /** Three epochs; after `stop` batches another program goes on, which has only the state. */
  async function run(options: Options, stop = Infinity): Promise<unknown[]> {
    manualSeed(5);
    const seen: unknown[] = [];
    let batches = bpttLoader(count(120), options);
    for (let ended = 0; ended < 3; ) {
      let isLeft = false;
      for await (const batch of batches) {
        seen.push([batch, defaultGenerator().uniform()]);
        isLeft = seen.length === stop;
        if (isLeft) break;
      }
      if (!isLeft) {
        ended++;
        continue;
      }
      const stored = JSON.stringify(batches.state);
      manualSeed(99);
      batches = bpttLoader(count(120), { ...options, prefetch: 0 });
      batches.state = JSON.parse(stored) as LoaderState;
    }
    return [...seen, defaultGenerator().state];
  }

  it.each<[string, Options]>([
    ['plain batches', { streams: 4, steps: 7 }],
    ['one stream', { streams: 1, steps: 20, dropLast: true }],
    ['a transform with random numbers, prefetched', { streams: 3, steps: 6, prefetch: 5, transform: drawn }],
  ])('with %s, wherever it was left', async (_, options) => {
    const whole = await run(options);
    expect(whole.length).toBeGreaterThan(15);
    for (let stop = 1; stop < whole.length - 1; stop++) expect(await run(options, stop)).toEqual(whole);
  });

  it('with the same series and options only', () => {
    const { state } = bpttLoader(count(100), { streams: 4, steps: 20 });
    for (const [n, options] of [
      [100, { streams: 4, steps: 21 }],
      [100, { streams: 5, steps: 20 }],
      [500, { streams: 4, steps: 20 }],
    ] as const) {
      expect(() => {
        bpttLoader(count(n), options).state = state;
      }).toThrow(/^loader state: it is of a loader of 8 rows by 4, in order, each of 20 steps, this one has /);
    }
  });
});

describe('refuses, in a sentence,', () => {
  it.each<[string, number, BpttOptions<Int32Array>, string]>([
    ['no stream', 9, { streams: 0 }, 'bpttLoader: streams is 0, needs a whole number of at least 1'],
    ['part of a step', 9, { streams: 1, steps: 1.5 }, 'bpttLoader: steps is 1.5'],
    [
      'less than nothing ahead',
      9,
      { streams: 1, prefetch: -1 },
      'bpttLoader: prefetch is -1, needs a whole number of at least 0',
    ],
    [
      'pieces that are all too short',
      9,
      { streams: 2, steps: 5, dropLast: true },
      'bpttLoader: with dropLast no piece of 5 steps is left of streams of 4; use fewer steps, or keep the last piece',
    ],
  ])('%s', (_, n, options, message) => {
    expect(() => bpttLoader(count(n), options)).toThrow(ArgumentError);
    expect(() => bpttLoader(count(n), options)).toThrow(message);
  });

  it('a series that is too short', () => {
    expect(() => bpttLoader(count(4), { streams: 4 })).toThrow(ShapeError);
    expect(() => bpttLoader(count(4), { streams: 4 })).toThrow(
      'bpttLoader: the series has 4 values, needs at least 5: a step of each of 4 streams, and what follows the last',
    );
    expect(() => bpttLoader({ data: new Float32Array(8), shape: [2, 2, 2] })).toThrow(
      'bpttLoader: the series is [2, 2, 2]',
    );
  });

  it('what else loaders have', () => {
    expect(() => bpttLoader(count(9), { batchSize: 2 } as never)).toThrow('bpttLoader: there is no option batchSize');
    expect(() => bpttLoader(count(9), { generator: new Generator(1), shuffle: true } as never)).toThrow('shuffle');
  });
});
