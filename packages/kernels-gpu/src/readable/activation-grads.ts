// Gradients of activations, from their results.

import { defineKernel, type KernelEntry, reluGrad } from '@dl/autograd';
import { gpuJsProgram, runGpuJs, seenAs } from './program.js';

const reluGradProgram = gpuJsProgram(
  'reluGrad in gpu.js',
  { textures: ['g', 'y'] },
  `function (g, y) {
    return y[this.thread.x] <= 0 ? 0 : g[this.thread.x];
  }`,
);

export const activationGradKernels: readonly KernelEntry[] = [
  defineKernel(reluGrad, ({ g, y, dx }) =>
    runGpuJs(reluGradProgram, seenAs(dx, [dx.size]), [seenAs(g, [g.size]), seenAs(y, [y.size])]),
  ),
];
