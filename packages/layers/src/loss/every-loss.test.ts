// What is true of every loss, tried on each that the package exports. A new loss gets a line in `cases`.

import {
  type DType,
  lossMean,
  manualSeed,
  memory,
  rand,
  randint,
  randn,
  scope,
  softmax,
  Tensor,
  tensor,
  useBackend,
} from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose, gradCheck, leakCheck } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Compute, expectExactReach, leafOf, placeOf } from '../../test/special-values.js';
import * as layers from '../index.js';

type AnyLoss = layers.Loss<object, readonly never[]>;

interface LossCase {
  readonly make: (dtype: DType, reduction?: layers.Reduction) => unknown;
  /** What it is given; those that are differentiated come first. */
  readonly inputs: (dtype: DType) => readonly unknown[];
  readonly differentiated: number;
  readonly prints: string;
}

const weight = (dtype: DType, ...values: number[]): Tensor => tensor(values, { dtype });
const given = (reduction?: layers.Reduction): layers.LossOptions => (reduction === undefined ? {} : { reduction });
const sides = (dtype: DType): Tensor => tensor([1, -1, 1, -1], { dtype });
const normal = (dtype: DType): Tensor => randn([4, 3], { dtype });
const between = (dtype: DType): Tensor => rand([4, 3], { dtype, low: 0.1, high: 0.9 });
const named = (): Tensor => randint(0, 3, [4]);
const logsOf = (dtype: DType): Tensor => softmax(normal(dtype)).log();
const numbers = (dtype: DType): Tensor[] => [normal(dtype), normal(dtype)];

const cases: Readonly<Record<string, LossCase>> = {
  MSELoss: { make: (_, r) => new layers.MSELoss(given(r)), inputs: numbers, differentiated: 2, prints: 'MSELoss()' },
  L1Loss: { make: (_, r) => new layers.L1Loss(given(r)), inputs: numbers, differentiated: 2, prints: 'L1Loss()' },
  HuberLoss: {
    make: (_, r) => new layers.HuberLoss({ delta: 0.5, ...given(r) }),
    inputs: numbers,
    differentiated: 2,
    prints: 'HuberLoss(delta=0.5)',
  },
  SmoothL1Loss: {
    make: (_, r) => new layers.SmoothL1Loss({ beta: 2, ...given(r) }),
    inputs: numbers,
    differentiated: 2,
    prints: 'SmoothL1Loss(beta=2)',
  },
  PoissonNLLLoss: {
    make: (_, r) => new layers.PoissonNLLLoss({ full: true, ...given(r) }),
    inputs: (dtype) => [normal(dtype), randint(0, 5, [4, 3]).cast(dtype)],
    differentiated: 1,
    prints: 'PoissonNLLLoss(full=true)',
  },
  GaussianNLLLoss: {
    make: (_, r) => new layers.GaussianNLLLoss(given(r)),
    inputs: (dtype) => [normal(dtype), normal(dtype), between(dtype)],
    differentiated: 3,
    prints: 'GaussianNLLLoss()',
  },
  CrossEntropyLoss: {
    make: (dtype, r) =>
      new layers.CrossEntropyLoss({ weight: weight(dtype, 1, 2, 3), labelSmoothing: 0.1, ...given(r) }),
    inputs: (dtype) => [normal(dtype), named()],
    differentiated: 1,
    prints: 'CrossEntropyLoss(labelSmoothing=0.1)',
  },
  NLLLoss: {
    make: (dtype, r) => new layers.NLLLoss({ weight: weight(dtype, 1, 2, 3), ...given(r) }),
    inputs: (dtype) => [logsOf(dtype), named()],
    differentiated: 1,
    prints: 'NLLLoss()',
  },
  KLDivLoss: {
    make: (_, r) => new layers.KLDivLoss({ reduction: r ?? 'batchmean' }),
    inputs: (dtype) => [logsOf(dtype), softmax(normal(dtype))],
    differentiated: 2,
    prints: 'KLDivLoss(reduction=batchmean)',
  },
  MultiMarginLoss: {
    make: (dtype, r) => new layers.MultiMarginLoss({ p: 2, weight: weight(dtype, 1, 2, 3), ...given(r) }),
    inputs: (dtype) => [normal(dtype), named()],
    differentiated: 1,
    prints: 'MultiMarginLoss(p=2)',
  },
  MultiLabelMarginLoss: {
    make: (_, r) => new layers.MultiLabelMarginLoss(given(r)),
    inputs: (dtype) => [
      normal(dtype),
      tensor(
        [
          [2, 0, -1],
          [1, -1, 0],
          [0, 1, 2],
          [0, -1, -1],
        ],
        { dtype: 'int32' },
      ),
    ],
    differentiated: 1,
    prints: 'MultiLabelMarginLoss()',
  },
  MultiLabelSoftMarginLoss: {
    make: (dtype, r) => new layers.MultiLabelSoftMarginLoss({ weight: weight(dtype, 1, 2, 3), ...given(r) }),
    inputs: (dtype) => [normal(dtype), between(dtype)],
    differentiated: 2,
    prints: 'MultiLabelSoftMarginLoss()',
  },
  BCELoss: {
    make: (dtype, r) => new layers.BCELoss({ weight: weight(dtype, 1, 2, 3), ...given(r) }),
    inputs: (dtype) => [between(dtype), between(dtype)],
    differentiated: 2,
    prints: 'BCELoss()',
  },
  BCEWithLogitsLoss: {
    make: (dtype, r) => new layers.BCEWithLogitsLoss({ posWeight: weight(dtype, 1, 2, 3), ...given(r) }),
    inputs: (dtype) => [normal(dtype), between(dtype)],
    differentiated: 2,
    prints: 'BCEWithLogitsLoss()',
  },
  HingeLoss: {
    make: (_, r) => new layers.HingeLoss({ squared: true, margin: 4, ...given(r) }),
    inputs: (dtype) => [randn([4], { dtype }), sides(dtype)],
    differentiated: 1,
    prints: 'HingeLoss(squared=true, margin=4)',
  },
  SoftMarginLoss: {
    make: (_, r) => new layers.SoftMarginLoss(given(r)),
    inputs: (dtype) => [randn([4], { dtype }), sides(dtype)],
    differentiated: 1,
    prints: 'SoftMarginLoss()',
  },
  HingeEmbeddingLoss: {
    make: (_, r) => new layers.HingeEmbeddingLoss(given(r)),
    inputs: (dtype) => [randn([4], { dtype }), sides(dtype)],
    differentiated: 1,
    prints: 'HingeEmbeddingLoss()',
  },
  MarginRankingLoss: {
    make: (_, r) => new layers.MarginRankingLoss({ margin: 5, ...given(r) }),
    inputs: (dtype) => [randn([4], { dtype }), randn([4], { dtype }), sides(dtype)],
    differentiated: 2,
    prints: 'MarginRankingLoss(margin=5)',
  },
  CosineEmbeddingLoss: {
    make: (_, r) => new layers.CosineEmbeddingLoss({ margin: -0.9, ...given(r) }),
    inputs: (dtype) => [...numbers(dtype), sides(dtype)],
    differentiated: 2,
    prints: 'CosineEmbeddingLoss(margin=-0.9)',
  },
  ContrastiveLoss: {
    make: (_, r) => new layers.ContrastiveLoss({ margin: 30, ...given(r) }),
    inputs: (dtype) => [...numbers(dtype), tensor([1, 0, 0, 1], { dtype })],
    differentiated: 2,
    prints: 'ContrastiveLoss(margin=30)',
  },
  TripletMarginLoss: {
    make: (_, r) => new layers.TripletMarginLoss({ margin: 5, swap: true, ...given(r) }),
    inputs: (dtype) => [...numbers(dtype), normal(dtype)],
    differentiated: 3,
    prints: 'TripletMarginLoss(margin=5, swap=true)',
  },
  CTCLoss: {
    make: (_, r) => new layers.CTCLoss({ blank: 2, ...given(r) }),
    inputs: (dtype) => [
      softmax(randn([5, 2, 3], { dtype })).log(),
      tensor(
        [
          [0, 0],
          [1, 0],
        ],
        { dtype: 'int32' },
      ),
      [5, 4],
      [2, 1],
    ],
    differentiated: 1,
    prints: 'CTCLoss(blank=2)',
  },
};

beforeAll(() => useBackend(cpu()));

test('every exported loss has a line here', () => {
  const exported = Object.entries(layers).filter(
    ([, value]) => typeof value === 'function' && value.prototype instanceof layers.Loss,
  );
  expect(exported.map(([name]) => name).sort()).toEqual(Object.keys(cases).sort());
});

const all = Object.entries(cases).flatMap(([name, each]) =>
  (['float32', 'float64'] as const).map((dtype) => [`${name} in ${dtype}`, { ...each, dtype }] as const),
);

describe.each(all)('%s', (_, { make, inputs, differentiated, prints, dtype }) => {
  // Each loss takes inputs of its own, which its case knows.
  const lossOf = (reduction?: layers.Reduction): AnyLoss => make(dtype, reduction) as AnyLoss;
  const run = (loss: AnyLoss, args: readonly unknown[]): Tensor => loss.forward(...(args as never[]));

  test('one number unless asked otherwise, which is the sum of each for sum, and how it prints', () => {
    using _ = scope();
    using loss = lossOf();
    const args = inputs(dtype);
    const y = run(loss, args);
    expect(y.shape).toEqual([]);
    expect(y.dtype).toBe(dtype);
    expect(Number.isFinite(y.item())).toBe(true);
    expect(String(loss)).toBe(prints);
    using each = lossOf('none');
    using total = lossOf('sum');
    const losses = run(each, args);
    expect(losses.rank).toBeGreaterThan(0);
    assertAllClose(losses.sum(), run(total, args), { rtol: 1e-5 });
  });

  test('a mean says what it is a mean over', () => {
    using _ = scope();
    using loss = lossOf();
    using total = lossOf('sum');
    const args = inputs(dtype);
    const y = run(loss, args);
    const mean = lossMean(y);
    // The mean of CTC is one over sequences, each by its length: examples, which is what is taken without a word.
    if (loss instanceof layers.CTCLoss) return expect(mean).toBeUndefined();
    assertAllClose(mean!.sum, run(total, args), { rtol: 1e-5 });
    assertAllClose(mean!.sum.div(mean!.count), y, { rtol: 1e-5 });
  });

  test('a gradient reaches what is differentiated', () => {
    using _ = scope();
    using loss = lossOf('sum');
    const args = inputs(dtype);
    const leaves = (args.slice(0, differentiated) as Tensor[]).map((arg) => arg.detach());
    for (const leaf of leaves) leaf.requiresGrad = true;
    run(loss, [...leaves, ...args.slice(differentiated)]).backward();
    for (const leaf of leaves) {
      expect(leaf.grad?.shape).toEqual(leaf.shape);
      expect(leaf.grad?.abs().max().item()).toBeGreaterThan(0);
    }
  });

  test('the gradient is what finite differences give, its own gradient too', () => {
    if (dtype !== 'float64') return;
    using _ = scope();
    using loss = lossOf();
    const args = inputs(dtype);
    const rest = args.slice(differentiated);
    gradCheck((...xs) => run(loss, [...xs, ...rest]), args.slice(0, differentiated) as Tensor[], { secondOrder: true });
  });

  test('NaN and infinity reach exactly what depends on them', () => {
    using _ = scope();
    manualSeed(7);
    using loss = lossOf('none');
    const args = inputs(dtype);
    const isMoved = (arg: unknown): arg is Tensor => arg instanceof Tensor && arg.dtype === dtype;
    const places = args.filter(isMoved).map((arg, i) => placeOf(`input ${i}`, arg));
    const compute: Compute = (values) => {
      const leaves = values.map(leafOf);
      let next = 0;
      const all = args.map((arg) => (isMoved(arg) ? leaves[next++] : arg));
      return { y: run(loss, all), leaves };
    };
    expectExactReach(places, dtype, compute);
  });

  test('its state goes into another one', () => {
    using _ = scope();
    using loss = lossOf();
    using other = lossOf();
    expect(loss.parameters()).toEqual([]);
    for (const value of other.buffers()) value.assign(value.mul(2));
    other.loadStateDict(loss.stateDict());
    const args = inputs(dtype);
    assertAllClose(run(other.eval(), args), run(loss, args), { rtol: 0, atol: 0 });
  });

  test('memory is flat over 20 steps, and free after dispose()', () => {
    const before = memory();
    const loss = (() => {
      using _ = scope();
      return lossOf();
    })();
    leakCheck(
      () => {
        const [first, ...rest] = inputs(dtype);
        const leaf = (first as Tensor).detach();
        leaf.requiresGrad = true;
        run(loss, [leaf, ...rest]).backward();
      },
      { steps: 20 },
    );
    loss.dispose();
    expect(memory().buffers).toBe(before.buffers);
  });

  test('an unknown reduction', () => {
    expect(() => lossOf('average' as never)).toThrow(
      `${prints.replace(/\(.*/, '')}: reduction is 'average', needs 'mean', `,
    );
  });
});
