// Every score against its formula, written out over plain arrays: weights and outputs of several queries at once and of one after the other.

import {
  concat,
  detectAnomaly,
  manualSeed,
  noGrad,
  randn,
  scope,
  type Tensor,
  tensor,
  useBackend,
  where,
} from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { lengthMask, type States } from '@dl/rnn';
import { assertAllClose, gradCheck, leakCheck } from '@dl/testing';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  AdditiveAttention,
  AttentionScore,
  CoverageAttention,
  LocalAttention,
  LocationAwareAttention,
  LuongAttention,
  type ProjectedSource,
  ScaledDotProductAttention,
} from '../index.js';

type Row = readonly number[];
interface Looked {
  readonly q: Row;
  readonly keys: readonly Row[];
  /** Where the query may look. */
  readonly may: readonly boolean[];
  /** The number of the query, and the length of the source. */
  readonly t: number;
  readonly length: number;
  /** The weights of the query before. */
  readonly former: Row;
  /** Those of all queries before, together. */
  readonly covered: Row;
}
interface Case {
  readonly make: () => AttentionScore;
  readonly weights: (score: never, looked: Looked) => Row;
  /** Rows do not sum to 1. */
  readonly isUnnormalized?: boolean;
}

const float64 = { dtype: 'float64' } as const;
const rowsOf = (x: Tensor | undefined): Row[] => x!.toArray() as number[][];
const numbersOf = (x: Tensor | undefined): Row => Array.from(x!.dataSync());
const dot = (a: Row, b: Row): number => a.reduce((sum, each, i) => sum + each * b[i]!, 0);
const times = (w: readonly Row[], x: Row): Row => w.map((row) => dot(row, x));
const plus = (...all: Row[]): Row => all[0]!.map((_, i) => all.reduce((sum, each) => sum + each[i]!, 0));
const tanhs = (x: Row): Row => x.map(Math.tanh);
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Σ e^x over those that may be looked at, of which there may be none. */
function softmaxOf(energies: Row, may: readonly boolean[]): Row {
  const powers = energies.map((energy, s) => (may[s] ? Math.exp(energy) : 0));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => (sum === 0 ? 0 : power / sum));
}

const general = (score: LuongAttention, q: Row, k: Row): number => dot(q, times(rowsOf(score.map!.weight), k));
const additive = (score: AdditiveAttention, q: Row, k: Row, more?: Row): number => {
  const hidden = plus(times(rowsOf(score.query.weight), q), times(rowsOf(score.key.weight), k), more ?? [0, 0, 0]);
  return dot(rowsOf(score.v.weight)[0]!, tanhs(score.key.bias ? plus(hidden, numbersOf(score.key.bias)) : hidden));
};

/** The place that a predictive window stands at. */
const predicted = (score: LocalAttention, q: Row, length: number): number =>
  length * sigmoid(dot(rowsOf(score.v!.weight)[0]!, tanhs(times(rowsOf(score.position!.weight), q))));
const gaussian = (distance: number, window: number): number => Math.exp(-(distance ** 2) / (2 * (window / 2) ** 2));

const cases: Readonly<Record<string, Case>> = {
  AdditiveAttention: {
    make: () => new AdditiveAttention(4, 4, 3, float64),
    weights: (score: AdditiveAttention, { q, keys, may }) =>
      softmaxOf(
        keys.map((k) => additive(score, q, k)),
        may,
      ),
  },
  'AdditiveAttention without a bias': {
    make: () => new AdditiveAttention(4, 4, 3, { bias: false, ...float64 }),
    weights: (score: AdditiveAttention, { q, keys, may }) =>
      softmaxOf(
        keys.map((k) => additive(score, q, k)),
        may,
      ),
  },
  'LuongAttention, dot': {
    make: () => new LuongAttention(4, 4, { score: 'dot' }),
    weights: (_score: LuongAttention, { q, keys, may }) =>
      softmaxOf(
        keys.map((k) => dot(q, k)),
        may,
      ),
  },
  'LuongAttention, general': {
    make: () => new LuongAttention(4, 4, float64),
    weights: (score: LuongAttention, { q, keys, may }) =>
      softmaxOf(
        keys.map((k) => general(score, q, k)),
        may,
      ),
  },
  'LuongAttention, concat': {
    make: () => new LuongAttention(4, 4, { score: 'concat', units: 5, ...float64 }),
    weights: (score: LuongAttention, { q, keys, may }) =>
      softmaxOf(
        keys.map((k) => dot(rowsOf(score.v!.weight)[0]!, tanhs(times(rowsOf(score.map!.weight), [...q, ...k])))),
        may,
      ),
  },
  ScaledDotProductAttention: {
    make: () => new ScaledDotProductAttention(4),
    weights: (_score: ScaledDotProductAttention, { q, keys, may }) =>
      softmaxOf(
        keys.map((k) => dot(q, k) / 2),
        may,
      ),
  },
  'LocalAttention, monotonic': {
    make: () => new LocalAttention(new LuongAttention(4, 4, float64), 1),
    weights: (score: LocalAttention, { q, keys, may, t, length }) =>
      softmaxOf(
        keys.map((k) => general(score.score as LuongAttention, q, k)),
        may.map((each, s) => each && Math.abs(s - Math.min(t, length - 1)) <= 1),
      ),
  },
  'LocalAttention, predictive': {
    make: () => new LocalAttention(new AdditiveAttention(4, 4, 3, float64), 2, { alignment: 'predictive', units: 5 }),
    weights: (score: LocalAttention, { q, keys, may, length }) => {
      const p = predicted(score, q, length);
      const energies = keys.map((k) => additive(score.score as AdditiveAttention, q, k));
      const near = may.map((each, s) => each && Math.abs(s - p) <= 2);
      const weights = softmaxOf(energies, near).map((weight, s) => weight * gaussian(s - p, 2));
      const sum = weights.reduce((a, b) => a + b, 0);
      return weights.map((weight) => (sum === 0 ? 0 : weight / sum));
    },
  },
  'LocalAttention, predictive as in the paper': {
    make: () =>
      new LocalAttention(new LuongAttention(4, 4, { score: 'dot' }), 3, {
        alignment: 'predictive',
        renormalize: false,
        ...float64,
      }),
    weights: (score: LocalAttention, { q, keys, may, length }) => {
      const p = predicted(score, q, length);
      const near = may.map((each, s) => each && Math.abs(s - p) <= 3);
      return softmaxOf(
        keys.map((k) => dot(q, k)),
        near,
      ).map((weight, s) => weight * gaussian(s - p, 3));
    },
    isUnnormalized: true,
  },
  CoverageAttention: {
    make: () => new CoverageAttention(4, 4, 3, float64),
    weights: (score: CoverageAttention, { q, keys, may, covered }) =>
      softmaxOf(
        keys.map((k, s) =>
          additive(score as unknown as AdditiveAttention, q, k, times(rowsOf(score.coverage.weight), [covered[s]!])),
        ),
        may,
      ),
  },
  LocationAwareAttention: {
    make: () => new LocationAwareAttention(4, 4, 3, { filters: 2, kernelSize: 5, ...float64 }),
    weights: (score: LocationAwareAttention, { q, keys, may, former }) => {
      const filters = score.convolution.weight.toArray() as number[][][];
      const energies = keys.map((k, s) => {
        const seen = filters.map((filter) => filter[0]!.reduce((sum, w, j) => sum + w * (former[s + j - 2] ?? 0), 0));
        return additive(score as unknown as AdditiveAttention, q, k, times(rowsOf(score.location.weight), seen));
      });
      return softmaxOf(energies, may);
    },
  },
};

const [batch, queries, length, lengths] = [3, 4, 6, [6, 3, 1]];
const hidden = (b: number, i: number, s: number): boolean => (b + 2 * i + s) % 5 !== 0;
const mask = (): Tensor =>
  tensor(
    Array.from({ length: batch }, (_, b) =>
      Array.from({ length: queries }, (_, i) => Array.from({ length }, (_, s) => hidden(b, i, s))),
    ),
  );

beforeAll(() => useBackend(cpu()));
beforeEach(() => void manualSeed(5));

describe.each(Object.entries(cases))('%s', (_name, { make, weights: weightsOf, isUnnormalized = false }) => {
  const draw = () => ({
    score: make(),
    query: randn([batch, queries, 4], float64),
    keys: randn([batch, length, 4], float64),
    values: randn([batch, length, 3], float64),
  });

  test.each([
    ['everywhere', undefined, false],
    ['within lengths', lengths, false],
    ['within lengths and a mask', lengths, true],
  ] as const)('weights and outputs are those of the formula, %s', (_, given, isMasked) => {
    using _scope = scope();
    const { score, query, keys, values } = draw();
    const [q, k, v] = [query, keys, values].map((each) => each.toArray() as number[][][]) as [
      number[][][],
      number[][][],
      number[][][],
    ];
    const wanted = q.map((rows, b) => {
      let former: Row = new Array(length).fill(0);
      let covered = former;
      const count = given?.[b] ?? length;
      return rows.map((row, t) => {
        const may = Array.from({ length }, (_, s) => s < count && (!isMasked || hidden(b, t, s)));
        former = weightsOf(score as never, { q: row, keys: k[b]!, may, t, length: count, former, covered });
        covered = plus(covered, former);
        return former;
      });
    });
    const outputs = wanted.map((rows, b) =>
      rows.map((row) => v[b]![0]!.map((_, j) => row.reduce((sum, weight, s) => sum + weight * v[b]![s]![j]!, 0))),
    );
    const options = { values, ...(given && { lengths: given }), ...(isMasked && { mask: mask() }) };
    const { output, weights } = score.forward(query, keys, { ...options, returnWeights: true });
    const close = { rtol: 1e-12, atol: 1e-13 };
    assertAllClose(weights!, tensor(wanted as number[][][], float64), close);
    assertAllClose(output, tensor(outputs, float64), close);
    const without = score.forward(query, keys, options);
    expect(without.weights).toBeUndefined();
    expect(without.output.toArray()).toEqual(output.toArray());

    // Exactly 0 where nothing counts, and rows of 1, or of 0 where a query may look nowhere.
    for (const [b, rows] of (weights!.toArray() as number[][][]).entries()) {
      for (const row of rows) {
        for (let s = given?.[b] ?? length; s < length; s++) expect(row[s]).toBe(0);
        const sum = row.reduce((a, b) => a + b, 0);
        if (!isUnnormalized && sum !== 0) expect(sum).toBeCloseTo(1, 12);
        if (!isUnnormalized && !isMasked) expect(sum).toBeGreaterThan(0);
      }
    }

    // A query after the other, of a source that is projected once.
    const source: ProjectedSource = score.project(keys, { values, ...(given && { lengths: given }) });
    let state: States | undefined;
    for (let t = 0; t < queries; t++) {
      const at = [null, [t, t + 1]] as const;
      const step = score.forward(query.slice(at), source, {
        ...(isMasked && { mask: mask().slice(at) }),
        ...(state && { state }),
        returnWeights: true,
      });
      state = step.state;
      assertAllClose(step.output, output.slice(at), close);
      assertAllClose(step.weights!, weights!.slice(at), close);
    }

    // Two at once, and then the others.
    const halves = (from: number, to: number, before?: States) => {
      const at = [null, [from, to]] as const;
      return score.forward(query.slice(at), source, {
        ...(isMasked && { mask: mask().slice(at) }),
        ...(before && { state: before }),
        returnWeights: true,
      });
    };
    const first = halves(0, 2);
    const second = halves(2, queries, first.state);
    assertAllClose(concat([first.weights!, second.weights!], 1), weights!, close);
  });

  test('gradients of queries, keys and values are what finite differences give', () => {
    using _scope = scope();
    const { score, query, keys, values } = draw();
    gradCheck(
      (q, k, v) => {
        const { output, weights } = score.forward(q, k, { values: v, lengths, returnWeights: true });
        return concat([output, weights!], 2);
      },
      [query, keys, values],
    );
    gradCheck((q, k) => score.forward(q, k, { lengths, mask: mask() }).output, [query, keys]);
  });

  test('NaN beyond the ends, and where no query may look, reaches nothing', () => {
    using _scope = scope();
    const { score, query, keys, values } = draw();
    const [counts, seen] = [lengthMask(lengths, length).unsqueeze(2), tensor([true, true, false, true, true, true])];
    const all = seen.reshape([1, length, 1]).logicalAnd(counts);
    const found = [0, Number.NaN, Infinity].map((filler) => {
      const [k, v] = [keys, values].map((x) => {
        const leaf = noGrad(() => where(all, x, filler));
        leaf.requiresGrad = true;
        return leaf;
      }) as [Tensor, Tensor];
      const { output, weights } = score.forward(query, k, { values: v, lengths, mask: seen, returnWeights: true });
      output.sum().add(weights!.square().sum()).backward();
      const gradients = [k, v, ...score.parameters()].map(({ grad }) => grad!.toArray());
      score.zeroGrad();
      return [output.toArray(), weights!.toArray(), ...gradients];
    });
    expect(found[0]!.flat(5).every(Number.isFinite)).toBe(true);
    expect(found[1]).toEqual(found[0]);
    expect(found[2]).toEqual(found[0]);
  });

  test('a query that may look nowhere gets zeros, without NaN on the way', () => {
    using _scope = scope();
    const { score, query, keys } = draw();
    query.requiresGrad = true;
    const nowhere = tensor([true, false, true, true]).reshape([queries, 1]);
    detectAnomaly(() => {
      const { output, weights } = score.forward(query, keys, { mask: nowhere, returnWeights: true });
      expect(output.slice([null, 1]).abs().max().item()).toBe(0);
      expect(weights!.slice([null, 1]).abs().max().item()).toBe(0);
      output.square().sum().backward();
    });
    const gradient = query.grad!;
    expect(gradient.slice([null, 1]).abs().max().item()).toBe(0);
    expect(gradient.slice([null, 2]).isFinite().all().item()).toBe(1);
  });

  test('memory is flat, step by step too, and a kept source is free when it is disposed of', () => {
    const score = make();
    const query = randn([batch, 1, 4], float64);
    const keys = randn([batch, length, 4], { ...float64, requiresGrad: true });
    leakCheck(() => {
      const source = score.project(keys, { lengths });
      let { output, state } = score.forward(query, source);
      for (let t = 0; t < 3; t++) {
        const step = score.forward(query, source, { state });
        output = output.add(step.output);
        state = step.state;
      }
      output.sum().backward();
      score.zeroGrad();
      keys.zeroGrad();
    });
    leakCheck(() => {
      const source = noGrad(() => score.project(keys, { lengths }).keep());
      const some = source.select([2, 0, 0]);
      expect(noGrad(() => score.forward(query, some)).output.shape).toEqual([3, 1, 4]);
      source.dispose();
      some.dispose();
    });
  });
});

test('every score of the package is here', async () => {
  const all = Object.values((await import('../index.js')) as Record<string, unknown>);
  const classes = all.filter((each): each is { name: string } => {
    return typeof each === 'function' && each.prototype instanceof AttentionScore;
  });
  const covered = new Set(Object.keys(cases).map((name) => name.split(/[ ,]/)[0]));
  expect(new Set(classes.map(({ name }) => name))).toEqual(covered);
});

test('dropout leaves weights out while training, and what is given as weights is those before', () => {
  const score = new ScaledDotProductAttention(2, { dropout: 0.5 });
  const [query, keys] = [randn([8, 5, 2]), randn([8, 40, 2])];
  const values = tensor([1]).expand([8, 40, 1]);
  const { output, weights } = score.forward(query, keys, { values, returnWeights: true });
  assertAllClose(weights!.sum(2), tensor([1]).expand([8, 5]), { atol: 1e-6 });
  const sums = numbersOf(output);
  expect(new Set(sums.map((sum) => sum.toFixed(3))).size).toBeGreaterThan(10);
  // What stays is doubled, so that the mean over many is 1: 1,600 weights, each kept or not.
  expect(Math.abs(sums.reduce((a, b) => a + b, 0) / sums.length - 1)).toBeLessThan(0.25);
  const inUse = score.eval().forward(query, keys, { values }).output;
  assertAllClose(inUse, tensor([1]).expand([8, 5, 1]), { atol: 1e-6 });
});

test('select takes rows of a source, its lengths included, in any order', () => {
  const score = new LocalAttention(new AdditiveAttention(4, 4, 3), 1);
  const [query, keys] = [randn([3, 2, 4]), randn([3, 6, 4])];
  const source = score.project(keys, { lengths });
  const all = score.forward(query, source, { returnWeights: true });
  const rows = [2, 0, 2];
  const picked = (x: Tensor): Tensor => tensor(rows.map((row) => (x.toArray() as number[][][])[row]!));
  const some = score.forward(picked(query), source.select(rows), { returnWeights: true });
  expect(some.weights!.toArray()).toEqual(picked(all.weights!).toArray());
  expect(source.select(rows).lengths).toEqual([1, 6, 1]);
});

test('a mask broadcasts: one row for all queries, one for all sequences, or one number for all keys', () => {
  const score = new ScaledDotProductAttention(2);
  const [query, keys] = [randn([2, 3, 2]), randn([2, 4, 2])];
  const row = [true, false, true, true];
  const full = score.forward(query, keys, { mask: tensor([0, 1].map(() => [0, 1, 2].map(() => row))) }).output;
  for (const each of [tensor(row), tensor([row]), tensor([[row]]), tensor([[row], [row]])]) {
    expect(score.forward(query, keys, { mask: each }).output.toArray()).toEqual(full.toArray());
  }
});
