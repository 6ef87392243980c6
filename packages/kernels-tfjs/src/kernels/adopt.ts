// fromTfjs as an op, so that what comes from outside is counted and owned like every result. Ops run where their inputs live:
// `place` is there to say where.

import { type DType, defineOp, required } from '@dl/autograd';
import type { Tensor } from '@tensorflow/tfjs-core';
import { tfjsKernel } from '../kernel.js';

export const adopt = /* @__PURE__ */ defineOp({
  name: 'fromTfjs',
  inputs: ['place'],
  attrs: { source: required<Tensor>() },
  infer: (_, { source }) => ({ shape: source.shape, dtype: source.dtype as DType }),
  grad: 'nondifferentiable',
});

export const adoptKernel = /* @__PURE__ */ tfjsKernel(adopt, [], (_, { source }) => source);
