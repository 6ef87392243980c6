// Activations.

import { defineKernel, elu, gelu, type KernelEntry, leakyRelu, relu, silu, softplus } from '@dl/autograd';
import { expGlsl, expm1Glsl, log1pGlsl, normalGlsl, sigmoidGlsl } from './functions.js';
import { unary, unaryFormula } from './unary-formula.js';

const leakyReluFormula = unaryFormula('leakyRelu', 'x > 0.0 ? x : x * $slope', { floats: ['slope'] });

const eluFormula = unaryFormula('elu', 'x > 0.0 ? x : $alpha * expm1Of(x)', { before: expm1Glsl, floats: ['alpha'] });

// log(1 + e^(βx)) / β = max(x, 0) + log(1 + e^(-β|x|)) / β
const softplusFormula = unaryFormula('softplus', '(x > 0.0 ? x : 0.0) + log1pOf(expOf(-abs($beta * x))) / $beta', {
  before: expGlsl + log1pGlsl,
  floats: ['beta'],
});

const geluFormula = unaryFormula('gelu', 'x * normalOf(x)', { before: normalGlsl });

// 1 + tanh u = 2 sigmoid(2u), which keeps its digits where the sum loses them.
const geluTanhFormula = unaryFormula('geluTanh', 'x * sigmoidOf(1.59576912 * (x + 0.044715 * x * x * x))', {
  before: sigmoidGlsl,
});

export const activationKernels: readonly KernelEntry[] = [
  unary(relu, 'float y = max(x, 0.0); return x != x ? x : y;'),
  unary(silu, 'x * sigmoidOf(x)', sigmoidGlsl),
  defineKernel(leakyRelu, ({ x, y }, { slope }) => leakyReluFormula(x, y, [slope])),
  defineKernel(elu, ({ x, y }, { alpha }) => eluFormula(x, y, [alpha])),
  defineKernel(softplus, ({ x, y }, { beta }) => softplusFormula(x, y, [beta])),
  defineKernel(gelu, ({ x, y }, { approximate }) => (approximate === 'none' ? geluFormula : geluTanhFormula)(x, y)),
];
