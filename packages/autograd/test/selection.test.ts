// What selection promises where PyTorch 1.13 multiplies by masks, or has no finite second derivative: by the formulas.

import { cpu } from '@dl/kernels-cpu';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  crossEntropy,
  dropout,
  full,
  Generator,
  gradients,
  leakyRelu,
  norm,
  ones,
  std,
  type Tensor,
  tensor,
  useBackend,
} from '../src/index.js';

const leaf = (values: number | readonly number[] | readonly (readonly number[])[]): Tensor =>
  tensor(values as number[], { requiresGrad: true });
/** The first derivative of the sum of f(x), and the second along all ones. */
function twice(f: (x: Tensor) => Tensor, x: Tensor): [unknown, unknown] {
  const [first] = gradients(f(x).sum(), [x], { createGraph: true }) as [Tensor];
  const second = first.requiresGrad ? gradients(first.sum(), [x], { allowUnused: true })[0] : undefined;
  return [first.toArray(), second?.toArray() ?? new Array(x.size).fill(0)];
}

describe.each(['typescript', 'wasm'] as const)('%s', (engine) => {
  beforeEach(async () => {
    await useBackend(cpu({ engine }));
  });

  test('powers at 0, twice: 0 for x⁰ and x¹, 2 for x², 6x for x³', () => {
    const exponents = tensor([0, 1, 2, 3]);
    const [first, second] = twice((x) => x.pow(exponents), leaf([0, 0, 0, 0]));
    expect(first).toEqual([0, 1, 0, 0]);
    expect(second).toEqual([0, 0, 2, 0]);
    const ofNumber = twice((x) => x.pow(0), leaf([0, 2]));
    expect(ofNumber[0]).toEqual([0, 0]);
    expect((ofNumber[1] as number[]).map(Math.abs)).toEqual([0, 0]);
  });

  test('the deviation of equal numbers and the norm of zeros, twice', () => {
    for (const f of [
      (x: Tensor) => std(x),
      (x: Tensor) => norm(x.sub(2)),
      (x: Tensor) => norm(x.sub(2), 0, { p: 3 }),
    ]) {
      const [first, second] = twice(f, leaf([2, 2, 2]));
      expect(first).toEqual([0, 0, 0]);
      expect((second as number[]).map(Math.abs)).toEqual([0, 0, 0]);
    }
  });

  test('a norm of 0 gets nothing, in the second derivative as in the first, also where what comes from upstream is infinite', () => {
    for (const p of [2, 3, 0.5]) {
      const [first, second] = twice((x) => norm(x.sub(2), 0, { p }).sqrt(), leaf([2, 2]));
      expect(first).toEqual([0, 0]);
      expect((second as number[]).map(Math.abs)).toEqual([0, 0]);
    }
  });

  test('the quotient of mod is constant but for jumps: its derivative is 0 where it is infinite or NaN', () => {
    // y = b² + (a mod b), with dy/db = 2b - ⌊a/b⌋ and d²y/db² = 2.
    for (const [a, b] of [
      [7, 2],
      [Infinity, 2],
      [Number.NaN, 2],
      [1, 0],
    ] as const) {
      const [first, second] = twice((x) => x.square().add(tensor([a]).mod(x)), leaf([b]));
      if (Number.isFinite(a) && b !== 0) expect(first).toEqual([2 * b - Math.floor(a / b)]);
      expect(second).toEqual([2]);
    }
  });

  test('logits of ignored labels may be anything: the others have their loss, and they have no gradient', () => {
    const logits = leaf([
      [0, 0],
      [Number.NaN, Infinity],
      [-Infinity, -Infinity],
    ]);
    const labels = tensor([1, -100, -100], { dtype: 'int32' });
    for (const labelSmoothing of [0, 0.1]) {
      const loss = crossEntropy(logits, labels, { ignoreIndex: -100, labelSmoothing });
      expect(loss.item()).toBeCloseTo(Math.LN2, 6);
      const [gradient] = gradients(loss, [logits]) as [Tensor];
      const rows = gradient.toArray() as number[][];
      expect(rows[0]![0]! + rows[0]![1]!).toBeCloseTo(0, 6);
      expect(rows.slice(1)).toEqual([
        [0, 0],
        [0, 0],
      ]);
    }
  });

  test('dropout leaves out what is infinite or NaN, and its gradient', () => {
    const kept = dropout(ones([64]), 0.5, { generator: new Generator(3) }).toArray() as number[];
    for (const value of [Infinity, Number.NaN]) {
      const x = full([64], value);
      x.requiresGrad = true;
      const y = dropout(x, 0.5, { generator: new Generator(3) });
      expect(y.toArray()).toEqual(kept.map((factor) => (factor === 0 ? 0 : value)));
      const [gradient] = gradients(y, [x], { gradient: full([64], value) }) as [Tensor];
      expect(gradient.toArray()).toEqual(kept.map((factor) => (factor === 0 ? 0 : value)));
    }
  });

  test('leakyRelu with slope 0 is relu at -∞, too', () => {
    const x = leaf([-Infinity, -1, 2]);
    const y = leakyRelu(x, { slope: 0 });
    expect(y.toArray()).toEqual([0, 0, 2]);
    const [gradient] = gradients(y, [x], { gradient: full([3], Infinity) }) as [Tensor];
    expect(gradient.toArray()).toEqual([0, 0, Infinity]);
  });

  test('the infinity norm of nothing is 0', () => {
    expect(norm(tensor([]), undefined, { p: Infinity }).item()).toBe(0);
    expect(norm(full([2, 0], 1), 1, { p: Infinity }).toArray()).toEqual([0, 0]);
  });
});
