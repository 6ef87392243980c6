// A choice between two tensors, with broadcasting.

import { where } from '@dl/autograd';
import { type TfjsKernel, tfjsKernel } from '../kernel.js';
import { select } from './shapes.js';

export const whereKernels: readonly TfjsKernel[] = /* @__PURE__ */ (() => [
  tfjsKernel(where, ['Select', 'Tile', 'Reshape', 'Cast'], ({ condition, a, b, y }, _, tf) =>
    select(tf, condition, a, b, y.shape),
  ),
])();
