// Ops that change inputs and return outputs, and outputs that only the gradient needs.

import { cpu, cpuBuffer } from '@dl/kernels-cpu';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  add,
  defineKernel,
  defineOp,
  grad,
  type KernelEntry,
  type KernelTensor,
  memory,
  mul,
  noGrad,
  ones,
  resetPeakMemory,
  scope,
  square,
  sum,
  type Tensor,
  tensor,
  useBackend,
  zeros,
} from '../index.js';

/** y = x³, for whose gradient a kernel has kept 3x². */
const cube = defineOp({
  name: 'cube',
  inputs: ['x'],
  outputs: ['y', 'slope?'],
  infer: ({ x }) => ({ y: { shape: x.shape, dtype: x.dtype }, slope: { shape: x.shape, dtype: x.dtype } }),
  grad: ({ dy, slope }) => ({ x: (): Tensor => mul(dy, slope) }),
  compose: ({ x }) => mul(x, square(x)),
});

/** y = x - mean, and mean ← (mean + x̄) / 2, with x² in reserve as an op of a normalisation would have its statistics. */
const centre = defineOp({
  name: 'centre',
  inputs: ['x', 'mean'],
  outputs: ['y', 'count', 'kept?'],
  mutates: ['mean'],
  infer: ({ x, mean }) => ({
    y: { shape: x.shape, dtype: x.dtype },
    count: { shape: [], dtype: x.dtype },
    kept: { shape: mean.shape, dtype: x.dtype },
  }),
  // By the mean that was: kept is 1 / 1, so that it is seen whether it came through.
  grad: ({ dy, kept }) => ({ x: (): Tensor => mul(dy, kept), mean: null }),
  compose: ({ x, mean }) => ({
    y: x.sub(mean.detach().clone()),
    count: sum(x.mul(0).add(1)),
    mean: add(mean, x.mean().reshape([1])).mul(0.5),
  }),
});

const valuesOf = ({ handle }: KernelTensor): Float32Array => cpuBuffer(handle).values as Float32Array;
let asked: boolean[] = [];

const kernels = (): KernelEntry[] => [
  defineKernel(cube, ({ x, y, slope }) => {
    asked.push(slope !== undefined);
    const from = valuesOf(x);
    valuesOf(y).set(from.map((value) => value ** 3));
    if (slope !== undefined) valuesOf(slope).set(from.map((value) => 3 * value * value));
  }),
  defineKernel(centre, ({ x, mean, y, count, kept }) => {
    asked.push(kept !== undefined);
    const [from, former] = [valuesOf(x), valuesOf(mean)];
    valuesOf(y).set(from.map((value) => value - former[0]!));
    valuesOf(count)[0] = from.length;
    if (kept !== undefined) valuesOf(kept)[0] = 1;
    former[0] = (former[0]! + from.reduce((total, value) => total + value, 0) / from.length) / 2;
  }),
];

const backends = {
  'with a kernel': () => cpu({ threads: 1, kernels: kernels() }),
  'by composition': () => cpu({ threads: 1 }),
};

describe.each(Object.entries(backends))('%s', (how, make) => {
  beforeAll(async () => {
    await useBackend(make());
  });
  beforeEach(() => {
    asked = [];
  });

  test('an op with a reserve returns its outputs alone, and has its gradient', () => {
    scope(() => {
      const x = tensor([1, -2, 3], { requiresGrad: true });
      const y = cube(x);
      expect(y.toArray()).toEqual([1, -8, 27]);
      y.sum().backward();
      expect(x.grad!.toArray()).toEqual([3, 12, 27]);
      expect(asked).toEqual(how === 'with a kernel' ? [true] : []);
    });
  });

  test('gradients of gradients are right', () => {
    scope(() => {
      const x = tensor([1, -2]);
      const second = grad((a: Tensor) => grad((b: Tensor) => cube(b).sum())(a).sum())(x);
      expect(second.toArray()).toEqual([6, -12]);
      // The third, by the same way.
      const third = grad((c: Tensor) => grad((a: Tensor) => grad((b: Tensor) => cube(b).sum())(a).sum())(c).sum())(x);
      expect(third.toArray()).toEqual([6, 6]);
    });
  });

  test('an op changes an input, returns outputs, and has a gradient', () => {
    scope(() => {
      const x = tensor([2, 4], { requiresGrad: true });
      const mean = tensor([1]);
      const { y, count } = centre.run({ x, mean }, {});
      expect([y.toArray(), count.item(), mean.toArray()]).toEqual([[1, 3], 2, [2]]);
      y.mul(tensor([5, 7]))
        .sum()
        .backward();
      expect(x.grad!.toArray()).toEqual([5, 7]);
      // Unrecorded, too.
      const again = noGrad(() => centre.run({ x, mean }, {}));
      expect([again.y.toArray(), mean.toArray()]).toEqual([[0, 2], [2.5]]);
    });
  });

  test('what it changes cannot have a gradient, and cannot be made by a recorded op', () => {
    scope(() => {
      const x = ones([2]);
      const mean = zeros([1], { requiresGrad: true });
      expect(() => centre.run({ x, mean }, {})).toThrow(
        'centre: one of the tensors that it changes requires a gradient, which would be lost; change a detach() of it, or inside noGrad',
      );
      expect(() => centre.run({ x, mean: mean.mul(2) }, {})).toThrow('centre: mul made a tensor of mean');
      expect(noGrad(() => centre.run({ x, mean }, {})).y.toArray()).toEqual([1, 1]);
    });
  });

  test('nothing stays behind', () => {
    const before = memory().buffers;
    for (let i = 0; i < 3; i++) {
      scope(() => {
        const x = tensor([2, 4], { requiresGrad: true });
        const mean = tensor([1]);
        cube(centre.run({ x, mean }, {}).y).sum().backward();
        noGrad(() => centre.run({ x, mean }, {}));
      });
      if (i === 0) resetPeakMemory();
    }
    expect(memory().buffers).toBe(before);
  });
});

test('a kernel is asked for what is in reserve only when a gradient is recorded, and nothing is allocated for it otherwise', async () => {
  await useBackend(cpu({ threads: 1, kernels: kernels() }));
  const x = ones([1000]);
  const w = ones([1000], { requiresGrad: true });
  asked = [];
  /** The bytes that one call leaves alive. */
  const made = (body: () => unknown): number => {
    const before = memory().bytes;
    return scope(() => {
      body();
      return memory().bytes - before;
    });
  };
  expect(made(() => cube(x))).toBe(4000);
  expect(made(() => noGrad(() => cube(w)))).toBe(4000);
  expect(made(() => cube(w))).toBe(8000);
  expect(asked).toEqual([false, false, true]);
  // It goes with the backward pass, not with the scope.
  scope(() => {
    const loss = cube(w).sum();
    const before = memory().bytes;
    loss.backward();
    // The gradient is new, the reserve is free.
    expect(memory().bytes - before).toBe(0);
    w.zeroGrad();
  });
  x.dispose();
  w.dispose();
});

test('a gradient that a kernel has kept for an op that changes inputs is not differentiated again', async () => {
  await useBackend(cpu({ threads: 1, kernels: kernels() }));
  scope(() => {
    const mean = tensor([1]);
    const twice = grad((a: Tensor) => grad((b: Tensor) => centre.run({ x: b, mean }, {}).y.square().sum())(a).sum());
    expect(() => twice(tensor([1, 2]))).toThrow(
      'centre: it changes inputs, and its gradient cannot be differentiated again; leave createGraph out',
    );
  });
});

describe('a declaration', () => {
  const spec = { shape: [], dtype: 'float32' } as const;
  const infer = (): { y: typeof spec; r: typeof spec } => ({ y: spec, r: spec });

  test('with a reserve needs a formula and a composition', () => {
    const declaration = { name: 'bad', inputs: ['x'], outputs: ['y', 'r?'], infer } as const;
    const message = 'bad: r is in reserve for the gradient, which needs grad, a formula with it, and compose';
    expect(() => defineOp(declaration)).toThrow(message);
    expect(() => defineOp({ ...declaration, compose: ({ x }) => x })).toThrow(message);
    expect(() => defineOp({ ...declaration, grad: () => ({ x: null }) })).toThrow(message);
    expect(() => defineOp({ ...declaration, grad: 'nondifferentiable', compose: ({ x }) => x })).toThrow(message);
  });

  test('has what is in reserve last', () => {
    expect(() =>
      defineOp({
        name: 'bad',
        inputs: ['x'],
        outputs: ['r?', 'y'],
        infer,
        grad: () => ({ x: null }),
        compose: ({ x }) => x,
      }),
    ).toThrow("bad: the outputs are r?, y; those in reserve for the gradient, with a '?', come last");
  });

  test('that changes an input cannot save it, and needs a formula', () => {
    const declaration = { name: 'bad', inputs: ['x'], mutates: ['x'], infer: () => spec } as const;
    expect(() => defineOp({ ...declaration, saves: ['x'], grad: () => ({ x: null }) })).toThrow(
      'bad: it changes x, and its gradient needs what that was; give it another name for the former value',
    );
    expect(() => defineOp({ ...declaration, compose: ({ x }) => ({ x, y: x }) })).toThrow(
      "bad: an op that changes inputs needs a formula as grad, or 'nondifferentiable'",
    );
  });
});
