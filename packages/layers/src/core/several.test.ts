// Modules of several inputs and outputs: they are found, trained, saved, hooked and summed up as any other.

import { noGrad, ones, scope, type Tensor, tensor, useBackend, zeros } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { SGD } from '@dl/optim';
import { beforeAll, describe, expect, test } from 'vitest';
import { Bilinear, ConvTranspose2d, Linear, Module, ModuleDict, ReLU, Sequential, Tanh } from '../index.js';

beforeAll(() => useBackend(cpu()));

/** d(a, b) = Σ (f(a) - f(b))², one encoder for both. */
class Siamese extends Module {
  readonly encoder = new Linear(2, 1);

  forward(a: Tensor, b: Tensor): Tensor {
    return this.encoder.forward(a).sub(this.encoder.forward(b)).square().sum(1);
  }
}

class Encoder extends Module {
  readonly mean = new Linear(2, 3);
  readonly logVariance = new Linear(2, 1);

  forward(x: Tensor) {
    return { mean: this.mean.forward(x), logVariance: this.logVariance.forward(x) };
  }
}

class Both extends Module {
  forward(x: Tensor): readonly [Tensor, Tensor] {
    return [x, x.square()];
  }
}

test('two inputs: the gradient of a shared part is the sum over its uses, and an optimiser trains it', () => {
  using _ = scope();
  using model = new Siamese();
  noGrad(() => model.encoder.weight.assign(tensor([[2, -1]])));
  const optimizer = new SGD(model.parameters(), { lr: 0.01 });
  // w · (a - b) = 2 · 3 - 1 · 4 = 2, so that d = 4 and ∂d/∂w = 2 · 2 · (a - b); the bias falls out.
  const [a, b] = [tensor([[4, 3]]), tensor([[1, -1]])];
  const distance = model.forward(a, b);
  expect(distance.toArray()).toEqual([4]);
  distance.sum().backward();
  expect(model.encoder.weight.grad!.toArray()).toEqual([[12, 16]]);
  expect(model.encoder.bias!.grad!.toArray()).toEqual([0]);
  optimizer.step();
  expect(model.encoder.weight.dataSync()[0]).toBeCloseTo(2 - 0.12, 6);
});

test('state, mode, move and containers do not ask what a module takes', () => {
  using _ = scope();
  using model = new ModuleDict<Module>({ pair: new Siamese(), code: new Encoder() });
  using other = new ModuleDict<Module>({ pair: new Siamese(), code: new Encoder() });
  const names = ['encoder.weight', 'encoder.bias'].map((name) => `pair.${name}`);
  expect(Object.keys(model.stateDict())).toEqual([
    ...names,
    ...['mean.weight', 'mean.bias', 'logVariance.weight', 'logVariance.bias'].map((name) => `code.${name}`),
  ]);
  other.loadStateDict(model.stateDict());
  const [x, y] = [ones([3, 2]), zeros([3, 2])];
  expect(other.get('pair').forward(x, y).toArray()).toEqual(model.get('pair').forward(x, y).toArray());
  expect(other.get('code').forward(x).mean.toArray()).toEqual(model.get('code').forward(x).mean.toArray());
  const seen: string[] = [];
  model.apply((m: Module) => void seen.push(m.constructor.name)).eval();
  expect(seen).toEqual(['Linear', 'Siamese', 'Linear', 'Linear', 'Encoder', 'ModuleDict']);
  expect(model.namedModules().every(([, { training }]) => !training)).toBe(true);
});

test('hooks see all inputs and outputs, and may give others', () => {
  using _ = scope();
  using pair = new Siamese();
  using before = pair.registerForwardPreHook(([a]): [Tensor, Tensor] => [a, a]);
  expect(pair.forward(ones([1, 2]), zeros([1, 2])).item()).toBe(0);
  before.remove();
  using code = new Encoder();
  using after = code.registerForwardHook((_inputs, { mean }) => ({ mean, logVariance: mean.sub(mean) }));
  expect(code.forward(ones([1, 2])).logVariance.toArray()).toEqual([[0, 0, 0]]);
  after.remove();
  expect(code.forward(ones([1, 2])).logVariance.shape).toEqual([1, 1]);
});

test('a summary takes a shape for each input', () => {
  using model = new Siamese();
  const { rows, parameters } = model.summary([
    [5, 2],
    [5, 2],
  ]);
  expect(rows.map(({ name, output }) => [name, output])).toEqual([
    ['encoder', [5, 1]],
    ['encoder', [5, 1]],
  ]);
  expect(parameters).toBe(3);
  using bilinear = new Bilinear(2, 3, 4);
  expect(
    bilinear.summary([
      [5, 2],
      [5, 3],
    ]).rows[0]!.output,
  ).toEqual([5, 4]);
});

describe('Sequential', () => {
  const cure = 'call it in the forward of a Module of your own';
  test.each<[string, () => Sequential, string]>([
    [
      'several inputs',
      () => new Sequential(new Tanh(), new Siamese() as never),
      `Sequential: module 1 (Siamese) takes 2 inputs and was given one; ${cure}`,
    ],
    [
      'an object',
      () => new Sequential(new Encoder() as never, new Tanh()),
      `Sequential: module 0 (Encoder) returned an object of mean, logVariance, needs to return one Tensor; ${cure}`,
    ],
    [
      'an array, at the end too',
      () => new Sequential(new Both() as never),
      `Sequential: module 0 (Both) returned [a Tensor, a Tensor], needs to return one Tensor; ${cure}`,
    ],
  ])('%s', (_, make, message) => {
    using __ = scope();
    using model = make();
    expect(() => model.forward(ones([1, 2]))).toThrow(message);
  });

  test('other errors of its modules stay what they are, also of those with inputs that may be left out', () => {
    using _ = scope();
    using model = new Sequential(new ReLU(), new ConvTranspose2d(2, 1, 3));
    expect(() => model.forward(ones([1, 3, 4, 4]))).toThrow(/^ConvTranspose2d: /);
    expect(model.forward(ones([1, 2, 4, 4])).shape).toEqual([1, 1, 6, 6]);
  });
});
