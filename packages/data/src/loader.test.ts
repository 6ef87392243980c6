import { ArgumentError, defaultGenerator, Generator, manualSeed, ShapeError } from '@dl/autograd';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type LoaderOptions, type LoaderState, loader } from './loader.js';
import type { NdArray } from './nd-array.js';

type Rows = { x: NdArray<Float32Array>; y: NdArray<Int32Array> };

/** n rows: x is [n, 2] with (i, -i), y is [n] with i. */
function rows(n: number): Rows {
  return {
    x: { data: Float32Array.from({ length: 2 * n }, (_, k) => (k % 2 === 0 ? k / 2 : -(k - 1) / 2)), shape: [n, 2] },
    y: { data: Int32Array.from({ length: n }, (_, i) => i), shape: [n] },
  };
}

async function labels(batches: AsyncIterable<Rows>): Promise<number[][]> {
  const all: number[][] = [];
  for await (const { y } of batches) all.push([...y.data]);
  return all;
}

const mixed = (seed: number, rest: LoaderOptions<Rows> = {}): LoaderOptions<Rows> => ({
  batchSize: 4,
  shuffle: true,
  generator: new Generator(seed),
  ...rest,
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('batches', () => {
  it('hold the rows in order, the rest in the last', async () => {
    const batches = loader(rows(10), { batchSize: 4 });
    expect([batches.length, batches.size, batches.batchSize]).toEqual([3, 10, 4]);
    expect(await labels(batches)).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ]);
  });

  it('are the same record, rows together', async () => {
    for await (const { x, y } of loader(rows(6), mixed(5, { batchSize: 3 }))) {
      expect(x.shape).toEqual([3, 2]);
      expect(y.shape).toEqual([3]);
      expect([...x.data]).toEqual([...y.data].flatMap((i) => [i, -i]));
    }
    expect.assertions(6);
  });

  it('leave the rest out with dropLast', async () => {
    const batches = loader(rows(10), { batchSize: 4, dropLast: true });
    expect(batches.length).toBe(2);
    expect((await labels(batches)).flat()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('have 32 rows by default', async () => {
    expect((await labels(loader(rows(40)))).map((batch) => batch.length)).toEqual([32, 8]);
  });

  it('can be changed without changing the data set', async () => {
    const data = rows(4);
    for await (const { y } of loader(data, { batchSize: 4 })) y.data.fill(9);
    expect(data).toEqual(rows(4));
  });
});

describe('shuffling', () => {
  it('goes through every row once, in a new order each epoch', async () => {
    const batches = loader(rows(50), mixed(1));
    const first = (await labels(batches)).flat();
    const second = (await labels(batches)).flat();
    expect(first).not.toEqual(second);
    for (const epoch of [first, second]) {
      expect(epoch).not.toEqual([...rows(50).y.data]);
      expect(epoch.sort((a, b) => a - b)).toEqual([...rows(50).y.data]);
    }
  });

  it('is the same for the same seed, whatever is prefetched', async () => {
    const one = loader(rows(50), mixed(2, { prefetch: 0 }));
    const other = loader(rows(50), mixed(2, { prefetch: 7 }));
    expect([await labels(one), await labels(one)]).toEqual([await labels(other), await labels(other)]);
    expect(await labels(loader(rows(50), mixed(3)))).not.toEqual(await labels(loader(rows(50), mixed(2))));
  });

  it('draws from the default generator, one number an epoch, and none when there is nothing to draw', async () => {
    const expected = await labels(loader(rows(20), mixed(6)));
    manualSeed(6);
    expect(await labels(loader(rows(20), { batchSize: 4, shuffle: true }))).toEqual(expected);
    const after = defaultGenerator().state.position;
    expect(after).toBe(2);
    await labels(loader(rows(20)));
    expect(defaultGenerator().state.position).toBe(after);
  });
});

describe('transform', () => {
  it('may make anything of a batch, now or later', async () => {
    const sums: number[] = [];
    const batches = loader(rows(6), {
      batchSize: 3,
      transform: async ({ y }, { index }) => {
        await new Promise((resolve) => setTimeout(resolve, 2 - index));
        return y.data.reduce((sum, label) => sum + label, 0);
      },
    });
    for await (const sum of batches) sums.push(sum);
    expect(sums).toEqual([3, 12]);
  });

  it('gets random numbers of its own, which do not depend on what is prefetched', async () => {
    const draws = async (prefetch: number): Promise<number[]> => {
      const all: number[] = [];
      const batches = loader(rows(9), {
        batchSize: 3,
        prefetch,
        generator: new Generator(4),
        transform: (_, { generator }) => generator.uniform(),
      });
      for (let epoch = 0; epoch < 2; epoch++) for await (const draw of batches) all.push(draw);
      return all;
    };
    const all = await draws(0);
    expect(await draws(3)).toEqual(all);
    expect(new Set(all).size).toBe(6);
  });

  it('that fails ends the loop at its batch, with its error', async () => {
    const seen: number[] = [];
    const batches = loader(rows(8), {
      batchSize: 2,
      prefetch: 3,
      transform: (_, { index }) => {
        if (index === 2) throw new RangeError('no such picture');
        return index;
      },
    });
    const run = async (): Promise<void> => {
      for await (const index of batches) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        seen.push(index);
      }
    };
    await expect(run()).rejects.toThrow(new RangeError('no such picture'));
    expect(seen).toEqual([0, 1]);
  });
});

describe('prefetch', () => {
  it.each([0, 1, 3])('%i: prepares so many batches beyond the one in hand, and no more', async (prefetch) => {
    let prepared = 0;
    let inHand = 0;
    const lead: number[] = [];
    const batches = loader(rows(10), { batchSize: 1, prefetch, transform: () => ++prepared });
    for await (const _ of batches) {
      inHand++;
      await new Promise((resolve) => setTimeout(resolve, 1));
      lead.push(prepared - inHand);
    }
    expect(lead).toEqual(Array.from({ length: 10 }, (_, i) => Math.min(prefetch, 9 - i)));
  });

  it('stops when the loop is left: no transform begins, those under way are told and waited for', async () => {
    const log: string[] = [];
    const batches = loader(rows(10), {
      batchSize: 1,
      prefetch: 2,
      transform: async (_, { index, signal }) => {
        log.push(`begin ${index}`);
        if (index > 0) {
          await new Promise<void>((resolve) => signal.addEventListener('abort', () => setTimeout(resolve, 5)));
        }
        log.push(`end ${index}`);
        return index;
      },
    });
    for await (const index of batches) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      log.push(`use ${index}`);
      break;
    }
    log.push('left');
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(log).toEqual(['begin 0', 'end 0', 'begin 1', 'begin 2', 'use 0', 'end 1', 'end 2', 'left']);
  });

  it('starts nothing before the first batch is asked for', async () => {
    const transform = vi.fn(() => 0);
    const batches = loader(rows(4), { transform });
    const iterator = batches[Symbol.asyncIterator]();
    await new Promise((resolve) => setTimeout(resolve, 1));
    await iterator.return?.();
    expect(transform).not.toHaveBeenCalled();
  });
});

describe('state', () => {
  /** Runs `epochs` of `batches`, stops after `stop` batches in all, and says what came and where it stood. */
  async function interrupted(batches: ReturnType<typeof loader<Rows>>, stop: number) {
    const seen: number[][] = [];
    while (true) {
      for await (const { y } of batches) {
        seen.push([...y.data]);
        if (seen.length === stop) return { seen, state: JSON.parse(JSON.stringify(batches.state)) as LoaderState };
      }
    }
  }

  it.each([1, 2, 4, 5, 6, 7])(
    'after %i batches: the rest of the epoch and the next ones are the same',
    async (stop) => {
      const whole = loader(rows(18), mixed(11));
      const expected = [...(await labels(whole)), ...(await labels(whole)), ...(await labels(whole))];
      const { seen, state } = await interrupted(loader(rows(18), mixed(11)), stop);
      const resumed = loader(rows(18), mixed(99));
      resumed.state = state;
      while (seen.length < expected.length) seen.push(...(await labels(resumed)));
      expect(seen).toEqual(expected);
    },
  );

  it('carries the numbers of the transforms', async () => {
    const options = (seed: number) => ({
      batchSize: 2,
      generator: new Generator(seed),
      transform: (_: Rows, { generator }: { generator: Generator }) => generator.uint32(),
    });
    const draws = async (batches: AsyncIterable<number>, stop = Infinity): Promise<number[]> => {
      const all: number[] = [];
      for await (const draw of batches) if (all.push(draw) === stop) break;
      return all;
    };
    const expected = await draws(loader(rows(8), options(1)));
    const cut = loader(rows(8), options(1));
    const begin = await draws(cut, 1);
    const resumed = loader(rows(8), options(2));
    resumed.state = cut.state;
    expect([...begin, ...(await draws(resumed))]).toEqual(expected);
  });

  it('counts the batch in hand as done, and is between epochs after the last', async () => {
    const batches = loader(rows(8), mixed(1));
    expect(batches.state).toMatchObject({ epochSeed: null, batch: 0, size: 8, batchSize: 4 });
    const done: number[] = [];
    for await (const _ of batches) done.push(batches.state.batch);
    expect(done).toEqual([1, 2]);
    expect(batches.state).toMatchObject({ epochSeed: null, batch: 0 });
  });

  it('is left behind by a new loop when not set', async () => {
    const batches = loader(rows(8), mixed(1));
    for await (const _ of batches) break;
    expect(batches.state.batch).toBe(1);
    expect((await labels(batches)).length).toBe(2);
  });

  const good = loader(rows(8), mixed(1)).state;
  const bad: [string, Partial<LoaderState>, string][] = [
    [
      'other data',
      { size: 9 },
      'loader state: it is of a loader of 9 rows by 4, shuffled, this one has 8 rows by 4, shuffled; resume with the same data and options',
    ],
    [
      'another batch size',
      { batchSize: 2 },
      'loader state: it is of a loader of 8 rows by 2, shuffled, this one has 8 rows by 4, shuffled; resume with the same data and options',
    ],
    [
      'another order',
      { shuffle: false },
      'loader state: it is of a loader of 8 rows by 4, in order, this one has 8 rows by 4, shuffled; resume with the same data and options',
    ],
    ['a batch too far', { epochSeed: 1, batch: 3 }, 'loader state: batch is 3, needs a whole number from 0 to 2'],
    ['a batch of no epoch', { batch: 1 }, 'loader state: batch is 1, needs a whole number from 0 to 0'],
    ['a wrong seed', { epochSeed: -1 }, 'loader state: epochSeed is -1, needs null or an integer from 0 to 2^53 - 1'],
  ];
  it.each(bad)('of %s is refused', (_, change, message) => {
    const batches = loader(rows(8), mixed(1));
    expect(() => {
      batches.state = { ...good, ...change };
    }).toThrow(new ArgumentError(message));
    expect(batches.state).toEqual(good);
  });
});

describe('the event loop', () => {
  // Never back, from test to test: the loader remembers when it last gave a turn.
  let now = performance.now() + 1e6;

  /** A clock that moves on by `step` milliseconds whenever it is read. */
  function clock(step: number): void {
    vi.spyOn(performance, 'now').mockImplementation(() => (now += step));
  }

  /** How many macrotasks, each queued by the one before, run during an epoch that awaits nothing else. */
  async function turns(count: number): Promise<number> {
    let seen = 0;
    let running = true;
    const turn = (): void => {
      if (!running) return;
      seen++;
      setImmediate(turn);
    };
    setImmediate(turn);
    for await (const _ of loader(rows(count), { batchSize: 1 })) {
      // Nothing: all that is awaited is settled already.
    }
    running = false;
    return seen;
  }

  it('has its turn at every batch when batches take long', async () => {
    clock(10);
    expect(await turns(20)).toBeGreaterThanOrEqual(20);
  });

  it('is not held up by a turn at every batch when they are quick', async () => {
    clock(0.5);
    expect(await turns(200)).toBeLessThan(150);
  });

  it('has its turn through a MessageChannel where there is no setImmediate, and the channel is closed', async () => {
    let made = 0;
    let open = 0;
    class Channel extends MessageChannel {
      constructor() {
        super();
        made++;
        open++;
        const close = this.port1.close.bind(this.port1);
        this.port1.close = () => {
          open--;
          close();
        };
      }
    }
    vi.stubGlobal('setImmediate', undefined);
    vi.stubGlobal('MessageChannel', Channel);
    clock(10);
    expect(await labels(loader(rows(4), { batchSize: 2 }))).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(made).toBeGreaterThan(1);
    expect(open).toBe(0);
  });
});

describe('bad options', () => {
  const cases: [LoaderOptions<Rows>, string][] = [
    [{ batchSize: 0 }, 'loader: batchSize is 0, needs a whole number of at least 1'],
    [{ batchSize: 2.5 }, 'loader: batchSize is 2.5, needs a whole number of at least 1'],
    [{ prefetch: -1 }, 'loader: prefetch is -1, needs a whole number of at least 0'],
    [
      { batchSize: 6, dropLast: true },
      'loader: with dropLast and batchSize 6 no batch is left of 5 rows; use a smaller batchSize, or keep the last batch',
    ],
  ];
  it.each(cases)('%j', (options, message) => {
    expect(() => loader(rows(5), options)).toThrow(new ArgumentError(message));
  });

  it('and bad data are refused at once', () => {
    expect(() => loader(rows(0))).toThrow(new ArgumentError('loader: the data set has 0 rows, needs at least 1'));
    expect(() => loader({ ...rows(5), z: { data: new Uint8Array(4), shape: [4] } })).toThrow(
      new ShapeError("loader: 'x' has 5 rows but 'z' has 4; all arrays of a data set need the same first dimension"),
    );
  });
});
