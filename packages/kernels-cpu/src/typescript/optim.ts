// The updates of the optimisers, all parameters of a group in one call.

import { adamUpdate, sgdUpdate } from '@dl/autograd';
import { kernel } from './kernel.js';

export const sgdUpdateKernel = kernel(
  sgdUpdate,
  ({ params, grads, buffers }, { lr, momentum, dampening, nesterov, weightDecay, maximize, isNew }) => {
    const sign = maximize ? -1 : 1;
    for (let k = 0; k < params.length; k++) {
      const { data: param, size } = params[k]!;
      const grad = grads[k]!.data;
      const buffer = buffers[k]?.data;
      const [stays, comes] = isNew[k] ? [0, 1] : [momentum, 1 - dampening];
      for (let i = 0; i < size; i++) {
        let g = sign * grad[i]!;
        // Not always, because nothing times an infinite parameter is NaN; the same for a new buffer of any content.
        if (weightDecay !== 0) g += weightDecay * param[i]!;
        if (buffer !== undefined) {
          const direction = stays === 0 ? comes * g : stays * buffer[i]! + comes * g;
          buffer[i] = direction;
          g = nesterov ? g + momentum * direction : direction;
        }
        param[i]! -= lr * g;
      }
    }
  },
);

export const adamUpdateKernel = kernel(
  adamUpdate,
  (
    { params, grads, expAvgs, expAvgSqs, maxExpAvgSqs },
    { lr, betas: [beta1, beta2], eps, weightDecay, decoupled, maximize, steps },
  ) => {
    const sign = maximize ? -1 : 1;
    const decay = decoupled ? 0 : weightDecay;
    const shrink = decoupled ? 1 - lr * weightDecay : 1;
    for (let k = 0; k < params.length; k++) {
      const { data: param, size } = params[k]!;
      const [grad, mean, square] = [grads[k]!.data, expAvgs[k]!.data, expAvgSqs[k]!.data];
      const largest = maxExpAvgSqs[k]?.data;
      // The means began as zeros and are too small at first: these make up for it.
      const length = lr / (1 - beta1 ** steps[k]!);
      const width = Math.sqrt(1 - beta2 ** steps[k]!);
      for (let i = 0; i < size; i++) {
        let g = sign * grad[i]!;
        if (decay !== 0) g += decay * param[i]!;
        const m = beta1 * mean[i]! + (1 - beta1) * g;
        let v = beta2 * square[i]! + (1 - beta2) * g * g;
        mean[i] = m;
        square[i] = v;
        if (largest !== undefined) {
          v = Math.max(largest[i]!, v);
          largest[i] = v;
        }
        param[i] = shrink * param[i]! - (length * m) / (Math.sqrt(v) / width + eps);
      }
    }
  },
);
