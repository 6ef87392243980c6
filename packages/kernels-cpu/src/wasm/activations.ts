// Activations.

import { elu, gelu, leakyRelu, relu, selu, silu, softplus } from '@dl/autograd';
import { COSTLY } from './engine.js';
import { unary } from './unary.js';

const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

export const siluKernel = unary(silu, (wasm, x, y, n) => wasm.unarySilu(x, y, n), COSTLY);
export const eluKernel = unary(elu, (wasm, x, y, n, { alpha }) => wasm.unaryElu(x, y, n, alpha, 1), COSTLY);
export const seluKernel = unary(
  selu,
  (wasm, x, y, n) => wasm.unaryElu(x, y, n, SELU_SCALE * SELU_ALPHA, SELU_SCALE),
  COSTLY,
);
export const softplusKernel = unary(softplus, (wasm, x, y, n, { beta }) => wasm.unarySoftplus(x, y, n, beta), COSTLY);
export const geluKernel = unary(
  gelu,
  (wasm, x, y, n, { approximate }) => {
    if (approximate === 'tanh') wasm.unaryGeluTanh(x, y, n);
    else wasm.unaryGelu(x, y, n);
  },
  COSTLY,
);
export const reluKernel = unary(relu, (wasm, x, y, n) => wasm.unaryRelu(x, y, n));
export const leakyReluKernel = unary(leakyRelu, (wasm, x, y, n, { slope }) => wasm.unaryLeakyRelu(x, y, n, slope));
