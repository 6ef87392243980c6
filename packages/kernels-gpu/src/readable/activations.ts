// Activations, element by element.

import { defineKernel, type KernelEntry, relu } from '@dl/autograd';
import { gpuJsProgram, runGpuJs, seenAs } from './program.js';

/** Compilers make Math.max of shorter forms, which drops NaN; only NaN differs from itself. */
const reluProgram = gpuJsProgram(
  'relu in gpu.js',
  { textures: ['x'] },
  `function (x) {
    const value = x[this.thread.x];
    return value > 0 || value !== value ? value : 0;
  }`,
);

export const activationKernels: readonly KernelEntry[] = [
  defineKernel(relu, ({ x, y }) => runGpuJs(reluProgram, seenAs(y, [y.size]), [seenAs(x, [x.size])])),
];
