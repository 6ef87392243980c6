// Running sums. Sort and topK are missing on purpose: TensorFlow.js has no place for NaN in an order.

import { cumsum } from '@dl/autograd';
import { type TfjsKernel, tfjsKernel } from '../kernel.js';

export const sortKernels: readonly TfjsKernel[] = /* @__PURE__ */ (() => [
  tfjsKernel(cumsum, ['Cumsum'], ({ x }, { axis, reverse }, tf) =>
    tf.call('Cumsum', { x }, { axis, exclusive: false, reverse }),
  ),
])();
