// The kernels in gpu.js's own language. They are the shortest that are right, each from its formula; for speed there are those
// beside them in `kernels`, which also do all other ops.

import type { KernelEntry } from '@dl/autograd';
import { activationGradKernels } from './activation-grads.js';
import { activationKernels } from './activations.js';
import { arithmeticKernels } from './arithmetic.js';
import { conv2dKernels } from './conv2d.js';
import { linearKernels } from './linear.js';
import { matmulKernels } from './matmul.js';
import { pool2dKernels } from './pool2d.js';
import { reduceKernels } from './reduce.js';

export const readableKernels: readonly KernelEntry[] = [
  ...activationKernels,
  ...activationGradKernels,
  ...arithmeticKernels,
  ...reduceKernels,
  ...matmulKernels,
  ...linearKernels,
  ...conv2dKernels,
  ...pool2dKernels,
];
