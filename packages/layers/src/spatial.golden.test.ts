// Convolutions, pools, bags, filters and wrappers against PyTorch, in training and evaluation: golden/spatial.py made the numbers.

import { readFileSync } from 'node:fs';
import { scope, Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { assertAllClose } from '@dl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import * as layers from './index.js';

interface Values {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

interface Answer {
  readonly y: Values;
  readonly dxs: readonly Values[];
  readonly gradients: Readonly<Record<string, Values>>;
}

interface LayerCase {
  readonly layer: string;
  readonly args: readonly unknown[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly state: Readonly<Record<string, Values>>;
  readonly inputs: readonly Values[];
  readonly dy: Values;
  /** Missing where training is random. */
  readonly training?: Answer;
  /** How often it then runs in training once more. */
  readonly again?: number;
  readonly stateAfter?: Readonly<Record<string, Values>>;
  readonly inUse: Answer;
}

type Float = 'float32' | 'float64';
type AnyLayer = layers.Module<readonly unknown[]>;
type Class = new (...args: readonly unknown[]) => AnyLayer;

const golden: readonly LayerCase[] = JSON.parse(
  readFileSync(new URL('../golden/spatial.json', import.meta.url), 'utf8'),
);
const tolerances = { float32: { rtol: 1e-5, atol: 1e-6 }, float64: { rtol: 1e-12, atol: 1e-13 } } as const;

const { Conv2d, ConvTranspose2d, Linear, MaxPool2d, Parallel, Residual, spectralNorm, weightNorm } = layers;
class ToSize extends ConvTranspose2d {
  override forward(x: Tensor): Tensor {
    return super.forward(x, [9, 6]);
  }
}

const composed: Readonly<Record<string, (o: { dtype: Float }) => layers.Module>> = {
  'ConvTranspose2d to a size': (o) => new ToSize(2, 3, 3, { stride: [3, 2], padding: 1, ...o }),
  'EmbeddingBag weighted': (o) => new layers.EmbeddingBag(6, 3, { mode: 'sum', ...o }) as unknown as layers.Module,
  Residual: (o) => new Residual(new Conv2d(2, 2, 3, { padding: 1, ...o })),
  'Residual with a shortcut': (o) =>
    new Residual(new Conv2d(2, 3, 3, { stride: 2, padding: 1, ...o }), new Conv2d(2, 3, 1, { stride: 2, ...o })),
  Parallel: (o) =>
    new Parallel([
      new Conv2d(2, 1, 1, o),
      new Conv2d(2, 3, 3, { padding: 1, ...o }),
      new MaxPool2d(3, { stride: 1, padding: 1 }),
    ]),
  'weightNorm Linear': (o) => weightNorm(new Linear(4, 3, o)),
  'weightNorm Conv2d': (o) => weightNorm(new Conv2d(2, 3, 2, o)),
  'weightNorm whole': (o) => weightNorm(new Linear(4, 3, o), { axis: null }),
  'spectralNorm Linear': (o) => spectralNorm(new Linear(4, 3, o)),
  'spectralNorm Conv2d': (o) => spectralNorm(new Conv2d(2, 3, 2, o), { iterations: 2 }),
  'spectralNorm ConvTranspose2d': (o) => spectralNorm(new ConvTranspose2d(2, 3, 2, o)),
};

beforeAll(() => useBackend(cpu()));

const floats = ({ data, shape }: Values, dtype: Float): Tensor =>
  tensor({ data: dtype === 'float64' ? Float64Array.from(data) : Float32Array.from(data), shape });
const integers = ({ data, shape }: Values): Tensor => tensor({ data: Int32Array.from(data), shape });

function build({ layer, args, options, state }: LayerCase, dtype: Float): AnyLayer {
  const make = composed[layer];
  if (make !== undefined) return make({ dtype }) as unknown as AnyLayer;
  const Layer = (layers as unknown as Readonly<Record<string, Class>>)[layer]!;
  // Only those that have parameters or buffers take a dtype.
  const given = Object.keys(state).length > 0 ? { ...options, dtype } : options;
  return Object.keys(given).length > 0 ? new Layer(...args, given) : new Layer(...args);
}

describe.each(['float32', 'float64'] as const)('%s', (dtype) => {
  test.each(golden.map((each) => [`${each.layer} ${JSON.stringify([each.args, each.options])}`, each] as const))(
    '%s',
    (_, each) => {
      using _scope = scope();
      using model = build(each, dtype);
      const close = (actual: Tensor, expected: Values, name: string): void => {
        expect(actual.shape, name).toEqual(expected.shape);
        assertAllClose(actual.dataSync(), expected.data, tolerances[dtype]);
      };
      expect(Object.keys(model.stateDict())).toEqual(Object.keys(each.state));
      model.loadStateDict(each.state);
      const check = (answer: Answer): void => {
        const [first, second, weights] = each.inputs;
        const isBag = each.layer.startsWith('Embedding');
        const x = isBag ? integers(first!) : floats(first!, dtype);
        const rest: unknown[] = second === undefined ? [] : [integers(second)];
        if (isBag && second !== undefined) rest[0] = second.data;
        if (isBag && weights !== undefined) rest[1] = floats(weights, dtype);
        if (each.layer === 'Bilinear') rest[0] = floats(second!, dtype);
        const inputs = [x, ...rest].filter((input) => input instanceof Tensor && input.dtype === dtype) as Tensor[];
        for (const input of inputs) input.requiresGrad = true;
        const y = model.forward(x, ...rest);
        close(y, answer.y, 'y');
        y.backward({ gradient: floats(each.dy, dtype) });
        answer.dxs.forEach((dx, i) => {
          close(inputs[i]!.grad!, dx, `the gradient of input ${i}`);
        });
        expect(model.namedParameters().map(([name]) => name)).toEqual(Object.keys(answer.gradients));
        for (const [name, parameter] of model.namedParameters()) {
          close(parameter.grad!, answer.gradients[name]!, `the gradient of ${name}`);
        }
        model.zeroGrad();
      };
      if (each.training !== undefined) {
        check(each.training);
        for (let i = 0; i < (each.again ?? 0); i++) model.forward(floats(each.inputs[0]!, dtype));
        for (const [name, value] of Object.entries(model.stateDict())) close(value, each.stateAfter![name]!, name);
      }
      model.eval();
      check(each.inUse);
    },
  );
});
