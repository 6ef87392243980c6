// The kernels of the GPU backend. What has none here runs from other ops, or on the backend that stands by.

import type { KernelEntry } from '@dl/autograd';
import { activationGradKernels } from './activation-grads.js';
import { broadcastKernels } from './broadcast.js';
import { conv2dKernels } from './conv2d.js';
import { updateElementsKernel } from './elements.js';
import { elementwiseKernels } from './elementwise.js';
import { indexingKernels } from './indexing.js';
import { matmulKernels } from './matmul.js';
import { moveKernels } from './move.js';
import { optimKernels } from './optim.js';
import { pool2dKernels } from './pool2d.js';
import { reduceKernels } from './reduce.js';
import { softmaxKernels } from './softmax.js';

export const gpuKernels: readonly KernelEntry[] = [
  ...elementwiseKernels,
  ...broadcastKernels,
  ...moveKernels,
  ...reduceKernels,
  ...matmulKernels,
  ...conv2dKernels,
  ...pool2dKernels,
  ...softmaxKernels,
  ...indexingKernels,
  ...activationGradKernels,
  ...optimKernels,
  updateElementsKernel,
];
