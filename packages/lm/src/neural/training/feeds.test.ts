// Batches of tokens, against what one cuts by hand; and rounds of them.

import type { Batch, Batches } from '@dl/train';
import { describe, expect, test } from 'vitest';
import type { CorpusPart } from './corpus.js';
import { type Cutting, streams, testStreams, testTexts, testWindows, texts, windows } from './feeds.js';
import { Rounds } from './rounds.js';

const BEGIN = 999;
const cutting = (batch: number, length: number): Cutting => ({ batch, length, begin: BEGIN, seed: 3 });

const part = (...rows: readonly (readonly number[])[]): CorpusPart => ({
  rows: rows.map((row) => Int32Array.from(row)),
  tokens: rows.flat().length,
  characters: rows.flat().length,
});
const counting = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

async function passOf(batches: AsyncIterable<Batch>, most = Infinity): Promise<Batch[]> {
  const all: Batch[] = [];
  for await (const batch of batches) {
    all.push(batch);
    if (all.length === most) break;
  }
  return all;
}

/** The rows of an array of a batch. */
function rowsOf(batch: Batch, name: string): number[][] {
  const { data, shape } = batch[name]!;
  return Array.from({ length: shape[0]! }, (_, i) => Array.from(data.subarray(i * shape[1]!, (i + 1) * shape[1]!)));
}

describe('streams', () => {
  test.each([
    [23, 2, 4],
    [64, 4, 16],
    [10, 3, 5],
    [5, 5, 3],
  ])(
    'of %i tokens, %i of them by %i: each is a target once, behind what stands before it',
    async (count, batch, length) => {
      const { batches, perPass } = streams(part(counting(count)), cutting(batch, length));
      const pass = await passOf(batches);
      expect(pass).toHaveLength(perPass);
      const each = Math.floor(count / batch);
      for (let b = 0; b < batch; b++) {
        const own = counting(count).slice(b * each, (b + 1) * each);
        expect(pass.flatMap((piece) => rowsOf(piece, 'targets')[b]!)).toEqual(own);
        expect(pass.flatMap((piece) => rowsOf(piece, 'inputs')[b]!)).toEqual([BEGIN, ...own.slice(0, -1)]);
      }
      expect(pass.map((piece) => Array.from(piece['starts']!.data))).toEqual(
        pass.map((_, i) => new Array<number>(batch).fill(i === 0 ? 1 : 0)),
      );
    },
  );

  test('of a test come from all over the text, and are no more than was asked for', async () => {
    const pass = await passOf(testStreams(part(counting(1000)), 80, cutting(4, 10)));
    expect(pass).toHaveLength(2);
    for (const [b, start] of [0, 250, 500, 750].entries()) {
      const own = counting(1000).slice(start, start + 20);
      expect(pass.flatMap((piece) => rowsOf(piece, 'targets')[b]!)).toEqual(own);
      expect(pass.flatMap((piece) => rowsOf(piece, 'inputs')[b]!)).toEqual([BEGIN, ...own.slice(0, -1)]);
    }
    const short = await passOf(testStreams(part(counting(7)), 1000, cutting(4, 10)));
    expect(short.map((piece) => rowsOf(piece, 'targets'))).toEqual([[counting(7)]]);
  });
});

describe('windows', () => {
  test('are pieces of the text from anywhere in it, its ends among them', async () => {
    const { batches, perPass } = windows(part(counting(12)), cutting(8, 5));
    expect(perPass).toBe(1);
    const rows = (await passOf(batches, 30)).flatMap((batch) => rowsOf(batch, 'tokens'));
    expect(rows).toHaveLength(240);
    for (const row of rows) expect(row).toEqual(counting(12).slice(row[0], row[0]! + 5));
    expect([...new Set(rows.map(([first]) => first!))].sort((a, b) => a - b)).toEqual(counting(8));
  });

  test('of a test do not overlap, and are spread', async () => {
    const tests = testWindows(part(counting(100)), 31, cutting(2, 10));
    expect((await passOf(tests)).map((batch) => rowsOf(batch, 'tokens').map(([first]) => first))).toEqual([
      [0, 30],
      [60],
    ]);
    const short = testWindows(part(counting(3)), 100, cutting(2, 10));
    expect((await passOf(short)).map((batch) => rowsOf(batch, 'tokens'))).toEqual([[[0, 1, 2]]]);
  });
});

describe('texts', () => {
  const some = part([1, 2, 3, 0], [4, 0], [5, 6, 7, 8, 9, 10, 0], [0], [11, 0]);

  test('come whole once in a pass, filled up with the begin token, and long ones in pieces', async () => {
    const { batches, perPass } = texts(some, cutting(2, 5));
    expect(perPass).toBe(3);
    for (let pass = 0; pass < 2; pass++) {
      const all = await passOf(batches);
      expect(all).toHaveLength(perPass);
      const rows = all.flatMap((batch) => rowsOf(batch, 'tokens'));
      const found = rows.map((row) => row.slice(0, row.includes(BEGIN) ? row.indexOf(BEGIN) : undefined));
      const wanted = [[1, 2, 3, 0], [4, 0], [5, 6, 7, 8, 9], [10, 0], [0], [11, 0]];
      const sorted = (list: readonly number[][]): string[] => list.map(String).sort();
      expect(sorted(found)).toEqual(sorted(wanted));
      for (const row of rows)
        expect(row.slice(row.indexOf(BEGIN)).every((token) => token === BEGIN) || !row.includes(BEGIN)).toBe(true);
    }
  });

  test('of a test are some of them', async () => {
    const all = await passOf(testTexts(some, 1000, cutting(4, 5)));
    expect(all.flatMap((batch) => rowsOf(batch, 'tokens'))).toHaveLength(6);
    const half = await passOf(testTexts(some, 8, cutting(4, 5)));
    expect(half.flatMap((batch) => rowsOf(batch, 'tokens'))).toHaveLength(3);
  });
});

describe('rounds', () => {
  const numbered = (count: number) => streams(part(counting(count)), cutting(1, 1)).batches;
  const targetsOf = async (rounds: Batches<Batch>): Promise<number[]> =>
    (await passOf(rounds)).map((batch) => batch['targets']!.data[0]!);

  test('go on over the end of a pass', async () => {
    const rounds = new Rounds(numbered(5), () => (done) => done >= 3, 3);
    expect(rounds.length).toBe(3);
    expect([await targetsOf(rounds), await targetsOf(rounds), await targetsOf(rounds)]).toEqual([
      [0, 1, 2],
      [3, 4, 0],
      [1, 2, 3],
    ]);
  });

  test('are told how much of all is done, and have at least a batch', async () => {
    const asked: number[][] = [];
    const rounds = new Rounds(numbered(5), () => (...counts) => {
      asked.push(counts);
      return true;
    });
    expect([await targetsOf(rounds), await targetsOf(rounds)]).toEqual([[0], [1]]);
    expect(asked).toEqual([
      [1, 1],
      [1, 2],
    ]);
  });

  test.each([0, 1, 2, 3, 4, 5, 7])('go on from a state behind %i batches', async (stop) => {
    const make = () => new Rounds(numbered(4), () => (done) => done >= 3);
    const seen: number[] = [];
    const first = make();
    const left = async (rounds: Rounds, most: number): Promise<void> => {
      while (seen.length < most) {
        for await (const batch of rounds) {
          seen.push(batch['targets']!.data[0]!);
          if (seen.length === most) break;
        }
      }
    };
    await left(first, stop);
    const second = make();
    second.state = JSON.parse(JSON.stringify(first.state)) as object;
    // What is left of a round ends it.
    if (stop % 3 === 0 && stop > 0) expect(await targetsOf(second)).toEqual([]);
    await left(second, 10);
    expect(seen).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 0, 1]);
    await first.close();
    await second.close();
  });

  test('refuse a state that is none', () => {
    const rounds = new Rounds(numbered(4), () => () => true);
    for (const state of [{}, { batches: null, before: 0, done: 0 }, { ...rounds.state, done: -1 }]) {
      expect(() => {
        rounds.state = state;
      }).toThrow('trainNetwork: the state does not say where its batches stand');
    }
  });
});

test('another seed draws other windows', async () => {
  const firsts = async (seed: number): Promise<number[]> => {
    const feed = windows(part(counting(500)), { ...cutting(20, 5), seed });
    return (await passOf(feed.batches, 1)).flatMap((batch) => rowsOf(batch, 'tokens').map(([first]) => first!));
  };
  expect(await firsts(1)).toEqual(await firsts(1));
  expect(await firsts(1)).not.toEqual(await firsts(2));
});
