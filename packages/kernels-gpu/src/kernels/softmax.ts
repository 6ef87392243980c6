// Softmax, its logarithm and cross-entropy: a kernel finds for each line what to subtract, another writes the result.

import { crossEntropy, defineKernel, type KernelEntry, type KernelTensor, logSoftmax, softmax } from '@dl/autograd';
import { bufferOf, type GpuBuffer } from '../buffer.js';
import { glslFunction, glslProgram } from '../program.js';
import { Workspace } from '../workspace.js';
import { expGlsl, logGlsl } from './elementwise.js';
import { checkIndices } from './indexing.js';
import { reduceAxis } from './reduce.js';
import { aroundAxis } from './shared.js';

const exponential = glslFunction('expOf', [], expGlsl).glsl;
const logarithm = glslFunction('logOf', [], logGlsl).glsl;

/** e^(x - top), in lines of [outer, length, inner]. */
const shiftedProgram = glslProgram(
  'expShifted',
  { textures: ['x', 'top'], ints: ['length', 'inner'], floats: ['inf'] },
  `${exponential}
  float element(int i) {
    int row = i / ($length * $inner);
    return expOf(x_at(i) - top_at(row * $inner + i - i / $inner * $inner));
  }`,
);

const shareProgram = glslProgram(
  'share',
  { textures: ['x', 'total'], ints: ['length', 'inner'] },
  `float element(int i) {
    int row = i / ($length * $inner);
    return x_at(i) / total_at(row * $inner + i - i / $inner * $inner);
  }`,
);

/** x - top - log(total): not x - (top + log(total)), which has lost the digits below the size of x. */
const logShareProgram = glslProgram(
  'logShare',
  { textures: ['x', 'top', 'total'], ints: ['length', 'inner'], floats: ['inf', 'nan'] },
  `${logarithm}
  float element(int i) {
    int line = i / ($length * $inner) * $inner + i - i / $inner * $inner;
    return x_at(i) - top_at(line) - logOf(total_at(line));
  }`,
);

const lossProgram = glslProgram(
  'crossEntropy',
  { textures: ['x', 'top', 'total', 'labels'], ints: ['classes'], floats: ['inf', 'nan'] },
  `${logarithm}
  float element(int i) {
    return logOf(total_at(i)) - (x_at(i * $classes + int(labels_at(i))) - top_at(i));
  }`,
);

type Lines = readonly [outer: number, length: number, inner: number];

/** For each line its largest element, every e^(x - largest), and their sum. */
function exponentials(x: GpuBuffer, [outer, length, inner]: Lines, work: Workspace) {
  const [top, total, shifted] = [work.take(outer * inner), work.take(outer * inner), work.take(x.size)];
  reduceAxis('max', x, top, [outer, length, inner], 1);
  x.backend.run(shiftedProgram, shifted, [x, top], [length, inner], [Infinity]);
  reduceAxis('sum', shifted, total, [outer, length, inner], 1);
  return { top, shifted, total };
}

function runSoftmax(x: KernelTensor, y: KernelTensor, axis: number, isLog: boolean): void {
  if (y.size === 0) return;
  const [from, out] = [bufferOf(x), bufferOf(y)];
  const lines = aroundAxis(x.shape, axis);
  const [, length, inner] = lines;
  using work = new Workspace(out.backend);
  const { top, shifted, total } = exponentials(from, lines, work);
  if (isLog) out.backend.run(logShareProgram, out, [from, top, total], [length, inner], [Infinity, Number.NaN]);
  else out.backend.run(shareProgram, out, [shifted, total], [length, inner]);
}

export const softmaxKernels: readonly KernelEntry[] = [
  defineKernel(softmax, ({ x, y }, { axis }) => runSoftmax(x, y, axis, false)),
  defineKernel(logSoftmax, ({ x, y }, { axis }) => runSoftmax(x, y, axis, true)),
  defineKernel(crossEntropy, ({ logits, labels, y }) => {
    const [rows, classes] = logits.shape as readonly [number, number];
    if (rows === 0) return;
    checkIndices('crossEntropy', labels, classes, 'label');
    const [from, out] = [bufferOf(logits), bufferOf(y)];
    using work = new Workspace(out.backend);
    const { top, total } = exponentials(from, [rows, classes, 1], work);
    out.backend.run(lossProgram, out, [from, top, total, bufferOf(labels)], [classes], [Infinity, Number.NaN]);
  }),
];
