// Ops that change their inputs: by a kernel, by other ops, on another backend; and what must not be changed.

import { cpu } from '@dl/kernels-cpu';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { PlainBackend } from '../../test/plain-backend.js';
import {
  adamUpdate,
  add,
  type Backend,
  defineKernel,
  defineOp,
  detectAnomaly,
  memory,
  mul,
  noGrad,
  type OpDeclaration,
  scope,
  sgdUpdate,
  type Tensor,
  tensor,
  useBackend,
  withBackend,
} from '../index.js';

const main = cpu();
beforeAll(async () => void (await useBackend(main)));
afterEach(() => void vi.restoreAllMocks());

const leaf = (...data: number[]): Tensor => tensor(data, { requiresGrad: true });

/** Adds `by` to each of xs, and counts in `total`. */
const raise = defineOp({
  name: 'raise',
  inputs: ['...xs', 'by', 'total'],
  outputs: [],
  attrs: { times: 1 },
  mutates: ['xs', 'total'],
  grad: 'nondifferentiable',
  infer: () => {},
  compose: ({ xs, by, total }, { times }) => ({
    xs: xs.map((x) => add(x, mul(by, times))),
    total: add(total, xs.length),
  }),
  call:
    (run) =>
    (xs: readonly Tensor[], by: Tensor, total: Tensor, times = 1): void =>
      run({ xs, by, total }, { times }),
});

type Buffer = { values: Float32Array };
const raiseKernel = defineKernel(raise, ({ xs, by, total }, { times }) => {
  const valuesOf = ({ handle }: { readonly handle: object }): Float32Array => (handle as Buffer).values;
  for (const x of xs) valuesOf(x).forEach((_, i) => (valuesOf(x)[i]! += times * valuesOf(by)[0]!));
  valuesOf(total)[0]! += xs.length;
});

const withKernel = new PlainBackend({ name: 'kernels', kernels: [raiseKernel] });

describe.each<[string, () => Backend]>([
  ['by a kernel', () => withKernel],
  ['by other ops', () => main],
])('%s', (_, backendOf) => {
  beforeEach(async () => void (await useBackend([backendOf(), main])));
  afterEach(async () => void (await useBackend(main)));

  test('inputs change in their buffers, and nothing is returned or left behind', () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    using _ = scope();
    const [a, b, by, total] = [tensor([1, 2]), tensor([[5]]), tensor([10]), tensor([0])];
    const handles = [a, b, total].map(({ handle }) => handle);
    const before = memory();
    expect(raise([a, b], by, total, 2)).toBeUndefined();
    expect([a, b, by, total].map((x) => x.toArray())).toEqual([[21, 22], [[25]], [10], [2]]);
    expect([a, b, total].map(({ handle }) => handle)).toEqual(handles);
    expect([memory().bytes, memory().buffers]).toEqual([before.bytes, before.buffers]);
    raise([], by, total);
    expect(total.item()).toBe(2);
  });

  test('a backward pass that needs a former value says so, and names the op', () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    using _ = scope();
    const [x, by, total] = [leaf(1, 2), tensor([1]), tensor([0])];
    const saved = mul(x, x);
    const unsaved = add(x, x);
    raise([x], by, total);
    expect(() => saved.sum().backward()).toThrow(
      /^backward: mul saved a for its gradient, but raise\(\) changed it in place, at .*in-place\.test\.ts/,
    );
    unsaved.sum().backward();
    expect(x.grad!.toArray()).toEqual([2, 2]);
    // Inputs that are only read are still what they were.
    const y = mul(leaf(3), by);
    raise([tensor([0])], by, total);
    y.sum().backward();
  });

  test('a leaf that requires a gradient may change, the result of an op only inside noGrad', () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    using _ = scope();
    const [x, by, total] = [leaf(1), tensor([1]), tensor([0])];
    raise([x], by, total);
    expect([x.item(), x.requiresGrad, x.isLeaf]).toEqual([2, true, true]);
    const y = x.mul(3);
    expect(() => raise([y], by, total)).toThrow(
      'raise: mul made a tensor of xs, and its gradient would be lost; change a detach() of it, or inside noGrad',
    );
    expect(y.item()).toBe(6);
    noGrad(() => raise([y], by, total));
    expect(y.item()).toBe(7);
  });

  test('a tensor that changes may come once only', () => {
    using _ = scope();
    const [x, by, total] = [tensor([1]), tensor([1]), tensor([0])];
    const message = 'is among the tensors to change already; give it a copy, with clone()';
    expect(() => raise([x, x], by, total)).toThrow(`raise: a tensor of xs ${message}`);
    expect(() => raise([x, x.reshape([1, 1])], by, total)).toThrow(`raise: a tensor of xs ${message}`);
    expect(() => raise([x], by, x)).toThrow(`raise: a tensor of total ${message}`);
    expect(() => raise([x], x, total)).toThrow(`raise: a tensor of by ${message}`);
    expect([x, by, total].map((t) => t.item())).toEqual([1, 1, 0]);
    raise([by], x, total);
    expect(by.item()).toBe(2);
  });

  test('freed tensors, and those of another backend, are refused before anything changes', () => {
    using _ = scope();
    const [x, by, total] = [tensor([1]), tensor([1]), tensor([0])];
    const freed = tensor([1]);
    freed.dispose();
    expect(() => raise([x, freed], by, total)).toThrow('use of a freed tensor');
    const elsewhere = tensor([1], { backend: backendOf() === main ? withKernel : main });
    expect(() => raise([x], elsewhere, total)).toThrow(/^raise: xs lives on the \w+ backend and by on the \w+ backend/);
    expect(() => raise([x, 3 as never], by, total)).toThrow('raise: xs is 3, needs a Tensor');
    expect(x.item()).toBe(1);
  });
});

describe('without kernel and without decomposition', () => {
  const double = defineOp({
    name: 'double',
    inputs: ['x', 'by?'],
    outputs: [],
    mutates: ['x', 'by'],
    grad: 'nondifferentiable',
    infer: () => {},
    call:
      (run) =>
      (x: Tensor, by?: Tensor): void =>
        run({ x, by }, {}),
  });
  const doubleKernel = defineKernel(double, ({ x, by }) => {
    for (const each of [x, by]) {
      const values = (each?.handle as Buffer | undefined)?.values;
      values?.forEach((value, i) => (values[i] = 2 * value));
    }
  });

  test('the fallback backend runs the op, and the new values come back', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const bare = new PlainBackend({ name: 'bare' });
    const able = new PlainBackend({ name: 'able', kernels: [doubleKernel] });
    await useBackend([bare, able]);
    {
      using _ = scope();
      const [x, by] = [leaf(1, 2), tensor([5])];
      const y = x.storage.version;
      double(x);
      double(x, by);
      expect([x.toArray(), by.toArray()]).toEqual([[4, 8], [10]]);
      expect(x.storage.version).toBe(y + 2);
      expect(able.live).toBe(0);
      expect(warn).toHaveBeenCalledTimes(1);
    }
    await useBackend(bare);
    expect(() => withBackend(bare, () => double(tensor([1])))).toThrow('double: the bare backend has no kernel for it');
    await useBackend(main);
  });
});

describe('a declaration', () => {
  test('that only changes its inputs has no gradient', () => {
    const declaration = { name: 'bad', inputs: ['x'], outputs: [], mutates: ['x'] } as const;
    const message = "bad: an op that only changes its inputs needs grad: 'nondifferentiable'";
    expect(() => defineOp({ ...declaration, infer: () => {} })).toThrow(message);
    expect(() => defineOp({ ...declaration, grad: () => ({ x: null }), infer: () => {} })).toThrow(message);
  });

  test('knows names and types of what changes', () => {
    type Bad = OpDeclaration<readonly ['x'], object, readonly [], never, unknown, 'x'>;
    // @ts-expect-error there is no input z
    const misspelt: Bad['mutates'] = ['z'];
    // @ts-expect-error the new value of x is a tensor
    const wrong: Bad['compose'] = () => ({ x: 3 });
    expect([misspelt, wrong]).toHaveLength(2);
  });

  test('whose decomposition makes something else is told so, and nothing changes', () => {
    using _ = scope();
    const make = (compose: (x: Tensor) => Tensor[]): ((xs: Tensor[]) => void) =>
      defineOp({
        name: 'odd',
        inputs: ['...xs'],
        outputs: [],
        mutates: ['xs'],
        grad: 'nondifferentiable',
        infer: () => {},
        compose: ({ xs }) => ({ xs: compose(xs[0]!) }),
        call: (run) => (xs: Tensor[]) => run({ xs }, {}),
      });
    const x = tensor([1, 2]);
    const before = memory().buffers;
    expect(() => make((t) => [t.sum()])([x])).toThrow(
      'odd: its decomposition made float32 [] for float32 [2] tensors to change; return one of the same shape and dtype',
    );
    expect(() => make((t) => [t.add(1), t])([x])).toThrow('odd: its decomposition made 2 new values for 1 tensors');
    expect([x.toArray(), memory().buffers]).toEqual([[1, 2], before]);
  });

  test('may exchange what it changes', () => {
    using _ = scope();
    const swap = defineOp({
      name: 'swap',
      inputs: ['a', 'b'],
      outputs: [],
      mutates: ['a', 'b'],
      grad: 'nondifferentiable',
      infer: () => {},
      compose: ({ a, b }) => ({ a: b, b: a }),
    });
    const [a, b] = [tensor([1]), tensor([2])];
    swap(a, b);
    expect([a.item(), b.item()]).toEqual([2, 1]);
  });
});

describe('the updates of optimisers', () => {
  test.each<[string, () => void, string]>([
    [
      'a gradient of another shape',
      () => sgdUpdate([leaf(1), leaf(1, 2)], [leaf(1), leaf(1, 2, 3)], [], { lr: 1 }),
      'sgdUpdate: params[1] is [2] and grads[1] is [3]; they must be the same',
    ],
    [
      'a gradient of another dtype',
      () => sgdUpdate([leaf(1)], [tensor([1], { dtype: 'float64' })], [], { lr: 1 }),
      'sgdUpdate: params[0] is float32 and grads[0] is float64; cast one of them',
    ],
    [
      'whole numbers',
      () => sgdUpdate([tensor([1], { dtype: 'int32' })], [tensor([1], { dtype: 'int32' })], [], { lr: 1 }),
      'sgdUpdate: grads is int32, needs float32 or float64',
    ],
    [
      'a gradient too few',
      () => sgdUpdate([leaf(1), leaf(2)], [leaf(1)], [], { lr: 1 }),
      'sgdUpdate: grads has length 1, needs 2, one for each parameter',
    ],
    [
      'momentum without buffers',
      () => sgdUpdate([leaf(1)], [leaf(1)], [], { lr: 1, momentum: 0.9, isNew: [true] }),
      'sgdUpdate: buffers has length 0, needs 1, one for each parameter',
    ],
    [
      'momentum without isNew',
      () => sgdUpdate([leaf(1)], [leaf(1)], [leaf(1)], { lr: 1, momentum: 0.9 }),
      'sgdUpdate: isNew has length 0, needs 1, one for each parameter',
    ],
    [
      'buffers without momentum',
      () => sgdUpdate([leaf(1)], [leaf(1)], [leaf(1)], { lr: 1 }),
      'sgdUpdate: buffers has length 1, needs 0',
    ],
    [
      'no lists',
      () => sgdUpdate(leaf(1) as never, leaf(1) as never, [], { lr: 1 }),
      'sgdUpdate: params is a Tensor, needs an array',
    ],
    [
      'no steps',
      () => adamUpdate([leaf(1)], [leaf(1)], [leaf(1)], [leaf(1)], [], { lr: 1, steps: 1 as never }),
      'adamUpdate: steps is 1, needs an array of numbers',
    ],
    [
      'a mean of another shape',
      () => adamUpdate([leaf(1)], [leaf(1)], [leaf(1)], [leaf(1, 2)], [], { lr: 1, steps: [1] }),
      'adamUpdate: params[0] is [1] and expAvgSqs[0] is [2]; they must be the same',
    ],
    [
      'a step too few',
      () => adamUpdate([leaf(1)], [leaf(1)], [leaf(1)], [leaf(1)], [], { lr: 1, steps: [] }),
      'adamUpdate: steps has length 0, needs 1, one for each parameter',
    ],
  ])('%s', (_, call, message) => {
    using _scope = scope();
    expect(call).toThrow(message);
  });

  test('anomaly mode names the update that made the first infinity', () => {
    using _ = scope();
    const [x, g] = [leaf(1, 3e38), tensor([1, -3e38])];
    expect(() => detectAnomaly(() => sgdUpdate([x], [g], [], { lr: 1 }))).toThrow(
      'sgdUpdate made Infinity at index 1 from finite inputs (params[0] [2], grads[0] [2])',
    );
    // From infinite gradients it is not the update that went wrong.
    detectAnomaly(() => sgdUpdate([leaf(1)], [tensor([Number.POSITIVE_INFINITY])], [], { lr: 1 }));
  });
});
