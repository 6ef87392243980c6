// Softmax and its logarithm: a kernel finds for each line what to subtract, another writes the result.

import {
  type AroundAxis,
  aroundAxis,
  defineKernel,
  type KernelEntry,
  type KernelTensor,
  logSoftmax,
  logSoftmaxGrad,
  softmax,
  softmaxGrad,
} from '@dl/autograd';
import { bufferOf, type GpuBuffer } from '../buffer.js';
import { formulaProgram, glslProgram, type Program } from '../program.js';
import { Workspace } from '../workspace.js';
import { expGlsl, logGlsl, specialsIn, withSpecials } from './functions.js';
import { reduceAxis } from './reduce.js';
import { variants } from './shared.js';

/** Of rows of whole texels, or of any lines. */
type Access = 'rows' | 'any';

const accessOf = (length: number, inner: number): Access => (inner === 1 && length % 4 === 0 ? 'rows' : 'any');

/** A formula of the elements of some tensors, and of others that have one for each line of [outer, length, inner]. */
function lineProgram(
  name: string,
  elements: readonly string[],
  lines: readonly string[],
  formula: string,
  before = '',
): (access: Access) => Program {
  const operands = [...elements, ...lines];
  const args = { textures: operands, ints: ['length', 'inner'], floats: specialsIn(before) };
  const f = `${before}
  float f(${operands.map((operand) => `float ${operand}`).join(', ')}) { return ${formula}; }`;
  const lane = (k: string): string =>
    `f(${[...elements.map((element) => `${element}4.${k}`), ...lines.map((one) => `${one}1`)].join(', ')})`;
  const body = {
    rows: `vec4 texel(int t) {
      int line = 4 * t / $length;
      ${elements.map((element) => `vec4 ${element}4 = ${element}_here();`).join('\n')}
      ${lines.map((one) => `float ${one}1 = ${one}_at(line);`).join('\n')}
      return vec4(${['x', 'y', 'z', 'w'].map(lane).join(', ')});
    }`,
    any: `float element(int i) {
      int line = i / ($length * $inner) * $inner + i - i / $inner * $inner;
      return f(${[...elements.map((element) => `${element}_at(i)`), ...lines.map((one) => `${one}_at(line)`)].join(', ')});
    }`,
  };
  return variants((access: Access) => glslProgram(`${name}:${access}`, args, `${f}\n${body[access]}`));
}

const shiftedProgram = lineProgram('expShifted', ['x'], ['top'], 'expOf(x - top)', expGlsl);

const shareProgram = lineProgram('share', ['x'], ['total'], 'x / total');

/** Not x - (top + log(total)), which has lost the digits below the size of x. */
const logShareProgram = lineProgram('logShare', ['x'], ['top', 'total'], 'x - top - logOf(total)', logGlsl);

/** g - Σ, where Σ belongs to the line of the element: times y, or by way of e^y. */
const softmaxGradProgram = lineProgram('softmaxGrad', ['g', 'y'], ['total'], 'y * (g - total)');
const logSoftmaxGradProgram = lineProgram('logSoftmaxGrad', ['g', 'y'], ['total'], 'g - expOf(y) * total', expGlsl);

/** Runs a program of lines. */
function runLines(
  of: (access: Access) => Program,
  out: GpuBuffer,
  inputs: readonly GpuBuffer[],
  { length, inner }: AroundAxis,
): void {
  const what = of(accessOf(length, inner));
  out.backend.run(what, out, inputs, [length, inner], withSpecials(what, []));
}

const productProgram = formulaProgram('product', ['a', 'b'], [], 'a * b');

function runSoftmaxGrad(g: KernelTensor, y: KernelTensor, dx: KernelTensor, axis: number, isLog: boolean): void {
  if (dx.size === 0) return;
  const [upstream, result, out] = [bufferOf(g), bufferOf(y), bufferOf(dx)];
  const lines = aroundAxis(y.shape, axis);
  const { outer, inner } = lines;
  const { backend } = out;
  using work = new Workspace(backend);
  const total = work.take(outer * inner);
  if (isLog) {
    reduceAxis('sum', upstream, total, lines, 1);
    runLines(logSoftmaxGradProgram, out, [upstream, result, total], lines);
    return;
  }
  const weighted = work.take(y.size);
  backend.run(productProgram, weighted, [upstream, result]);
  reduceAxis('sum', weighted, total, lines, 1);
  runLines(softmaxGradProgram, out, [upstream, result, total], lines);
}

/** For each line its largest element, every e^(x - largest), and their sum. */
export function exponentials(x: GpuBuffer, lines: AroundAxis, work: Workspace) {
  const { outer, inner } = lines;
  const [top, total, shifted] = [work.take(outer * inner), work.take(outer * inner), work.take(x.size)];
  reduceAxis('max', x, top, lines, 1);
  runLines(shiftedProgram, shifted, [x, top], lines);
  reduceAxis('sum', shifted, total, lines, 1);
  return { top, shifted, total };
}

function runSoftmax(x: KernelTensor, y: KernelTensor, axis: number, isLog: boolean): void {
  if (y.size === 0) return;
  const [from, out] = [bufferOf(x), bufferOf(y)];
  const lines = aroundAxis(x.shape, axis);
  using work = new Workspace(out.backend);
  const { top, shifted, total } = exponentials(from, lines, work);
  if (isLog) runLines(logShareProgram, out, [from, top, total], lines);
  else runLines(shareProgram, out, [shifted, total], lines);
}

export const softmaxKernels: readonly KernelEntry[] = [
  defineKernel(softmax, ({ x, y }, { axis }) => runSoftmax(x, y, axis, false)),
  defineKernel(logSoftmax, ({ x, y }, { axis }) => runSoftmax(x, y, axis, true)),
  defineKernel(softmaxGrad, ({ g, y, dx }, { axis }) => runSoftmaxGrad(g, y, dx, axis, false)),
  defineKernel(logSoftmaxGrad, ({ g, y, dx }, { axis }) => runSoftmaxGrad(g, y, dx, axis, true)),
];
