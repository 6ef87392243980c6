// Attention alone: softmax(q kᵀ / √d) v, forward, and forward and backward; and causal over a long sequence, beside the explicit form that holds
// the whole matrix. What models on it cost has its rows beside those models: transformer.ts, and generation and language models below.

import * as dl from '@dl/autograd';
import type { Jax, JaxArray } from '../engines/jax-api.js';
import type { Tf, TfTensor } from '../engines/tfjs-api.js';
import { floats, type Input, type Workload } from './workload.js';

const HEADS = 8;
const WIDTH = 64;

const tensors = (batch: number, length: number, count: number): readonly Input[] =>
  Array.from({ length: count }, () => floats([batch, HEADS, length, WIDTH]));
const sizeOf = (batch: number, length: number): string =>
  `batch ${batch}, ${HEADS} heads, length ${length}, d ${WIDTH}`;

function tfAttention(tf: Tf, q: TfTensor, k: TfTensor, v: TfTensor): TfTensor {
  return tf.matMul(tf.softmax(tf.mul(tf.matMul(q, k, false, true), WIDTH ** -0.5)), v);
}

function jaxAttention({ numpy: np, nn }: Jax, q: JaxArray, k: JaxArray, v: JaxArray): JaxArray {
  const scores = np.matmul(q, np.transpose(k, [0, 1, 3, 2])).mul(WIDTH ** -0.5);
  return np.matmul(nn.softmax(scores, -1), v);
}

/** PyTorch 1.13 has no fused form of its own for training. */
const torchAttention = `
def attention(q, k, v, mask=None):
    scores = q @ k.transpose(-1, -2) * ${WIDTH ** -0.5}
    return torch.softmax(scores if mask is None else scores + mask, -1) @ v
`;

const [BATCH, LENGTH, LONG] = [8, 256, 4096];

export const attention: readonly Workload[] = [
  {
    name: `attention forward, ${sizeOf(BATCH, LENGTH)}`,
    inputs: tensors(BATCH, LENGTH, 3),
    dl: (q, k, v) => () => dl.scaledDotProductAttention(q!, k!, v!),
    tfjs: (tf, q, k, v) => () => tfAttention(tf, q!, k!, v!),
    jax: (jax, q, k, v) => {
      const forward = jax.jit((q: JaxArray, k: JaxArray, v: JaxArray) => jaxAttention(jax, q, k, v));
      return () => forward(q!.ref, k!.ref, v!.ref);
    },
    torch: `${torchAttention}
def make(q, k, v):
    return lambda: attention(q, k, v)`,
    tolerance: 1e-4,
  },
  {
    name: `attention forward and backward, ${sizeOf(BATCH, LENGTH)}`,
    inputs: tensors(BATCH, LENGTH, 4),
    dl: (...given) => {
      const [q, k, v, gradient] = given as [dl.Tensor, dl.Tensor, dl.Tensor, dl.Tensor];
      const leaves = [q, k, v];
      for (const leaf of leaves) dl.keep(leaf).requiresGrad = true;
      return () => dl.gradients(dl.scaledDotProductAttention(q, k, v), leaves, { gradient }) as dl.Tensor[];
    },
    torch: `${torchAttention}
def make(q, k, v, gradient):
    leaves = [x.requires_grad_() for x in (q, k, v)]
    def run():
        with torch.enable_grad():
            return torch.autograd.grad(attention(*leaves), leaves, gradient)
    return run`,
    tolerance: 1e-3,
    isNetwork: true,
  },
  {
    name: `causal attention forward, ${sizeOf(1, LONG)}`,
    inputs: tensors(1, LONG, 3),
    dl: (q, k, v) => () => dl.scaledDotProductAttention(q!, k!, v!, { causal: true }),
    torch: `${torchAttention}
def make(q, k, v):
    mask = torch.full((${LONG}, ${LONG}), -float('inf')).triu(1)
    return lambda: attention(q, k, v, mask)`,
    tolerance: 1e-4,
    isNetwork: true,
  },
];
