// What models have in common: loading the values of a workload's inputs, and training steps.

import type * as dl from '@dl/autograd';
import type { AnyModule } from '@dl/layers';
import { SGD } from '@dl/optim';
import type { Jax, JaxArray } from '../engines/jax-api.js';
import type { Tf, TfOptimizer, TfTensor } from '../engines/tfjs-api.js';

/** The learning rate of gradient descent, here and in `engines/torch_server.py`. */
export const RATE = 0.01;

/** Gives the parameters of a model these values, in the order that it lists them: PyTorch's. */
export function load<M extends AnyModule>(model: M, values: readonly dl.Tensor[]): M {
  const names = model.namedParameters().map(([name]) => name);
  if (names.length !== values.length) throw new Error(`${names.length} parameters but ${values.length} values`);
  model.loadStateDict(Object.fromEntries(names.map((name, i) => [name, values[i]!])));
  return model;
}

interface DlOptimizer {
  step(): void;
  zeroGrad(): void;
}

/** Forward, backward and the update of all parameters. Returns the loss. */
export function dlStep(
  parameters: readonly dl.Tensor[],
  loss: () => dl.Tensor,
  optimizer: DlOptimizer = new SGD(parameters, { lr: RATE }),
): () => dl.Tensor {
  return () => {
    const value = loss();
    value.backward();
    optimizer.step();
    optimizer.zeroGrad();
    return value;
  };
}

export function tfStep(tf: Tf, loss: () => TfTensor, optimizer: TfOptimizer = tf.train.sgd(RATE)): () => TfTensor {
  return () => optimizer.minimize(loss, true);
}

/** With one compiled function that gives the loss and the new parameters. The loss comes first. */
export function jaxStep(
  jax: Jax,
  parameters: readonly JaxArray[],
  loss: (parameters: readonly JaxArray[]) => JaxArray,
): () => readonly JaxArray[] {
  const step = jax.jit((values: readonly JaxArray[]): readonly JaxArray[] => {
    const [value, gradients] = jax.valueAndGrad(loss)(values.map((x) => x.ref));
    return [value, ...values.map((x, i) => x.sub(gradients[i]!.mul(RATE)))];
  });
  let state = parameters;
  return () => {
    const [value, ...next] = step(state);
    state = next;
    return [value!, ...next.map((x) => x.ref)];
  };
}

/** Rows of a weight [out, in] times vectors, in one kernel with bias and activation, as its dense layer does it. */
export const tfLinear = (
  tf: Tf,
  x: TfTensor,
  weight: TfTensor,
  bias: TfTensor,
  activation: 'linear' | 'relu' = 'linear',
): TfTensor => tf.fused.matMul({ a: x, b: weight, transposeB: true, bias, activation });

/** Consumes x, but neither weight nor bias. */
export const jaxLinear = ({ numpy }: Jax, x: JaxArray, weight: JaxArray, bias: JaxArray): JaxArray =>
  numpy.matmul(x, numpy.transpose(weight.ref)).add(bias.ref);
