// Decoding: any kind of model, states that are owned, memory that is flat, and what it says about what does not fit.

import { keep, memory, ones, type Tensor, tensor, useBackend, zeros } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { settledMemory } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { Decoding, functionModel, type NextToken, type StepModel } from '../index.js';

beforeAll(() => useBackend(cpu()));

const SIZE = 3;

/** Counts how often each token came in a row, [batch, 3]; the log-probabilities are the counts themselves, so that states can be read off. */
const counting = (): StepModel<{ counts: Tensor }> & { starts: number } => ({
  vocabularySize: SIZE,
  starts: 0,
  start(batch) {
    this.starts++;
    const counts = zeros([batch, SIZE]);
    return { logProbabilities: counts, state: { counts } };
  },
  step(tokens, { counts }) {
    const once = tensor(Array.from(tokens, (token) => [0, 1, 2].map((each) => Number(each === token))));
    const sum = counts.add(once);
    return { logProbabilities: sum, state: { counts: sum } };
  },
  select: ({ counts }, rows) => ({ counts: counts.indexSelect(0, tensor(Int32Array.from(rows))) }),
});

/** The same with a list for each row that grows in place, and a tensor that no scope frees: states of a class, each of which must be released. */
class Cache {
  static live = 0;
  readonly marker = keep(ones([1]));
  readonly rows: number[][];

  constructor(rows: number[][]) {
    this.rows = rows;
    Cache.live++;
  }

  get scores(): Float32Array {
    return Float32Array.from(this.rows.flatMap((row) => [0, 1, 2].map((each) => row.filter((t) => t === each).length)));
  }

  free(): void {
    Cache.live--;
    this.marker.dispose();
  }
}
const caching: StepModel<Cache> = {
  vocabularySize: SIZE,
  start(batch) {
    const state = new Cache(Array.from({ length: batch }, () => []));
    return { logProbabilities: state.scores, state };
  },
  step(tokens, state) {
    state.rows.forEach((row, i) => void row.push(tokens[i]!));
    return { logProbabilities: state.scores, state };
  },
  select: ({ rows }, order) => new Cache(order.map((row) => [...rows[row]!])),
  release: (state) => state.free(),
};
const byFunction = functionModel(SIZE, (tokens) => [0, 1, 2].map((each) => tokens.filter((t) => t === each).length));

const models: readonly (readonly [string, () => StepModel<never>])[] = [
  ['records of tensors', () => counting() as unknown as StepModel<never>],
  ['a cache that grows in place', () => caching as unknown as StepModel<never>],
  ['a function', () => byFunction as StepModel<never>],
];

async function rows(decoding: Decoding<never>): Promise<number[][]> {
  const all = Array.from(await decoding.logProbabilities());
  return Array.from({ length: decoding.batch }, (_, i) => all.slice(i * SIZE, (i + 1) * SIZE));
}

describe.each(models)('a state of %s', (_, make) => {
  test('begins, goes on, is selected in any order, and read in pieces', async () => {
    const decoding = new Decoding(make(), { batch: 2 });
    expect(await rows(decoding)).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
    decoding.step([0, 2]);
    decoding.step(Int32Array.of(0, 1));
    expect(await rows(decoding)).toEqual([
      [2, 0, 0],
      [0, 1, 1],
    ]);
    decoding.select([1, 0, 1]);
    expect(await rows(decoding)).toEqual([
      [0, 1, 1],
      [2, 0, 0],
      [0, 1, 1],
    ]);
    // Rows that were one are apart from now on.
    decoding.step([0, 0, 1]);
    decoding.read([
      [2, 2],
      [1, 0],
      [1, 1],
    ]);
    expect(await rows(decoding)).toEqual([
      [1, 1, 3],
      [4, 1, 0],
      [0, 4, 1],
    ]);
    decoding.select([]);
    expect([decoding.batch, await rows(decoding)]).toEqual([0, []]);
    decoding.dispose();
  });

  test('memory is flat over steps and selections, and free at the end', async () => {
    const before = await settledMemory();
    const decoding = new Decoding(make(), { batch: 2 });
    const turn = async (): Promise<void> => {
      decoding.step([0, 1]);
      decoding.select([1, 0]);
      await decoding.logProbabilities();
    };
    for (let i = 0; i < 3; i++) await turn();
    const { buffers, bytes } = memory();
    for (let i = 0; i < 200; i++) await turn();
    expect([memory().buffers, memory().bytes]).toEqual([buffers, bytes]);
    decoding.dispose();
    expect([memory().buffers, memory().bytes]).toEqual([before.buffers, before.bytes]);
    expect(Cache.live).toBe(0);
  });
});

test('a function sees the tokens of its row alone, as many of the last as it asks for', () => {
  const seen: string[] = [];
  const model = functionModel(
    2,
    (tokens) => {
      seen.push(tokens.join(''));
      return [0, 0];
    },
    { context: 2 },
  );
  const decoding = new Decoding(model);
  for (let i = 0; i < 500; i++) decoding.step([i % 3 === 0 ? 1 : 0]);
  expect(seen.slice(0, 5)).toEqual(['', '1', '10', '00', '01']);
  expect(seen.at(-1)).toBe('10'); // 498 is a multiple of 3, 499 is not
  expect(new Set(seen.slice(2))).toEqual(new Set(['10', '00', '01']));
});

test('numbers on the host are there at once, a tensor has to be read, and nothing is left of asking', () => {
  expect(Array.from(new Decoding(byFunction).hostLogProbabilities!)).toEqual([0, 0, 0]);
  const decoding = new Decoding(counting());
  const before = memory().buffers;
  expect(decoding.hostLogProbabilities).toBeUndefined();
  expect(memory().buffers).toBe(before);
  decoding.dispose();
});

test('a pass over several tokens is used where there is one', () => {
  const model = counting();
  const passes: number[] = [];
  const decoding = new Decoding(
    {
      ...model,
      read(tokens, { counts }): NextToken<{ counts: Tensor }> {
        passes.push(tokens[0]!.length);
        const next = counts.add(1);
        return { logProbabilities: next, state: { counts: next } };
      },
    },
    { batch: 2 },
  );
  decoding.read([
    [1, 2],
    [2, 1],
  ]);
  expect(passes).toEqual([2]);
  decoding.read([[], []]);
  expect(passes).toEqual([2]);
});

test('nothing is recorded, also where parameters are trained', () => {
  const weight = ones([1, SIZE], { requiresGrad: true });
  const records: boolean[] = [];
  const step = (): NextToken<Tensor> => {
    const y = weight.mul(2);
    records.push(y.requiresGrad);
    return { logProbabilities: y, state: y };
  };
  const decoding = new Decoding({ vocabularySize: SIZE, start: step, step, select: (state) => state });
  decoding.step([1]);
  expect(records).toEqual([false, false]);
});

test('a model that stands on a source begins as many as that has', () => {
  const model = { ...counting(), batch: 3 };
  expect(new Decoding(model).batch).toBe(3);
  expect(() => new Decoding(model, { batch: 2 })).toThrow(
    'Decoding: batch is 2, but the model stands on a source of 3 sequences; leave batch out',
  );
});

/** Says beside the counts twice the counts, on the host or as a tensor. */
const represented = (kind: 'host' | 'tensor'): StepModel<{ counts: Tensor }> => {
  const model = counting();
  const beside = (next: NextToken<{ counts: Tensor }>): NextToken<{ counts: Tensor }> => {
    const twice = next.state.counts.mul(2);
    return { ...next, representation: kind === 'host' ? Float64Array.from(twice.dataSync()) : twice };
  };
  return {
    ...model,
    start: (batch) => beside(model.start(batch)),
    step: (tokens, state) => beside(model.step(tokens, state)),
  };
};

test.each(['host', 'tensor'] as const)(
  'what a model makes of each sequence, %s: follows steps and selections',
  async (kind) => {
    const before = await settledMemory();
    const decoding = new Decoding(represented(kind), { batch: 2, representation: true });
    expect(Array.from(await decoding.representation())).toEqual([0, 0, 0, 0, 0, 0]);
    decoding.step([0, 2]);
    decoding.select([1, 0, 1]);
    expect(Array.from(await decoding.representation())).toEqual([0, 0, 2, 2, 0, 0, 0, 0, 2]);
    decoding.step([1, 1, 1]);
    expect(Array.from(await decoding.representation())).toEqual([0, 2, 2, 2, 2, 0, 0, 2, 2]);
    decoding.dispose();
    expect([memory().buffers, memory().bytes]).toEqual([before.buffers, before.bytes]);
  },
);

test('what is not asked for is not kept', async () => {
  const decoding = new Decoding(represented('tensor'), { batch: 2 });
  await expect(decoding.representation()).rejects.toThrow(
    'Decoding.representation: it was not kept; make the Decoding with representation: true',
  );
  decoding.dispose();
});

test.each<[unknown, string]>([
  [
    undefined,
    'Decoding: the model gave undefined as representation, needs a Tensor, Float32Array or Float64Array of [1, size]',
  ],
  [[1, 2], 'Decoding: the model gave [1, 2] as representation'],
  [
    new Float32Array(0),
    'Decoding: the model gave 0 numbers as representation, needs [1, size]: a row for each sequence',
  ],
])('a representation that is %s', (representation, message) => {
  const next = { logProbabilities: new Float64Array(SIZE), representation: representation as Float64Array, state: 0 };
  const model = { vocabularySize: SIZE, start: () => next, step: () => next, select: () => 0 };
  expect(() => new Decoding(model, { representation: true })).toThrow(message);
});

test('a representation of other rows', () => {
  const next = () => ({ logProbabilities: new Float64Array(SIZE), representation: zeros([2, 4]), state: 0 });
  const model = { vocabularySize: SIZE, start: next, step: next, select: () => 0 };
  expect(() => new Decoding(model, { representation: true })).toThrow(
    'Decoding: the model gave a representation of [2, 4], needs [1, size]: a row for each sequence',
  );
});

const begun = (): Decoding<never> => new Decoding(byFunction as StepModel<never>, { batch: 2 });
const giving = (make: () => unknown) => () =>
  new Decoding({
    vocabularySize: SIZE,
    start: () => ({ logProbabilities: make() as Tensor, state: 0 }),
    step: () => ({ logProbabilities: zeros([1, SIZE]), state: 0 }),
    select: (state) => state,
  });

test.each<[() => unknown, string]>([
  [
    () => new Decoding({} as never),
    'Decoding: the model is an object of nothing, which has no start(); needs a StepModel',
  ],
  [() => new Decoding(undefined as never), 'Decoding: the model is undefined, which has no start()'],
  [
    () => new Decoding({ ...counting(), vocabularySize: 0 }),
    'vocabularySize of the model is 0, needs a whole number of at least 1',
  ],
  [() => new Decoding(byFunction, { batch: -1 }), 'Decoding: batch is -1, needs a whole number of at least 0'],
  [() => new Decoding(byFunction, { batch: 1.5 }), 'Decoding: batch is 1.5'],
  [() => begun().step([1]), 'Decoding.step: got 1 tokens, needs 2, one for each sequence'],
  [() => begun().step([1, 3]), 'Decoding.step: token 3 is outside 0 … 2'],
  [() => begun().step([1, -1]), 'Decoding.step: token -1 is outside 0 … 2'],
  [() => begun().step([1, 0.5]), 'Decoding.step: token 0.5 is outside 0 … 2'],
  [
    () => begun().read([[1], [1, 2]]),
    'Decoding.read: got rows of [1, 2] tokens, needs 2 rows, one for each sequence, of one length',
  ],
  [() => begun().read([[1, 2]]), 'Decoding.read: got rows of [2] tokens, needs 2 rows'],
  [() => begun().read([[1], [9]]), 'Decoding.read: token 9 is outside 0 … 2'],
  [() => begun().select([0, 2]), 'Decoding.select: there is no sequence 2, there are 2'],
  [giving(() => zeros([1, 2])), 'Decoding: the model gave log-probabilities of [1, 2], needs [1, 3]'],
  [
    giving(() => new Float64Array(4)),
    'Decoding: the model gave 4 log-probabilities, needs [1, 3]: a row for each sequence, a number for each token',
  ],
  [
    giving(() => [0, 0, 0]),
    'Decoding: the model gave [0, 0, 0] as logProbabilities, needs a Tensor, Float32Array or Float64Array',
  ],
  [() => functionModel(0, () => []), 'functionModel: vocabularySize is 0, needs a whole number of at least 1'],
  [() => functionModel(2, 3 as never), 'functionModel: next is 3, needs a function'],
  [
    () => functionModel(2, () => [0, 0], { context: -1 }),
    'functionModel: context is -1, needs a whole number of at least 0',
  ],
  [
    () => new Decoding(functionModel(2, () => [0])),
    'functionModel: the function gave [0], needs 2 log-probabilities, one for each token',
  ],
  [
    () => new Decoding(functionModel(2, () => undefined as never)),
    'functionModel: the function gave undefined, needs 2',
  ],
])('%s', (make, message) => {
  expect(make).toThrow(message);
});
