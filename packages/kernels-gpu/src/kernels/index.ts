// The kernels of the GPU backend. What has none here runs from other ops, or on the fallback backend.

import type { KernelEntry } from '@dl/autograd';
import { activationGradKernels } from './activation-grads.js';
import { activationKernels } from './activations.js';
import { arithmeticKernels } from './arithmetic.js';
import { compareKernels } from './compare.js';
import { conv2dKernels } from './conv2d.js';
import { copyKernels } from './copy.js';
import { crossEntropyKernels } from './cross-entropy.js';
import { elementwiseKernels } from './elementwise.js';
import { expandKernels } from './expand.js';
import { indexingKernels } from './indexing.js';
import { joinKernels } from './join.js';
import { linearKernels } from './linear.js';
import { matmulKernels } from './matmul.js';
import { optimKernels } from './optim.js';
import { permuteKernels } from './permute.js';
import { pool2dKernels } from './pool2d.js';
import { reduceKernels } from './reduce.js';
import { sliceKernels } from './slice.js';
import { softmaxKernels } from './softmax.js';
import { updateElementsKernels } from './update-elements.js';
import { whereKernels } from './where.js';

/** The kernels of each family: a new file needs a line here. */
export const kernelFamilies = {
  activationGradKernels,
  activationKernels,
  arithmeticKernels,
  compareKernels,
  conv2dKernels,
  copyKernels,
  crossEntropyKernels,
  elementwiseKernels,
  expandKernels,
  indexingKernels,
  joinKernels,
  linearKernels,
  matmulKernels,
  optimKernels,
  permuteKernels,
  pool2dKernels,
  reduceKernels,
  sliceKernels,
  softmaxKernels,
  updateElementsKernels,
  whereKernels,
};

export const gpuKernels: readonly KernelEntry[] = Object.values(kernelFamilies).flat();
