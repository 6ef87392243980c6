// A transformer encoder block (Vaswani et al., 2017): features 256, 8 heads, feed-forward 1024, on 8 sequences of 128,
// normalised after each half; forward, and a training step by gradient descent.

import * as dl from '@dl/autograd';
import type { Jax, JaxArray } from '../engines/jax-api.js';
import type { OnnxGraph, OnnxValue } from '../engines/onnx-graph.js';
import type { Tf, TfTensor } from '../engines/tfjs-api.js';
import { dlStep, jaxLinear, jaxStep, tfLinear, tfStep } from './models.js';
import { floats, type Input, type Workload, weights } from './workload.js';

const BATCH = 8;
const LENGTH = 128;
const FEATURES = 256;
const HEADS = 8;
const WIDTH = FEATURES / HEADS;
const INNER = 1024;
const ROWS = BATCH * LENGTH;
const SPLIT = [BATCH, LENGTH, 3, HEADS, WIDTH];
const EPSILON = 1e-5;

/** Around 1, as scales of a normalisation are. */
const scale = (): Input => floats([FEATURES], { low: 0.8, high: 1.2 });

/** In the order of PyTorch's `TransformerEncoderLayer`. */
const inputs: readonly Input[] = [
  floats([BATCH, LENGTH, FEATURES]),
  ...[weights([3 * FEATURES, FEATURES], 0.1), weights([3 * FEATURES], 0.1)],
  ...[weights([FEATURES, FEATURES], 0.1), weights([FEATURES], 0.1)],
  ...[
    weights([INNER, FEATURES], 0.1),
    weights([INNER], 0.1),
    weights([FEATURES, INNER], 0.05),
    weights([FEATURES], 0.1),
  ],
  ...[scale(), weights([FEATURES], 0.1), scale(), weights([FEATURES], 0.1)],
];

function dlBlock(x: dl.Tensor, p: readonly dl.Tensor[]): dl.Tensor {
  const norm = (h: dl.Tensor, weight: dl.Tensor, bias: dl.Tensor): dl.Tensor =>
    dl.layerNorm(h, FEATURES, { weight, bias });
  const rows = x.reshape([ROWS, FEATURES]);
  const all = dl.linear(rows, p[0]!, p[1]!).reshape(SPLIT).permute([2, 0, 3, 1, 4]); // [3, batch, heads, length, width]
  const [q, k, v] = dl.split(all, 1, 0).map((part) => dl.squeeze(part, 0));
  const mixed = dl.scaledDotProductAttention(q!, k!, v!).permute([0, 2, 1, 3]).reshape([ROWS, FEATURES]);
  const h = norm(rows.add(dl.linear(mixed, p[2]!, p[3]!)), p[8]!, p[9]!);
  const inner = dl.linear(h, p[4]!, p[5]!, { activation: 'relu' });
  return norm(h.add(dl.linear(inner, p[6]!, p[7]!)), p[10]!, p[11]!).reshape([BATCH, LENGTH, FEATURES]);
}

function tfBlock(tf: Tf, x: TfTensor, p: readonly TfTensor[]): TfTensor {
  const norm = (h: TfTensor, gain: TfTensor, bias: TfTensor): TfTensor => {
    const deviation = tf.sub(h, tf.mean(h, -1, true));
    const variance = tf.mean(tf.square(deviation), -1, true);
    return tf.add(tf.mul(tf.mul(deviation, tf.rsqrt(tf.add(variance, EPSILON))), gain), bias);
  };
  const rows = tf.reshape(x, [ROWS, FEATURES]);
  const all = tf.transpose(tf.reshape(tfLinear(tf, rows, p[0]!, p[1]!), SPLIT), [2, 0, 3, 1, 4]);
  const [q, k, v] = tf.unstack(all, 0);
  const attention = tf.softmax(tf.mul(tf.matMul(q!, k!, false, true), WIDTH ** -0.5));
  const mixed = tf.reshape(tf.transpose(tf.matMul(attention, v!), [0, 2, 1, 3]), [ROWS, FEATURES]);
  const h = norm(tf.add(rows, tfLinear(tf, mixed, p[2]!, p[3]!)), p[8]!, p[9]!);
  const inner = tfLinear(tf, h, p[4]!, p[5]!, 'relu');
  const y = norm(tf.add(h, tfLinear(tf, inner, p[6]!, p[7]!)), p[10]!, p[11]!);
  return tf.reshape(y, [BATCH, LENGTH, FEATURES]);
}

function jaxBlock(jax: Jax, x: JaxArray, p: readonly JaxArray[]): JaxArray {
  const { numpy: np, nn } = jax;
  const norm = (h: JaxArray, gain: JaxArray, bias: JaxArray): JaxArray => {
    const deviation = h.ref.sub(h.mean(-1, { keepdims: true }));
    const variance = deviation.ref.mul(deviation.ref).mean(-1, { keepdims: true });
    return deviation
      .div(np.sqrt(variance.add(EPSILON)))
      .mul(gain.ref)
      .add(bias.ref);
  };
  const rows = x.ref.reshape([ROWS, FEATURES]);
  const all = np.transpose(jaxLinear(jax, rows.ref, p[0]!, p[1]!).reshape(SPLIT), [2, 0, 3, 1, 4]);
  const [q, k, v] = [all.ref.slice(0), all.ref.slice(1), all.slice(2)];
  const attention = nn.softmax(np.matmul(q, np.transpose(k, [0, 1, 3, 2])).mul(WIDTH ** -0.5), -1);
  const mixed = np.transpose(np.matmul(attention, v), [0, 2, 1, 3]).reshape([ROWS, FEATURES]);
  const h = norm(rows.add(jaxLinear(jax, mixed, p[2]!, p[3]!)), p[8]!, p[9]!);
  const inner = nn.relu(jaxLinear(jax, h.ref, p[4]!, p[5]!));
  return norm(h.add(jaxLinear(jax, inner, p[6]!, p[7]!)), p[10]!, p[11]!).reshape([BATCH, LENGTH, FEATURES]);
}

function onnxBlock(g: OnnxGraph, x: OnnxValue, p: readonly OnnxValue[]): OnnxValue {
  const dense = (h: OnnxValue, weight: OnnxValue, bias: OnnxValue): OnnxValue =>
    g.op('Gemm', [h, weight, bias], { transB: 1 });
  const norm = (h: OnnxValue, gain: OnnxValue, bias: OnnxValue): OnnxValue =>
    g.op('LayerNormalization', [h, gain, bias], { axis: -1 });
  const shape = (h: OnnxValue, sizes: readonly number[]): OnnxValue => g.op('Reshape', [h, g.integers(sizes)]);
  const rows = shape(x, [ROWS, FEATURES]);
  const all = g.op('Transpose', [shape(dense(rows, p[0]!, p[1]!), SPLIT)], { perm: [2, 0, 3, 1, 4] });
  const part = (i: number): OnnxValue =>
    g.op('Squeeze', [g.op('Slice', [all, g.integers([i]), g.integers([i + 1]), g.integers([0])]), g.integers([0])]);
  const scores = g.op('MatMul', [part(0), g.op('Transpose', [part(1)], { perm: [0, 1, 3, 2] })]);
  const scaled = g.op('Mul', [scores, g.constant(Float32Array.of(WIDTH ** -0.5), [1])]);
  const mixed = g.op('MatMul', [g.op('Softmax', [scaled], { axis: -1 }), part(2)]);
  const joined = shape(g.op('Transpose', [mixed], { perm: [0, 2, 1, 3] }), [ROWS, FEATURES]);
  const h = norm(g.op('Add', [rows, dense(joined, p[2]!, p[3]!)]), p[8]!, p[9]!);
  const inner = g.op('Relu', [dense(h, p[4]!, p[5]!)]);
  return shape(norm(g.op('Add', [h, dense(inner, p[6]!, p[7]!)]), p[10]!, p[11]!), [BATCH, LENGTH, FEATURES]);
}

const torchBlock = `
def make(x, *values):
    model = nn.TransformerEncoderLayer(${FEATURES}, ${HEADS}, ${INNER}, dropout=0.0, batch_first=True)
    load(model, values)
`;
const size = `features ${FEATURES}, ${HEADS} heads, length ${LENGTH}, batch ${BATCH}`;

export const transformer: readonly Workload[] = [
  {
    name: `transformer block forward, ${size}`,
    inputs,
    dl:
      (x, ...parameters) =>
      () =>
        dlBlock(x, parameters),
    tfjs:
      (tf, x, ...parameters) =>
      () =>
        tfBlock(tf, x, parameters),
    jax: (jax, x, ...parameters) => {
      const forward = jax.jit((...all: readonly JaxArray[]) => jaxBlock(jax, all[0]!, all.slice(1)));
      return () => forward(x.ref, ...parameters.map((value) => value.ref));
    },
    onnx: { graph: (g, x, ...parameters) => onnxBlock(g, x!, parameters) },
    torch: `${torchBlock}    model.eval()\n    return lambda: model(x)`,
    isNetwork: true,
    tolerance: 1e-3,
  },
  {
    name: `transformer block training step, ${size}`,
    inputs,
    dl: (x, ...parameters) => {
      for (const parameter of parameters) dl.keep(parameter).requiresGrad = true;
      return dlStep(parameters, () => dlBlock(x, parameters).square().mean());
    },
    tfjs: (tf, x, ...parameters) => {
      const variables = parameters.map((value) => tf.variable(value));
      return tfStep(tf, () => tf.mean(tf.square(tfBlock(tf, x, variables))));
    },
    jax: (jax, x, ...parameters) =>
      jaxStep(jax, parameters, (values) => {
        const y = jaxBlock(jax, x, values);
        return y.ref.mul(y).mean();
      }),
    torch: `${torchBlock}    return step(model.parameters(), lambda: (model(x) ** 2).mean())`,
    isNetwork: true,
    compareAfter: 3,
    tolerance: 1e-3,
  },
];
