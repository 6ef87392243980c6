// EventRun by itself: awaited or iterated, once, and the generator behind it ends when the loop is left.

import { expect, test } from 'vitest';
import { EventRun } from '../index.js';

/** Counts to 4; awaited it gives the sum. What it did is written down. */
function counting(give: (sum: number) => number | undefined = (sum) => sum) {
  const did: string[] = [];
  async function* events(): AsyncGenerator<number, void, undefined> {
    try {
      for (let n = 1; n <= 4; n++) {
        did.push(`${n}`);
        yield n;
      }
    } finally {
      did.push('end');
    }
  }
  let sum = 0;
  const take = (n: number): void => {
    sum += n;
  };
  return { did, run: new EventRun<number, number>('count', events(), { take, result: () => give(sum) }) };
}

test('awaited, it gives the result, of work done once', async () => {
  const { did, run } = counting();
  expect(did).toEqual([]);
  expect([await run, await run, await run.finally()]).toEqual([10, 10, 10]);
  expect(did).toEqual(['1', '2', '3', '4', 'end']);
  await expect(run.next()).rejects.toThrow('count: this run is awaited, and its events cannot be iterated, too');
});

test('iterated, it does nothing between two events, and ends when the loop is left', async () => {
  const { did, run } = counting();
  for await (const n of run) {
    expect(did).toHaveLength(n);
    if (n === 2) break;
  }
  expect(did).toEqual(['1', '2', 'end']);
  expect(() => run[Symbol.asyncIterator]()).toThrow(
    'count: this run is over, and has no more events; call count again',
  );
  await expect(run).rejects.toThrow('count: the events of this run are iterated, and nothing of them is kept');
});

test('events that end before there is a result', async () => {
  await expect(counting(() => undefined).run).rejects.toThrow(
    'count: the events ended before the run did, so there is no result',
  );
});

test('a function may do the work of the result by itself', async () => {
  async function* events(): AsyncGenerator<number, void, undefined> {
    yield 1;
  }
  let calls = 0;
  const run = (): EventRun<number, string> =>
    new EventRun('count', events(), async () => {
      calls++;
      return 'all';
    });
  const awaited = run();
  expect([await awaited, await awaited, calls]).toEqual(['all', 'all', 1]);
  const seen = [];
  for await (const n of run()) seen.push(n);
  expect([seen, calls]).toEqual([[1], 1]);
});
