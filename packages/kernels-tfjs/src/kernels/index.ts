// All kernels, by family. Ops that are missing here run by their decomposition, or on the backend that stands by: sort and
// topK on purpose, since TensorFlow.js has no place for NaN in an order.

import type { TfjsKernel } from '../kernel.js';
import { adoptKernel } from './adopt.js';
import { conv2dKernels } from './conv2d.js';
import { elementwiseKernels } from './elementwise.js';
import { exactKernels } from './exact.js';
import { indexingKernels } from './indexing.js';
import { matmulKernels } from './matmul.js';
import { moveKernels } from './move.js';
import { normalKernels } from './normal.js';
import { pool2dKernels } from './pool2d.js';
import { reduceKernels } from './reduce.js';
import { trigonometryKernels } from './trigonometry.js';

export const tfjsKernels: readonly TfjsKernel[] = /* @__PURE__ */ (() => [
  adoptKernel,
  ...trigonometryKernels,
  ...elementwiseKernels,
  ...exactKernels,
  ...normalKernels,
  ...reduceKernels,
  ...moveKernels,
  ...indexingKernels,
  ...matmulKernels,
  ...conv2dKernels,
  ...pool2dKernels,
])();
