// What all optimisers share: groups, memory, states that go on exactly (bad-states.test.ts has others), and sentences for what does not fit.

import {
  crossEntropy,
  type Element,
  manualSeed,
  memory,
  randn,
  scope,
  type Tensor,
  tensor,
  useBackend,
} from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Linear, Sequential, Tanh } from '@dl/layers';
import { assertAllClose } from '@dl/testing';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { written } from '../test/written.js';
import {
  Adam,
  AdamW,
  type ElementUpdate,
  ElementwiseOptimizer,
  type Form,
  type GroupOptions,
  type Optimizer,
  optionChecks,
  type ParametersOrGroups,
  PerParameterOptimizer,
  type Remembered,
  SGD,
  type Update,
} from './index.js';

type Make = (parameters: ParametersOrGroups<{ readonly lr?: number }>) => Optimizer;
const optimizers: readonly (readonly [string, Make])[] = [
  ['SGD', (parameters) => new SGD(parameters, { lr: 0.1 })],
  ['SGD with momentum', (parameters) => new SGD(parameters, { lr: 0.1, momentum: 0.9, weightDecay: 1e-3 })],
  ['Adam', (parameters) => new Adam(parameters, { lr: 0.01 })],
  ['AdamW', (parameters) => new AdamW(parameters, { lr: 0.01 })],
  ['one for each parameter', (parameters) => new Heavy(parameters)],
  ['Adam with amsgrad', (parameters) => new Adam(parameters, { lr: 0.01, amsgrad: true })],
];

type HeavyOptions = { readonly lr?: number };
type HeavyMemory = { readonly step: number; readonly buffer: Tensor };

/** A heavy ball, written for one parameter. At first it remembers the gradient itself. */
class Heavy extends PerParameterOptimizer<HeavyOptions, HeavyMemory> {
  constructor(parameters: ParametersOrGroups<HeavyOptions>) {
    super('Heavy', parameters, { defaults: { lr: 0.1 }, checks: { lr: optionChecks.learningRate } });
  }
  protected update(
    param: Tensor,
    grad: Tensor,
    memory: Remembered<HeavyMemory>,
    { lr }: GroupOptions<HeavyOptions>,
  ): Update<HeavyMemory> {
    const buffer = memory.buffer === undefined ? grad : memory.buffer.mul(0.9).add(grad);
    return { param: param.sub(buffer.mul(lr)), memory: { step: (memory.step ?? 0) + 1, buffer } };
  }
  protected forms({ shape }: Tensor): Readonly<Record<keyof HeavyMemory, Form>> {
    return { step: {}, buffer: { shape } };
  }
}

const main = cpu();
beforeAll(() => useBackend(main));
beforeEach(() => void manualSeed(5));

const network = (): Sequential => new Sequential(new Linear(4, 8), new Tanh(), new Linear(8, 3));

/** One step of training on a batch of its own. */
function train(model: Sequential, optimizer: Optimizer): void {
  using _ = scope();
  const labels = tensor([0, 1, 2, 1, 0], { dtype: 'int32' });
  crossEntropy(model.forward(randn([5, 4])), labels).backward();
  optimizer.step();
  optimizer.zeroGrad();
}

describe.each(optimizers)('%s', (_, make) => {
  test('goes on exactly from a state, live or written to a file', () => {
    using model = network();
    using optimizer = make([
      { params: model.parameters().slice(0, 1) },
      { params: model.parameters().slice(1), lr: 0.05 },
    ]);
    for (let i = 0; i < 3; i++) train(model, optimizer);
    optimizer.paramGroups[0]!.lr = 0.02;
    const resumed = [optimizer.stateDict(), written(optimizer.stateDict())].map((state) => {
      const again = network().loadStateDict(model.stateDict());
      const params = again.parameters();
      const other = make([{ params: params.slice(0, 1) }, { params: params.slice(1) }]);
      other.loadStateDict(state);
      return { again, other };
    });
    const run = (each: Sequential, by: Optimizer): number[][] => {
      manualSeed(9);
      for (let i = 0; i < 5; i++) train(each, by);
      return each.parameters().map((parameter) => Array.from(parameter.dataSync()));
    };
    const unbroken = run(model, optimizer);
    for (const { again, other } of resumed) {
      expect(other.paramGroups.map(({ lr }) => lr)).toEqual([0.02, 0.05]);
      expect(run(again, other)).toEqual(unbroken);
      other.dispose();
      again.dispose();
    }
  });

  test('a parameter without gradient stays as it is', () => {
    using model = network();
    using optimizer = make(model.parameters());
    const frozen = model.parameters()[0]!;
    frozen.requiresGrad = false;
    const before = model.parameters().map((parameter) => parameter.toArray());
    train(model, optimizer);
    const after = model.parameters().map((parameter) => parameter.toArray());
    expect(after[0]).toEqual(before[0]);
    expect(after[1]).not.toEqual(before[1]);
    // Nothing is remembered of it, and such a state can be loaded.
    expect(optimizer.stateDict().state[0]).toEqual({});
    optimizer.loadStateDict(optimizer.stateDict());
    train(model, optimizer);
  });
});

test('written for one parameter or for all, the same optimiser takes the same path', () => {
  const [one, all] = [network(), network()];
  all.loadStateDict(one.stateDict());
  using heavy = new Heavy(one.parameters());
  using sgd = new SGD(all.parameters(), { lr: 0.1, momentum: 0.9 });
  for (const [model, optimizer] of [
    [one, heavy],
    [all, sgd],
  ] as const) {
    manualSeed(3);
    for (let i = 0; i < 10; i++) train(model, optimizer);
  }
  all.parameters().forEach((parameter, i) => {
    assertAllClose(parameter.dataSync(), one.parameters()[i]!.dataSync(), { rtol: 1e-5, atol: 1e-6 });
  });
  for (const model of [one, all]) model.dispose();
});

test('parameters of a group that live on two backends, or differ in dtype, change each where it is', async () => {
  using _ = scope();
  const other = cpu({ engine: 'typescript' });
  await useBackend([main, other]);
  const here = tensor([1, 2], { requiresGrad: true });
  const there = tensor([3], { requiresGrad: true, backend: other });
  const double = tensor([4], { requiresGrad: true, dtype: 'float64' });
  const params = [here, there, double];
  const optimizer = new SGD(params, { lr: 0.5, momentum: 0.5 });
  for (let i = 0; i < 2; i++) {
    for (const param of params) param.mul(2).sum().backward();
    optimizer.step();
    optimizer.zeroGrad();
  }
  // Down by lr · 2, then by lr · (½ · 2 + 2).
  expect(params.map((param) => param.toArray())).toEqual([[-1.5, -0.5], [0.5], [1.5]]);
  optimizer.dispose();
});

test('a parameter whose first gradient comes later begins then, with its own count of steps', () => {
  using _ = scope();
  const run = (make: (params: Tensor[]) => Optimizer, late: boolean): number[] => {
    const [a, b] = [tensor([1], { requiresGrad: true }), tensor([1], { requiresGrad: true })];
    using optimizer = make([a, b]);
    for (let i = 0; i < 5; i++) {
      const isHere = !late || i >= 2;
      a.square().sum().backward();
      if (isHere) b.square().sum().backward();
      optimizer.step();
      optimizer.zeroGrad();
      if (late && i === 4) return [b.item()];
      if (!late && i === 2) return [b.item()];
    }
    return [];
  };
  for (const make of [
    (params: Tensor[]) => new SGD(params, { lr: 0.1, momentum: 0.9, dampening: 0.5 }),
    (params: Tensor[]) => new Adam(params, { lr: 0.1 }),
  ]) {
    expect(run(make, true)).toEqual(run(make, false));
  }
});

test('when something is wrong with one parameter, none has changed', () => {
  using _ = scope();
  const [a, b] = [tensor([1], { requiresGrad: true }), tensor([1], { requiresGrad: true })];
  using optimizer = new Adam([{ params: [a] }, { params: [b] }]);
  a.square().sum().backward();
  b.square().sum().backward();
  b.dispose();
  expect(() => optimizer.step()).toThrow('Adam: parameter 0 of group 1 was freed');
  expect(a.item()).toBe(1);
  expect(optimizer.stateDict().state).toEqual([{}, {}]);
});

test('zeroGrad frees gradients, and without it they add up', () => {
  using _ = scope();
  const x = tensor([1, 2], { requiresGrad: true });
  const optimizer = new SGD([x], { lr: 0.5 });
  const bytes = memory().bytes;
  for (let i = 0; i < 2; i++) {
    using _inner = scope();
    x.sum().backward();
  }
  optimizer.step();
  expect(x.toArray()).toEqual([0, 1]);
  optimizer.zeroGrad();
  expect(x.grad).toBeUndefined();
  expect(memory().bytes).toBe(bytes);
});

test('a learning rate is set for each group, and acts from the next step', () => {
  using _ = scope();
  const [a, b, c] = [1, 2, 3].map((value) => tensor([value], { requiresGrad: true })) as [Tensor, Tensor, Tensor];
  const optimizer = new SGD([{ params: [a] }, { params: [b], lr: 0.5 }], { lr: 1 });
  optimizer.addParamGroup({ params: [c], lr: 0.25 });
  expect(optimizer.paramGroups.map(({ lr, momentum }) => [lr, momentum])).toEqual([
    [1, 0],
    [0.5, 0],
    [0.25, 0],
  ]);
  for (const group of optimizer.paramGroups) group.lr *= 2;
  optimizer.paramGroups[1]!.lr = 0;
  a.add(b).add(c).backward();
  optimizer.step();
  expect([a, b, c].map((value) => value.item())).toEqual([-1, 2, 2.5]);
});

test('a step leaves a backward pass that comes too late without wrong numbers', () => {
  using _ = scope();
  const x = tensor([1, 2], { requiresGrad: true });
  const optimizer = new SGD([x], { lr: 0.1 });
  const late = x.square().sum();
  x.sum().backward();
  optimizer.step();
  expect(() => late.backward()).toThrow('square saved x for its gradient, but sgdUpdate() changed it in place');
});

describe('says what does not fit:', () => {
  const leaf = (): Tensor => tensor([1, 2], { requiresGrad: true });
  const build = (parameters: unknown, options: unknown = { lr: 0.1 }): unknown =>
    new SGD(parameters as Tensor[], options as { lr: number });

  test.each<[string, () => unknown, string]>([
    ['no lr', () => build([leaf()], {}), 'SGD: lr is undefined, needs a number of at least 0'],
    ['lr below 0', () => build([leaf()], { lr: -1 }), 'SGD: lr is -1, needs a number of at least 0'],
    ['lr NaN', () => build([leaf()], { lr: Number.NaN }), 'SGD: lr is NaN, needs a number of at least 0'],
    ['lr a string', () => build([leaf()], { lr: '0.1' }), "SGD: lr is '0.1', needs a number of at least 0"],
    ['lr of a group', () => build([{ params: [leaf()], lr: -2 }]), 'SGD: lr is -2, needs a number of at least 0'],
    [
      'momentum',
      () => build([leaf()], { lr: 1, momentum: -0.1 }),
      'SGD: momentum is -0.1, needs a number of at least 0',
    ],
    [
      'weight decay',
      () => new Adam([leaf()], { weightDecay: -1 }),
      'Adam: weightDecay is -1, needs a number of at least 0',
    ],
    [
      'betas',
      () => new Adam([leaf()], { betas: [0.9, 1] }),
      'Adam: betas is [0.9, 1], needs a pair of numbers of at least 0 and below 1',
    ],
    ['amsgrad', () => new Adam([leaf()], { amsgrad: 1 as never }), 'Adam: amsgrad is 1, needs true or false'],
    [
      'nesterov without momentum',
      () => build([leaf()], { lr: 1, nesterov: true }),
      'SGD: nesterov needs a momentum above 0 and dampening 0; got momentum 0 and dampening 0',
    ],
    [
      'an unknown option',
      () => build([leaf()], { lr: 1, weight_decay: 0.1 }),
      'SGD: there is no option weight_decay; did you mean weightDecay?',
    ],
    [
      'an unknown option of a group',
      () => build([{ params: [leaf()], LR: 1 }]),
      'SGD: there is no option LR; did you mean lr?',
    ],
    ['no parameters', () => build([]), 'SGD: got no parameter to optimise; give it model.parameters()'],
    ['a model', () => build(new Linear(2, 2)), 'SGD: the parameters are not an array; give it model.parameters()'],
    [
      'an array in an array',
      () => build([[leaf()]]),
      'SGD: parameter 0 of group 0 is not a Tensor; give it an array of tensors, or of groups',
    ],
    [
      'groups and tensors mixed',
      () => build([{ params: [leaf()] }, leaf()]),
      'SGD: parameter 0 of group 0 is not a Tensor',
    ],
    [
      'constants',
      () => build([tensor([1]), tensor([2])]),
      'SGD: none of the 2 tensors requires a gradient; set requiresGrad on those to optimise',
    ],
    [
      'no leaf',
      () => build([leaf().mul(2)]),
      'SGD: parameter 0 of group 0 was made by mul; only leaves can be optimised',
    ],
  ])('%s', (_, make, message) => {
    using _scope = scope();
    expect(make).toThrow(message);
  });

  test('the same parameter twice', () => {
    using _ = scope();
    const x = leaf();
    expect(() => build([x, x])).toThrow('SGD: parameter 1 of group 0 was given before; each parameter may come once');
    expect(() => build([{ params: [x] }, { params: [x] }])).toThrow('SGD: parameter 0 of group 1 was given before');
  });

  test('a group that is none, later on', () => {
    using _ = scope();
    const optimizer = build([leaf()]) as SGD;
    for (const group of [undefined, {}, { params: leaf() }]) {
      expect(() => optimizer.addParamGroup(group as never)).toThrow('SGD: the group has no array params');
    }
    expect(() => optimizer.addParamGroup({ params: [leaf()], lr: -1 })).toThrow(
      'SGD: lr is -1, needs a number of at least 0',
    );
    expect(() => optimizer.addParamGroup({ params: [leaf()], pace: 1 } as never)).toThrow(
      'SGD: there is no option pace',
    );
    expect(optimizer.paramGroups).toHaveLength(1);
  });

  test('a formula that remembers what it did not say', () => {
    using _ = scope();
    class Forgetful extends ElementwiseOptimizer<{ readonly lr: number }, { readonly mean?: Tensor }> {
      constructor(params: readonly Tensor[]) {
        super('Forgetful', params, { defaults: { lr: 1 }, checks: { lr: optionChecks.learningRate } });
      }
      protected update(param: Element, grad: Element): ElementUpdate<{ readonly mean?: Tensor }> {
        return { param: param.sub(grad), memory: { mean: grad } };
      }
      protected forms({ shape }: Tensor): { readonly mean: Form } {
        return { mean: { shape, optional: true } };
      }
    }
    const x = leaf();
    x.sum().backward();
    expect(() => new Forgetful([x]).step()).toThrow(
      'Forgetful: update() gave mean, which forms() does not name as what is always remembered; name it there',
    );
    expect(x.toArray()).toEqual([1, 2]);
  });

  test('a step without gradients, with a freed parameter, or with a bad learning rate', () => {
    using _ = scope();
    const x = leaf();
    const optimizer = new SGD([x], { lr: 0.1 });
    expect(() => optimizer.step()).toThrow(
      'SGD: step() found no gradient; call loss.backward() before it, and zeroGrad() after it',
    );
    x.sum().backward();
    optimizer.paramGroups[0]!.lr = -1;
    expect(() => optimizer.step()).toThrow('SGD: lr is -1, needs a number of at least 0');
    optimizer.paramGroups[0]!.lr = 0.1;
    x.dispose();
    expect(() => optimizer.step()).toThrow('SGD: parameter 0 of group 0 was freed');
  });
});

test('JSON.stringify says how to save an optimiser, instead of leaving out what it remembers', () => {
  const optimizer = new Adam([randn([2], { requiresGrad: true })]);
  expect(() => JSON.stringify({ optimizer })).toThrow(
    'JSON.stringify: Adam has no form in JSON; save it with packState(optimizer.stateDict()) of @dl/checkpoint',
  );
});

test('a state in JSON comes back', () => {
  const makeBoth = () => {
    const w = tensor([1, -2, 3], { requiresGrad: true });
    return { w, optimizer: new Adam([w], { lr: 0.1 }) };
  };
  const step = ({ w, optimizer }: ReturnType<typeof makeBoth>) => {
    w.square().sum().backward();
    optimizer.step();
    optimizer.zeroGrad();
  };
  const [whole, first] = [makeBoth(), makeBoth()];
  for (let i = 0; i < 4; i++) step(whole);
  for (let i = 0; i < 2; i++) step(first);
  const text = JSON.stringify({ w: first.w, state: first.optimizer.stateDict() });
  const second = makeBoth();
  const { w, state } = JSON.parse(text);
  second.w.requiresGrad = false;
  second.w.assign(tensor(w));
  second.w.requiresGrad = true;
  second.optimizer.loadStateDict(state);
  for (let i = 0; i < 2; i++) step(second);
  expect(second.w.toArray()).toEqual(whole.w.toArray());
});
