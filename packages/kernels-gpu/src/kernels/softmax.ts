// Softmax, its logarithm and cross-entropy: a kernel finds for each line what to subtract, another writes the result.

import {
  crossEntropy,
  crossEntropyGrad,
  defineKernel,
  type KernelEntry,
  type KernelTensor,
  logSoftmax,
  logSoftmaxGrad,
  softmax,
  softmaxGrad,
} from '@dl/autograd';
import { bufferOf, type GpuBuffer } from '../buffer.js';
import { formulaProgram, glslFunction, glslProgram } from '../program.js';
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

const lossGradProgram = glslProgram(
  'crossEntropyGrad',
  { textures: ['g', 'x', 'total', 'labels'], ints: ['classes'] },
  `float element(int i) {
    int row = i / $classes;
    float hit = labels_at(row) == float(i - row * $classes) ? 1.0 : 0.0;
    return g_at(row) * (x_at(i) / total_at(row) - hit);
  }`,
);

/** g - Σ, where Σ belongs to the line of the element: times y, or by way of e^y. */
const softmaxGradProgram = glslProgram(
  'softmaxGrad',
  { textures: ['g', 'y', 'total'], ints: ['length', 'inner'] },
  `float element(int i) {
    int line = i / ($length * $inner) * $inner + i - i / $inner * $inner;
    return y_at(i) * (g_at(i) - total_at(line));
  }`,
);
const logSoftmaxGradProgram = glslProgram(
  'logSoftmaxGrad',
  { textures: ['g', 'y', 'total'], ints: ['length', 'inner'], floats: ['inf'] },
  `${exponential}
  float element(int i) {
    int line = i / ($length * $inner) * $inner + i - i / $inner * $inner;
    return g_at(i) - expOf(y_at(i)) * total_at(line);
  }`,
);

const productProgram = formulaProgram('product', ['a', 'b'], [], 'a * b');

function runSoftmaxGrad(g: KernelTensor, y: KernelTensor, dx: KernelTensor, axis: number, isLog: boolean): void {
  if (dx.size === 0) return;
  const [upstream, result, out] = [bufferOf(g), bufferOf(y), bufferOf(dx)];
  const lines = aroundAxis(y.shape, axis);
  const [outer, length, inner] = lines;
  const { backend } = out;
  using work = new Workspace(backend);
  const total = work.take(outer * inner);
  if (isLog) {
    reduceAxis('sum', upstream, total, lines, 1);
    backend.run(logSoftmaxGradProgram, out, [upstream, result, total], [length, inner], [Infinity]);
    return;
  }
  const weighted = work.take(y.size);
  backend.run(productProgram, weighted, [upstream, result]);
  reduceAxis('sum', weighted, total, lines, 1);
  backend.run(softmaxGradProgram, out, [upstream, result, total], [length, inner]);
}

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
  defineKernel(softmaxGrad, ({ g, y, dx }, { axis }) => runSoftmaxGrad(g, y, dx, axis, false)),
  defineKernel(logSoftmaxGrad, ({ g, y, dx }, { axis }) => runSoftmaxGrad(g, y, dx, axis, true)),
  defineKernel(crossEntropyGrad, ({ g, logits, labels, dlogits }) => {
    const [rows, classes] = logits.shape as readonly [number, number];
    if (dlogits.size === 0) return;
    checkIndices('crossEntropyGrad', labels, classes, 'label');
    const out = bufferOf(dlogits);
    using work = new Workspace(out.backend);
    const { shifted, total } = exponentials(bufferOf(logits), [rows, classes, 1], work);
    out.backend.run(lossGradProgram, out, [bufferOf(g), shifted, total, bufferOf(labels)], [classes]);
  }),
];
