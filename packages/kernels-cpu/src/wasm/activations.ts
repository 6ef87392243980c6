// Activations.

import { elu, gelu, leakyRelu, relu, selu, silu, softplus } from '@dl/autograd';
import { COSTLY } from './engine.js';
import { unary } from './unary.js';

const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

export const siluKernel = unary(silu, (run, x, y, n) => run.unarySilu(x, y, n), COSTLY);
export const eluKernel = unary(elu, (run, x, y, n, { alpha }) => run.unaryElu(x, y, n, alpha, 1), COSTLY);
export const seluKernel = unary(
  selu,
  (run, x, y, n) => run.unaryElu(x, y, n, SELU_SCALE * SELU_ALPHA, SELU_SCALE),
  COSTLY,
);
export const softplusKernel = unary(softplus, (run, x, y, n, { beta }) => run.unarySoftplus(x, y, n, beta), COSTLY);
export const geluKernel = unary(
  gelu,
  (run, x, y, n, { approximate }) => {
    if (approximate === 'tanh') run.unaryGeluTanh(x, y, n);
    else run.unaryGelu(x, y, n);
  },
  COSTLY,
);
export const reluKernel = unary(relu, (run, x, y, n) => run.unaryRelu(x, y, n));
export const leakyReluKernel = unary(leakyRelu, (run, x, y, n, { slope }) => run.unaryLeakyRelu(x, y, n, slope));
