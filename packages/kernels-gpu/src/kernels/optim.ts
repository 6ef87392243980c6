// The updates of the optimisers. New values are computed beside the old ones; then the two exchange their textures.

import { adamUpdate, defineKernel, type KernelEntry, type KernelTensor, sgdUpdate } from '@dl/autograd';
import { bufferOf } from '../buffer.js';
import { formulaProgram, type Program } from '../program.js';
import { Workspace } from '../workspace.js';

/** Not always plus decay times p, because nothing times an infinite parameter is NaN. */
const gradientGlsl = `
float decayed(float p, float g) {
  return $decay == 0.0 ? $sign * g : $sign * g + $decay * p;
}
`;
const decay = ['sign', 'decay'];

const sgdProgram = formulaProgram('sgd', ['p', 'g'], [...decay, 'lr'], 'p - $lr * decayed(p, g)', gradientGlsl);

/** A new buffer may have any content, so that nothing times it may be NaN, too. */
const momentumProgram = formulaProgram(
  'sgdMomentum',
  ['b', 'p', 'g'],
  [...decay, 'stays', 'comes'],
  '($stays == 0.0 ? 0.0 : $stays * b) + $comes * decayed(p, g)',
  gradientGlsl,
);

const sgdMomentumProgram = formulaProgram(
  'sgdWithMomentum',
  ['p', 'g', 'b'],
  [...decay, 'lr', 'ahead'],
  'p - $lr * ($ahead == 0.0 ? b : decayed(p, g) + $ahead * b)',
  gradientGlsl,
);

const meanProgram = formulaProgram(
  'adamMean',
  ['m', 'p', 'g'],
  [...decay, 'stays', 'comes'],
  '$stays * m + $comes * decayed(p, g)',
  gradientGlsl,
);

const squareProgram = formulaProgram(
  'adamSquare',
  ['m', 'p', 'g'],
  [...decay, 'stays', 'comes'],
  'float d = decayed(p, g); return $stays * m + $comes * d * d;',
  gradientGlsl,
);

const largestProgram = formulaProgram('adamLargest', ['a', 'b'], [], 'a > b || a != a ? a : b');

const adamProgram = formulaProgram(
  'adam',
  ['p', 'm', 'v'],
  ['keep', 'rate', 'spread', 'eps'],
  '$keep * p - $rate * m / (sqrt(v) / $spread + $eps)',
);

/** Computes `changed` anew from itself and others. */
function update(
  what: Program,
  changed: KernelTensor,
  inputs: readonly KernelTensor[],
  floats: readonly number[],
): void {
  const target = bufferOf(changed);
  if (target.size === 0) return;
  const { backend } = target;
  using work = new Workspace(backend);
  const next = work.take(target.size);
  backend.run(what, next, inputs.map(bufferOf), [], floats);
  backend.exchange(target, next);
}

export const optimKernels: readonly KernelEntry[] = [
  defineKernel(
    sgdUpdate,
    ({ params, grads, buffers }, { lr, momentum, dampening, nesterov, weightDecay, maximize, isNew }) => {
      const given = [maximize ? -1 : 1, weightDecay];
      for (const [i, p] of params.entries()) {
        const [g, b] = [grads[i]!, buffers[i]];
        if (momentum === 0 || b === undefined) {
          update(sgdProgram, p, [p, g], [...given, lr]);
          continue;
        }
        update(momentumProgram, b, [b, p, g], [...given, ...(isNew[i] ? [0, 1] : [momentum, 1 - dampening])]);
        update(sgdMomentumProgram, p, [p, g, b], [...given, lr, nesterov ? momentum : 0]);
      }
    },
  ),
  defineKernel(
    adamUpdate,
    (
      { params, grads, expAvgs, expAvgSqs, maxExpAvgSqs },
      { lr, betas: [beta1, beta2], eps, weightDecay, decoupled, maximize, steps },
    ) => {
      const given = [maximize ? -1 : 1, decoupled ? 0 : weightDecay];
      for (const [i, p] of params.entries()) {
        const [g, m, v, largest] = [grads[i]!, expAvgs[i]!, expAvgSqs[i]!, maxExpAvgSqs[i]];
        update(meanProgram, m, [m, p, g], [...given, beta1, 1 - beta1]);
        update(squareProgram, v, [v, p, g], [...given, beta2, 1 - beta2]);
        if (largest !== undefined) update(largestProgram, largest, [largest, v], []);
        update(
          adamProgram,
          p,
          [p, m, largest ?? v],
          [decoupled ? 1 - lr * weightDecay : 1, lr / (1 - beta1 ** steps[i]!), Math.sqrt(1 - beta2 ** steps[i]!), eps],
        );
      }
    },
  ),
];
