// Summaries and receptive fields: by the numbers of a textbook, by hand, and where branches, broken sizes and options come in.

import { randn, scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
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
  MaxPool1d,
  MaxPool2d,
  Module,
  Parallel,
  ReLU,
  Residual,
  receptiveField,
  Sequential,
  Subsampling2d,
  Tanh,
} from '../index.js';

beforeAll(() => useBackend(cpu()));

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
