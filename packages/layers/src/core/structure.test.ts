// What a module can do beside computing: freezing, hooks, partial loading, summaries and receptive fields.

import { memory, ones, randn, scope, type Tensor, tensor, useBackend, zeros } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { gradCheck, leakCheck } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  AdaptiveAvgPool2d,
  AvgPool1d,
  AvgPool2d,
  BatchNorm2d,
  Conv1d,
  Conv2d,
  ConvTranspose2d,
  Embedding,
  Flatten,
  Linear,
  LpPool1d,
  MaxPool1d,
  MaxPool2d,
  MaxUnpool2d,
  Module,
  ModuleDict,
  ModuleList,
  Parallel,
  ReLU,
  Residual,
  receptiveField,
  Sequential,
  Subsampling2d,
  spectralNorm,
  Tanh,
  weightNorm,
} from '../index.js';

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
    expect(() => model.freeze(1 as never)).toThrow('freeze: the pattern is the number 1');
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

describe('the numbers of a textbook', () => {
  test('32x32x3, six 5x5x3 filters, then ten 5x5x6', () => {
    using model = new Sequential(new Conv2d(3, 6, 5), new Conv2d(6, 10, 5));
    const { rows, parameters, warnings } = model.summary([1, 3, 32, 32]);
    expect(rows.map(({ output }) => output)).toEqual([
      [1, 6, 28, 28],
      [1, 10, 24, 24],
    ]);
    expect(rows.map((row) => row.parameters)).toEqual([456, 1510]);
    expect(rows[0]!.connections).toBe(357_504);
    expect(parameters).toBe(456 + 1510);
    expect(warnings).toEqual([]);
  });

  test('stride 3 gives 10x10x6; stride 2 does not fit', () => {
    using three = new Conv2d(3, 6, 5, { stride: 3 });
    const { rows, warnings } = three.summary([1, 3, 32, 32]);
    expect(rows[0]!.output).toEqual([1, 6, 10, 10]);
    expect(warnings).toEqual([]);
    using two = new Sequential(new Conv2d(3, 6, 5, { stride: 2 }));
    const summary = two.summary([1, 3, 32, 32]);
    expect(summary.warnings).toEqual([
      '0: Conv2d: along the height and the width, (32 - 5 + 2·0) / 2 + 1 = 14.5 is no whole number; the last 1 of 32 are not seen',
    ]);
    expect(String(summary)).toContain('warning: 0: Conv2d: along the height and the width');
    using wide = new Conv2d(3, 6, [5, 4], { stride: [3, 5] });
    expect(wide.summary([1, 3, 32, 32]).warnings).toEqual([
      'Conv2d: along the width, (32 - 4 + 2·0) / 5 + 1 = 6.6 is no whole number; the last 3 of 32 are not seen',
    ]);
  });

  test('[2, 3, 1, 3, 2, 1] with [1, 2, 1], and pooled by windows of 3', () => {
    using _ = scope();
    const signal = tensor([[[2, 3, 1, 3, 2, 1]]]);
    using conv = new Conv1d(1, 1, 3, { bias: false });
    conv.weight.assign(tensor([[[1, 2, 1]]]));
    expect(conv.forward(signal).toArray()).toEqual([[[9, 8, 9, 8]]]);
    // [1, 2, 1] is the same either way round; of [1, 2, 3], true convolution takes 3, 2, 1 times its neighbours.
    using turned = new Conv1d(1, 1, 3, { bias: false, flip: true });
    for (const layer of [conv, turned]) layer.weight.assign(tensor([[[1, 2, 3]]]));
    expect(conv.forward(signal).toArray()).toEqual([[[11, 14, 13, 10]]]);
    expect(turned.forward(signal).toArray()).toEqual([[[13, 14, 11, 14]]]);
    expect(new MaxPool1d(3, { stride: 1 }).forward(signal).toArray()).toEqual([[[3, 3, 3, 3]]]);
    expect(new MaxPool1d(3).forward(signal).toArray()).toEqual([[[3, 3]]]);
    expect(new AvgPool1d(3).forward(signal).toArray()).toEqual([[[2, 2]]]);
    const means = new AvgPool1d(3, { stride: 1 }).forward(signal).dataSync();
    for (const [i, value] of [2, 7 / 3, 2, 2].entries()) expect(means[i]).toBeCloseTo(value, 6);
  });

  test('LeNet-5: the parameters and connections of the paper, table by table', () => {
    using s2 = new Subsampling2d(6, 2);
    expect(s2.summary([1, 6, 28, 28]).rows[0]).toMatchObject({ parameters: 12, connections: 5880 });
    using s4 = new Subsampling2d(16, 2);
    expect(s4.summary([1, 16, 10, 10]).rows[0]).toMatchObject({ parameters: 32, connections: 2000 });
    using c1 = new Conv2d(1, 6, 5);
    expect(c1.summary([1, 1, 32, 32]).rows[0]).toMatchObject({ parameters: 156, connections: 122_304 });
    using c5 = new Conv2d(16, 120, 5);
    expect(c5.summary([1, 16, 5, 5]).rows[0]).toMatchObject({ parameters: 48_120, connections: 48_120 });
    using f6 = new Linear(120, 84);
    expect(f6.summary([1, 120]).rows[0]).toMatchObject({ parameters: 10_164, connections: 10_164 });
  });
});

describe('summary', () => {
  test('rows, totals, memory, what is shared, and the table', () => {
    const shared = new Linear(16, 16);
    using model = new Sequential(
      new Conv2d(1, 4, 3, { padding: 1 }),
      new BatchNorm2d(4),
      new ReLU(),
      new MaxPool2d(2),
      new Flatten(),
      shared,
      shared,
    );
    model.layers[1]!.train();
    const summary = model.freeze('1').summary([2, 1, 4, 4]);
    expect(summary.rows.map(({ name }) => name)).toEqual(['0', '1', '2', '3', '4', '5', '5']);
    expect(summary.rows.map(({ parameters }) => parameters)).toEqual([40, 8, 0, 0, 0, 272, 0]);
    expect(summary.rows.map(({ multiplyAdds }) => multiplyAdds)).toEqual([128 * 9, 128, 0, 0, 0, 512, 512]);
    expect(summary.rows.map(({ bytes }) => bytes)).toEqual([512, 512, 512, 128, 0, 128, 128]);
    expect(summary.rows.map(({ receptiveField }) => receptiveField)).toEqual([
      [3, 3],
      [3, 3],
      [3, 3],
      [4, 4],
      'all',
      'all',
      'all',
    ]);
    expect(summary).toMatchObject({ parameters: 320, trainable: 312, multiplyAdds: 2304, bytes: 1920, warnings: [] });
    const lines = String(summary).split('\n');
    expect(lines[0]).toMatch(/^layer +output +parameters +multiply-adds +memory +sees$/);
    expect(lines[2]).toMatch(/^0: Conv2d\(1, 4, kernelSize=3, padding=1\) +\[2, 4, 4, 4\] +40 +1,152 +512 B +3x3$/);
    expect(lines.at(-2)).toMatch(/^total +320 +2,304 +1\.9 KiB$/);
    expect(lines.at(-1)).toBe('8 of the parameters are frozen');
  });

  test('where branches meet, the widest is seen from then on', () => {
    const conv = (size: number) => new Conv2d(1, 1, size, { padding: (size - 1) / 2 });
    class Sum extends Module {
      readonly wide = conv(7);
      readonly narrow = conv(3);
      forward(x: Tensor): Tensor {
        return this.wide.forward(x.neg()).add(this.narrow.forward(x)).relu();
      }
    }
    using model = new Sequential(
      conv(3), // 3
      new Residual(conv(5), conv(1)), // 7
      new Tanh(),
      new Parallel([conv(5), conv(1)], { axis: 0 }), // 11
      new Tanh(),
      new Sum(), // 17
      new Tanh(),
      conv(3), // 19
    );
    const seen = model.summary([1, 1, 32, 32]).rows.map(({ name, receptiveField }) => [name, receptiveField[0]]);
    expect(seen).toEqual([
      ['0', 3],
      ['1.block', 7],
      ['1.shortcut', 3],
      ['2', 7],
      ['3.0', 11],
      ['3.1', 7],
      ['4', 11],
      ['5.wide', 17],
      ['5.narrow', 13],
      ['6', 17],
      ['7', 19],
    ]);
  });

  test('behind an op, views are as far apart as those of the last layer', () => {
    class DownAndUp extends Module {
      readonly down = new MaxPool2d(2);
      readonly up = new ConvTranspose2d(1, 1, 2, { stride: 2 });
      forward(x: Tensor): Tensor {
        return this.up.forward(this.down.forward(x).neg()).neg();
      }
    }
    const halved = new Residual(new Conv2d(1, 1, 3, { stride: 2, padding: 1 }), new Conv2d(1, 1, 1, { stride: 2 }));
    using model = new Sequential(new DownAndUp(), new Conv2d(1, 1, 3), halved, new Conv2d(1, 1, 3));
    const seen = model.summary([1, 1, 17, 17]).rows.map(({ name, receptiveField }) => [name, receptiveField[0]]);
    expect(seen).toEqual([
      ['0.down', 2],
      ['0.up', 2],
      ['1', 4], // 2 + 2 · 1
      ['2.block', 6],
      ['2.shortcut', 4],
      ['3', 10], // 6 + 2 · 2
    ]);
  });

  test('leaves the model as it was: modes, statistics and hooks', () => {
    using _ = scope();
    using model = new Sequential(new BatchNorm2d(2), new ReLU());
    model.layers[1]!.eval();
    const before = model.buffers().map((each) => each.toArray());
    model.summary([2, 2, 3, 3]);
    expect(model.namedModules().map(([, { training }]) => training)).toEqual([true, true, false]);
    expect(model.buffers().map((each) => each.toArray())).toEqual(before);
  });

  test('indices, and a layer that says nothing about its work', () => {
    class Scaled extends Module {
      readonly scale = new Linear(3, 3).weight;
      forward(x: Tensor): Tensor {
        return x.matmul(this.scale);
      }
    }
    using model = new Sequential(new Embedding(5, 3), new Scaled());
    const summary = model.summary([2, 4], { dtype: 'int32' });
    expect(summary.rows[0]).toMatchObject({ output: [2, 4, 3], parameters: 15, multiplyAdds: 0 });
    expect(summary.rows[1]!.multiplyAdds).toBeUndefined();
    expect(String(summary)).toContain('at least 0');
  });
});

describe('receptive field', () => {
  test.each<[string, () => Module, readonly number[] | 'all']>([
    ['two 3x3 filters see 5x5', () => new Sequential(new Conv2d(1, 1, 3), new ReLU(), new Conv2d(1, 1, 3)), [5, 5]],
    [
      'LeNet-5 up to its second pool',
      () => new Sequential(new Conv2d(1, 6, 5), new AvgPool2d(2), new Conv2d(6, 16, 5), new AvgPool2d(2)),
      [16, 16],
    ],
    ['dilation', () => new Sequential(new Conv1d(1, 1, 3, { dilation: 4 }), new MaxPool1d(2)), [10]],
    ['the widest branch', () => new Parallel([new Conv2d(1, 1, 1), new Conv2d(1, 1, [3, 5])]), [3, 5]],
    ['a block beside its input', () => new Residual(new Sequential(new Conv2d(1, 1, 3), new Conv2d(1, 1, 3))), [5, 5]],
    ['there and back', () => new Sequential(new MaxPool2d(2), new ConvTranspose2d(1, 1, 2, { stride: 2 })), [2, 2]],
    ['all', () => new Sequential(new Conv2d(1, 1, 3), new AdaptiveAvgPool2d(1)), 'all'],
    ['each by itself', () => new Tanh(), [1]],
  ])('%s', (_, make, expected) => {
    using model = make();
    expect(receptiveField(model)).toEqual(expected);
  });

  test('is where the gradient of one output reaches', () => {
    using _ = scope();
    const conv = (size: number, options = {}) => new Conv2d(1, 1, size, { dtype: 'float64', ...options });
    using model = new Sequential(conv(3, { stride: 2 }), new AvgPool2d(2), conv(2, { dilation: 2 }));
    const x = randn([1, 1, 40, 40], { dtype: 'float64', requiresGrad: true });
    model.forward(x).slice([0, 0, 2, 2]).backward();
    const seen = Array.from(x.grad!.dataSync()).flatMap((value, i) => (value === 0 ? [] : [Math.floor(i / 40)]));
    expect(receptiveField(model)).toEqual([
      Math.max(...seen) - Math.min(...seen) + 1,
      Math.max(...seen) - Math.min(...seen) + 1,
    ]);
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
  expect(() => list.push(1 as never)).toThrow('ModuleList: module 2 is the number 1, needs a module');
  expect(() => list.forward()).toThrow('ModuleList: computes nothing itself; call its modules, or use Sequential');
});

test('weight norm and spectral norm: the same function at first, and a largest singular value of 1', () => {
  using _ = scope();
  using layer = new Linear(4, 3, { dtype: 'float64' });
  const x = randn([2, 4], { dtype: 'float64' });
  const before = layer.forward(x).dataSync();
  weightNorm(layer);
  const after = layer.forward(x).dataSync();
  for (const [i, value] of before.entries()) expect(after[i]).toBeCloseTo(value, 12);
  expect(() => weightNorm(layer)).toThrow(
    'weightNorm: Linear has no parameter weight of its own, but bias, weight_g, weight_v; it is normalised already',
  );
  using spectral = spectralNorm(new Linear(5, 2, { bias: false, dtype: 'float64' }), { iterations: 200 });
  spectral.forward(randn([1, 5], { dtype: 'float64' }));
  // Of W Wᵀ, 2x2, the largest eigenvalue by the quadratic formula.
  const [a, b, , d] = spectral.weight.matmul(spectral.weight.transpose()).dataSync() as unknown as number[];
  expect((a! + d!) / 2 + Math.sqrt(((a! - d!) / 2) ** 2 + b! ** 2)).toBeCloseTo(1, 9);
});

test('spectral norm: use leaves u and v, training moves them, and nothing leaks', () => {
  const before = memory();
  const layer = spectralNorm(new Linear(4, 3, { dtype: 'float64' }));
  const state = () => layer.buffers().map((each) => each.toArray());
  const start = state();
  {
    using _ = scope();
    const x = randn([2, 4], { dtype: 'float64' });
    const inUse = layer.eval().forward(x).toArray();
    expect(state()).toEqual(start);
    expect(layer.forward(x).toArray()).toEqual(inUse);
    layer.train().forward(x);
    expect(state()).not.toEqual(start);
    layer.eval();
    gradCheck((input) => layer.forward(input), [x]);
    expect(layer.summary([1, 4]).rows[0]).toMatchObject({ parameters: 15, multiplyAdds: 12, connections: 15 });
    layer.train();
  }
  leakCheck(() => {
    layer
      .forward(randn([2, 4], { dtype: 'float64' }))
      .sum()
      .backward();
    layer.zeroGrad();
  });
  layer.dispose();
  expect(memory().bytes).toBe(before.bytes);
});

test('what was frozen stays so under weight norm and spectral norm', () => {
  using a = weightNorm(new Linear(2, 2).freeze('weight'));
  using b = spectralNorm(new Linear(2, 2).freeze('weight'));
  expect([...trainable(a), ...trainable(b)]).toEqual(['bias', 'bias']);
});

test('Lp pool: any p, of either sign, and no NaN in the gradient of a window of zeros', () => {
  using _ = scope();
  const x = tensor([[[-1, 2, 0, 0]]], { dtype: 'float64', requiresGrad: true });
  const y = new LpPool1d(3, 2).forward(x);
  expect(y.dataSync()[0]).toBeCloseTo(Math.cbrt(9), 12);
  expect(y.dataSync()[1]).toBe(0);
  y.sum().backward();
  // x |x|^(p - 2) / y^(p - 1)
  const [first, second, ...rest] = x.grad!.dataSync();
  expect(first).toBeCloseTo(-1 / Math.cbrt(9) ** 2, 12);
  expect(second).toBeCloseTo(4 / Math.cbrt(9) ** 2, 12);
  expect(rest).toEqual([0, 0]);
});

test('MaxUnpool2d to a size that is given', () => {
  using _ = scope();
  const x = randn([1, 2, 5, 5]);
  const { y, indices } = new MaxPool2d(2).forwardWithIndices(x);
  const back = new MaxUnpool2d(2).forward(y, indices, [5, 5]);
  expect(back.shape).toEqual([1, 2, 5, 5]);
  const [from, to] = [x.dataSync(), back.dataSync()];
  expect(Array.from(to).every((value, i) => value === 0 || value === from[i])).toBe(true);
  expect(Array.from(to).filter((value) => value !== 0).length).toBe(8);
});
