// Formulas of several operands that broadcast: arithmetic, comparisons, choosing.

import {
  add,
  defineKernel,
  div,
  equal,
  greater,
  greaterEqual,
  isInteger,
  type KernelEntry,
  type KernelTensor,
  less,
  lessEqual,
  logicalAnd,
  logicalOr,
  logicalXor,
  maximum,
  minimum,
  mod,
  mul,
  notEqual,
  type OpInfo,
  pow,
  sub,
  where,
} from '@dl/autograd';
import { bufferOf } from '../buffer.js';
import { glslProgram, hereGlsl, type Program } from '../program.js';
import { specialsIn, withSpecials } from './functions.js';
import { modGlsl, powGlsl } from './power.js';
import { broadcastStrides, run, simplify, variants, walkArguments, walkGlsl, walkNumbers } from './shared.js';

interface Formula {
  readonly operands: readonly string[];
  readonly glsl: string;
  readonly before?: string;
}

const ab = ['a', 'b'];
const formulas = {
  add: { operands: ab, glsl: 'a + b' },
  sub: { operands: ab, glsl: 'a - b' },
  mul: { operands: ab, glsl: 'a * b' },
  div: { operands: ab, glsl: 'a / b' },
  mod: { operands: ab, glsl: 'modOf(a, b)', before: modGlsl },
  // Whole numbers have no NaN; JavaScript's is 0.
  wholeMod: { operands: ab, glsl: 'b == 0.0 ? 0.0 : modOf(a, b)', before: modGlsl },
  pow: { operands: ab, glsl: 'powOf(a, b)', before: powGlsl },
  maximum: { operands: ab, glsl: 'a > b || a != a ? a : b' },
  minimum: { operands: ab, glsl: 'a < b || a != a ? a : b' },
  equal: { operands: ab, glsl: 'a == b ? 1.0 : 0.0' },
  notEqual: { operands: ab, glsl: 'a == b ? 0.0 : 1.0' },
  less: { operands: ab, glsl: 'a < b ? 1.0 : 0.0' },
  lessEqual: { operands: ab, glsl: 'a <= b ? 1.0 : 0.0' },
  greater: { operands: ab, glsl: 'a > b ? 1.0 : 0.0' },
  greaterEqual: { operands: ab, glsl: 'a >= b ? 1.0 : 0.0' },
  logicalAnd: { operands: ab, glsl: 'a * b' },
  logicalOr: { operands: ab, glsl: 'max(a, b)' },
  logicalXor: { operands: ab, glsl: 'abs(a - b)' },
  where: { operands: ['c', 'a', 'b'], glsl: 'c != 0.0 ? a : b' },
} satisfies Record<string, Formula>;

type FormulaName = keyof typeof formulas;

function parts(name: FormulaName) {
  const { operands, glsl, before = '' }: Formula = formulas[name];
  const signature = `float f(${operands.map((operand) => `float ${operand}`).join(', ')})`;
  return {
    operands,
    used: specialsIn(before),
    glsl: `${signature};\n${before}\n${signature} { return ${glsl}; }\n`,
  };
}

/** All operands as large as the result (t), or one number known on the host (s): texel by texel. The key is `add:ts`. */
const even = variants((key: string): Program => {
  const [name, kinds] = key.split(':') as [FormulaName, string];
  const { operands, used, glsl } = parts(name);
  const textures = operands.filter((_, i) => kinds[i] === 't');
  const numbers = operands.filter((_, i) => kinds[i] !== 't');
  return glslProgram(key, { textures, floats: [...numbers, ...used] }, `${glsl}\n${hereGlsl(operands, textures)}`);
});

/** Operands of any shapes that broadcast, over so many axes. The key is `add:3`. */
const uneven = variants((key: string): Program => {
  const [name, rank] = key.split(':') as [FormulaName, string];
  const { operands, used, glsl } = parts(name);
  return glslProgram(
    key,
    { textures: operands, ints: walkArguments(Number(rank), operands), floats: used },
    `${glsl}
    float element(int i) {
      ${walkGlsl(Number(rank), operands)}
      return f(${operands.map((operand) => `${operand}_at(at_${operand})`).join(', ')});
    }`,
  );
});

function combine(name: FormulaName, inputs: readonly KernelTensor[], y: KernelTensor): void {
  const scalars = inputs.map((input) => (y.size > 1 ? bufferOf(input).scalar : undefined));
  if (inputs.every((input, i) => input.size === y.size || scalars[i] !== undefined)) {
    const kinds = scalars.map((scalar) => (scalar === undefined ? 't' : 's')).join('');
    const textures = inputs.filter((_, i) => scalars[i] === undefined);
    const numbers = scalars.filter((scalar) => scalar !== undefined);
    const what = even(`${name}:${kinds}`);
    run(what, y, textures, [], withSpecials(what, numbers));
    return;
  }
  const walk = simplify({ shape: y.shape, strides: inputs.map((input) => broadcastStrides(input.shape, y.shape)) });
  const what = uneven(`${name}:${walk.shape.length}`);
  run(what, y, inputs, walkNumbers(walk), withSpecials(what, []));
}

function binary(op: OpInfo<readonly ['a', 'b'], object, readonly ['y']>, name: FormulaName): KernelEntry {
  return defineKernel(op, ({ a, b, y }) => combine(name, [a, b], y));
}

export const broadcastKernels: readonly KernelEntry[] = [
  binary(add, 'add'),
  binary(sub, 'sub'),
  binary(mul, 'mul'),
  binary(div, 'div'),
  defineKernel(mod, ({ a, b, y }) => combine(isInteger(y.dtype) ? 'wholeMod' : 'mod', [a, b], y)),
  binary(pow, 'pow'),
  binary(maximum, 'maximum'),
  binary(minimum, 'minimum'),
  binary(equal, 'equal'),
  binary(notEqual, 'notEqual'),
  binary(less, 'less'),
  binary(lessEqual, 'lessEqual'),
  binary(greater, 'greater'),
  binary(greaterEqual, 'greaterEqual'),
  binary(logicalAnd, 'logicalAnd'),
  binary(logicalOr, 'logicalOr'),
  binary(logicalXor, 'logicalXor'),
  defineKernel(where, ({ condition, a, b, y }) => combine('where', [condition, a, b], y)),
];
