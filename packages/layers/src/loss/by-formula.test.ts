// Losses that PyTorch lacks, and what it does not tell: against sums written out, and against alignments counted one by one.

import { Generator, gradients, logSoftmax, randn, scope, softmax, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose, gradCheck } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import * as losses from './index.js';

beforeAll(() => useBackend(cpu()));

const double = (values: number[] | number[][]): Tensor => tensor(values, { dtype: 'float64' });
const int = (values: number[] | number[][]): Tensor => tensor(values, { dtype: 'int32' });

test.each([false, true])('hingeLoss, squared: %s', (squared) => {
  using _ = scope();
  const scores = [2.5, -0.3, 0.4, -3];
  const targets = [1, 1, -1, -1];
  const power = squared ? 2 : 1;
  const x = double(scores);
  x.requiresGrad = true;
  const each = losses.hingeLoss(x, double(targets), { squared, margin: 1.5, reduction: 'none' });
  const short = scores.map((s, i) => Math.max(0, 1.5 - targets[i]! * s));
  assertAllClose(
    each.dataSync(),
    short.map((s) => s ** power),
    { rtol: 1e-14 },
  );
  each.sum().backward();
  const slopes = short.map((s, i) => (s > 0 ? -targets[i]! * power * s ** (power - 1) : 0));
  assertAllClose(x.grad!.dataSync(), slopes, { rtol: 1e-14 });
});

test('multiMarginLoss: a right score that is infinite has no loss and no gradient, squared or not', () => {
  using _ = scope();
  for (const p of [1, 2] as const) {
    const x = double([[0, Infinity, 1]]);
    x.requiresGrad = true;
    const loss = losses.multiMarginLoss(x, int([1]), { p });
    expect(loss.item()).toBe(0);
    const [gradient] = gradients(loss, [x]) as [Tensor];
    expect((gradient.toArray() as number[][])[0]!.map(Math.abs)).toEqual([0, 0, 0]);
  }
});

test('contrastiveLoss: similar pairs are pulled, others pushed to the margin', () => {
  using _ = scope();
  const a = double([
    [0, 0],
    [1, 2],
    [0, 0],
    [3, 3],
  ]);
  const b = double([
    [3, 4],
    [1, 1],
    [0.3, 0.4],
    [9, 9],
  ]);
  a.requiresGrad = true;
  const target = double([1, 0, 0, 0]);
  const each = losses.contrastiveLoss(a, b, target, { margin: 2, reduction: 'none' });
  // Distances 5, 1, 0.5 and 8.5; the loss adds 1e-6 to each difference.
  assertAllClose(each.dataSync(), [25, 1, 2.25, 0], { rtol: 1e-5 });
  each.sum().backward();
  // 2 (a - b) where similar, 2 (d - margin) (a - b)/d where not, 0 beyond the margin.
  assertAllClose(a.grad!.dataSync(), [-6, -8, 0, -2, 1.8, 2.4, 0, 0], { rtol: 1e-5, atol: 1e-5 });
});

test('contrastiveLoss with the margin of the square: d² for similar pairs, max(0, margin - d²) for others', () => {
  using _ = scope();
  const a = double([
    [0, 0],
    [1, 2],
    [0, 0],
    [3, 3],
    [1, 1],
  ]);
  const b = double([
    [3, 4],
    [1, 1],
    [0.3, 0.4],
    [9, 9],
    [1, 1],
  ]);
  a.requiresGrad = true;
  const target = int([1, 0, 0, 0, 0]);
  const each = losses.contrastiveLoss(a, b, target, { margin: 2, marginOf: 'square', reduction: 'none' });
  // Squared distances 25, 1, 0.25, 72 and 0.
  assertAllClose(each.dataSync(), [25, 1, 1.75, 0, 2], { rtol: 1e-14 });
  each.sum().backward();
  // 2 (a - b) where similar, -2 (a - b) where not, 0 beyond the margin.
  assertAllClose(a.grad!.dataSync(), [-6, -8, 0, -2, 0.6, 0.8, 0, 0, 0, 0], { rtol: 1e-14, atol: 1e-15 });
  const loss = new losses.ContrastiveLoss({ margin: 2, marginOf: 'square' });
  expect(String(loss)).toBe('ContrastiveLoss(margin=2, marginOf=square)');
  assertAllClose([loss.forward(a, b, target).item()], [29.75 / 5], { rtol: 1e-14 });
});

test('tripletMarginLoss with a distance of its own: 1 - cosine', () => {
  using _ = scope();
  const unit = (x: Tensor): Tensor => x.div(x.norm(-1, { keepDims: true }));
  const angle = (a: Tensor, b: Tensor): Tensor => unit(a).mul(unit(b)).sum(-1).neg().add(1);
  const [anchor, near, far] = [double([[1, 0]]), double([[1, 1]]), double([[3, 4]])];
  const loss = (options: object): number =>
    new losses.TripletMarginLoss({ distance: angle, margin: 0.5, ...options }).forward(anchor, near, far).item();
  // The cosines: anchor and near 1/√2, anchor and far 3/5, near and far 7/(5 √2), which is the nearer pair.
  assertAllClose([loss({})], [1 - Math.SQRT1_2 - (1 - 0.6) + 0.5], { rtol: 1e-13 });
  assertAllClose([loss({ swap: true })], [1 - Math.SQRT1_2 - (1 - (7 / 5) * Math.SQRT1_2) + 0.5], { rtol: 1e-13 });
});

test('cosineEmbeddingLoss of long vectors: the product of their squares would be infinite', () => {
  using _ = scope();
  const [a, b] = [tensor([[3e12, 4e12]]), tensor([[4e12, 3e12]])];
  assertAllClose([losses.cosineEmbeddingLoss(a, b, tensor([1])).item()], [1 - 24 / 25], { rtol: 1e-5 });
});

test('a target that is whole may be int32', () => {
  using _ = scope();
  const x = double([0.2, 0.7, 0.4]);
  const [truth, sides] = [
    [1, 0, 1],
    [1, -1, -1],
  ];
  type OfTwo = (input: Tensor, target: Tensor) => Tensor;
  const withTruth: readonly OfTwo[] = [
    losses.mseLoss,
    losses.huberLoss,
    losses.binaryCrossEntropy,
    losses.binaryCrossEntropyWithLogits,
    (input, target) => losses.gaussianNllLoss(input, target, x),
    losses.multiLabelSoftMarginLoss,
  ];
  for (const loss of withTruth) expect(loss(x, int(truth)).item()).toBe(loss(x, double(truth)).item());
  for (const loss of [losses.hingeLoss, losses.softMarginLoss]) {
    expect(loss(x, int(sides)).item()).toBe(loss(x, double(sides)).item());
  }
});

test('a target that is NaN is not taken for either side', () => {
  using _ = scope();
  const [x, sides] = [double([0.2, 0.7]), double([1, Number.NaN])];
  const rows = double([
    [1, 2],
    [3, 4],
  ]);
  const each = { reduction: 'none' } as const;
  const all = [
    losses.hingeEmbeddingLoss(x, sides, each),
    losses.cosineEmbeddingLoss(rows, rows.add(1), sides, each),
    losses.contrastiveLoss(rows, rows.add(1), sides, each),
    losses.marginRankingLoss(x, x.add(1), sides, each),
    losses.hingeLoss(x, sides, each),
  ];
  for (const loss of all) expect(Array.from(loss.dataSync(), Number.isNaN)).toEqual([false, true]);
});

test('HingeLoss and ContrastiveLoss compute what their functions do', () => {
  using _ = scope();
  const hinge = new losses.HingeLoss({ margin: 1.5, squared: true, reduction: 'sum' });
  // (1.5 - 2)₊² + (1.5 + 0.5)²
  assertAllClose([hinge.forward(double([2, 0.5]), double([1, -1])).item()], [4], { rtol: 1e-14 });
  const pairs = new losses.ContrastiveLoss({ margin: 2, reduction: 'mean' });
  const [a, b] = [
    double([
      [0, 0],
      [0, 0],
    ]),
    double([
      [3, 4],
      [0.6, 0.8],
    ]),
  ];
  // 5² and (2 - 1)²
  assertAllClose([pairs.forward(a, b, double([1, 0])).item()], [13], { rtol: 1e-5 });
});

test('contrastiveLoss: equal vectors that do not belong together are pushed apart', () => {
  using _ = scope();
  const a = double([[1, 1]]);
  a.requiresGrad = true;
  losses.contrastiveLoss(a, double([[1, 1]]), double([0])).backward();
  expect(a.grad!.abs().min().item()).toBeGreaterThan(1);
});

describe('ctcLoss', () => {
  /** What an alignment says: repetitions once, and no blanks. */
  const said = (alignment: readonly number[], blank: number): string =>
    alignment.filter((label, i) => label !== blank && label !== alignment[i - 1]).join();

  /** -log of the sum over all alignments, each tried. */
  function byCounting(logs: number[][], labels: readonly number[], blank: number): number {
    const classes = logs[0]!.length;
    let total = 0;
    for (let n = 0; n < classes ** logs.length; n++) {
      const alignment = logs.map((_, t) => Math.floor(n / classes ** t) % classes);
      if (said(alignment, blank) === labels.join())
        total += Math.exp(alignment.reduce((sum, c, t) => sum + logs[t]![c]!, 0));
    }
    return -Math.log(total);
  }

  const inputLengths = [6, 5, 4, 6];
  const labels = [[1, 2], [1, 1], [], [0, 1, 0]];
  const targets = (): Tensor =>
    int([
      [1, 2, 0],
      [1, 1, 2],
      [0, 0, 0],
      [0, 1, 0],
    ]);

  test('is the sum over all alignments, and its gradient what finite differences give', () => {
    using _ = scope();
    const logits = randn([6, 4, 4], { dtype: 'float64', generator: new Generator(1) });
    const logProbs = logSoftmax(logits);
    const options = { blank: 3, reduction: 'none' } as const;
    const each = losses.ctcLoss(logProbs, targets(), inputLengths, [2, 2, 0, 3], options);
    const rows = logProbs.toArray() as number[][][];
    const expected = labels.map((row, n) =>
      byCounting(
        rows.slice(0, inputLengths[n]).map((step) => step[n]!),
        row,
        3,
      ),
    );
    assertAllClose(each.dataSync(), expected, { rtol: 1e-12 });
    // Of the logarithms themselves, too, which PyTorch's is not.
    gradCheck((x) => losses.ctcLoss(x, targets(), inputLengths, [2, 2, 0, 3], options), [logProbs], {
      secondOrder: true,
    });
  });

  test('a long sequence in single precision: no underflow', () => {
    using _ = scope();
    const generator = new Generator(2);
    const logits = randn([400, 1, 5], { dtype: 'float64', generator });
    const target = int([Array.from({ length: 60 }, () => generator.integer(1, 5))]);
    const loss = (x: Tensor): Tensor => losses.ctcLoss(logSoftmax(x), target, [400], [60], { reduction: 'sum' });
    const single = logits.cast('float32');
    for (const x of [logits, single]) x.requiresGrad = true;
    expect(loss(logits).item()).toBeGreaterThan(104); // e^-104 is less than single precision has
    assertAllClose([loss(single).item()], [loss(logits).item()], { rtol: 1e-5 });
    const [fine, coarse] = [gradients(loss(logits), [logits])[0]!, gradients(loss(single), [single])[0]!];
    assertAllClose(coarse.dataSync(), fine.dataSync(), { rtol: 1e-3, atol: 1e-4 });
  });

  test('what cannot be said: infinite, or 0, without a gradient', () => {
    using _ = scope();
    const x = randn([2, 1, 3], { requiresGrad: true });
    const run = (zeroInfinity: boolean): Tensor =>
      losses.ctcLoss(logSoftmax(x), int([[1, 1]]), [2], [2], { zeroInfinity });
    expect(run(false).item()).toBe(Infinity);
    expect(run(true).item()).toBe(0);
    run(false).backward();
    expect(x.grad!.abs().max().item()).toBe(0);
  });
});

test('binaryCrossEntropy: certain and wrong is 100, as in PyTorch, and no gradient is lost to NaN', () => {
  using _ = scope();
  const p = tensor([0, 1, 0, 1], { requiresGrad: true });
  const each = losses.binaryCrossEntropy(p, tensor([1, 0, 0, 1]), { reduction: 'none' });
  assertAllClose(each, [100, 100, 0, 0], { rtol: 0, atol: 0 });
  each.sum().backward();
  expect(Array.from(p.grad!.dataSync()).every(Number.isFinite)).toBe(true);
});

test('binaryCrossEntropy of NaN is NaN, whatever the target', () => {
  using _ = scope();
  const p = tensor([Number.NaN, Number.NaN, 0.5], { requiresGrad: true });
  const each = losses.binaryCrossEntropy(p, tensor([1, 0, 1]), { reduction: 'none' });
  expect(Array.from(each.dataSync(), Number.isNaN)).toEqual([true, true, false]);
  each.sum().backward();
  expect(p.grad!.dataSync()[2]).toBeCloseTo(-2, 5);
});

test('klDiv: what is impossible costs nothing, also where the model calls it impossible; a NaN there is not hidden', () => {
  using _ = scope();
  const x = double([-Infinity, -0.5, Number.NaN]);
  const p = double([0, 1, 0]);
  const each = (input: Tensor, target: Tensor, logTarget: boolean): Tensor =>
    losses.klDiv(input, target, { reduction: 'none', logTarget });
  for (const [target, logTarget] of [
    [p, false],
    [p.log(), true],
  ] as const) {
    const leaves = [x.detach(), target.detach()] as const;
    for (const leaf of leaves) leaf.requiresGrad = true;
    const y = each(...leaves, logTarget);
    assertAllClose(y.dataSync(), [0, 0.5, Number.NaN], { rtol: 1e-14 });
    y.sum().backward();
    assertAllClose(leaves[0].grad!.dataSync(), [0, -1, 0], { rtol: 1e-14 });
    // p (log p - x): log p - x + 1, by p, and times p by log p, both at p = 1.
    assertAllClose(leaves[1].grad!.dataSync(), [0, 1.5, Number.NaN], { rtol: 1e-14 });
  }
});

test('gaussianNllLoss with an infinite variance is infinite, not NaN', () => {
  using _ = scope();
  expect(losses.gaussianNllLoss(tensor([1]), tensor([2]), tensor([Infinity])).item()).toBe(Infinity);
});

test('klDiv of a distribution from itself is 0, and never below', () => {
  using _ = scope();
  const [p, q] = [softmax(randn([5, 4], { dtype: 'float64' })), softmax(randn([5, 4], { dtype: 'float64' }))];
  const divergence = (from: Tensor): Float64Array =>
    losses.klDiv(from.log(), p, { reduction: 'none' }).sum(1).dataSync() as Float64Array;
  assertAllClose(divergence(p), [0, 0, 0, 0, 0], { atol: 1e-15 });
  expect(Math.min(...divergence(q))).toBeGreaterThan(0);
});
