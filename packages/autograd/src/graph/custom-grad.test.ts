// Gradients written by the user, and checkpoint.

import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  checkpoint,
  customGrad,
  dropout,
  grad,
  gradients,
  manualSeed,
  matmul,
  memory,
  noGrad,
  ones,
  rand,
  randn,
  resetPeakMemory,
  scope,
  type Tensor,
  tanh,
  tensor,
  useBackend,
} from '../index.js';

beforeAll(async () => {
  await useBackend(cpu());
});

const leaf = (data: number | number[]): Tensor => tensor(data, { dtype: 'float64', requiresGrad: true });
const values = (x: Tensor | undefined): number[] => Array.from(x!.dataSync());

describe('customGrad', () => {
  const clipped = customGrad((x: Tensor) => ({ value: x.mul(2), gradient: (dy) => [dy.clamp(-1, 1)] }), {
    name: 'clipped',
  });

  test('goes back by its own formula', () => {
    const x = leaf([1, 2, 3]);
    clipped(x)
      .mul(tensor([-5, 0.5, 5], { dtype: 'float64' }))
      .sum()
      .backward();
    expect(values(x.grad)).toEqual([-1, 0.5, 1]);
  });

  test('records nothing for constants, and nothing in noGrad', () => {
    expect(clipped(tensor([1])).requiresGrad).toBe(false);
    expect(noGrad(() => clipped(leaf([1]))).requiresGrad).toBe(false);
  });

  test('takes several inputs, some without a gradient', () => {
    const [a, b] = [leaf(2), leaf(5)];
    const first = customGrad((a: Tensor, b: Tensor) => ({ value: a.mul(b), gradient: (dy) => [dy.mul(b), undefined] }));
    first(a, b).backward();
    expect(a.grad!.item()).toBe(5);
    expect(b.grad).toBeUndefined();
  });

  test('its formula can be differentiated again', () => {
    const cube = customGrad((x: Tensor) => ({ value: x.pow(3), gradient: (dy) => [dy.mul(x.square().mul(3))] }));
    const second = grad((x: Tensor) => grad((x: Tensor) => cube(x))(x));
    expect(second(tensor(2, { dtype: 'float64' })).item()).toBe(12);
  });

  test('may return its input, which keeps its own place in the graph', () => {
    const x = leaf([1, 2]);
    const halved = customGrad((x: Tensor) => ({ value: x, gradient: (dy) => [dy.mul(0.5)] }));
    halved(x).add(x).sum().backward();
    expect(values(x.grad)).toEqual([1.5, 1.5]);
  });

  test('may return a tensor from outside, which stays as it is', () => {
    const table = tensor([7, 8], { dtype: 'float64' });
    const x = leaf([1, 2]);
    const lookUp = customGrad((_: Tensor) => ({ value: table, gradient: (dy) => [dy] }));
    expect(lookUp(x).requiresGrad).toBe(true);
    expect(table.requiresGrad).toBe(false);
  });

  test('says when its formula does not fit', () => {
    const x = leaf([1, 2]);
    const wrongCount = customGrad((x: Tensor) => ({ value: x.mul(2), gradient: () => [] }), { name: 'twice' });
    expect(() => wrongCount(x).sum().backward()).toThrow(
      'twice: its gradient gave 0 values, needs 1, one for each input',
    );
    const wrongShape = customGrad((x: Tensor) => ({ value: x.mul(2), gradient: (dy) => [dy.sum()] }), {
      name: 'twice',
    });
    expect(() => wrongShape(x).sum().backward()).toThrow(
      'backward: the gradient formula of twice gave float64 [] for an input that is float64 [2]; correct the formula',
    );
  });
});

describe('checkpoint', () => {
  const f = (x: Tensor): Tensor => tanh(x.mul(2)).square();

  test('gives the value and the gradient of the function', () => {
    const plain = leaf([0.1, -0.5]);
    const checkpointed = leaf([0.1, -0.5]);
    const expected = f(plain);
    const actual = checkpoint(f, checkpointed);
    expect(values(actual)).toEqual(values(expected));
    expected.sum().backward();
    actual.sum().backward();
    expect(values(checkpointed.grad)).toEqual(values(plain.grad));
  });

  test('passes gradients on to what comes before, through several inputs', () => {
    const [a, b] = [leaf([1, 2]), leaf([3, 4])];
    checkpoint((x: Tensor, y: Tensor) => x.mul(y), a.square(), b.mul(3))
      .sum()
      .backward();
    expect(values(a.grad)).toEqual([2 * 1 * 9, 2 * 2 * 12]);
    expect(values(b.grad)).toEqual([3 * 1, 3 * 4]);
  });

  test('its gradients reach captured parameters', () => {
    const w = leaf([2, 3]);
    const x = leaf([5, 7]);
    checkpoint((x: Tensor) => x.mul(w), x)
      .sum()
      .backward();
    expect(values(w.grad)).toEqual([5, 7]);
    expect(values(x.grad)).toEqual([2, 3]);
  });

  test('also when no input requires a gradient: the first layer of a network', () => {
    const w = leaf([2, 3]);
    const data = tensor([5, 7], { dtype: 'float64' });
    checkpoint((x: Tensor) => x.mul(w), data)
      .sum()
      .backward();
    expect(values(w.grad)).toEqual([5, 7]);
    const [dw] = gradients(checkpoint((x: Tensor) => x.mul(w), data).sum(), [w]);
    expect(values(dw)).toEqual([5, 7]);
  });

  test('captured parameters that another part uses too get the sum', () => {
    const w = leaf([2, 3]);
    const x = leaf([5, 7]);
    checkpoint((x: Tensor) => x.mul(w), x)
      .add(w.mul(10))
      .sum()
      .backward();
    expect(values(w.grad)).toEqual([15, 17]);
    const again = leaf([1, 1]);
    const [dw, dx] = gradients(checkpoint((x: Tensor) => x.mul(again).mul(again), x).sum(), [again, x]);
    expect(values(dw)).toEqual([10, 14]);
    expect(values(dx)).toEqual([1, 1]);
  });

  test('captured tensors on the way get their gradient, wherever else they are used', () => {
    const w = leaf([2, 3]);
    const h = w.mul(2).square(); // 4 w²
    const times = (x: Tensor): Tensor => x.mul(h);
    checkpoint(times, checkpoint(times, h)) // 64 w⁶
      .add(h)
      .sum()
      .backward();
    expect(values(w.grad)).toEqual([2, 3].map((v) => 384 * v ** 5 + 8 * v));
    const [x, v] = [leaf([5, 7]), leaf([2, 3])];
    const captured = v.square();
    const y = checkpoint((x: Tensor) => x.mul(captured), x);
    const [dx, dv, dcaptured] = gradients(y.sum(), [x, v, captured]);
    expect([values(dx), values(dv), values(dcaptured)]).toEqual([
      [4, 9],
      [20, 42],
      [5, 7],
    ]);
    const same = leaf([2, 3]);
    const onTheWay = same.mul(3);
    checkpoint((_: Tensor) => onTheWay, x)
      .sum()
      .backward();
    expect(values(same.grad)).toEqual([3, 3]);
  });

  test('what checkpoints inside checkpoints capture, too', () => {
    const w = leaf([2, 3]);
    const h = w.square();
    const x = leaf([5, 7]);
    checkpoint((x: Tensor) => checkpoint((x: Tensor) => x.mul(h), x.mul(h)), x)
      .add(h)
      .sum()
      .backward();
    // x w⁴ + w²
    expect(values(w.grad)).toEqual([4 * 5 * 8 + 2 * 2, 4 * 7 * 27 + 2 * 3]);
    expect(values(x.grad)).toEqual([16, 81]);
  });

  test('checkpoints nest', () => {
    const x = leaf([0.5]);
    checkpoint((x: Tensor) => checkpoint(f, x.mul(3)), x)
      .sum()
      .backward();
    const plain = leaf([0.5]);
    f(plain.mul(3)).sum().backward();
    expect(values(x.grad)).toEqual(values(plain.grad));
  });

  test('dropout inside falls on the same elements again, and later numbers are as without', () => {
    manualSeed(3);
    const x = ones([100], { requiresGrad: true });
    const y = checkpoint((x: Tensor) => dropout(x, 0.5).mul(3), x);
    const expectedNext = rand([3]);
    y.sum().backward();
    // The derivative is the mask times 3, and so is the value, because x is 1.
    expect(values(x.grad)).toEqual(values(y));
    expect(new Set(values(y))).toEqual(new Set([0, 6]));
    manualSeed(3);
    dropout(ones([100]), 0.5);
    expect(values(rand([3]))).toEqual(values(expectedNext));
  });

  test('takes less memory at the peak than without', () => {
    const weights = Array.from({ length: 8 }, () => randn([64, 64], { requiresGrad: true }));
    const block = (x: Tensor, some: readonly Tensor[]): Tensor => some.reduce((h, w) => tanh(matmul(h, w)), x);
    const peak = (run: (x: Tensor) => Tensor): number => {
      using _ = scope();
      const x = randn([256, 64]);
      resetPeakMemory();
      const before = memory().bytes;
      run(x).sum().backward();
      for (const w of weights) w.zeroGrad();
      return memory().peakBytes - before;
    };
    const without = peak((x) => block(x, weights));
    const with4 = peak((x) =>
      [0, 2, 4, 6].reduce((h, i) => checkpoint((h: Tensor) => block(h, weights.slice(i, i + 2)), h), x),
    );
    expect(with4).toBeLessThan(0.75 * without);
    for (const w of weights) w.dispose();
  });

  test('computes plainly inside noGrad', () => {
    expect(noGrad(() => checkpoint(f, leaf([1]))).requiresGrad).toBe(false);
  });

  test('says what it cannot do', () => {
    const x = leaf([1, 2]);
    expect(() => checkpoint(f, x).sum().backward({ createGraph: true })).toThrow(
      'checkpoint: it cannot be differentiated twice; compute second derivatives without checkpoint',
    );
    expect(() => checkpoint(f, 3 as never)).toThrow(
      'checkpoint: after the function come tensors only; capture everything else in the function',
    );
    const y = checkpoint(f, x).sum();
    y.backward();
    expect(() => y.backward()).toThrow('freed by an earlier backward');
  });

  test('an input changed in place before the second run is an error', () => {
    const x = leaf([1, 2]);
    const y = checkpoint(f, x).sum();
    noGrad(() => x.assign(tensor([3, 4], { dtype: 'float64' })));
    expect(() => y.backward()).toThrow(
      /^backward: checkpoint saved input 0 for its gradient, but assign\(\) changed it/,
    );
  });
});
