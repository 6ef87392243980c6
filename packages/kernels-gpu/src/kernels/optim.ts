// The updates of the optimisers, as formulas: decays and rates change from step to step, and what is compiled does not.

import {
  adamUpdate,
  defineKernel,
  type Element,
  elementFormula,
  type KernelEntry,
  type KernelTensor,
  sgdUpdate,
} from '@dl/autograd';
import { applyFormula } from './update-elements.js';

interface Descent {
  readonly weightDecay: number;
  readonly maximize: boolean;
}

/** Not always plus decay times p, because nothing times an infinite parameter is NaN. */
function slope(p: Element, g: Element, { weightDecay, maximize }: Descent): Element {
  const down = maximize ? g.neg() : g;
  return weightDecay === 0 ? down : down.add(p.mul(weightDecay));
}

export const optimKernels: readonly KernelEntry[] = [
  defineKernel(sgdUpdate, ({ params, grads, buffers }, { lr, momentum, dampening, nesterov, isNew, ...descent }) => {
    for (const [i, param] of params.entries()) {
      const [grad, buffer] = [grads[i]!, momentum === 0 ? undefined : buffers[i]];
      const targets: KernelTensor[] = buffer === undefined ? [param] : [param, buffer];
      const formula = elementFormula(targets.length, 1, ([p, b], [g]) => {
        const d = slope(p!, g!, descent);
        if (b === undefined) return [p!.sub(d.mul(lr))];
        // A new buffer may have any content, so that nothing times it may be NaN.
        const next = isNew[i] ? d : b.mul(momentum).add(d.mul(1 - dampening));
        const change = nesterov ? d.add(next.mul(momentum)) : next;
        return [p!.sub(change.mul(lr)), next];
      });
      applyFormula(formula, [...targets, grad]);
    }
  }),
  defineKernel(
    adamUpdate,
    (
      { params, grads, expAvgs, expAvgSqs, maxExpAvgSqs },
      { lr, betas: [beta1, beta2], eps, weightDecay, decoupled, maximize, steps },
    ) => {
      for (const [i, param] of params.entries()) {
        const step = steps[i]!;
        const targets = [param, expAvgs[i]!, expAvgSqs[i]!, ...maxExpAvgSqs.slice(i, i + 1)];
        const formula = elementFormula(targets.length, 1, ([p, m, v, most], [g]) => {
          const d = slope(p!, g!, { weightDecay: decoupled ? 0 : weightDecay, maximize });
          const mean = m!.mul(beta1).add(d.mul(1 - beta1));
          const square = v!.mul(beta2).add(d.square().mul(1 - beta2));
          const largest = most?.maximum(square);
          const spread = (largest ?? square).sqrt().div(Math.sqrt(1 - beta2 ** step));
          const change = mean.mul(lr / (1 - beta1 ** step)).div(spread.add(eps));
          const from = decoupled && weightDecay !== 0 ? p!.mul(1 - lr * weightDecay) : p!;
          return [from.sub(change), mean, square, ...(largest === undefined ? [] : [largest])];
        });
        applyFormula(formula, [...targets, grads[i]!]);
      }
    },
  ),
];
