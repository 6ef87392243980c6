// Formulas of several operands that broadcast.

import {
  broadcastStrides,
  defineKernel,
  type KernelEntry,
  type KernelTensor,
  mergeAxes,
  type OpInfo,
} from '@dl/autograd';
import { bufferOf } from '../buffer.js';
import { glslProgram, hereGlsl, type Program } from '../program.js';
import { specialsIn, withSpecials } from './functions.js';
import { run, variants, walkArguments, walkGlsl, walkNumbers } from './shared.js';

/** Fills the result from the operands. */
export type BroadcastFormula = (inputs: readonly KernelTensor[], y: KernelTensor) => void;

/** The formula of a name, an expression of its operands; text that it needs stands `before` it. */
export function broadcastFormula(
  name: string,
  operands: readonly string[],
  expression: string,
  before = '',
): BroadcastFormula {
  const signature = `float f(${operands.map((operand) => `float ${operand}`).join(', ')})`;
  const glsl = `${signature};\n${before}\n${signature} { return ${expression}; }\n`;
  const used = specialsIn(before);

  /** All operands as large as the result (t), or one number known on the host (s): texel by texel. The key is `ts`. */
  const even = variants((kinds: string): Program => {
    const textures = operands.filter((_, i) => kinds[i] === 't');
    const numbers = operands.filter((_, i) => kinds[i] !== 't');
    return glslProgram(
      `${name}:${kinds}`,
      { textures, floats: [...numbers, ...used] },
      `${glsl}\n${hereGlsl(operands, textures)}`,
    );
  });

  /** Operands of any shapes that broadcast, over so many axes. */
  const uneven = variants(
    (rank: number): Program =>
      glslProgram(
        `${name}:${rank}`,
        { textures: operands, ints: walkArguments(rank, operands), floats: used },
        `${glsl}
        float element(int i) {
          ${walkGlsl(rank, operands)}
          return f(${operands.map((operand) => `${operand}_at(at_${operand})`).join(', ')});
        }`,
      ),
  );

  return (inputs, y) => {
    const scalars = inputs.map((input) => (y.size > 1 ? bufferOf(input).scalar : undefined));
    if (inputs.every((input, i) => input.size === y.size || scalars[i] !== undefined)) {
      const what = even(scalars.map((scalar) => (scalar === undefined ? 't' : 's')).join(''));
      const textures = inputs.filter((_, i) => scalars[i] === undefined);
      const numbers = scalars.filter((scalar) => scalar !== undefined);
      run(what, y, textures, [], withSpecials(what, numbers));
      return;
    }
    const walk = mergeAxes(
      y.shape,
      inputs.map((input) => broadcastStrides(input.shape, y.shape)),
    );
    const what = uneven(walk.shape.length);
    run(what, y, inputs, walkNumbers(walk), withSpecials(what, []));
  };
}

/** A kernel that is a formula of a and b and nothing else. */
export function binary(
  op: OpInfo<readonly ['a', 'b'], object, readonly ['y']>,
  expression: string,
  before?: string,
): KernelEntry {
  const fill = broadcastFormula(op.name, ['a', 'b'], expression, before);
  return defineKernel(op, ({ a, b, y }) => fill([a, b], y));
}
