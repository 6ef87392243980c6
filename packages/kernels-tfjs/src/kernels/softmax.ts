// Softmax.

import { softmax } from '@dl/autograd';
import { type TfjsKernel, tfjsKernel } from '../kernel.js';
import { reshape, transpose } from './shapes.js';

export const softmaxKernels: readonly TfjsKernel[] = /* @__PURE__ */ (() => [
  // TensorFlow.js normalises the last axis only.
  tfjsKernel(softmax, ['Softmax', 'Transpose', 'Reshape'], ({ x }, { axis }, tf) => {
    const last = x.shape.length - 1;
    if (last < 0) return tf.filled(1, x.shape, x.dtype);
    const swapped = x.shape.map((_, i) => (i === axis ? last : i === last ? axis : i));
    const rows = transpose(tf, x, swapped);
    return reshape(tf, transpose(tf, tf.call('Softmax', { logits: rows }, { dim: last }), swapped), x.shape);
  }),
])();
