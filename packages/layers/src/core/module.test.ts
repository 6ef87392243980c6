// The tree that modules make up: names, modes, gradients, moving, freeing, printing.

import { memory, noGrad, ones, rand, randn, scope, type Tensor, tensor, useBackend, zeros } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type AnyModule,
  buffer,
  Dropout,
  isBuffer,
  isModule,
  isParameter,
  Linear,
  Module,
  parameter,
  ReLU,
  Sequential,
} from '../index.js';

/** A bit of everything: own parameters before and after children, arrays, other properties. */
class Net extends Module {
  features = new Sequential(new Linear(4, 3), new ReLU(), new Sequential(new Linear(3, 3, { bias: false })));
  scale = parameter(ones([3]));
  blocks = [new Linear(3, 3), new Dropout()];
  shifts = [parameter(zeros([3])), parameter(zeros([1]))];
  running = ones([3]);
  note = 'no part of the tree';

  forward(x: Tensor): Tensor {
    const y = this.blocks.reduce((h, block) => block.forward(h), this.features.forward(x).mul(this.scale));
    return this.shifts.reduce((h, shift) => h.add(shift), y);
  }
}

beforeAll(() => useBackend(cpu()));

describe('parameter', () => {
  test('survives scopes and requires a gradient, and so does its gradient survive', () => {
    let weight: Tensor;
    {
      using _ = scope();
      weight = parameter(randn([3]).mul(2));
      weight.square().sum().backward();
    }
    expect(weight.requiresGrad).toBe(true);
    expect(weight.size + weight.grad!.dataSync().length).toBe(6);
    expect(isParameter(weight)).toBe(true);
    weight.requiresGrad = false;
    expect(isParameter(weight)).toBe(true);
    expect(isParameter(randn([1]))).toBe(false);
    weight.grad!.dispose();
    weight.dispose();
  });

  test('says what it cannot take', () => {
    using _ = scope();
    const x = randn([2], { requiresGrad: true });
    expect(() => parameter(x.mul(2))).toThrow(
      'parameter: mul made this tensor from others that have gradients; give parameter() its detach(), or make it inside noGrad',
    );
    expect(() => parameter(tensor([1], { dtype: 'int32' }))).toThrow(
      "parameter: the tensor is int32, needs float32 or float64; cast it with .cast('float32')",
    );
    expect(() => parameter([1, 2] as never)).toThrow(
      'parameter: got [1, 2], needs a Tensor; make one with tensor(...)',
    );
  });
});

describe('Module', () => {
  let net: Net;
  beforeEach(() => {
    net = new Net();
  });

  test('names parameters as PyTorch does: a module’s own before those of its children', () => {
    expect(net.namedParameters().map(([name, { shape }]) => [name, shape])).toEqual([
      ['scale', [3]],
      ['shifts.0', [3]],
      ['shifts.1', [1]],
      ['features.0.weight', [3, 4]],
      ['features.0.bias', [3]],
      ['features.2.0.weight', [3, 3]],
      ['blocks.0.weight', [3, 3]],
      ['blocks.0.bias', [3]],
    ]);
    expect(Object.keys(net.stateDict())).toEqual(net.namedParameters().map(([name]) => name));
    expect(Object.values(net.stateDict())).toEqual(net.parameters());
  });

  test('names its modules', () => {
    expect(net.namedChildren().map(([name]) => name)).toEqual(['features', 'blocks.0', 'blocks.1']);
    expect(net.children()).toEqual([net.features, ...net.blocks]);
    expect(net.namedModules().map(([name]) => name)).toEqual([
      '',
      'features',
      'features.0',
      'features.1',
      'features.2',
      'features.2.0',
      'blocks.0',
      'blocks.1',
    ]);
    expect(isModule(net)).toBe(true);
    expect(isModule({ forward: () => undefined })).toBe(false);
  });

  test('train and eval reach every module', () => {
    const modes = (): boolean[] => net.namedModules().map(([, { training }]) => training);
    expect(new Set(modes())).toEqual(new Set([true]));
    expect(net.eval()).toBe(net);
    expect(new Set(modes())).toEqual(new Set([false]));
    net.train();
    expect(new Set(modes())).toEqual(new Set([true]));
  });

  test('a shared parameter is one parameter with two names', async () => {
    class Tied extends Module {
      encoder = new Linear(3, 3, { bias: false });
      decoder = new Linear(3, 3, { bias: false });
      constructor() {
        super();
        this.decoder.weight.dispose();
        Object.assign(this.decoder, { weight: this.encoder.weight });
      }
      forward = (x: Tensor): Tensor => this.decoder.forward(this.encoder.forward(x));
    }
    const tied = new Tied();
    expect(tied.namedParameters().map(([name]) => name)).toEqual(['encoder.weight']);
    expect(Object.keys(tied.stateDict())).toEqual(['encoder.weight', 'decoder.weight']);
    new Tied().loadStateDict(tied.stateDict());
    const there = cpu();
    await useBackend([net.scale.backend, there]);
    expect((await tied.to(there)).decoder.weight).toBe(tied.encoder.weight);
    expect(tied.encoder.weight.backend).toBe(there);
  });

  test('a module that contains itself is an error', () => {
    class Loop extends Module {
      inner = new Sequential(new ReLU());
      parent: AnyModule | undefined;
      forward = (x: Tensor): Tensor => x;
    }
    const loop = new Loop();
    Object.assign(loop.inner, { parent: loop, layers: [new ReLU(), loop] });
    expect(() => loop.parameters()).toThrow(
      'Loop: inner.1 leads back to a module that contains it; a tree of modules cannot have a loop',
    );
  });

  test('a frozen parameter stays a parameter, without gradient', () => {
    using _ = scope();
    net.scale.requiresGrad = false;
    net
      .forward(randn([2, 4]))
      .sum()
      .backward();
    expect(net.parameters()).toContain(net.scale);
    expect(net.scale.grad).toBeUndefined();
    expect(net.shifts[0]!.grad).toBeDefined();
    net.zeroGrad();
  });

  test('zeroGrad and dispose free what they should', () => {
    net.dispose();
    net.running.dispose();
    const before = memory();
    const model = new Net();
    model.running.dispose();
    const withParameters = memory();
    {
      using _ = scope();
      model
        .forward(randn([2, 4]))
        .sum()
        .backward();
    }
    expect(memory().buffers).toBeGreaterThan(withParameters.buffers);
    model.zeroGrad();
    expect(memory()).toEqual({ ...withParameters, peakBytes: memory().peakBytes });
    {
      using _ = scope();
      model
        .forward(randn([2, 4]))
        .sum()
        .backward();
    }
    model.dispose();
    expect(memory()).toEqual({ ...before, peakBytes: memory().peakBytes });
    expect(() => model.forward(randn([2, 4]))).toThrow('use of a freed tensor');
  });

  test('moves to another backend', async () => {
    using _ = scope();
    const here = net.scale.backend;
    const there = cpu();
    await useBackend([here, there]);
    const x = randn([2, 4]);
    net.eval();
    net.forward(x).sum().backward();
    net.scale.requiresGrad = false;
    const [former, expected] = [net.features.layers[0]!.parameters()[0]!, net.forward(x).toArray()];
    const moving = net.to(there);
    expect(net.scale.backend).toBe(there);
    expect(await moving).toBe(net);
    expect(net.parameters().every(({ backend, grad }) => backend === there && grad === undefined)).toBe(true);
    expect(
      net
        .parameters()
        .map(({ requiresGrad }) => requiresGrad)
        .indexOf(false),
    ).toBe(0);
    expect(net.forward(x.to(there)).toArray()).toEqual(expected);
    expect(former.isFreed).toBe(true);
    const weight = net.scale;
    expect((await net.to(there)).scale).toBe(weight);
  });

  describe('buffers', () => {
    class Average extends Module {
      means = [buffer(zeros([2]), { name: 'running_mean' }), buffer(ones([1]))];
      count = buffer(tensor(0, { dtype: 'int32' }));
      scale = parameter(ones([2]));
      inner = new Linear(2, 2, { bias: false });
      forward = (x: Tensor): Tensor => this.inner.forward(x).sub(this.means[0]!).mul(this.scale);
    }
    let model: Average;
    beforeEach(() => {
      model = new Average();
    });
    afterEach(() => model.dispose());

    test('are named, saved after the parameters of their module, and not trained', () => {
      expect(model.namedBuffers().map(([name]) => name)).toEqual(['running_mean', 'means.1', 'count']);
      expect(model.buffers()).toEqual([...model.means, model.count]);
      expect(model.namedParameters().map(([name]) => name)).toEqual(['scale', 'inner.weight']);
      expect(Object.keys(model.stateDict())).toEqual(['scale', 'running_mean', 'means.1', 'count', 'inner.weight']);
      expect(isBuffer(model.count)).toBe(true);
      expect(isBuffer(model.scale)).toBe(false);
      expect(isBuffer(zeros([1]))).toBe(false);
    });

    test('survive scopes, are loaded, and keep their dtype', () => {
      {
        using _ = scope();
        const other = new Average();
        other.means[0]!.assign(tensor([3, 4]));
        other.count.assign(tensor(7, { dtype: 'int32' }));
        model.loadStateDict(other.stateDict());
        other.dispose();
      }
      expect(model.means[0]!.toArray()).toEqual([3, 4]);
      expect(model.count.item()).toBe(7);
      expect(() => model.loadStateDict({ ...model.stateDict(), count: tensor(1) })).toThrow(
        'count is float32 instead of int32',
      );
    });

    test('move to another backend under their names, and are freed', async () => {
      const there = cpu();
      await useBackend([model.scale.backend, there]);
      const former = model.means[0]!;
      former.assign(tensor([1, 2]));
      await model.to(there);
      expect(former.isFreed).toBe(true);
      expect(model.buffers().every(({ backend, requiresGrad }) => backend === there && !requiresGrad)).toBe(true);
      expect(model.means[0]!.toArray()).toEqual([1, 2]);
      expect(model.namedBuffers().map(([name]) => name)).toEqual(['running_mean', 'means.1', 'count']);
      model.dispose();
      expect(model.buffers().every(({ isFreed }) => isFreed)).toBe(true);
      model = new Average();
    });

    test('cannot have a gradient', () => {
      using _ = scope();
      const x = randn([2], { requiresGrad: true });
      const message = 'buffer: the tensor has a gradient, needs one without; give buffer() its detach()';
      expect(() => buffer(x)).toThrow(message);
      expect(() => buffer(x.mul(2))).toThrow(message);
      expect(() => buffer(3 as never)).toThrow('buffer: got 3, needs a Tensor; make one with tensor(...)');
    });
  });

  test('prints as a tree', () => {
    expect(`${net}`).toBe(
      `Net(
  scale=[3], shifts.0=[3], shifts.1=[1]
  (features): Sequential(
    (0): Linear(4, 3)
    (1): ReLU()
    (2): Sequential(
      (0): Linear(3, 3, bias=false)
    )
  )
  (blocks.0): Linear(3, 3)
  (blocks.1): Dropout(p=0.5)
)`,
    );
  });

  test('may take and return what it likes', () => {
    class Gate extends Module<[x: Tensor, mask: Tensor], { readonly open: Tensor; readonly shut: Tensor }> {
      inner = new Linear(2, 2);
      forward(x: Tensor, mask: Tensor) {
        const y = this.inner.forward(x);
        return { open: y.mul(mask), shut: y.mul(mask.neg().add(1)) };
      }
    }
    class Both extends Module {
      gate = new Gate();
      forward(x: Tensor): Tensor {
        const { open, shut } = this.gate.forward(x, ones([2]));
        return open.add(shut);
      }
    }
    using _ = scope();
    const both = new Both();
    expect(noGrad(() => both.forward(rand([3, 2]))).shape).toEqual([3, 2]);
    expect(Object.keys(both.stateDict())).toEqual(['gate.inner.weight', 'gate.inner.bias']);
  });
});

test('JSON.stringify says how to save a model, instead of writing what cannot be loaded', () => {
  expect(() => JSON.stringify({ model: new Sequential(new Linear(1, 1)) })).toThrow(
    'JSON.stringify: a Sequential has no form in JSON; save its weights with toSafetensors(model.stateDict()) of @dl/checkpoint, and print it with String(model)',
  );
});
