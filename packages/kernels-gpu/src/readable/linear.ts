// x · weightᵀ + bias.

import { defineKernel, type KernelEntry, linear } from '@dl/autograd';
import { variants } from '../kernels/shared.js';
import { gpuJsProgram, runGpuJs, seenAs } from './program.js';

const linearProgram = variants((bias: 'bias' | 'none') =>
  gpuJsProgram(
    `linear in gpu.js:${bias}`,
    { textures: ['x', 'weight', 'bias'], ints: ['inner'] },
    `function (x, weight, bias, inner) {
      let sum = 0;
      for (let k = 0; k < inner; k++) {
        sum += x[this.thread.y][k] * weight[this.thread.x][k];
      }
      return this.constants.hasBias === 1 ? sum + bias[this.thread.x] : sum;
    }`,
    { hasBias: Number(bias === 'bias') },
  ),
);

export const linearKernels: readonly KernelEntry[] = [
  defineKernel(linear, ({ x, weight, bias, y }) => {
    const [columns, inner] = weight.shape as readonly [number, number];
    if (y.size === 0) return;
    const rows = y.size / columns;
    runGpuJs(
      linearProgram(bias === undefined ? 'none' : 'bias'),
      seenAs(y, [rows, columns]),
      [seenAs(x, [rows, inner]), weight, bias ?? weight],
      [inner],
    );
  }),
];
