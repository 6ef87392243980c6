// Names, order and shapes in the state of whole models, against PyTorch's for the same structure: golden/names.py made the lists.

import { readFileSync } from 'node:fs';
import { ones, type Tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, expect, test } from 'vitest';
import * as layers from '../index.js';

interface Names {
  readonly state: readonly (readonly [name: string, shape: readonly number[]])[];
  readonly parameters: readonly string[];
  readonly buffers: readonly string[];
}

const golden: Readonly<Record<string, Names>> = JSON.parse(
  readFileSync(new URL('../../golden/names.json', import.meta.url), 'utf8'),
);

const { BatchNorm2d, Conv2d, Linear, ModuleDict, ModuleList, parameter, Sequential, Tanh } = layers;

/** A module with these children and parameters, by name. */
class Named extends layers.Module {
  constructor(parts: Readonly<Record<string, layers.AnyModule | Tensor>>) {
    super();
    Object.assign(this, parts);
  }

  forward = (x: Tensor): Tensor => x;
}

const block = (channels: number, out: number, stride: number): Named =>
  new Named({
    conv1: new Conv2d(channels, out, 3, { stride, padding: 1, bias: false }),
    bn1: new BatchNorm2d(out),
    relu: new layers.ReLU(),
    conv2: new Conv2d(out, out, 3, { padding: 1, bias: false }),
    bn2: new BatchNorm2d(out),
    downsample: new Sequential(new Conv2d(channels, out, 1, { stride, bias: false }), new BatchNorm2d(out)),
  });

const models: Readonly<Record<string, () => layers.AnyModule>> = {
  'LeNet-5': () =>
    new Named({
      features: new Sequential(
        new Conv2d(1, 6, 5, { padding: 2 }),
        new Tanh(),
        new layers.AvgPool2d(2),
        new Conv2d(6, 16, 5),
        new Tanh(),
        new layers.AvgPool2d(2),
      ),
      classifier: new Sequential(
        new layers.Flatten(),
        new Linear(400, 120),
        new Tanh(),
        new Linear(120, 84),
        new Tanh(),
        new Linear(84, 10),
      ),
    }),
  'a residual network': () =>
    new Named({
      conv1: new Conv2d(3, 8, 7, { stride: 2, padding: 3, bias: false }),
      bn1: new BatchNorm2d(8),
      layer1: new Sequential(block(8, 8, 1), block(8, 16, 2)),
      fc: new Linear(16, 10),
    }),
  'lists and dictionaries': () =>
    new Named({
      scale: parameter(ones([3])),
      blocks: new ModuleList([
        new Linear(3, 4),
        new Sequential(new layers.PReLU({ numParameters: 4 }), new Linear(4, 4)),
      ]),
      heads: new ModuleDict<layers.AnyModule>({ age: new Linear(4, 1), sex: new layers.Bilinear(4, 4, 2) }),
      shift: parameter(ones([1])),
    }),
  wrapped: () =>
    new Sequential(
      layers.weightNorm(new layers.Conv1d(2, 4, 3)),
      layers.spectralNorm(new Linear(5, 3)),
      layers.weightNorm(new Linear(3, 2, { bias: false }), { axis: null }),
      layers.spectralNorm(new layers.ConvTranspose2d(2, 4, 2)),
    ),
  norms: () =>
    new ModuleList([
      new layers.BatchNorm1d(3, { affine: false }),
      new BatchNorm2d(3, { trackRunningStats: false }),
      new layers.InstanceNorm2d(3),
      new layers.InstanceNorm2d(3, { affine: true, trackRunningStats: true }),
      new layers.LayerNorm([2, 3]),
      new layers.GroupNorm(2, 4),
    ]),
  'one module under two names': () => {
    const shared = new Linear(2, 2);
    return new Named({ a: shared, b: new Sequential(shared, new layers.ReLU()) });
  },
  'one parameter under two names': () => {
    const encoder = new layers.Embedding(7, 4);
    const decoder = new Linear(4, 7, { bias: false });
    decoder.weight.dispose();
    return new Named({ encoder, decoder: Object.assign(decoder, { weight: encoder.weight }) });
  },
  losses: () =>
    new ModuleList<layers.AnyModule>([
      new layers.CrossEntropyLoss({ weight: ones([3]) }),
      new layers.NLLLoss({ weight: ones([2]) }),
      new layers.MultiMarginLoss({ weight: ones([4]) }),
      new layers.BCELoss({ weight: ones([1]) }),
      new layers.BCEWithLogitsLoss({ weight: ones([1]), posWeight: ones([2]) }),
      new layers.MSELoss(),
    ]),
};

beforeAll(() => useBackend(cpu()));

test('the same models there and here', () => {
  expect(Object.keys(models)).toEqual(Object.keys(golden));
});

test.each(Object.entries(golden))('%s', (name, expected) => {
  using model = models[name]!();
  expect(Object.entries(model.stateDict()).map(([key, { shape }]) => [key, shape])).toEqual(expected.state);
  expect(model.namedParameters().map(([key]) => key)).toEqual(expected.parameters);
  expect(model.namedBuffers().map(([key]) => key)).toEqual(expected.buffers);
});
