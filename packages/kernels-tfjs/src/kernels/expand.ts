// Broadcasting to a shape.

import { expand } from '@dl/autograd';
import { type TfjsKernel, tfjsKernel } from '../kernel.js';
import { stretch } from './shapes.js';

export const expandKernels: readonly TfjsKernel[] = /* @__PURE__ */ (() => [
  tfjsKernel(expand, ['Tile', 'Reshape'], ({ x }, { shape }, tf) => stretch(tf, x, shape)),
])();
