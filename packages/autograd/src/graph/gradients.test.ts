// Going back: backward, gradients, grad and valueAndGrad, against derivatives worked out by hand.

import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  add,
  concat,
  exp,
  GradientError,
  grad,
  gradients,
  matmul,
  mul,
  noGrad,
  ones,
  scope,
  sin,
  sort,
  split,
  sum,
  Tensor,
  tensor,
  useBackend,
  valueAndGrad,
  zeros,
} from '../index.js';

beforeAll(async () => {
  await useBackend(cpu());
});

const leaf = (data: number | number[] | number[][]): Tensor => tensor(data, { dtype: 'float64', requiresGrad: true });
const values = (x: Tensor | undefined): number[] => Array.from(x!.dataSync());

describe('backward', () => {
  test('accumulates over branches that meet', () => {
    const x = leaf(3);
    const a = x.mul(x); // x²
    a.add(a.mul(x)).add(x).backward(); // x² + x³ + x
    expect(x.grad!.item()).toBe(2 * 3 + 3 * 9 + 1);
  });

  test('adds to the gradient that is there, until zeroGrad', () => {
    const x = leaf([1, 2]);
    x.mul(3).sum().backward();
    x.square().sum().backward();
    expect(values(x.grad)).toEqual([3 + 2, 3 + 4]);
    x.zeroGrad();
    expect(x.grad).toBeUndefined();
    x.mul(3).sum().backward();
    expect(values(x.grad)).toEqual([3, 3]);
  });

  test('gives two leaves that share a gradient one each', () => {
    const [a, b] = [leaf([1, 2]), leaf([3, 4])];
    a.add(b).sum().backward();
    a.grad!.dispose();
    expect(values(b.grad)).toEqual([1, 1]);
  });

  test('goes through one tensor used as both operands', () => {
    const x = leaf([
      [1, 2],
      [3, 4],
    ]);
    matmul(x, x).sum().backward();
    // d/dX sum(XX) = 1 Xᵀ + Xᵀ 1: entry (i, j) is the sum of row j plus the sum of column i.
    expect(x.grad!.toArray()).toEqual([
      [1 + 2 + 1 + 3, 3 + 4 + 1 + 3],
      [1 + 2 + 2 + 4, 3 + 4 + 2 + 4],
    ]);
  });

  test('goes back from any tensor when told with what', () => {
    const x = leaf([1, 2, 3]);
    x.square().backward({ gradient: tensor([1, 0, -1], { dtype: 'float64' }) });
    expect(values(x.grad)).toEqual([2, 0, -6]);
  });

  test('goes back from a leaf itself', () => {
    const x = leaf(5);
    x.backward();
    expect(x.grad!.item()).toBe(1);
  });

  test('combines the gradients of several outputs of one op', () => {
    const x = leaf([3, 1, 2]);
    const [low, mid, high] = split(sort(x).values, 1);
    low!.mul(10).add(high!.square()).sub(mid!).sum().backward();
    // sorted: 1, 2, 3 from places 1, 2, 0
    expect(values(x.grad)).toEqual([2 * 3, 10, -1]);
  });

  test('treats outputs that nothing uses as constant', () => {
    const x = leaf([1, 2, 3, 4]);
    const parts = split(x, 2);
    parts[1]!.mul(2).sum().backward();
    expect(values(x.grad)).toEqual([0, 0, 2, 2]);
  });

  test('stretched operands get the sum over what was stretched', () => {
    const [row, column] = [leaf([1, 2, 3]), leaf([[1], [2]])];
    row.mul(column).sum().backward();
    expect(values(row.grad)).toEqual([3, 3, 3]);
    expect(column.grad!.toArray()).toEqual([[6], [6]]);
  });

  test('a deep chain does not overflow the stack', () => {
    const x = leaf(1);
    let y: Tensor = x;
    for (let i = 0; i < 20_000; i++) y = y.add(1);
    y.backward();
    expect(x.grad!.item()).toBe(1);
  });

  test('reaches only leaves that require a gradient', () => {
    const [x, constant] = [leaf(2), tensor(3, { dtype: 'float64' })];
    x.mul(constant).backward();
    expect(constant.grad).toBeUndefined();
    expect(x.grad!.requiresGrad).toBe(false);
  });

  test('says what it needs', () => {
    expect(() => leaf([1, 2]).mul(2).backward()).toThrow(
      'backward: the tensor is [2], needs one element; reduce it first (sum or mean), or say what to go back with: backward({ gradient })',
    );
    expect(() => tensor(1).backward()).toThrow(
      /^backward: nothing that this tensor was computed from requires a gradient/,
    );
    const y = leaf([1, 2]).mul(2);
    expect(() => y.backward({ gradient: ones([3], { dtype: 'float64' }) })).toThrow(
      'backward: gradient is [3], needs the shape of the tensor, [2]',
    );
    expect(() => y.backward({ gradient: ones([2]) })).toThrow(
      'backward: gradient is float32, needs the dtype of the tensor, float64',
    );
  });

  test('a second backward through the same graph needs retainGraph', () => {
    const x = leaf(3);
    const once = x.square();
    once.backward();
    expect(() => once.backward()).toThrow(
      'backward: the graph of square was freed by an earlier backward(); call that one with { retainGraph: true } to go through it twice',
    );
    const twice = x.square();
    x.zeroGrad();
    twice.backward({ retainGraph: true });
    twice.backward();
    expect(x.grad!.item()).toBe(12);
    expect(() => twice.backward()).toThrow(GradientError);
  });

  test('createGraph lets the gradient itself be differentiated', () => {
    const x = leaf(2);
    x.pow(4).backward({ createGraph: true });
    const first = x.grad!;
    expect(first.item()).toBeCloseTo(4 * 8, 12);
    x.grad = undefined;
    first.backward();
    expect(x.grad!.item()).toBeCloseTo(12 * 4, 12);
  });
});

describe('what is recorded', () => {
  test('nothing when no input requires a gradient', () => {
    expect(tensor([1, 2]).mul(2).requiresGrad).toBe(false);
  });

  test('detach cuts the graph and shares the values', () => {
    const x = leaf([1, 2]);
    const y = x.mul(3).detach();
    expect(y.requiresGrad).toBe(false);
    x.mul(y).sum().backward();
    expect(values(x.grad)).toEqual([3, 6]);
  });

  test('noGrad records nothing and is over afterwards, also after an error', () => {
    const x = leaf(2);
    expect(noGrad(() => x.mul(2)).requiresGrad).toBe(false);
    expect(x.mul(2).requiresGrad).toBe(true);
    expect(() =>
      noGrad(() => {
        throw new Error('inside');
      }),
    ).toThrow('inside');
    expect(x.mul(2).requiresGrad).toBe(true);
  });

  test('noGrad with an async body lasts until its promise settles', async () => {
    const x = leaf(2);
    const inside = noGrad(async () => {
      await Promise.resolve();
      return x.mul(2);
    });
    expect((await inside).requiresGrad).toBe(false);
    expect(x.mul(2).requiresGrad).toBe(true);
    await expect(
      noGrad(async () => {
        await Promise.resolve();
        throw new Error('later');
      }),
    ).rejects.toThrow('later');
    expect(x.mul(2).requiresGrad).toBe(true);
  });

  test('noGrad nests', () => {
    const x = leaf(2);
    noGrad(() => {
      noGrad(() => x.mul(2));
      expect(x.mul(2).requiresGrad).toBe(false);
    });
  });

  test('ops without a derivative end the graph', () => {
    const x = leaf([1, 2]);
    expect(x.greater(1).requiresGrad).toBe(false);
    expect(x.argmax().requiresGrad).toBe(false);
    expect(x.cast('int32').requiresGrad).toBe(false);
    expect(sort(x).indices.requiresGrad).toBe(false);
  });

  test('requiresGrad is for float leaves', () => {
    const x = leaf(1);
    const y = x.mul(2);
    expect(() => {
      y.requiresGrad = false;
    }).toThrow('requiresGrad: mul made this tensor, it is not a leaf; use detach() for one without gradient');
    expect(() => tensor([1], { dtype: 'int32', requiresGrad: true })).toThrow(
      'requiresGrad: the tensor is int32; only float32 and float64 have gradients',
    );
    x.requiresGrad = false;
    expect(x.mul(2).requiresGrad).toBe(false);
  });
});

describe('values that change after they were saved', () => {
  test('an in-place change is an error that names op, input, and what changed it where', () => {
    const w = leaf([1, 2]);
    const y = w.square();
    noGrad(() => w.assign(zeros([2], { dtype: 'float64' })));
    expect(() => y.sum().backward()).toThrow(
      /^backward: square saved x for its gradient, but assign\(\) changed it in place, at .*gradients\.test\.ts:\d+:\d+.* afterwards; change it after backward\(\), or give square a copy \(x\.clone\(\)\)$/,
    );
  });

  test('also through another tensor on the same buffer', () => {
    const w = leaf([1, 2]);
    const y = mul(w, w);
    w.detach().assign(zeros([2], { dtype: 'float64' }));
    expect(() => y.sum().backward()).toThrow(/mul saved a for its gradient, but assign\(\) changed it in place/);
  });

  test('values that no gradient needs may change', () => {
    const w = leaf([1, 2]);
    const y = w.add(1).sum();
    noGrad(() => w.assign(zeros([2], { dtype: 'float64' })));
    y.backward();
    expect(values(w.grad)).toEqual([1, 1]);
  });

  test('a change after backward is fine, and the next step sees it', () => {
    const w = leaf([1, 2]);
    for (let step = 0; step < 3; step++) {
      w.square().sum().backward();
      noGrad(() => w.assign(w.sub(w.grad!.mul(0.25))));
      w.zeroGrad();
    }
    expect(values(w)).toEqual([1 / 8, 2 / 8]);
  });

  test('a saved value whose scope has ended is an error that says so', () => {
    const w = leaf([1, 2]);
    const outer = scope();
    const x = tensor([3, 4], { dtype: 'float64' });
    const y = mul(w, x);
    x.dispose();
    expect(() => y.sum().backward()).toThrow(
      /use of a freed tensor \(float64 \[2\]\): dispose\(\) was called, at .*gradients\.test/,
    );
    outer.end();
  });
});

describe('gradients', () => {
  test('gives them for leaves and for tensors on the way, and leaves .grad alone', () => {
    const x = leaf([1, 2]);
    const y = x.square();
    const z = y.mul(3).sum();
    const [dx, dy] = gradients(z, [x, y]);
    expect(values(dx)).toEqual([6, 12]);
    expect(values(dy)).toEqual([3, 3]);
    expect(x.grad).toBeUndefined();
  });

  test('gives one for each of xs, also when one is asked for twice', () => {
    const x = leaf([1, 2]);
    const [first, second] = gradients(x.square().sum(), [x, x]);
    expect(values(first)).toEqual([2, 4]);
    expect(values(second)).toEqual([2, 4]);
  });

  test('of an x that y does not depend on: an error, or undefined when allowed', () => {
    const [x, other] = [leaf(1), leaf(2)];
    expect(() => gradients(x.square(), [x, other])).toThrow(
      'gradients: y does not depend on xs[1], or it does not require a gradient; pass { allowUnused: true } to get undefined for it',
    );
    const [dx, none] = gradients(x.square(), [x, other], { allowUnused: true });
    expect(dx!.item()).toBe(2);
    expect(none).toBeUndefined();
    expect(gradients(tensor(1), [x], { allowUnused: true })).toEqual([undefined]);
  });

  test('takes the gradient to go back with, and keeps the graph when told', () => {
    const x = leaf([1, 2]);
    const y = x.pow(3);
    const gradient = tensor([1, 10], { dtype: 'float64' });
    const [first] = gradients(y, [x], { gradient, retainGraph: true });
    expect(values(first)).toEqual([3, 120]);
    expect(values(gradients(y, [x], { gradient })[0])).toEqual([3, 120]);
    expect(() => gradients(y, [x], { gradient })).toThrow('freed by an earlier backward');
  });
});

describe('grad and valueAndGrad', () => {
  const f = (x: Tensor): Tensor => sin(exp(x)).sum();

  test('the first derivative', () => {
    const at = tensor([0.3, -1], { dtype: 'float64' });
    const { value, grad: slope } = valueAndGrad(f)(at);
    expect(value.item()).toBeCloseTo(Math.sin(Math.exp(0.3)) + Math.sin(Math.exp(-1)), 14);
    for (const [i, x] of [0.3, -1].entries())
      expect(values(slope)[i]).toBeCloseTo(Math.cos(Math.exp(x)) * Math.exp(x), 14);
    expect(at.requiresGrad).toBe(false);
  });

  test('second and third derivatives by nesting', () => {
    const second = (x: Tensor): Tensor => grad((x) => grad(f)(x).sum())(x);
    const third = (x: Tensor): Tensor => grad((x) => second(x).sum())(x);
    const at = tensor(0.3, { dtype: 'float64' });
    const e = Math.exp(0.3);
    const [s, c] = [Math.sin(e), Math.cos(e)];
    expect(second(at).item()).toBeCloseTo(e * c - e * e * s, 12);
    expect(third(at).item()).toBeCloseTo(e * c - 3 * e * e * s - e ** 3 * c, 12);
  });

  test('second and third derivatives of a product of two matrices', () => {
    // f(X) = sum(X X X): for a 1x1 matrix x³.
    const cube = (x: Tensor): Tensor => sum(matmul(matmul(x, x), x));
    const at = tensor([[2]], { dtype: 'float64' });
    const second = grad((x: Tensor) => grad(cube)(x).sum());
    const third = grad((x: Tensor) => second(x).sum());
    expect(grad(cube)(at).item()).toBe(12);
    expect(second(at).item()).toBe(12);
    expect(third(at).item()).toBe(6);
  });

  test('a mixed derivative, with the outer variable captured', () => {
    // d/dy d/dx (x² y³) = 6 x y²
    const mixed = grad((y: Tensor) => grad((x: Tensor) => x.square().mul(y.pow(3)))(tensor(3, { dtype: 'float64' })));
    expect(mixed(tensor(2, { dtype: 'float64' })).item()).toBeCloseTo(6 * 3 * 4, 12);
  });

  test('hands further arguments on, and works on a parameter', () => {
    const scale = (x: Tensor, by: number): Tensor => x.mul(by).sum();
    const w = leaf([1, 2]);
    expect(values(grad(scale)(w, 5))).toEqual([5, 5]);
    expect(w.grad).toBeUndefined();
  });

  test('says what is wrong with the function', () => {
    expect(() => grad(() => tensor(1))(tensor(1))).toThrow(
      'grad: the value of the function does not depend on its first argument',
    );
    expect(() => grad((x: Tensor) => x)(3 as never)).toThrow(
      'grad: the first argument is not a Tensor; it is what the gradient is for',
    );
    expect(() => grad((x: Tensor) => x.mul(2))(tensor([1, 2]))).toThrow(
      /^backward: the tensor is \[2\], needs one element/,
    );
  });
});

test('methods and functions are the same thing', () => {
  const x = leaf([1, 2]);
  expect(x).toBeInstanceOf(Tensor);
  expect(values(x.add(2))).toEqual(values(add(x, 2)));
  expect(values(concat([x, x]))).toEqual([1, 2, 1, 2]);
});
