// What a trace hands on: each op once, with values that can be followed from call to call.

import { cpu } from '@dl/kernels-cpu';
import { Conv2d, Flatten, Linear, MaxPool2d, Sequential, Tanh } from '@dl/layers';
import { SGD } from '@dl/optim';
import { beforeAll, expect, test } from 'vitest';
import {
  add,
  concat,
  conv2d,
  crossEntropy,
  defineOp,
  grad,
  linear,
  mul,
  noGrad,
  type OpCall,
  ones,
  rand,
  relu,
  reshape,
  scope,
  sizeOf,
  type Tensor,
  tensor,
  trace,
  useBackend,
  withBackend,
} from '../index.js';

beforeAll(async () => {
  await useBackend(cpu({ threads: 1 }));
});

/** What is left of a call when its tensors are: `mul(0, 1) → 2`. */
function inWords({ op, inputs, outputs }: OpCall): string {
  const ids = (values: OpCall['inputs']): string =>
    Object.values(values)
      .map((list) => list.map(({ id }) => id).join('+'))
      .join(', ');
  return `${op.name}(${ids(inputs)}) → ${ids(outputs)}`;
}

function callsOf(body: () => unknown): string[] {
  const calls: string[] = [];
  scope(() => void trace(body, (call) => calls.push(inWords(call))));
  return calls;
}

/** Twice x by other ops, and with their gradients. */
const twice = defineOp({
  name: 'twice',
  inputs: ['x'],
  infer: ({ x }) => ({ shape: x.shape, dtype: x.dtype }),
  compose: ({ x }) => mul(add(x, x), 1),
});

test('every op is handed on once, with values that have the same id wherever they come in', () => {
  const x = ones([2, 3]);
  expect(
    callsOf(() => {
      const y = relu(x);
      const view = y.reshape([3, 2]);
      concat([view, view], 0).add(x.reshape([1, 6]).sum());
      return y.mul(x);
    }),
  ).toEqual([
    'relu(0) → 1',
    'reshape(1) → 2',
    'concat(2+2) → 3',
    'reshape(0) → 4',
    'sum(4) → 5',
    'add(3, 5) → 6',
    'mul(1, 0) → 7',
  ]);
  x.dispose();
});

test('a composed op is handed on without the ops inside, with gradients and without, with a kernel and without', async () => {
  const x = ones([2], { requiresGrad: true });
  const forward = (): unknown => linear(twice(x), ones([1, 2]), ones([1]));
  const expected = ['twice(0) → 1', 'linear(1, 2, 3) → 4'];
  expect(callsOf(forward)).toEqual(expected);
  expect(callsOf(() => noGrad(forward))).toEqual(expected);
  const composing = cpu({ engine: 'typescript' });
  await withBackendStarted(composing, () => {
    composing.kernels.delete(linear);
    const a = ones([2]);
    expect(callsOf(() => linear(twice(a), ones([1, 2]), ones([1])))).toEqual(expected);
  });
  x.dispose();
});

async function withBackendStarted(backend: ReturnType<typeof cpu>, body: () => void): Promise<void> {
  const before = await useBackend(cpu({ threads: 1 }));
  await useBackend(backend);
  try {
    withBackend(backend, body);
  } finally {
    await useBackend(before);
  }
}

test('the ops of gradients are handed on', () => {
  const x = ones([2]);
  expect(callsOf(() => grad((a: Tensor) => a.mul(a).sum())(x)).map((call) => call.replace(/\(.*/, ''))).toEqual(
    expect.arrayContaining(['mul', 'sum', 'expand', 'add']),
  );
  x.dispose();
});

test('a handle that no op made is the value that it shares, and a change in place makes a new one', () => {
  const w = ones([2], { requiresGrad: true });
  const x = ones([2]);
  const calls: string[] = [];
  const optimizer = new SGD([w], { lr: 0.1 });
  scope(() =>
    trace(
      () => {
        w.mul(x);
        w.detach().mul(x);
        w.grad = ones([2]);
        optimizer.step();
        w.mul(x);
        w.detach().mul(x);
      },
      (call) => calls.push(inWords(call)),
    ),
  );
  const [first, second, update, third, fourth] = calls;
  expect([first, second]).toEqual(['mul(0, 1) → 2', 'mul(0, 1) → 3']);
  // sgdUpdate: parameters, gradients, velocities.
  expect(update).toMatch(/^sgdUpdate\(0, 4.*\) → 5/);
  expect([third, fourth]).toEqual(['mul(5, 1) → 6', 'mul(5, 1) → 7']);
  w.dispose();
  x.dispose();
});

test('a call has the op, all attributes, and tensors that can be read', () => {
  const x = tensor([[1, -2]]);
  const seen: unknown[] = [];
  scope(() =>
    trace(
      () => x.sum(1).relu(),
      ({ op, attributes, inputs, outputs }) => {
        // Ops of its own are not handed on.
        const y = outputs['y']![0]!;
        seen.push([op.name, attributes, inputs['x']![0]!.tensor === x, y.tensor.add(1).toArray(), y.shape, y.dtype]);
      },
    ),
  );
  expect(seen).toEqual([
    ['sum', expect.objectContaining({ keepDims: false }), true, [0], [1], 'float32'],
    ['relu', {}, false, [1], [1], 'float32'],
  ]);
  x.dispose();
});

test('a trace within a trace tells both, each by its own numbers', () => {
  const x = ones([1]);
  const inner: string[] = [];
  const outer = callsOf(() => {
    const y = x.neg();
    trace(
      () => reshape(y.neg(), [1, 1]),
      (call) => inner.push(inWords(call)),
    );
    y.exp();
  });
  expect(outer).toEqual(['neg(0) → 1', 'neg(1) → 2', 'reshape(2) → 3', 'exp(1) → 4']);
  expect(inner).toEqual(['neg(0) → 1', 'reshape(1) → 2']);
  x.dispose();
});

test('it ends with the body, also when that fails or waits', async () => {
  const calls: string[] = [];
  const tell = (call: OpCall): void => void calls.push(call.op.name);
  await scope(async () => {
    await trace(async () => {
      ones([1]).neg();
      await Promise.resolve();
      ones([1]).exp();
    }, tell);
    ones([1]).abs();
    expect(() =>
      trace(
        () =>
          ones([1])
            .neg()
            .add(ones([2]).add(ones([3]))),
        tell,
      ),
    ).toThrow('add');
    ones([1]).abs();
  });
  // The op that failed made nothing.
  expect(calls).toEqual(['neg', 'exp', 'neg']);
});

test('what traces nothing says what it needs', () => {
  expect(() => trace(undefined as never, () => {})).toThrow('trace: body is undefined, needs a function: trace(() =>');
  expect(() => trace(() => 1, undefined as never)).toThrow('trace: tell is undefined, needs a function');
});

test('multiply-adds of LeNet-5, by the formula', () => {
  const lenet = new Sequential(
    new Conv2d(1, 6, 5, { padding: 2 }),
    new Tanh(),
    new MaxPool2d(2),
    new Conv2d(6, 16, 5),
    new Tanh(),
    new MaxPool2d(2),
    new Flatten(),
    new Linear(400, 120),
    new Tanh(),
    new Linear(120, 84),
    new Tanh(),
    new Linear(84, 10),
  );
  // Outputs times what each is a sum of.
  const conv = 6 * 28 * 28 * (1 * 5 * 5) + 16 * 10 * 10 * (6 * 5 * 5);
  const dense = 400 * 120 + 120 * 84 + 84 * 10;
  let multiplyAdds = 0;
  const named = new Map(lenet.namedParameters().map(([name, parameter]) => [parameter, name]));
  const weights: (string | undefined)[] = [];
  scope(() => {
    trace(
      () => crossEntropy(lenet.forward(rand([2, 1, 28, 28])), tensor([1, 2], { dtype: 'int32' })),
      ({ op, inputs, outputs }) => {
        if (op !== conv2d && op !== linear) return;
        const weight = inputs['weight']![0]!;
        weights.push(named.get(weight.tensor));
        multiplyAdds += sizeOf(outputs['y']![0]!.shape) * sizeOf(weight.shape.slice(1));
      },
    );
  });
  expect(multiplyAdds).toBe(2 * (conv + dense));
  expect(weights).toEqual(['0.weight', '3.weight', '7.weight', '9.weight', '11.weight']);
});
