// Ops of one's own: inputs, outputs, attributes, gradients, decompositions and kernels, as the built-in ones have them.

import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { PlainBackend } from '../../test/plain-backend.js';
import {
  add,
  concat,
  defineKernel,
  defineOp,
  exp,
  grad,
  gradients,
  isOp,
  mul,
  neg,
  ones,
  required,
  type Spec,
  slice,
  sub,
  sum,
  type Tensor,
  tensor,
  useBackend,
  withBackend,
} from '../index.js';

beforeAll(async () => {
  await useBackend(cpu());
});

const same = ({ x }: { readonly x: Spec }): Spec => ({ shape: x.shape, dtype: x.dtype });
const leaf = (...data: number[]): Tensor => tensor(data, { dtype: 'float64', requiresGrad: true });
const values = (x: Tensor | undefined): number[] => Array.from(x!.dataSync());

describe('an op that is made of others', () => {
  const gaussian = defineOp({
    name: 'gaussian',
    inputs: ['x'],
    attrs: { width: 1 },
    infer: same,
    compose: ({ x }, { width }): Tensor => exp(neg(x.div(width).square())),
  });

  test('runs, with its attributes as options and their defaults', () => {
    expect(gaussian(tensor([0])).toArray()).toEqual([1]);
    expect(values(gaussian(leaf(2)))[0]).toBeCloseTo(Math.exp(-4), 15);
    expect(values(gaussian(leaf(2), { width: 2 }))[0]).toBeCloseTo(Math.exp(-1), 15);
    expect(gaussian.defaults).toEqual({ width: 1 });
  });

  test('has first and second derivatives without further ado', () => {
    const x = tensor(0.7, { dtype: 'float64' });
    const f = Math.exp(-0.49);
    expect(grad(gaussian)(x).item()).toBeCloseTo(-1.4 * f, 14);
    expect(grad((x: Tensor) => grad(gaussian)(x))(x).item()).toBeCloseTo((1.4 ** 2 - 2) * f, 14);
  });

  test('is found in the graph as what it is made of', () => {
    const y = gaussian(leaf(1));
    expect(y.source!.node.name).toBe('exp');
  });

  test('must give what its infer says', () => {
    const wrong = defineOp({ name: 'wrong', inputs: ['x'], infer: same, compose: ({ x }): Tensor => x.sum() });
    expect(() => wrong(tensor([1, 2]))).toThrow(
      'wrong: its decomposition made y float32 [], its infer says float32 [2]; correct one of them',
    );
  });

  test('with a gradient of its own uses that, and a fused kernel where there is one', () => {
    let composed = 0;
    let went = 0;
    const triple = defineOp({
      name: 'triple',
      inputs: ['x'],
      infer: same,
      grad: ({ dy }) => ({
        x: () => {
          went++;
          return mul(dy, 3);
        },
      }),
      compose: ({ x }): Tensor => {
        composed++;
        return mul(x, 3);
      },
    });
    const x = leaf(1, 2);
    triple(x).sum().backward();
    expect([values(x.grad), composed, went]).toEqual([[3, 3], 1, 1]);
  });

  test('may return its input', () => {
    const same2 = defineOp({
      name: 'same2',
      inputs: ['x'],
      infer: same,
      grad: ({ dy }) => ({ x: () => mul(dy, 5) }),
      compose: ({ x }): Tensor => x,
    });
    const x = leaf(1);
    const y = same2(x);
    expect(y).not.toBe(x);
    y.add(x).sum().backward();
    expect(values(x.grad)).toEqual([6]);
  });
});

describe('several outputs', () => {
  const sumAndDifference = defineOp({
    name: 'sumAndDifference',
    inputs: ['a', 'b'],
    outputs: ['plus', 'minus'],
    infer: ({ a }) => ({ plus: a, minus: a }),
    grad: ({ dplus, dminus }) => ({ a: () => add(dplus, dminus), b: () => sub(dplus, dminus) }),
    compose: ({ a, b }) => ({ plus: add(a, b), minus: sub(a, b) }),
  });

  test('come as a record, and their gradients are added', () => {
    const [a, b] = [leaf(1), leaf(10)];
    const { plus, minus } = sumAndDifference(a, b);
    expect([plus.item(), minus.item()]).toEqual([11, -9]);
    plus.mul(2).add(minus.mul(3)).sum().backward();
    expect([values(a.grad), values(b.grad)]).toEqual([[5], [-1]]);
  });

  test('one that nothing uses counts as zeros', () => {
    const [a, b] = [leaf(1, 2), leaf(10, 20)];
    const [da, db] = gradients(sumAndDifference(a, b).minus.sum(), [a, b]);
    expect([values(da), values(db)]).toEqual([
      [1, 1],
      [-1, -1],
    ]);
  });
});

describe('inputs', () => {
  test('an optional one may be left out', () => {
    const shifted = defineOp({
      name: 'shifted',
      inputs: ['x', 'by?'],
      infer: same,
      grad: ({ dy, by }) => ({ x: () => dy, by: by === undefined ? null : () => dy }),
      compose: ({ x, by }): Tensor => (by === undefined ? x : add(x, by)),
      call:
        (run) =>
        (x: Tensor, by?: Tensor): Tensor =>
          run({ x, by }, {}),
    });
    const [x, by] = [leaf(1), leaf(4)];
    expect(shifted(x).item()).toBe(1);
    const y = shifted(x, by);
    expect(y.item()).toBe(5);
    y.sum().backward();
    expect([values(x.grad), values(by.grad)]).toEqual([[1], [1]]);
  });

  test('a list gets a list of gradients, for those that want one', () => {
    const total = defineOp({
      name: 'total',
      inputs: ['...xs', 'scale'],
      saves: ['scale', 'xs'],
      infer: ({ xs }) => ({ shape: [], dtype: xs[0]!.dtype }),
      grad: ({ dy, xs, scale }) => ({
        xs: () => xs.map((x) => mul(dy, scale).expand(x.shape)),
        scale: () => mul(dy, sum(concat(xs))),
      }),
      compose: ({ xs, scale }): Tensor => mul(sum(concat(xs)), scale),
      call:
        (run) =>
        (xs: readonly Tensor[], scale: Tensor): Tensor =>
          run({ xs, scale }, {}),
    });
    const [a, constant, b] = [leaf(1, 2), tensor([3], { dtype: 'float64' }), leaf(4)];
    const scale = tensor(10, { dtype: 'float64', requiresGrad: true });
    total([a, constant, b], scale).backward();
    expect([values(a.grad), values(b.grad), values(scale.grad)]).toEqual([[10, 10], [10], [10]]);
    expect(constant.grad).toBeUndefined();
    expect(() => total(undefined as never, scale)).toThrow('total: xs is undefined, needs an array of tensors');
  });
});

describe('kernels', () => {
  const twice = defineOp({
    name: 'twice',
    inputs: ['x'],
    attrs: { offset: required<number>() },
    infer: same,
    grad: 'nondifferentiable',
  });

  test('know names and types from the op', () => {
    defineKernel(twice, ({ x, y }, { offset }) => {
      expect([x.size, y.size, offset]).toEqual([2, 2, 7]);
    });
    // @ts-expect-error there is no output z
    defineKernel(twice, ({ z }) => z);
    // @ts-expect-error the attribute is called offset
    defineKernel(twice, (_, { ofset }) => ofset);
    // @ts-expect-error offset is a number
    void (() => twice.run({ x: ones([2]) }, { offset: '7' }));
  });

  test('get the tensors and all attributes', async () => {
    const seen: unknown[] = [];
    const kernel = defineKernel(twice, ({ x, y }, attrs) => {
      seen.push([x.shape, x.dtype, y.size, attrs]);
    });
    const plain = new PlainBackend({ kernels: [kernel] });
    const main = await useBackend(cpu());
    await useBackend(plain);
    twice(ones([2, 3]), { offset: 7 });
    await useBackend(main);
    expect(seen).toEqual([[[2, 3], 'float32', 6, { offset: 7 }]]);
    withBackend(main, () =>
      expect(() => twice(ones([1]), { offset: 1 })).toThrow('the cpu backend has no kernel for it'),
    );
  });
});

test('isOp tells ops from functions', () => {
  expect([isOp(mul), isOp(slice), isOp(values), isOp({}), isOp(undefined)]).toEqual([true, true, false, false, false]);
  expect(mul.name).toBe('mul');
});
