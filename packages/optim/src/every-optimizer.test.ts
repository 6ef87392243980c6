// What holds for every optimiser that steps by gradients, whatever its formula: flat memory, exact resume, downhill, sentences.

import { readFileSync } from 'node:fs';
import { manualSeed, memory, randn, scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { written } from '../test/written.js';
import * as optim from './index.js';

type Params = optim.ParametersOrGroups<{ readonly lr?: number }>;
type Make = (params: Params, options?: Record<string, unknown>) => optim.Optimizer;

/** What optimisers are made from; every other class that extends `Optimizer` is tested here by itself. */
const bases = ['PerParameterOptimizer', 'ElementwiseOptimizer'];
const names = Object.entries(optim).flatMap(([name, value]) =>
  typeof value === 'function' && value.prototype instanceof optim.Optimizer && !bases.includes(name) ? [name] : [],
);

const constructors = optim as unknown as Record<string, new (params: Params, options: unknown) => optim.Optimizer>;
const maker =
  (name: string, own: Record<string, unknown> = {}): Make =>
  (params, options = {}) =>
    new constructors[name]!(params, { lr: 0.01, ...own, ...options });

const all: readonly (readonly [string, Make])[] = [
  ...names.map((name) => [name, maker(name)] as const),
  ['SGD with momentum', maker('SGD', { momentum: 0.9 })],
  ['Adam with amsgrad', maker('Adam', { amsgrad: true })],
  ['RMSprop, centred, with momentum', maker('RMSprop', { centered: true, momentum: 0.9 })],
  [
    'Lookahead',
    (params, options) => new optim.Lookahead(new optim.SGD(params as Tensor[], { lr: 0.05, ...options })) as never,
  ],
];

beforeAll(() => useBackend(cpu()));
beforeEach(() => void manualSeed(4));

test('the optimisers are those of the README', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  expect(names.filter((name) => !readme.includes(`\`${name}`))).toEqual([]);
  expect(names.length).toBeGreaterThan(15);
});

// Muon takes matrices only.
const leaves = (): Tensor[] =>
  [
    [4, 3],
    [3, 5],
  ].map((shape) => randn(shape, { requiresGrad: true }));

/** The parameters as a model reads them: for an optimiser that takes gradients of rows, all rows by their numbers. */
function read(params: readonly Tensor[], optimizer: optim.Optimizer): readonly Tensor[] {
  if (!(optimizer instanceof optim.SparseAdam)) return params;
  return params.map((param) => {
    const rows = tensor(Int32Array.from({ length: param.shape[0]! }, (_, row) => row));
    return param.indexSelect(0, rows, { sparse: true });
  });
}

/** One step on a batch of its own. Returns the loss. */
function train(params: readonly Tensor[], optimizer: optim.Optimizer): number {
  using _ = scope();
  const [w1, w2] = read(params, optimizer);
  const x = randn([6, 4]);
  const loss = x.matmul(w1!).tanh().matmul(w2!).square().mean();
  loss.backward();
  optimizer.step();
  optimizer.zeroGrad();
  return loss.item();
}

describe.each(all)('%s', (name, make) => {
  test('memory is the same to the byte after step 10 and after step 2,000, and free in the end', () => {
    const before = memory();
    const params = leaves();
    const optimizer = make(params);
    for (let i = 0; i < 10; i++) train(params, optimizer);
    const early = memory();
    for (let i = 10; i < 2000; i++) train(params, optimizer);
    expect([memory().bytes, memory().buffers]).toEqual([early.bytes, early.buffers]);
    optimizer.dispose();
    for (const param of params) param.dispose();
    expect([memory().bytes, memory().buffers]).toEqual([before.bytes, before.buffers]);
  });

  test('goes downhill, and uphill with maximize', () => {
    using _ = scope();
    for (const maximize of [false, true]) {
      const params = leaves();
      using optimizer = make(params, { maximize });
      const x = randn([6, 4]);
      const loss = (): Tensor => {
        const [w1, w2] = read(params, optimizer);
        return x.matmul(w1!).matmul(w2!).square().mean();
      };
      const first = loss().item();
      for (let i = 0; i < 10; i++) {
        loss().backward();
        optimizer.step();
        optimizer.zeroGrad();
      }
      expect(Math.sign(loss().item() - first)).toBe(maximize ? 1 : -1);
    }
  });

  test('with a rate of 0 parameters stay where they are, and come away from there later', () => {
    // Its rates begin with lr and grow by themselves.
    if (name === 'DeltaBarDelta') return;
    using _ = scope();
    const params = leaves();
    const start = params.map((param) => param.toArray());
    using optimizer = make(params, { lr: 0 });
    for (let i = 0; i < 3; i++) train(params, optimizer);
    // Rprop's steps are at least as long as the shortest.
    if (name !== 'Rprop') expect(params.map((param) => param.toArray())).toEqual(start);
    for (const group of optimizer.paramGroups) group.lr = 0.01;
    for (let i = 0; i < 3; i++) train(params, optimizer);
    expect(params.map((param) => param.toArray())).not.toEqual(start);
  });

  test('uphill is downhill on the other side', () => {
    using _ = scope();
    const path = (sign: number): number[][] => {
      manualSeed(6);
      const params = leaves();
      using optimizer = make(params, { maximize: sign < 0 });
      const x = randn([6, 4]);
      for (let i = 0; i < 10; i++) {
        const [w1, w2] = read(params, optimizer);
        x.matmul(w1!).tanh().matmul(w2!).square().mean().mul(sign).backward();
        optimizer.step();
        optimizer.zeroGrad();
      }
      return params.map((param) => Array.from(param.dataSync(), Number));
    };
    expect(path(-1)).toEqual(path(1));
  });

  test('goes on exactly from a state that was written to a file', () => {
    using _ = scope();
    const params = leaves();
    const groups = ([a, b]: Tensor[]): Params => [{ params: [a!] }, { params: [b!], lr: 0.02 }];
    using optimizer = make(groups(params));
    for (let i = 0; i < 7; i++) train(params, optimizer);
    const state = written(optimizer.stateDict());
    const copies = params.map((param) => param.detach().clone());
    for (const copy of copies) copy.requiresGrad = true;
    using resumed = make(groups(copies));
    resumed.loadStateDict(state);
    for (const [each, by] of [
      [params, optimizer],
      [copies, resumed],
    ] as const) {
      manualSeed(9);
      for (let i = 0; i < 8; i++) train(each, by);
    }
    expect(copies.map((copy) => copy.toArray())).toEqual(params.map((param) => param.toArray()));
  });
});

// Lookahead has no options of the optimiser inside, and a state of another form: its sentences are tested beside it.
test.each(all.filter(([name]) => name !== 'Lookahead'))('%s says what does not fit', (name, make) => {
  using _ = scope();
  const params = leaves();
  using optimizer = make(params);
  expect(() => make(params, { lr: -1 })).toThrow(`${optimizer.name}: lr is -1, needs a number of at least 0`);
  expect(() => make([{ params, pace: 1 } as never])).toThrow(`${optimizer.name}: there is no option pace; it has lr`);
  train(params, optimizer);
  const other = name.startsWith('SGD') ? maker('Adam')(params) : maker('SGD')(params);
  expect(() => optimizer.loadStateDict(other.stateDict())).toThrow(`the state is of ${other.name}`);
  const state = { ...optimizer.stateDict() };
  const small = make(
    [
      [2, 2],
      [2, 2],
    ].map((shape) => randn(shape, { requiresGrad: true })),
  );
  const remembered = Object.keys(state.state[1]!);
  // SGD remembers nothing without momentum.
  expect(remembered.length > 0).toBe(name !== 'SGD');
  if (name === 'SGD') return;
  expect(() => small.loadStateDict(state)).toThrow(/parameter 0 has for \w+ the shape/);
  const cut = JSON.stringify(state.paramGroups);
  for (const missing of remembered) {
    const { [missing]: _left, ...rest } = state.state[1]!;
    // Without anything it is the state of a parameter that was never changed.
    if (remembered.length === 1) continue;
    expect(() => optimizer.loadStateDict({ ...state, state: [state.state[0]!, rest] })).toThrow(
      `${optimizer.name}: loadStateDict changed nothing: parameter 1 lacks ${missing}`,
    );
  }
  expect(JSON.stringify(optimizer.stateDict().paramGroups)).toBe(cut);
  expect(() => optimizer.loadStateDict({ ...state, paramGroups: [] })).toThrow(
    'the state has groups of no parameters and the optimiser has groups of 2',
  );
});

test.each<[string, () => unknown, string]>([
  [
    'Muon',
    () => new optim.Muon([tensor([1], { requiresGrad: true })]),
    'Muon: parameter 0 of group 0 has shape [1], needs two axes or more; give biases, norms and the like to AdamW',
  ],
  [
    'Rprop etas',
    () => maker('Rprop')(leaves(), { etas: [1.2, 0.5] }),
    'Rprop: etas is [1.2, 0.5], needs a pair of numbers, one between 0 and 1 and one above 1',
  ],
  [
    'Rprop sizes',
    () => maker('Rprop')(leaves(), { stepSizes: [1] }),
    'Rprop: stepSizes is [1], needs a pair of numbers, the shortest and the longest step, above 0',
  ],
  [
    'Rprop sizes of 0',
    () => maker('Rprop')(leaves(), { stepSizes: [0, 50] }),
    'Rprop: stepSizes is [0, 50], needs a pair of numbers, the shortest and the longest step, above 0',
  ],
  [
    'Rprop sizes that fall',
    () => maker('Rprop')(leaves(), { stepSizes: [2, 1] }),
    'Rprop: stepSizes is [2, 1], needs a pair of numbers, the shortest and the longest step, above 0',
  ],
  [
    'Rprop etas of 0',
    () => maker('Rprop')(leaves(), { etas: [0, 1.2] }),
    'Rprop: etas is [0, 1.2], needs a pair of numbers, one between 0 and 1 and one above 1',
  ],
  [
    'Rprop etas up to 1',
    () => maker('Rprop')(leaves(), { etas: [0.5, 1] }),
    'Rprop: etas is [0.5, 1], needs a pair of numbers, one between 0 and 1 and one above 1',
  ],
  [
    'RMSprop alpha',
    () => maker('RMSprop')(leaves(), { alpha: 1 }),
    'RMSprop: alpha is 1, needs a number of at least 0 and below 1',
  ],
  [
    'Adafactor eps',
    () => maker('Adafactor')(leaves(), { eps: 1e-3 }),
    'Adafactor: eps is 0.001, needs a pair of numbers of at least 0',
  ],
  ['Quickprop mu', () => maker('Quickprop')(leaves(), { mu: 0 }), 'Quickprop: mu is 0, needs a number above 0'],
])('says what is wrong with %s', (_, act, message) => {
  using _scope = scope();
  expect(act).toThrow(message);
});
