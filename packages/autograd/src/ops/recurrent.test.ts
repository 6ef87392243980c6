// The ops over whole sequences: against the formula step by step, what they refuse, empty batches, and what they keep for backward.

import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  elmanSequence,
  gradients,
  gruSequence,
  lstmSequence,
  memory,
  noGrad,
  rand,
  randn,
  scope,
  type Tensor,
  tensor,
  useBackend,
  zeros,
} from '../index.js';

const float64 = { dtype: 'float64' } as const;
type Row = readonly number[];

/** Goes through the steps of each sequence as the formula has it: `next` gives the states after a step, the first of which is given out. */
function byHand(
  gates: Tensor,
  states: readonly Tensor[],
  { lengths, reverse = false }: { readonly lengths?: readonly number[]; readonly reverse?: boolean },
  next: (gates: Row, ...states: Row[]) => Row[],
): number[] {
  const all = gates.toArray() as number[][][];
  const ys: number[] = [];
  const last: number[][] = states.map(() => []);
  for (const [b, row] of all.entries()) {
    const length = lengths?.[b] ?? row.length;
    let own = states.map((state) => (state.toArray() as number[][])[b]!) as Row[];
    const out = row.map(() => own[0]!.map(() => 0) as Row);
    for (let k = 0; k < length; k++) {
      const t = reverse ? length - 1 - k : k;
      own = next(row[t]!, ...own);
      out[t] = own[0]!;
    }
    ys.push(...out.flat());
    for (const [i, state] of own.entries()) last[i]!.push(...state);
  }
  return [...ys, ...last.flat()];
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const times = (weight: readonly Row[], x: Row): number[] =>
  weight.map((row) => row.reduce((sum, w, k) => sum + w * x[k]!, 0));
const rowsOf = (x: Tensor): number[][] => x.toArray() as number[][];
const valuesOf = (outputs: object): number[] =>
  (Object.values(outputs) as Tensor[]).flatMap((y) => Array.from(y.dataSync()));

const orders = [{}, { reverse: true }, { lengths: [4, 1, 3] }, { lengths: [2, 4, 1], reverse: true }];
const engines = ['wasm', 'typescript'] as const;

describe.each(engines)('on %s, against the formula step by step', (engine) => {
  beforeAll(() => useBackend(cpu({ engine })));
  const [batch, time, hidden] = [3, 4, 5];

  test.each(orders)('an LSTM with peepholes, %j', (order) => {
    using _ = scope();
    const gates = randn([batch, time, 4 * hidden], float64);
    const [weight, peepholes] = [rand([4 * hidden, hidden], { ...float64, low: -1 }), randn([3, hidden], float64)];
    const [h0, c0] = [randn([batch, hidden], float64), randn([batch, hidden], float64)];
    const [w, p] = [rowsOf(weight), rowsOf(peepholes)];
    const expected = byHand(gates, [h0, c0], order, (x, h, c) => {
      const z = times(w, h).map((value, k) => value + x[k]!);
      const cell = c.map((former, j) => {
        const i = sigmoid(z[j]! + p[0]![j]! * former);
        const f = sigmoid(z[hidden + j]! + p[1]![j]! * former);
        return f * former + i * Math.tanh(z[2 * hidden + j]!);
      });
      return [cell.map((now, j) => sigmoid(z[3 * hidden + j]! + p[2]![j]! * now) * Math.tanh(now)), cell];
    });
    assertAllClose(valuesOf(lstmSequence(gates, weight, { h0, c0, peepholes, ...order })), expected, { rtol: 1e-12 });
    const single = [gates, weight, h0, c0, peepholes].map((x) => x.cast('float32')) as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    const [g, v, h, c, q] = single;
    assertAllClose(valuesOf(lstmSequence(g, v, { h0: h, c0: c, peepholes: q, ...order })), expected, {
      rtol: 1e-5,
      atol: 1e-6,
    });
  });

  // Cho et al., 2014: the reset stands before the product, and the update gate takes the new state with 1 - z there; by `take` with z.
  test.each(orders.flatMap((order) => (['keep', 'take'] as const).map((update) => ({ ...order, update }))))(
    'a GRU with its reset before the product, %j',
    ({ update, ...order }) => {
      using _ = scope();
      const gates = randn([batch, time, 3 * hidden], float64);
      const [weight, bias] = [rand([3 * hidden, hidden], { ...float64, low: -1 }), randn([3 * hidden], float64)];
      const h0 = randn([batch, hidden], float64);
      const [w, b] = [rowsOf(weight), bias.toArray() as number[]];
      const expected = byHand(gates, [h0], order, (x, h) => {
        const gate = (k: number, from: Row): number[] =>
          times(w.slice(k * hidden, (k + 1) * hidden), from).map((u, j) => u + b[k * hidden + j]! + x[k * hidden + j]!);
        const [r, z] = [gate(0, h).map(sigmoid), gate(1, h).map(sigmoid)];
        const n = gate(
          2,
          h.map((former, j) => r[j]! * former),
        ).map(Math.tanh);
        return [
          n.map((value, j) =>
            update === 'keep' ? z[j]! * h[j]! + (1 - z[j]!) * value : (1 - z[j]!) * h[j]! + z[j]! * value,
          ),
        ];
      });
      const form = { reset: 'before', update, ...order } as const;
      assertAllClose(valuesOf(gruSequence(gates, weight, { h0, bias, ...form })), expected, { rtol: 1e-12 });
      const [g, v, h, c] = [gates, weight, h0, bias].map((x) => x.cast('float32')) as [Tensor, Tensor, Tensor, Tensor];
      assertAllClose(valuesOf(gruSequence(g, v, { h0: h, bias: c, ...form })), expected, { rtol: 1e-5, atol: 1e-6 });
    },
  );
});

describe('what is refused', () => {
  beforeAll(() => useBackend(cpu()));

  test.each([
    [
      'a step where a sequence belongs',
      () => lstmSequence(zeros([2, 8]), zeros([8, 2])),
      'lstmSequence: gates is [2, 8], needs 3 axes: [batch, time, 4 · hidden], a whole sequence; one step is [batch, 1, 4 · hidden]',
    ],
    [
      'a sequence without a step',
      () => gruSequence(zeros([2, 0, 6]), zeros([6, 2])),
      'gruSequence: gates is [2, 0, 6], needs at least one step',
    ],
    [
      'gates of another width',
      () => gruSequence(zeros([2, 3, 8]), zeros([8, 2])),
      'gruSequence: gates is [2, 3, 8] and weight [8, 2]; needs [batch, time, 3 · hidden] and [3 · hidden, size of the state]',
    ],
    [
      'a weight of another size',
      () => elmanSequence(zeros([2, 3, 4]), zeros([4, 3])),
      'elmanSequence: weight is [4, 3], needs [4, 4]',
    ],
    [
      'states of another batch',
      () => lstmSequence(zeros([2, 3, 8]), zeros([8, 2]), { c0: zeros([3, 2]) }),
      'lstmSequence: c0 is [3, 2], needs [2, 2]',
    ],
    [
      'states of another size',
      () => elmanSequence(zeros([2, 3, 4]), zeros([4, 4]), { h0: zeros([2, 5]) }),
      'elmanSequence: h0 is [2, 5], needs [2, 4]',
    ],
    [
      'states of another dtype',
      () => gruSequence(zeros([2, 3, 6]), zeros([6, 2]), { h0: zeros([2, 2], float64) }),
      'gruSequence: gates is float32 and h0 is float64; cast one of them with .cast(dtype)',
    ],
    [
      'a bias of another length',
      () => gruSequence(zeros([2, 3, 6]), zeros([6, 2]), { bias: zeros([2]) }),
      'gruSequence: bias is [2], needs [6]',
    ],
    [
      'full matrices as peepholes',
      () => lstmSequence(zeros([2, 3, 8]), zeros([8, 2]), { peepholes: zeros([6, 2]) }),
      'lstmSequence: peepholes is [6, 2], needs [3, 2]',
    ],
    [
      'a projection that is wider than the cells',
      () => lstmSequence(zeros([2, 3, 8]), zeros([8, 3]), { projection: zeros([3, 2]) }),
      'lstmSequence: projection is [3, 2], needs [size, 2] with a size of at most 2',
    ],
    [
      'a weight that does not fit the projection',
      () => lstmSequence(zeros([2, 3, 8]), zeros([8, 2]), { projection: zeros([1, 2]) }),
      'lstmSequence: projection is [1, 2], needs [2, 2]',
    ],
    [
      'a length of 0',
      () => elmanSequence(zeros([2, 3, 4]), zeros([4, 4]), { lengths: [3, 0] }),
      'elmanSequence: a length is 0, needs a whole number from 1 to 3, the steps that there are',
    ],
    [
      'a length beyond the padding',
      () => lstmSequence(zeros([2, 3, 8]), zeros([8, 2]), { lengths: [4, 1] }),
      'lstmSequence: a length is 4, needs a whole number from 1 to 3, the steps that there are',
    ],
    [
      'lengths for another batch',
      () => gruSequence(zeros([2, 3, 6]), zeros([6, 2]), { lengths: [3] }),
      'gruSequence: got 1 lengths for a batch of 2; needs one for each sequence',
    ],
  ])('%s', (_, call, message) => {
    using __ = scope();
    expect(call).toThrow(message);
  });
});

describe.each([...engines, 'other ops'] as const)('by %s', (how) => {
  const ops = [elmanSequence, gruSequence, lstmSequence];
  beforeAll(async () => {
    const backend = cpu(how === 'other ops' ? {} : { engine: how });
    await useBackend(backend);
    if (how === 'other ops') for (const op of ops) backend.kernels.delete(op);
  });
  const factors = { elmanSequence: 1, gruSequence: 3, lstmSequence: 4 };

  test.each(ops)('a batch of 0 gives an empty result and gradients of 0, $name', (op) => {
    using _ = scope();
    const wide = 2 * factors[op.name as keyof typeof factors];
    const gates = zeros([0, 3, wide], { requiresGrad: true });
    const weight = randn([wide, 2], { requiresGrad: true });
    const { y, h } = op(gates, weight);
    expect([y.shape, h.shape]).toEqual([
      [0, 3, 2],
      [0, 2],
    ]);
    const [gGates, gWeight] = gradients(y.sum().add(h.sum()), [gates, weight]);
    expect([gGates!.shape, gWeight!.toArray()]).toEqual([[0, 3, wide], zeros([wide, 2]).toArray()]);
  });

  test.each(ops)('what stands beyond the lengths, NaN even, changes nothing, $name', (op) => {
    using _ = scope();
    const wide = 6 * factors[op.name as keyof typeof factors];
    const weight = rand([wide, 6], { low: -0.5, high: 0.5, requiresGrad: true });
    const values = randn([2, 4, wide]);
    const lengths = [2, 4];
    const at = (filler: number): Tensor => {
      const data = Float32Array.from(values.dataSync()).fill(filler, 2 * wide, 4 * wide);
      return tensor({ data, shape: [2, 4, wide] }, { requiresGrad: true });
    };
    for (const reverse of [false, true]) {
      const results = [Number.NaN, 7].map((filler) => {
        const gates = at(filler);
        const { y, h } = op(gates, weight, { lengths, reverse });
        const found = gradients(
          y
            .mul(values.slice([null, null, [0, 6]]))
            .sum()
            .add(h.sum()),
          [gates, weight],
        );
        return [y, h, ...found].map((x) => Array.from(x!.dataSync()));
      });
      expect(results[0]).toEqual(results[1]);
    }
  });
});

describe('what is kept for backward', () => {
  beforeAll(() => useBackend(cpu({ threads: 1 })));
  /** The bytes that a call leaves alive. */
  const kept = (body: () => unknown): number =>
    scope(() => {
      const before = memory().bytes;
      body();
      return memory().bytes - before;
    });
  const [batch, hidden] = [2, 8];
  const state = 4 * batch * hidden;
  // Each with how many states' worth of numbers it has of a step, given out and in reserve, and how many states it begins and ends with.
  test.each([
    { op: elmanSequence, gates: 1, reserve: 0, states: 1 },
    { op: gruSequence, gates: 3, reserve: 4, states: 1 },
    { op: lstmSequence, gates: 4, reserve: 5, states: 2 },
  ])('is linear in time, and nothing without a gradient, $op.name', ({ op, gates: wide, reserve, states }) => {
    for (const time of [16, 32]) {
      using _ = scope();
      const gates = randn([batch, time, wide * hidden]);
      const weight = randn([wide * hidden, hidden], { requiresGrad: true });
      const output = time * state + states * state;
      expect(kept(() => noGrad(() => op(gates, weight)))).toBe(output);
      expect(kept(() => op(gates, weight.detach()))).toBe(output);
      // The states that it begins with are among what it saves.
      expect(kept(() => op(gates, weight))).toBe(output + time * reserve * state + states * state);
      // The last states, those at the begin, and the sum: the reserve is gone.
      expect(
        kept(() => {
          const { y } = op(gates, weight);
          y.sum().backward();
          y.dispose();
          weight.zeroGrad();
        }),
      ).toBe(2 * states * state + 4);
    }
  });
});
