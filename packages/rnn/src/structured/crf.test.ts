// The conditional random field against every sequence of tags, one by one: sums, best paths, marginals, with lengths and with what is forbidden.

import { gradients, keep, manualSeed, randn, scope, type Tensor, tensor, useBackend, zeros } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose, gradCheck, leakCheck } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { type AllowedTransitions, bioTransitions, CRF, type FromTag, type ToTag } from '../index.js';

const float64 = { dtype: 'float64' } as const;
beforeAll(() => useBackend(cpu()));

const ints = (rows: readonly (readonly number[])[]): Tensor =>
  tensor(
    rows.map((row) => [...row]),
    { dtype: 'int32' },
  );

interface Path {
  readonly tags: readonly number[];
  readonly score: number;
}

/** Every sequence that is allowed, with its score. */
function everyPath(
  crf: CRF,
  emissions: readonly (readonly number[])[],
  length: number,
  allowed: (from: FromTag, to: ToTag) => boolean,
): Path[] {
  const transitions = crf.transitions.toArray() as number[][];
  const [start, end] = [crf.start, crf.end].map((x) => x.toArray() as number[]) as [number[], number[]];
  const { numTags } = crf;
  return Array.from({ length: numTags ** length }, (_, code) => {
    const tags = Array.from({ length }, (_, t) => Math.floor(code / numTags ** t) % numTags);
    const moves: readonly (readonly [FromTag, ToTag])[] = [
      ['start', tags[0]!],
      ...tags.slice(1).map((tag, t) => [tags[t]!, tag] as const),
      [tags[length - 1]!, 'end'],
    ];
    if (!moves.every(([from, to]) => allowed(from, to))) return { tags, score: -Infinity };
    const score = moves.reduce(
      (sum, [from, to]) =>
        sum + (from === 'start' ? start[to as number]! : to === 'end' ? end[from]! : transitions[from]![to]!),
      tags.reduce((sum, tag, t) => sum + emissions[t]![tag]!, 0),
    );
    return { tags, score };
  }).filter(({ score }) => score > -Infinity);
}

const anything = (): boolean => true;
const rules: readonly (readonly [
  name: string,
  AllowedTransitions | undefined,
  (from: FromTag, to: ToTag) => boolean,
])[] = [
  ['everything', undefined, anything],
  [
    'a function',
    (from, to) => !(from === 2 && to === 0) && to !== 1,
    (from, to) => !(from === 2 && to === 0) && to !== 1,
  ],
  [
    'a list',
    [
      ['start', 0],
      [0, 1],
      [1, 1],
      [1, 2],
      [2, 0],
      [0, 'end'],
      [1, 'end'],
    ],
    (from, to) => `${from}${to}` in { start0: 1, '01': 1, '11': 1, '12': 1, '20': 1, '0end': 1, '1end': 1 },
  ],
  ['the BIO scheme', bioTransitions(['O', 'B-X', 'I-X']), (from, to) => to !== 2 || from === 1 || from === 2],
];

describe.each(rules)('with %s allowed', (_, allowed, isAllowed) => {
  test.each([
    [[1, 1], 1],
    [[4, 1, 3], 4],
    [[5, 5, 2, 4], 5],
  ] as const)('lengths %j of %i: partition, best path and marginals', (lengths, time) => {
    using _ = scope();
    manualSeed(10 * time + lengths.length);
    for (let turn = 0; turn < 3; turn++) {
      const crf = new CRF(3, { ...float64, ...(allowed && { allowed }) });
      for (const x of crf.parameters()) x.assign(randn(x.shape, float64).mul(2));
      const emissions = randn([lengths.length, time, 3], float64);
      const rows = emissions.toArray() as number[][][];
      const logZ = crf.logPartition(emissions, { lengths }).toArray() as number[];
      const best = crf.decode(emissions, { lengths });
      const marginals = crf.marginals(emissions, { lengths }).toArray() as number[][][];
      for (const [row, length] of lengths.entries()) {
        const paths = everyPath(crf, rows[row]!, length, isAllowed);
        const total = paths.reduce((sum, { score }) => sum + Math.exp(score), 0);
        expect(logZ[row]).toBeCloseTo(Math.log(total), 10);
        const top = paths.reduce((a, b) => (b.score > a.score ? b : a));
        expect(best[row]!.tags).toEqual(top.tags);
        expect(best[row]!.score).toBeCloseTo(top.score, 10);
        const shares = Array.from({ length: time }, () => [0, 0, 0]);
        for (const { tags, score } of paths)
          for (const [t, tag] of tags.entries()) shares[t]![tag]! += Math.exp(score) / total;
        assertAllClose(marginals[row]!.flat(), shares.flat(), { rtol: 1e-10, atol: 1e-12 });
        // One sequence more probable than all others is also found by its loss.
        const right = ints(lengths.map((_, i) => Array.from({ length: time }, (_, t) => best[i]!.tags[t] ?? 7)));
        const losses = crf.loss(emissions, right, { lengths, reduction: 'none' }).toArray() as number[];
        expect(losses[row]).toBeCloseTo(Math.log(total) - top.score, 10);
      }
    }
  });
});

test('the probabilities of all sequences add up to 1', () => {
  using _ = scope();
  manualSeed(4);
  const crf = new CRF(2, float64);
  const all = Array.from({ length: 16 }, (_, code) => [0, 1, 2, 3].map((t) => (code >> t) & 1));
  const emissions = randn([1, 4, 2], float64).expand(16, 4, 2);
  const losses = crf.loss(emissions, ints(all), { reduction: 'none' });
  expect(losses.neg().exp().sum().item()).toBeCloseTo(1, 12);
  expect(crf.loss(emissions, ints(all)).item()).toBeCloseTo(losses.mean().item(), 12);
  expect(crf.loss(emissions, ints(all), { reduction: 'sum' }).item()).toBeCloseTo(losses.sum().item(), 11);
  expect(crf.forward(emissions).toArray()).toEqual(crf.marginals(emissions).toArray());
});

test('gradients of the loss, of gradients too', () => {
  using _ = scope();
  manualSeed(6);
  const crf = new CRF(3, float64);
  const tags = ints([
    [2, 0, 1],
    [1, 1, 9],
  ]);
  gradCheck((emissions) => crf.loss(emissions!, tags, { lengths: [3, 2] }), [randn([2, 3, 3], float64)], {
    secondOrder: true,
  });
  const emissions = randn([2, 3, 3], float64);
  for (const name of ['transitions', 'start', 'end'] as const) {
    const own = crf[name];
    const loss = (): number => crf.loss(emissions, tags, { lengths: [3, 2] }).item();
    const [found] = gradients(crf.loss(emissions, tags, { lengths: [3, 2] }), [own]);
    const values = Array.from(own.dataSync());
    const differences = values.map((_, i) => {
      const at = (by: number): number => {
        own.assign(
          tensor(
            values.map((value, j) => (i === j ? value + by : value)),
            float64,
          ).reshape(own.shape),
        );
        return loss();
      };
      return (at(1e-6) - at(-1e-6)) / 2e-6;
    });
    own.assign(tensor(values, float64).reshape(own.shape));
    assertAllClose(found!.dataSync(), differences, { rtol: 1e-6, atol: 1e-7 });
  }
});

test('what is forbidden has no gradient and no probability, whatever the emissions say', () => {
  using _ = scope();
  manualSeed(7);
  const crf = new CRF(3, { allowed: bioTransitions(['O', 'B-X', 'I-X']) });
  // The emissions want I-X from the first step on.
  const emissions = zeros([1, 3, 3]).add(tensor([0, 0, 50]));
  crf.loss(emissions, ints([[1, 2, 2]])).backward();
  for (const x of crf.parameters()) expect(Array.from(x.grad!.dataSync()).every(Number.isFinite)).toBe(true);
  expect((crf.transitions.grad!.toArray() as number[][])[0]![2]).toBe(0);
  expect((crf.start.grad!.toArray() as number[])[2]).toBe(0);
  expect((crf.marginals(emissions).toArray() as number[][][])[0]![0]![2]).toBe(0);
  expect(crf.decode(emissions)[0]!.tags).toEqual([1, 2, 2]);
});

test('an empty batch has empty results', () => {
  using _ = scope();
  const crf = new CRF(2);
  expect(crf.loss(zeros([0, 3, 2]), zeros([0, 3], { dtype: 'int32' }), { reduction: 'none' }).toArray()).toEqual([]);
  expect(crf.decode(zeros([0, 3, 2]))).toEqual([]);
  expect(crf.marginals(zeros([0, 3, 2])).shape).toEqual([0, 3, 2]);
});

test('names of parameters, and what it prints', () => {
  expect(Object.keys(new CRF(2).stateDict())).toEqual(['transitions', 'start', 'end']);
  expect(`${new CRF(2)}`).toBe('CRF(2)');
});

test('memory stays as it is over steps', () => {
  const crf = new CRF(4, { allowed: (from, to) => from !== to });
  const [emissions, tags] = scope(() => [
    keep(randn([3, 5, 4])),
    keep(
      ints([
        [0, 1, 2, 3, 0],
        [1, 2, 1, 0, 0],
        [3, 2, 0, 0, 0],
      ]),
    ),
  ]);
  leakCheck(() => {
    crf.loss(emissions!, tags!, { lengths: [5, 4, 3] }).backward();
    crf.zeroGrad();
    crf.decode(emissions!, { lengths: [5, 4, 3] });
    crf.marginals(emissions!, { lengths: [5, 4, 3] });
  });
});

describe('refused', () => {
  const crf = (): CRF =>
    new CRF(3, {
      allowed: [
        ['start', 0],
        ['start', 1],
        [0, 0],
        [0, 1],
        [1, 2],
        [1, 'end'],
        [2, 'end'],
      ],
    });
  const three = (): Tensor => zeros([2, 3, 3]);
  const some = (
    rows: readonly (readonly number[])[] = [
      [0, 0, 1],
      [0, 1, 2],
    ],
  ): Tensor => ints(rows);

  test.each([
    ['no tags', () => new CRF(0), 'CRF: numTags is 0, needs a whole number of at least 1'],
    [
      'a step where a sequence belongs',
      () => crf().loss(zeros([2, 3]), some()),
      'CRF: emissions is [2, 3], needs [batch, time, 3], whole sequences of at least one step',
    ],
    [
      'no steps',
      () => crf().decode(zeros([2, 0, 3])),
      'CRF: emissions is [2, 0, 3], needs [batch, time, 3], whole sequences of at least one step',
    ],
    [
      'other tags',
      () => crf().decode(zeros([2, 3, 4])),
      'CRF: emissions has scores of 4 tags (shape [2, 3, 4]) but the layer expects 3',
    ],
    ['another dtype', () => crf().decode(zeros([2, 3, 3], float64)), 'CRF: input is float64 and the layer float32'],
    [
      'too few lengths',
      () => crf().decode(three(), { lengths: [1] }),
      'CRF: 1 length comes with a batch of 2, needs one for each sequence',
    ],
    [
      'a length of 0',
      () => crf().marginals(three(), { lengths: [3, 0] }),
      'CRF: a length is 0, needs a whole number from 1 to 3, the steps that the padding has room for',
    ],
    [
      'a length beyond the steps',
      () => crf().loss(three(), some(), { lengths: [4, 1] }),
      'CRF: a length is 4, needs a whole number from 1 to 3, the steps that the padding has room for',
    ],
    [
      'tags that are floats',
      () => crf().loss(three(), zeros([2, 3])),
      "CRF: tags is float32, needs a Tensor of int32; cast it with .cast('int32')",
    ],
    [
      'tags of another shape',
      () =>
        crf().loss(
          three(),
          some([
            [0, 1],
            [0, 1],
          ]),
        ),
      'CRF: tags is [2, 2], needs [2, 3], a tag for each step',
    ],
    [
      'a tag that there is not',
      () =>
        crf().loss(
          three(),
          some([
            [0, 0, 1],
            [0, 3, 2],
          ]),
        ),
      'CRF: tag 1 of sequence 1 is 3, needs the number of a tag, 0 to 2',
    ],
    [
      'a forbidden transition',
      () =>
        crf().loss(
          three(),
          some([
            [0, 0, 1],
            [0, 2, 2],
          ]),
        ),
      'CRF: sequence 1 goes from tag 0 to tag 2 at step 1, which allowed forbids; correct the tags, or allow it',
    ],
    [
      'a forbidden start',
      () =>
        crf().loss(
          three(),
          some([
            [2, 2, 2],
            [0, 1, 2],
          ]),
        ),
      'CRF: sequence 0 starts with tag 2, which allowed forbids; correct the tags, or allow it',
    ],
    [
      'a forbidden end',
      () =>
        crf().loss(
          three(),
          some([
            [0, 0, 0],
            [0, 1, 2],
          ]),
        ),
      'CRF: sequence 0 ends with tag 0, which allowed forbids; correct the tags, or allow it',
    ],
    [
      'an unknown option',
      () => crf().decode(three(), { length: [1, 2] } as never),
      'CRF.decode: there is no option length; did you mean lengths?',
    ],
    [
      'emissions that are NaN',
      () => crf().decode(three().add(tensor([0, NaN, 0]))),
      'CRF: the score of tag 1 at step 0 of sequence 0 is NaN, which is not the best of anything',
    ],
    [
      'a sequence that nothing fits',
      () =>
        new CRF(2, {
          allowed: [
            ['start', 0],
            [0, 1],
            [1, 'end'],
          ],
        }).decode(zeros([1, 3, 2])),
      'CRF: no path of 3 steps is allowed for sequence 0; allow more, or leave the sequence out',
    ],
    [
      'pairs that are none',
      () => new CRF(2, { allowed: [[0, 2]] }),
      "CRF: allowed has [0, 2], needs pairs [from, to] of tags from 0 to 1, ['start', tag] or [tag, 'end']",
    ],
    [
      'no first tag',
      () =>
        new CRF(2, {
          allowed: [
            [0, 1],
            [1, 'end'],
          ],
        }),
      "CRF: allowed lets no tag come first; add the pairs ['start', tag] for those that may",
    ],
    [
      'no last tag',
      () => new CRF(2, { allowed: (_, to) => to !== 'end' }),
      "CRF: allowed lets no tag come last; add the pairs [tag, 'end'] for those that may",
    ],
    [
      'an answer that is none',
      () => new CRF(2, { allowed: () => 1 as never }),
      'CRF: allowed(0, 0) gives 1, needs true or false',
    ],
    [
      'names of another scheme',
      () => bioTransitions(['O', 'X']),
      "bioTransitions: a name is 'X', needs 'O', or 'B-' or 'I-' before a kind",
    ],
  ] as const)('%s', (_, call, message) => {
    using _scope = scope();
    expect(call).toThrow(message);
  });
});
