// Connectionist temporal classification in single precision, against double precision: labels and lengths around every step of
// the loops, long sequences, logarithms far apart, and NaN.

import * as dl from '@dl/autograd';
import { scope, type Tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { runnableEngines } from './engines.js';

type Sequences = Omit<dl.CtcSequences, 'blank'> & { readonly blank?: number };

/** Labels without order; every third one as the one before. */
const labelsOf = (count: number, classes: number): number[] =>
  Array.from({ length: count }, (_, i) => 1 + (((i - (i % 3 === 2 ? 1 : 0)) * 7) % (classes - 1)));

const withGradient = (logProbs: Tensor, sequences: Sequences): [losses: Tensor, gradient: Tensor] => {
  const losses = dl.ctcLosses(logProbs, sequences);
  return [
    losses,
    dl.gradients(losses.mul(dl.arange(1, losses.size + 1, { dtype: losses.dtype })).sum(), [logProbs])[0]!,
  ];
};

describe.each(runnableEngines())('%s', (engine) => {
  beforeAll(() => useBackend(cpu({ engine })));

  function check(logits: Tensor, sequences: Sequences, rtol = 1e-4): void {
    const coarse = dl.logSoftmax(logits).detach();
    const fine = coarse.cast('float64');
    for (const x of [fine, coarse]) x.requiresGrad = true;
    const [losses, gradient] = withGradient(coarse, sequences);
    const [expected, wanted] = withGradient(fine, sequences);
    assertAllClose(losses.dataSync(), expected.dataSync(), { rtol: 1e-6 });
    assertAllClose(gradient.dataSync(), wanted.dataSync(), { rtol, atol: 1e-6 });
  }

  test.each([0, 1, 2, 3, 4, 5, 8, 20])('%i labels', (count) => {
    using _ = scope();
    dl.manualSeed(count);
    const labels = [labelsOf(count, 7), labelsOf(Math.max(count - 1, 0), 7), labelsOf(Math.ceil(count / 2), 7)];
    check(dl.randn([2 * count + 3, 3, 7]), { labels, inputLengths: [2 * count + 3, 2 * count + 1, count + 2] });
  });

  test('long sequences, and logarithms of hundreds', () => {
    using _ = scope();
    dl.manualSeed(1);
    check(dl.randn([400, 2, 5]), { labels: [labelsOf(60, 5), labelsOf(3, 5)], inputLengths: [400, 399] });
    // Sure of what is wrong: what is needed at the end lies thousands below what is likely on the way, which float32 has to 1e-4.
    check(dl.randn([60, 1, 5]).mul(80), { labels: [labelsOf(11, 5)], inputLengths: [60] }, 1e-3);
  });

  test('what cannot be said is infinite and has no gradient, and leaves the others alone', () => {
    using _ = scope();
    const never = -Infinity;
    const data = [
      [Math.log(0.5), never, Math.log(0.5)],
      [Math.log(0.5), Math.log(0.5), never],
    ];
    // The first needs 1 and 1 with a pause between; the second is said by 2 1 alone; the third never says 1.
    const logProbs = dl.tensor(
      data.map((row, t) => [row, row, t === 0 ? row : data[0]!]),
      { requiresGrad: true },
    );
    const [losses, gradient] = withGradient(logProbs, { labels: [[1, 1], [2, 1], [1]], inputLengths: [2, 2, 2] });
    assertAllClose(losses.dataSync(), [Infinity, Math.log(4), Infinity], { rtol: 1e-6 });
    assertAllClose(gradient.dataSync(), [0, 0, 0, 0, 0, -2, 0, 0, 0, 0, 0, 0, 0, -2, 0, 0, 0, 0], { atol: 1e-6 });
  });

  test('NaN reaches the sequence that it is in, and no step beyond its end', () => {
    using _ = scope();
    dl.manualSeed(3);
    const values = dl.logSoftmax(dl.randn([6, 3, 4])).dataSync() as Float32Array;
    values[(2 * 3 + 1) * 4 + 2] = Number.NaN; // step 2 of sequence 1
    values[(5 * 3 + 2) * 4 + 1] = Number.NaN; // step 5 of sequence 2, which has 4
    const x = dl.tensor({ data: values, shape: [6, 3, 4] }, { requiresGrad: true });
    const [losses, gradient] = withGradient(x, { labels: [[1], [2, 1], [1]], inputLengths: [6, 5, 4] });
    const lossNaN = Array.from(losses.dataSync(), Number.isNaN);
    expect(lossNaN).toEqual([false, true, false]);
    const steps = gradient.toArray() as number[][][];
    expect(steps.map((step) => step[1]!.some(Number.isNaN))).toEqual([true, true, true, true, true, false]);
    expect(steps.some((step) => [...step[0]!, ...step[2]!].some(Number.isNaN))).toBe(false);
  });
});
