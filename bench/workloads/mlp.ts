// A tiny multilayer perceptron, 4-16-16-1: a training step is nothing but overhead.

import { Linear, Sequential, Tanh } from '@dl/layers';
import type { TfTensor } from '../engines/tfjs-api.js';
import { dlStep, jaxLinear, jaxStep, load, tfLinear, tfStep } from './models.js';
import { floats, type Workload, weights } from './workload.js';

export const mlp: readonly Workload[] = [
  {
    name: 'MLP 4-16-16-1 training step, batch 8',
    inputs: [
      ...[floats([8, 4]), floats([8, 1])],
      ...[weights([16, 4], 1), weights([16], 1), weights([16, 16], 1), weights([16], 1), weights([1, 16], 1)],
      weights([1], 1),
    ],
    dl: (x, y, ...values) => {
      const model = load(
        new Sequential(new Linear(4, 16), new Tanh(), new Linear(16, 16), new Tanh(), new Linear(16, 1)),
        values,
      );
      return dlStep(model.parameters(), () => model.forward(x).sub(y).square().mean());
    },
    tfjs: (tf, x, y, ...values) => {
      const [w1, b1, w2, b2, w3, b3] = values.map((value) => tf.variable(value)) as TfTensor[] & { length: 6 };
      return tfStep(tf, () => {
        const h = tf.tanh(tfLinear(tf, tf.tanh(tfLinear(tf, x, w1!, b1!)), w2!, b2!));
        return tf.mean(tf.square(tf.sub(tfLinear(tf, h, w3!, b3!), y)));
      });
    },
    jax: (jax, x, y, ...values) =>
      jaxStep(jax, values, ([w1, b1, w2, b2, w3, b3]) => {
        let h = jax.numpy.tanh(jaxLinear(jax, x.ref, w1!, b1!));
        h = jax.numpy.tanh(jaxLinear(jax, h, w2!, b2!));
        const error = jaxLinear(jax, h, w3!, b3!).sub(y.ref);
        return error.ref.mul(error).mean();
      }),
    torch: `
def make(x, y, *values):
    model = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 1))
    load(model, values)
    return step(model.parameters(), lambda: F.mse_loss(model(x), y))`,
    isNetwork: true,
    compareAfter: 3,
    tolerance: 1e-4,
  },
];
