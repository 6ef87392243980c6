// Mixtures: their sums, where their numbers are, whose states they free, and weights by expectation and maximisation.

import {
  ArgumentError,
  keep,
  memory,
  ones,
  scope,
  type Tensor,
  Tensor as TensorClass,
  tensor,
  useBackend,
} from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Decoding, functionModel, type StepModel } from '@dl/layers';
import { settledMemory } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { contexts, counted, discounted, sentences, total, words } from '../../../test/small-models.js';
import { cacheModel, fitMixture, mixture } from '../../index.js';

beforeAll(() => useBackend(cpu()));

const SIZE = words.size;
const pairs = discounted(counted(2));
const triples = discounted(counted(3, 'ends', 60, 2));
const flat = functionModel(SIZE, () => new Float64Array(SIZE).fill(-Math.log(SIZE)));

/** A bigram model whose rows are on a backend; its state holds a tensor. */
function onBackend(dtype: 'float32' | 'float64' = 'float32'): StepModel<{ readonly last: Tensor }> {
  const rows = (last: Tensor) => {
    const table = Array.from({ length: SIZE }, (_, token) =>
      Array.from(pairs.distribution([token]), (log) => Math.max(log, -1e4)),
    );
    return tensor(table, { dtype }).indexSelect(0, last);
  };
  return {
    vocabularySize: SIZE,
    start(batch) {
      const last = tensor(new Int32Array(batch).fill(words.bos!));
      return { logProbabilities: rows(last), state: { last } };
    },
    step(tokens) {
      const last = tensor(Int32Array.from(tokens));
      return { logProbabilities: rows(last), state: { last } };
    },
    select: ({ last }, order) => ({ last: last.indexSelect(0, tensor(Int32Array.from(order))) }),
  };
}

/** States that no scope frees: each must be released, and only once. A select of all rows gives the state itself where `isLazy`. */
class Held {
  static live = 0;
  readonly marker = keep(ones([1]));
  readonly rows: number;
  #isFree = false;

  constructor(rows: number) {
    this.rows = rows;
    Held.live++;
  }

  free(): void {
    if (this.#isFree) throw new Error('freed twice');
    this.#isFree = true;
    Held.live--;
    this.marker.dispose();
  }
}
const holding = (isLazy: boolean): StepModel<Held> => {
  const flatRows = (state: Held) => ({
    logProbabilities: new Float32Array(state.rows * SIZE).fill(-Math.log(SIZE)),
    state,
  });
  return {
    vocabularySize: SIZE,
    start: (batch) => flatRows(new Held(batch)),
    step: (_, state) => flatRows(state),
    select: (state, rows) => (isLazy && rows.length === state.rows ? state : new Held(rows.length)),
    release: (state) => state.free(),
  };
};

async function rowsOf(decoding: Decoding<unknown>): Promise<number[][]> {
  const all = Array.from(await decoding.logProbabilities());
  return Array.from({ length: decoding.batch }, (_, row) => all.slice(row * SIZE, (row + 1) * SIZE));
}

describe('a mixture', () => {
  test('of n-grams has the weighted sum of their probabilities, on the host', () => {
    const both = mixture([pairs, triples, flat], { weights: [0.5, 0.3, 0.2] });
    for (const context of contexts(100, 3)) {
      let { logProbabilities, state } = both.start(1);
      for (const token of context) ({ logProbabilities, state } = both.step([token], state));
      expect(logProbabilities).toBeInstanceOf(Float64Array);
      const behind = [words.bos!, ...context];
      const [a, b] = [pairs.distribution(behind), triples.distribution(behind)];
      (logProbabilities as Float64Array).forEach((log, token) => {
        expect(Math.exp(log)).toBeCloseTo(0.5 * Math.exp(a[token]!) + 0.3 * Math.exp(b[token]!) + 0.2 / SIZE, 14);
      });
      expect(total(logProbabilities as Float64Array)).toBeCloseTo(1, 12);
    }
  });

  test('of what all say is impossible says so, too', () => {
    const never = functionModel(2, () => [0, -Infinity]);
    expect(mixture([never, never]).start(1).logProbabilities).toEqual(Float64Array.of(0, -Infinity));
  });

  test('asks not what weighs nothing', () => {
    const broken = functionModel(2, () => [Number.NaN, Number.NaN]);
    const sure = functionModel(2, () => [0, -Infinity]);
    expect(mixture([broken, sure], { weights: [0, 1] }).start(1).logProbabilities).toEqual(
      Float64Array.of(0, -Infinity),
    );
  });

  test.each(['float32', 'float64'] as const)('with tensors of %s is a tensor of theirs', async (dtype) => {
    await useBackend(cpu({ engine: 'typescript' }));
    const both = mixture([flat, onBackend(dtype), triples], { weights: [0.2, 0.5, 0.3] });
    const decoding = new Decoding(both, { batch: 2 });
    decoding.read([
      [3, 4, 5],
      [6, 7, 3],
    ]);
    decoding.select([1, 0, 1]);
    decoding.step([4, 5, 8]);
    const behind = [
      [6, 7, 3, 4],
      [3, 4, 5, 5],
      [6, 7, 3, 8],
    ];
    const rows = await rowsOf(decoding);
    rows.forEach((row, i) => {
      const [a, b] = [pairs.distribution(behind[i]), triples.distribution(behind[i])];
      row.forEach((log, token) => {
        const p = 0.2 / SIZE + 0.5 * Math.exp(a[token]!) + 0.3 * Math.exp(b[token]!);
        expect(Math.exp(log)).toBeCloseTo(p, dtype === 'float64' ? 13 : 6);
      });
    });
    scope(() => {
      const { logProbabilities } = both.start(1);
      expect(logProbabilities).toBeInstanceOf(TensorClass);
      expect((logProbabilities as Tensor).dtype).toBe(dtype);
    });
    decoding.dispose();
    await useBackend(cpu());
  });

  test('with tensors on two backends is on that of the first', async () => {
    const first = await useBackend(cpu());
    const here = onBackend();
    const second = await useBackend(cpu({ engine: 'typescript' }));
    const there = onBackend();
    scope(() => {
      const moved = mixture([
        there,
        {
          ...there,
          start: () => ({
            logProbabilities: tensor(new Float32Array(SIZE), { backend: first }).reshape([1, SIZE]),
            state: undefined as never,
          }),
        },
      ]);
      expect((moved.start(1).logProbabilities as Tensor).backend).toBe(second);
    });
    expect(here.vocabularySize).toBe(SIZE);
    await useBackend(cpu());
  });

  test.each([false, true])(
    'frees the states of its models, each once; select gives one as it was: %s',
    async (isLazy) => {
      const { buffers: before } = await settledMemory();
      const both = mixture([holding(isLazy), triples, holding(false), onBackend()]);
      const decoding = new Decoding(both, { batch: 2 });
      for (const rows of [[0, 1], [1, 0], [1, 1], [0], [0], [0, 0, 0]]) {
        decoding.step(new Array<number>(decoding.batch).fill(4));
        decoding.select(rows);
        expect(Held.live).toBe(2);
        expect((await rowsOf(decoding)).map((row) => total(row))).toEqual(rows.map(() => expect.closeTo(1, 5)));
      }
      decoding.dispose();
      expect(Held.live).toBe(0);
      expect(memory().buffers).toBe(before);
    },
  );

  test('lets go of what began when one of them cannot begin', () => {
    const failing: StepModel = {
      ...(flat as StepModel),
      start: () => {
        throw new RangeError('no source');
      },
    };
    expect(() => mixture([holding(false), failing]).start(2)).toThrow('no source');
    expect(Held.live).toBe(0);
  });

  test('reads what it is given as step by step, with models that read and such that do not', async () => {
    const models = [cacheModel(SIZE, { decay: 0.9 }), flat, pairs];
    const [atOnce, oneByOne] = [0, 1].map(() => new Decoding(mixture(models), { batch: 1 }));
    atOnce!.read([[3, 4, 3, 9]]);
    for (const token of [3, 4, 3, 9]) oneByOne!.step([token]);
    expect(await atOnce!.logProbabilities()).toEqual(await oneByOne!.logProbabilities());
  });

  test('has the shortest end and the source of its models', () => {
    const withEnd = (maxTokens: number): StepModel => ({ ...(flat as StepModel), maxTokens });
    expect(mixture([withEnd(5), flat, withEnd(3)]).maxTokens).toBe(3);
    expect(mixture([flat]).maxTokens).toBeUndefined();
    const withSource = (batch: number): StepModel => ({ ...(flat as StepModel), batch });
    expect(mixture([withSource(2), flat]).batch).toBe(2);
    expect(() => mixture([withSource(2), withSource(3)])).toThrow('the models stand on sources of 2, 3 sequences');
  });

  test.each<[() => unknown, string]>([
    [() => mixture([]), 'mixture: got no models'],
    [
      () => mixture([flat, functionModel(3, () => [0, 0, 0])]),
      'mixture: model 1 has 3 tokens and model 0 has 10; all need the same vocabulary',
    ],
    [() => mixture([undefined as never, flat]), 'mixture: model 0 is undefined, needs a StepModel'],
    [() => mixture([flat, null as never]), 'mixture: model 1 is null, needs a StepModel'],
    [() => mixture(['model' as never]), "mixture: model 0 is 'model', needs a StepModel"],
    [() => mixture([flat, {} as StepModel]), 'mixture: model 1 has no start() and step()'],
    [() => mixture([flat, flat], { weights: [1] }), 'mixture: weights are [1], needs 2 numbers of at least 0'],
    [() => mixture([flat, flat], { weights: [0.5, 0.6] }), 'that sum to 1'],
    [() => mixture([flat, flat], { weights: [1.5, -0.5] }), 'of at least 0'],
    [() => mixture([flat, flat], { weights: [Number.NaN, 1] }), 'mixture: weights is'],
    [() => (mixture as (...given: unknown[]) => unknown)([flat], [1]), 'options go in one object'],
  ])('%s is refused', (act, message) => {
    expect(act).toThrow(ArgumentError);
    expect(act).toThrow(message);
  });
});

describe('fitMixture', () => {
  const heldOut = sentences(40, 11).map((sentence) => [...sentence, words.eos!]);

  /** The mean logarithm of the likelihood, by the definition. */
  const likelihood = (weights: readonly number[]): number => {
    let [sum, count] = [0, 0];
    for (const sentence of heldOut) {
      sentence.forEach((token, t) => {
        const behind = [words.bos!, ...sentence.slice(0, t)];
        const p = [pairs.probability(token, behind), triples.probability(token, behind), 1 / SIZE];
        sum += Math.log(p.reduce((all, each, i) => all + weights[i]! * each, 0));
        count++;
      });
    }
    return sum / count;
  };

  test('finds the weights of the highest likelihood', async () => {
    const { weights } = await fitMixture([pairs, triples, flat], heldOut);
    expect(total(weights.map(Math.log))).toBeCloseTo(1, 12);
    const best = likelihood(weights);
    // The likelihood is concave in the weights: what is no better nearby in any direction is no better anywhere.
    for (const step of [0.2, 0.02, 0.002]) {
      for (const [from, to] of [
        [0, 1],
        [1, 0],
        [0, 2],
        [2, 0],
        [1, 2],
        [2, 1],
      ] as const) {
        const other = [...weights];
        const moved = Math.min(step, other[from]!);
        other[from]! -= moved;
        other[to]! += moved;
        expect(likelihood(other)).toBeLessThanOrEqual(best + 1e-7);
      }
    }
    for (const corner of [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
      [1 / 3, 1 / 3, 1 / 3],
    ])
      expect(likelihood(corner)).toBeLessThan(best);
  });

  test('asks any model: those on a backend, and those that remember', async () => {
    const { buffers: before } = await settledMemory();
    const found = await fitMixture([onBackend(), triples, flat], heldOut);
    const same = await fitMixture([pairs, triples, flat], heldOut);
    found.weights.forEach((weight, i) => void expect(weight).toBeCloseTo(same.weights[i]!, 4));
    expect(memory().buffers).toBe(before);
    const cached = await fitMixture([pairs, cacheModel(SIZE, { window: 20 })], heldOut);
    expect(cached.weights[0]).toBeGreaterThan(0.5);
  });

  test('asks a model with an end no further than it goes', async () => {
    const coin = functionModel(2, ({ length }) => {
      if (length > 1) throw new RangeError('beyond the end');
      return [Math.log(0.5), Math.log(0.5)];
    });
    expect((await fitMixture([{ ...(coin as StepModel), maxTokens: 1 }, coin], [[0, 1], [], [1]])).weights).toEqual([
      0.5, 0.5,
    ]);
  });

  const sure = functionModel(2, () => [0, -Infinity]);
  test.each<[() => Promise<unknown>, string]>([
    [() => fitMixture([sure], []), 'fitMixture: there are no tokens in heldOut'],
    [() => fitMixture([sure], [[]]), 'fitMixture: there are no tokens in heldOut'],
    [() => fitMixture([sure], [0, 1] as never), 'fitMixture: heldOut has 0 in it, needs sequences of tokens'],
    [() => fitMixture([sure], undefined as never), 'fitMixture: heldOut is undefined, needs a list of sequences'],
    [() => fitMixture([sure], [[0, 2]]), 'fitMixture: token 2 is outside 0 … 1'],
    [() => fitMixture([sure, sure], [[0], [0, 1]]), 'all models give probability 0 to token 2 of heldOut'],
    [() => fitMixture([], [[0]]), 'fitMixture: got no models'],
  ])('%s is refused', async (act, message) => {
    await expect(act()).rejects.toThrow(message);
  });
});
