// Models of several inputs and outputs in fit and evaluate: what forward returns reaches the loss as it is.

import { type Tensor, tensor, useBackend } from '@dl/autograd';
import { loader } from '@dl/data';
import { cpu } from '@dl/kernels-cpu';
import { Linear, Module } from '@dl/layers';
import { SGD } from '@dl/optim';
import { beforeAll, expect, test } from 'vitest';
import { evaluate } from '../evaluate/evaluate.js';
import { Accuracy } from '../index.js';
import { fit } from './fit.js';

beforeAll(() => useBackend(cpu()));

/** y = w x, and w itself. */
class Line extends Module {
  readonly linear = new Linear(1, 1, { bias: false });

  forward(x: Tensor) {
    return { y: this.linear.forward(x), weight: this.linear.weight };
  }
}

const data = {
  x: { data: Float32Array.of(1, 2), shape: [2, 1] },
  labels: { data: Int32Array.of(0, 0), shape: [2] },
};

/** Σ y + w² over x = 1, 2 has the mean 1.5 w + w². */
const task = (model: Line) => ({
  forward: ({ x }: { readonly x: Tensor }) => model.forward(x),
  loss: ({ y, weight }: ReturnType<Line['forward']>) => y.mean().add(weight.square().sum()),
});

test('fit hands all outputs to the loss, and evaluate too', async () => {
  const model = new Line();
  model.linear.weight.assign(tensor([[2]]));
  const before = await evaluate(model, loader(data), task(model));
  expect(before.loss).toBe(1.5 * 2 + 4);
  expect(before.accuracy).toBeUndefined();
  const optimizer = new SGD(model.parameters(), { lr: 0.1 });
  for await (const event of fit(model, loader(data), { optimizer, ...task(model) })) {
    if (event.type === 'epoch') expect(event.train).toEqual({ loss: 7 });
  }
  // The gradient is 1.5 + 2 w = 5.5.
  expect(model.linear.weight.item()).toBeCloseTo(2 - 0.55, 6);
});

test('what needs one tensor says so', async () => {
  const model = new Line();
  const optimizer = new SGD(model.parameters(), { lr: 0.1 });
  const { forward } = task(model);
  const run = async (options: object): Promise<void> => {
    for await (const _ of fit(model, loader(data), { optimizer, ...options } as never));
  };
  await expect(run({ forward })).rejects.toThrow(
    'fit: the model gives { y, weight }, of which no loss is known; pass loss: (output, batch) => …',
  );
  await expect(evaluate(model, loader(data), { ...task(model), metrics: { a: new Accuracy() } })).rejects.toThrow(
    'evaluate: metrics are given one tensor, but forward gave { y, weight }; leave them out, or return the tensor that they are of',
  );
  await expect(run({ forward: () => undefined, loss: () => tensor(0) })).rejects.toThrow(
    'fit: forward gave undefined; it must return a Tensor, or several in an object',
  );
});
