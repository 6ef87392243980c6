// The gradients of activations, one pass over memory each.

import {
  defineKernel,
  eluGrad,
  geluGrad,
  type KernelEntry,
  leakyReluGrad,
  reluGrad,
  sigmoidGrad,
  siluGrad,
  softplusGrad,
  tanhGrad,
} from '@dl/autograd';
import { formulaProgram, type Program } from '../program.js';
import { expGlsl, normalGlsl, sigmoidGlsl, specialsIn, withSpecials } from './functions.js';
import { run } from './shared.js';

/** A formula of the upstream gradient g and of v, which is x or y. */
function gradient(name: string, formula: string, before = '', floats: readonly string[] = []): Program {
  return formulaProgram(name, ['g', 'v'], [...floats, ...specialsIn(before)], formula, before);
}

const programs = {
  relu: gradient('reluGrad', 'v <= 0.0 ? 0.0 : g'),
  tanh: gradient('tanhGrad', 'g * ((1.0 - v) * (1.0 + v))'),
  sigmoid: gradient('sigmoidGrad', 'g * (v * (1.0 - v))'),
  silu: gradient('siluGrad', 'float s = sigmoidOf(v); return g * (s * (v * (1.0 - s) + 1.0));', sigmoidGlsl),
  leakyRelu: gradient('leakyReluGrad', 'v > 0.0 ? g : g * $slope', '', ['slope']),
  elu: gradient('eluGrad', 'v > 0.0 ? g : g * (expOf(v) * $alpha)', expGlsl, ['alpha']),
  softplus: gradient('softplusGrad', 'g * sigmoidOf($beta * v)', sigmoidGlsl, ['beta']),
  gelu: gradient('geluGrad', 'return g * (normalOf(v) + v * expOf(-0.5 * v * v) * 0.39894228);', normalGlsl),
  geluTanh: gradient(
    'geluTanhGrad',
    // Where the square is large, what it is multiplied with is 0.
    `float square = min(v * v, 1e30);
    float s = sigmoidOf(1.59576912 * (v + 0.044715 * v * v * v));
    return g * (s + v * (s * (1.0 - s)) * (1.59576912 + 0.21406445 * square));`,
    sigmoidGlsl,
  ),
} as const;

type Tensors = Parameters<typeof run>[2];

function fill(what: Program, dx: Parameters<typeof run>[1], inputs: Tensors, numbers: readonly number[] = []): void {
  run(what, dx, inputs, [], withSpecials(what, numbers));
}

export const activationGradKernels: readonly KernelEntry[] = [
  defineKernel(reluGrad, ({ g, y, dx }) => fill(programs.relu, dx, [g, y])),
  defineKernel(tanhGrad, ({ g, y, dx }) => fill(programs.tanh, dx, [g, y])),
  defineKernel(sigmoidGrad, ({ g, y, dx }) => fill(programs.sigmoid, dx, [g, y])),
  defineKernel(siluGrad, ({ g, x, dx }) => fill(programs.silu, dx, [g, x])),
  defineKernel(leakyReluGrad, ({ g, x, dx }, { slope }) => fill(programs.leakyRelu, dx, [g, x], [slope])),
  defineKernel(eluGrad, ({ g, x, dx }, { alpha }) => fill(programs.elu, dx, [g, x], [alpha])),
  defineKernel(softplusGrad, ({ g, x, dx }, { beta }) => fill(programs.softplus, dx, [g, x], [beta])),
  defineKernel(geluGrad, ({ g, x, dx }, { approximate }) =>
    fill(approximate === 'none' ? programs.gelu : programs.geluTanh, dx, [g, x]),
  ),
];
