// Derivatives of derivatives, where what is differentiated again depends on what it was differentiated for.

import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { PlainBackend, type PlainBuffer } from '../../test/plain-backend.js';
import {
  defineKernel,
  defineOp,
  grad,
  gradients,
  mul,
  sum,
  type Tensor,
  tensor,
  useBackend,
  withBackend,
} from '../index.js';

beforeAll(async () => {
  await useBackend(cpu());
});

const leaf = (data: number | number[]): Tensor => tensor(data, { dtype: 'float64', requiresGrad: true });

describe('a derivative with createGraph in every pass', () => {
  test('second and third derivatives of sin(tanh x) are those of the chain rule', () => {
    const x = leaf(0.3);
    const [first] = gradients(x.tanh().sin(), [x], { createGraph: true });
    const [second] = gradients(first!, [x], { createGraph: true });
    const [third] = gradients(second!, [x], { createGraph: true });
    const t = Math.tanh(0.3);
    const s = 1 - t * t; // t' = s, s' = -2ts
    expect(first!.item()).toBeCloseTo(Math.cos(t) * s, 14);
    expect(second!.item()).toBeCloseTo(-Math.sin(t) * s ** 2 - 2 * Math.cos(t) * t * s, 14);
    const expected = -Math.cos(t) * s ** 3 + 6 * Math.sin(t) * t * s ** 2 + Math.cos(t) * (4 * t * t * s - 2 * s * s);
    expect(third!.item()).toBeCloseTo(expected, 13);
  });

  test('grad of grad of grad is the third derivative', () => {
    const f = (x: Tensor): Tensor => x.sigmoid().exp().sum();
    const s = 1 / (1 + Math.exp(-0.7));
    // With d = s(1 - s) and r = 1 - 2s: f' = e^s d, d' = dr, r' = -2d.
    const d = s * (1 - s);
    const r = 1 - 2 * s;
    const third = Math.exp(s) * d * ((d + r) ** 2 + d * (r - 2));
    const x = tensor(0.7, { dtype: 'float64' });
    expect(grad((x) => grad((x) => grad(f)(x))(x))(x).item()).toBeCloseTo(third, 13);
  });

  test('backward twice adds the second derivative to the first', () => {
    const x = leaf(0.4);
    x.tanh().tanh().backward({ createGraph: true });
    const first = x.grad!;
    x.grad = undefined;
    first.backward({ createGraph: true });
    const [t, u] = [Math.tanh(0.4), Math.tanh(Math.tanh(0.4))];
    const [dt, du] = [1 - t * t, 1 - u * u];
    expect(first.item()).toBeCloseTo(du * dt, 14);
    expect(x.grad!.item()).toBeCloseTo(-2 * u * du * dt * dt - 2 * t * dt * du, 14);
  });
});

describe('an op with a kernel and a decomposition, and no gradient formula', () => {
  const product = defineOp({
    name: 'product',
    inputs: ['a', 'b'],
    infer: ({ a }) => ({ shape: a.shape, dtype: a.dtype }),
    compose: ({ a, b }) => mul(a, b),
  });
  const productKernel = defineKernel(product, ({ a, b, y }) => {
    const [from, by, to] = [a, b, y].map(({ handle }) => (handle as PlainBuffer).values!);
    for (let i = 0; i < to!.length; i++) to![i] = from![i]! * by![i]!;
  });
  const backend = new PlainBackend({ kernels: [productKernel] });

  beforeAll(async () => {
    await useBackend([backend, cpu()]);
  });

  test('one input computed from another: each way is counted once', () => {
    withBackend(backend, () => {
      const x = leaf([0.5, 2]);
      const y = x.square();
      const [dx, dy] = gradients(sum(product(x, y)), [x, y], { createGraph: true });
      expect(dx!.toArray()).toEqual([3 * 0.25, 3 * 4]); // x³
      expect(dy!.toArray()).toEqual([0.5, 2]);
      expect(gradients(sum(dx!), [x])[0]!.toArray()).toEqual([3, 12]);
    });
  });

  test('the same tensor as both inputs', () => {
    withBackend(backend, () => {
      const x = leaf([0.5, 2]);
      const [dx] = gradients(sum(product(x, x)), [x], { createGraph: true });
      expect(dx!.toArray()).toEqual([1, 4]);
      expect(gradients(sum(dx!), [x])[0]!.toArray()).toEqual([2, 2]);
    });
  });
});

test('going back through the decompositions of a deep network with createGraph takes time linear in its depth', () => {
  // A walk that met all older nodes at each op would meet some 30 million here.
  const depth = 4000;
  const x = leaf(0.5);
  let y = x;
  for (let i = 0; i < depth; i++) y = y.tanh();
  const [first] = gradients(y, [x], { createGraph: true });
  const [second] = gradients(first!, [x], { createGraph: true });
  expect(second!.item()).toBeLessThan(0);
});
