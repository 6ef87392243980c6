// The conditional random field: against the sum over every sequence of tags, forbidden scores, what lies beyond the ends, and what is refused.

import { cpu } from '@dl/kernels-cpu';
import { assertAllClose, gradCheck } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type CrfOptions,
  crfLogPartition,
  crfLogPartitionGrad,
  gradients,
  manualSeed,
  ones,
  rand,
  randn,
  scope,
  type Tensor,
  tensor,
  useBackend,
  withBackend,
  zeros,
} from '../index.js';

const float64 = { dtype: 'float64' } as const;
type Chain = readonly [emissions: Tensor, transitions: Tensor, start: Tensor, end: Tensor];

/** With a kernel, and by what it is composed of. */
const backends = {
  kernel: cpu({ engine: 'typescript' }),
  composed: cpu({ engine: 'typescript' }),
};
beforeAll(async () => {
  for (const backend of Object.values(backends)) await useBackend(backend);
  for (const op of [crfLogPartition, crfLogPartitionGrad]) backends.composed.kernels.delete(op);
});

/** log Z and its gradients, from every sequence of tags by itself. */
function bruteForce([emissions, transitions, start, end]: Chain, lengths: readonly number[], by: readonly number[]) {
  const [e, w] = [emissions.toArray() as number[][][], transitions.toArray() as number[][]];
  const [s, f] = [start.toArray() as number[], end.toArray() as number[]];
  const tags = s.length;
  const zero = (x: Tensor): number[] => new Array<number>(x.size).fill(0);
  const time = emissions.shape[1]!;
  const found = {
    logZ: [] as number[],
    emissions: zero(emissions),
    transitions: zero(transitions),
    start: zero(start),
    end: zero(end),
  };
  for (const [row, length] of lengths.entries()) {
    const paths = Array.from({ length: tags ** length }, (_, code) =>
      Array.from({ length }, (_, t) => Math.floor(code / tags ** t) % tags),
    );
    const weights = paths.map((y) => {
      const score = y.reduce(
        (sum, tag, t) => sum + e[row]![t]![tag]! + (t > 0 ? w[y[t - 1]!]![tag]! : 0),
        s[y[0]!]! + f[y[length - 1]!]!,
      );
      return Math.exp(score);
    });
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    found.logZ.push(Math.log(total));
    if (total === 0) continue;
    for (const [i, y] of paths.entries()) {
      const p = (by[row]! * weights[i]!) / total;
      found.start[y[0]!]! += p;
      found.end[y[length - 1]!]! += p;
      for (const [t, tag] of y.entries()) {
        found.emissions[(row * time + t) * tags + tag]! += p;
        if (t > 0) found.transitions[y[t - 1]! * tags + tag]! += p;
      }
    }
  }
  return found;
}

/** A chain of random scores, of which a share is forbidden. */
function chain(batch: number, time: number, tags: number, share = 0): Chain {
  const scores = (shape: readonly number[]): Tensor => {
    const values = randn(shape, float64);
    return share === 0 ? values : rand(shape, float64).less(share).where(-Infinity, values);
  };
  return [scores([batch, time, tags]), scores([tags, tags]), scores([tags]), scores([tags])];
}

/** log Z, and the gradients of Σ by · log Z. */
function answers(given: Chain, options: CrfOptions, by: readonly number[]): readonly number[][] {
  const leaves = given.map((x) => x.detach()) as unknown as Chain;
  for (const leaf of leaves) leaf.requiresGrad = true;
  const logZ = crfLogPartition(...leaves, options);
  const all = [logZ, ...gradients(logZ, leaves, { gradient: tensor(by, float64) })] as Tensor[];
  return all.map((x) => Array.from(x.dataSync()));
}

describe.each(['kernel', 'composed'] as const)('%s', (name) => {
  const on = (body: () => void): void => withBackend(backends[name], () => scope(body));

  test.each([
    [1, 1, 1, [1]],
    [2, 1, 3, [1, 1]],
    [1, 5, 1, [5]],
    [3, 4, 3, [4, 1, 3]],
    [2, 6, 2, [2, 6]],
    [2, 3, 5, [3, 3]],
  ] as const)('every sequence of tags: batch %i, time %i, tags %i, lengths %j', (batch, time, tags, lengths) =>
    on(() => {
      manualSeed(batch + 10 * time + 100 * tags);
      const by = lengths.map((_, row) => row - 0.75);
      const free = chain(batch, time, tags);
      for (const given of [free, chain(batch, time, tags, 0.3)]) {
        const { logZ, ...rest } = bruteForce(given, lengths, by);
        const wanted = [logZ, rest.emissions, rest.transitions, rest.start, rest.end];
        const found = answers(given, { lengths }, by);
        for (const [i, values] of wanted.entries()) assertAllClose(found[i]!, values, { rtol: 1e-12, atol: 1e-12 });
        if (Math.min(...lengths) === time) expect(answers(given, {}, by)).toEqual(found);
      }
    }),
  );

  test('gradients of gradients, where some is forbidden too', () =>
    on(() => {
      manualSeed(3);
      for (const share of [0, 0.25]) {
        // A forbidden score has no difference to take: it is held.
        const [emissions, transitions, start, end] = chain(2, 3, 3, share);
        const options = { lengths: [3, 2] };
        const finite = (x: Tensor): Tensor => x.maximum(-4);
        const put = (x: Tensor, given: Tensor): Tensor => given.equal(-Infinity).where(given, x);
        gradCheck(
          (e, w, s, f) => {
            const logZ = crfLogPartition(
              put(e!, emissions),
              put(w!, transitions),
              put(s!, start),
              put(f!, end),
              options,
            );
            return logZ.isFinite().where(logZ, 0);
          },
          [emissions, transitions, start, end].map(finite),
          { secondOrder: true },
        );
      }
    }));

  test('a sequence for which nothing is allowed has -∞ and no gradient, and leaves the others alone', () =>
    on(() => {
      const emissions = tensor(
        [
          [
            [1, 2],
            [3, 4],
          ],
          [
            [-Infinity, -Infinity],
            [1, 2],
          ],
        ],
        float64,
      );
      const [logZ, ...found] = answers(
        [emissions, zeros([2, 2], float64), zeros([2], float64), zeros([2], float64)],
        {},
        [1, NaN],
      );
      const alone = answers(
        [emissions.slice([[0, 1]]), zeros([2, 2], float64), zeros([2], float64), zeros([2], float64)],
        {},
        [1],
      );
      expect(logZ).toEqual([alone[0]![0], -Infinity]);
      expect(found[0]).toEqual([...alone[1]!, 0, 0, 0, 0]);
      expect(found.slice(1)).toEqual(alone.slice(2));
    }));

  test('what is forbidden stays so beside an infinite score', () =>
    on(() => {
      const emissions = tensor(
        [
          [
            [Infinity, 0],
            [0, 0],
          ],
        ],
        float64,
      );
      const transitions = tensor(
        [
          [-Infinity, -Infinity],
          [0, 0],
        ],
        float64,
      );
      const [logZ, dEmissions, dTransitions] = answers(
        [emissions, transitions, zeros([2], float64), zeros([2], float64)],
        {},
        [1],
      );
      expect(logZ![0]).toBeCloseTo(Math.log(2), 12);
      assertAllClose(dEmissions!, [0, 1, 0.5, 0.5]);
      assertAllClose(dTransitions!, [0, 0, 0.5, 0.5]);
    }));

  test('NaN beyond the end of a sequence reaches nothing', () =>
    on(() => {
      const [emissions, ...rest] = chain(2, 3, 2);
      const beyond = tensor([
        [[false], [false], [false]],
        [[false], [true], [true]],
      ]).where(NaN, emissions);
      const options = { lengths: [3, 1] };
      expect(answers([beyond, ...rest] as const, options, [1, 2])).toEqual(
        answers([emissions, ...rest] as const, options, [1, 2]),
      );
    }));

  test('long sequences of scores of hundreds lose no digits', () =>
    on(() => {
      // Without transitions the steps are independent: log Z is the sum of logSumExp.
      manualSeed(5);
      const emissions = randn([2, 60, 4], float64).mul(300);
      const [logZ, marginals] = answers(
        [emissions, zeros([4, 4], float64), zeros([4], float64), zeros([4], float64)],
        {},
        [1, 1],
      );
      assertAllClose(logZ!, emissions.logSumExp(2).sum(1).dataSync(), { rtol: 1e-14 });
      assertAllClose(marginals!, emissions.softmax(2).dataSync(), { rtol: 1e-10, atol: 1e-14 });
    }));

  test('a batch of none has none', () =>
    on(() => {
      const [logZ, emissions, transitions] = answers(
        [zeros([0, 3, 2], float64), zeros([2, 2], float64), zeros([2], float64), zeros([2], float64)],
        { lengths: [] },
        [],
      );
      expect([logZ, emissions, transitions]).toEqual([[], [], [0, 0, 0, 0]]);
    }));
});

test('the gradients of a batch are those of its sequences, added up', () => {
  using _ = scope();
  manualSeed(8);
  const [emissions, ...rest] = chain(3, 5, 4);
  const lengths = [5, 2, 4];
  const together = crfLogPartitionGrad.run(
    { g: ones([3], float64), emissions, transitions: rest[0], start: rest[1], end: rest[2] },
    { lengths },
  );
  const alone = lengths.map((length, row) =>
    crfLogPartitionGrad.run(
      {
        g: ones([1], float64),
        emissions: emissions.slice([
          [row, row + 1],
          [0, length],
        ]),
        transitions: rest[0],
        start: rest[1],
        end: rest[2],
      },
      { lengths: undefined },
    ),
  );
  for (const name of ['gTransitions', 'gStart', 'gEnd'] as const) {
    const sum = alone.map((each) => each[name]).reduce((total, each) => total.add(each));
    assertAllClose(together[name].dataSync(), sum.dataSync(), { rtol: 1e-12 });
  }
});

describe('refused', () => {
  const [emissions, transitions, start, end] = [[2, 3, 4], [4, 4], [4], [4]] as const;
  const call = (shapes: readonly (readonly number[])[], lengths?: readonly number[]) => () => {
    using _ = scope();
    const [e, w, s, f] = shapes.map((shape) => zeros(shape));
    return crfLogPartition(e!, w!, s!, f!, lengths && { lengths });
  };

  test.each([
    [
      'one sequence alone',
      [[3, 4], transitions, start, end],
      undefined,
      'crfLogPartition: emissions is [3, 4], needs 3 axes: [batch, time, tags]',
    ],
    [
      'no step',
      [[2, 0, 4], transitions, start, end],
      undefined,
      'crfLogPartition: emissions is [2, 0, 4], needs at least one step and one tag',
    ],
    [
      'transitions for other tags',
      [emissions, [5, 5], start, end],
      undefined,
      'crfLogPartition: transitions is [5, 5], needs [4, 4], a score from each tag to each (emissions is [2, 3, 4])',
    ],
    [
      'an end for other tags',
      [emissions, transitions, start, [3]],
      undefined,
      'crfLogPartition: end is [3], needs [4], a score for each tag (emissions is [2, 3, 4])',
    ],
    [
      'too few lengths',
      [emissions, transitions, start, end],
      [3],
      'crfLogPartition: got 1 lengths for a batch of 2; needs one for each sequence',
    ],
    [
      'a length beyond the steps',
      [emissions, transitions, start, end],
      [3, 4],
      'crfLogPartition: a length is 4, needs a whole number from 1 to 3, the steps that there are',
    ],
    [
      'a length of 0',
      [emissions, transitions, start, end],
      [0, 3],
      'crfLogPartition: a length is 0, needs a whole number from 1 to 3, the steps that there are',
    ],
  ] as const)('%s', (_, shapes, lengths, message) => {
    expect(call(shapes, lengths)).toThrow(message);
  });

  test('dtypes that differ, and a gradient for another batch', () => {
    using _ = scope();
    const given = { emissions: zeros([2, 3, 4]), transitions: zeros([4, 4]), start: zeros([4]), end: zeros([4]) };
    expect(() => crfLogPartition(given.emissions, given.transitions, given.start, zeros([4], float64))).toThrow(
      'crfLogPartition: emissions is float32 and end is float64; cast one of them with .cast(dtype)',
    );
    expect(() => crfLogPartitionGrad.run({ g: ones([3]), ...given }, { lengths: undefined })).toThrow(
      'crfLogPartitionGrad: g is [3], needs [2], one number a sequence (emissions is [2, 3, 4])',
    );
  });
});
