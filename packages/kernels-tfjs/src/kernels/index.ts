// All kernels, by family. Ops that are missing here run by their decomposition, or on the fallback backend: sort and
// topK on purpose, since TensorFlow.js has no place for NaN in an order.

import type { TfjsKernel } from '../kernel.js';
import { activationKernels } from './activations.js';
import { adoptKernel } from './adopt.js';
import { arithmeticKernels } from './arithmetic.js';
import { compareKernels } from './compare.js';
import { conv2dKernels } from './conv2d.js';
import { copyKernels } from './copy.js';
import { elementwiseKernels } from './elementwise.js';
import { expandKernels } from './expand.js';
import { indexingKernels } from './indexing.js';
import { joinKernels } from './join.js';
import { matmulKernels } from './matmul.js';
import { permuteKernels } from './permute.js';
import { pool2dKernels } from './pool2d.js';
import { reduceKernels } from './reduce.js';
import { sliceKernels } from './slice.js';
import { softmaxKernels } from './softmax.js';
import { sortKernels } from './sort.js';
import { whereKernels } from './where.js';

export const tfjsKernels: readonly TfjsKernel[] = /* @__PURE__ */ (() => [
  adoptKernel,
  ...activationKernels,
  ...arithmeticKernels,
  ...compareKernels,
  ...conv2dKernels,
  ...copyKernels,
  ...elementwiseKernels,
  ...expandKernels,
  ...indexingKernels,
  ...joinKernels,
  ...matmulKernels,
  ...permuteKernels,
  ...pool2dKernels,
  ...reduceKernels,
  ...sliceKernels,
  ...softmaxKernels,
  ...sortKernels,
  ...whereKernels,
])();
