// Formulas of one number, element by element. They choose among values and do not branch unless much work depends on it:
// neighbours on a device go both ways. What is chosen from stands in variables, because shader compilers branch around calls.

import { defineKernel, type KernelEntry, type KernelTensor, type OpInfo } from '@dl/autograd';
import { formulaProgram } from '../program.js';
import { specialsIn, withSpecials } from './functions.js';
import { run } from './shared.js';

/** Fills y from x, with the numbers that the formula names. */
export type UnaryFormula = (x: KernelTensor, y: KernelTensor, numbers?: readonly number[]) => void;

/**
 * The formula of a name, of x and of some numbers of the op, as in `$alpha`; text that it needs stands `before` it.
 */
export function unaryFormula(
  name: string,
  glsl: string,
  { before = '', floats = [] }: { readonly before?: string; readonly floats?: readonly string[] } = {},
): UnaryFormula {
  const what = formulaProgram(name, ['x'], [...floats, ...specialsIn(before + glsl)], glsl, before);
  return (x, y, numbers = []) => run(what, y, [x], [], withSpecials(what, numbers));
}

/** A kernel that is a formula and nothing else. */
export function unary(op: OpInfo<readonly ['x'], object, readonly ['y']>, glsl: string, before = ''): KernelEntry {
  const fill = unaryFormula(op.name, glsl, { before });
  return defineKernel(op, ({ x, y }) => fill(x, y));
}
