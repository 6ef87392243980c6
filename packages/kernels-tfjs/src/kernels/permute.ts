// Axes in another order.

import { permute } from '@dl/autograd';
import { type TfjsKernel, tfjsKernel } from '../kernel.js';
import { transpose } from './shapes.js';

export const permuteKernels: readonly TfjsKernel[] = /* @__PURE__ */ (() => [
  tfjsKernel(permute, ['Transpose', 'Reshape'], ({ x }, { order }, tf) => transpose(tf, x, order)),
])();
