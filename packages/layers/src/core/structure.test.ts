// What a module can do beside computing: freezing, hooks, loading in part, and asking containers for what they have.

import { ones, randn, scope, type Tensor, useBackend, zeros } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { Linear, type Module, ModuleDict, ModuleList, ReLU, Sequential, Tanh } from '../index.js';

beforeAll(() => useBackend(cpu()));

const small = () => new Sequential(new Linear(2, 3), new Tanh(), new Sequential(new Linear(3, 4), new Linear(4, 1)));
const trainable = (model: Module) =>
  model.namedParameters().flatMap(([name, { requiresGrad }]) => (requiresGrad ? [name] : []));

describe('freeze and unfreeze', () => {
  test.each([
    [undefined, []],
    ['0', ['2.0.weight', '2.0.bias', '2.1.weight', '2.1.bias']],
    ['2.0.weight', ['0.weight', '0.bias', '2.0.bias', '2.1.weight', '2.1.bias']],
    ['2', ['0.weight', '0.bias']],
    ['*.bias', ['0.weight', '2.0.weight', '2.1.weight']],
    [/^\d\.w/g, ['0.bias', '2.0.weight', '2.0.bias', '2.1.weight', '2.1.bias']],
  ] as const)('%s', (pattern, rest) => {
    using model = small();
    const all = trainable(model);
    expect(trainable(model.freeze(pattern))).toEqual(rest);
    expect(trainable(model.unfreeze(pattern))).toEqual(all);
  });

  test('frees the gradient, and what is frozen gets none', () => {
    using _ = scope();
    using model = small();
    model
      .forward(randn([2, 2]))
      .sum()
      .backward();
    model.freeze('0');
    expect(model.parameters()[0]!.grad).toBeUndefined();
    model
      .forward(randn([2, 2]))
      .sum()
      .backward();
    expect(model.parameters()[0]!.grad).toBeUndefined();
    expect(model.parameters()[2]!.grad).toBeDefined();
  });

  test('a pattern that names nothing is an error', () => {
    using model = new Linear(2, 1);
    expect(() => model.freeze('weigth')).toThrow('freeze: no parameter is called weigth; there are weight, bias');
    expect(() => model.unfreeze('w')).toThrow('unfreeze: no parameter is called w; there are weight, bias');
    expect(() => model.freeze(1 as never)).toThrow('freeze: the pattern is 1');
  });
});

test('apply visits children before what they are part of', () => {
  using model = small();
  const seen: string[] = [];
  expect(model.apply((module) => void seen.push(module.constructor.name))).toBe(model);
  expect(seen).toEqual(['Linear', 'Tanh', 'Linear', 'Linear', 'Sequential', 'Sequential']);
});

test('hooks see, and may replace, inputs and outputs, until they are removed', () => {
  using _ = scope();
  using model = small();
  const tanh = model.layers[1]!;
  const seen: unknown[] = [];
  const handle = tanh.registerForwardHook(([x], y, module) => void seen.push(x.shape, y.shape, module === tanh));
  const plain = model.forward(ones([5, 2])).toArray();
  expect(seen).toEqual([[5, 3], [5, 3], true]);
  {
    using _doubled = tanh.registerForwardHook((_x, y) => y.mul(0));
    using _before = model.registerForwardPreHook(([x]) => [x.mul(3)] as [Tensor]);
    const zeroed = model.forward(ones([5, 2]));
    expect(zeroed.toArray()).toEqual(model.layers[2]!.forward(zeros([5, 3])).toArray());
  }
  handle.remove();
  expect(model.forward(ones([5, 2])).toArray()).toEqual(plain);
  expect(seen.length).toBe(6);
  expect(model.namedParameters().length).toBe(6);
});

describe('a state in part', () => {
  const state = () => ({
    'encoder.weight': { data: [1, 2, 3, 4, 5, 6], shape: [3, 2] },
    'encoder.bias': { data: [1, 2, 3], shape: [3] },
    head: { data: [1], shape: [1] },
  });

  test('loads what it has and reports the rest', () => {
    using model = small();
    expect(model.loadStateDict(state(), { strict: false, rename: { encoder: '0', head: '2.1.bias' } })).toEqual({
      loaded: ['0.weight', '0.bias', '2.1.bias'],
      missing: ['2.0.weight', '2.0.bias', '2.1.weight'],
      unexpected: [],
    });
    expect(model.stateDict()['0.bias']!.toArray()).toEqual([1, 2, 3]);
    expect(model.loadStateDict(state(), { strict: false, rename: (name) => name.replace('encoder', '0') })).toEqual({
      loaded: ['0.weight', '0.bias'],
      missing: ['2.0.weight', '2.0.bias', '2.1.weight', '2.1.bias'],
      unexpected: ['head'],
    });
  });

  test('strict with a map returns the module', () => {
    using model = new Linear(2, 3);
    const { head: _, ...rest } = state();
    expect(model.loadStateDict(rest, { rename: { 'encoder.weight': 'weight', 'encoder.bias': 'bias' } })).toBe(model);
    expect(model.bias!.toArray()).toEqual([1, 2, 3]);
  });

  test('what is there must still fit, and names must differ', () => {
    using model = new Linear(3, 3);
    const load = (rename: Record<string, string>) => () => model.loadStateDict(state(), { strict: false, rename });
    expect(load({ 'encoder.weight': 'weight' })).toThrow('Misshapen: weight is [3, 2] instead of [3, 3].');
    expect(load({ encodr: 'x' })).toThrow(
      'nothing in the state is called encodr, as rename has it; it has encoder.weight',
    );
    expect(load({ head: 'encoder.bias' })).toThrow(
      'rename makes encoder.bias of both encoder.bias and head; each needs a name of its own',
    );
  });
});

test('lists and dictionaries are asked for what they have', () => {
  using list = new ModuleList([new Tanh()]);
  using dict = new ModuleDict<Module>({ a: new Tanh() });
  expect([list.length, list.push(new ReLU()).length, list.at(-1).constructor.name]).toEqual([1, 2, 'ReLU']);
  expect([dict.size, dict.set('b', new ReLU()).keys(), dict.has('c'), [...dict].length]).toEqual([
    1,
    ['a', 'b'],
    false,
    2,
  ]);
  expect(() => list.at(2)).toThrow('ModuleList: there is no module 2; it has 2');
  expect(() => dict.get('c')).toThrow("ModuleDict: there is no module 'c'; it has a, b");
  expect(() => dict.set('a.b', new ReLU())).toThrow("ModuleDict: the name is 'a.b'");
  expect(() => list.push(1 as never)).toThrow('ModuleList: module 2 is 1, needs a module');
  expect(() => list.forward()).toThrow('ModuleList: computes nothing itself; call its modules, or use Sequential');
});
