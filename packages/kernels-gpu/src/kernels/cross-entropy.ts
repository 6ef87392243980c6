// Cross-entropy and its gradient.

import { crossEntropy, crossEntropyGrad, defineKernel, type KernelEntry } from '@dl/autograd';
import { bufferOf } from '../buffer.js';
import { glslProgram } from '../program.js';
import { Workspace } from '../workspace.js';
import { logGlsl } from './functions.js';
import { checkIndices, insideGlsl } from './indexing.js';
import { exponentials } from './softmax.js';

const lossProgram = glslProgram(
  'crossEntropy',
  { textures: ['x', 'top', 'total', 'labels'], ints: ['classes'], floats: ['inf', 'nan'] },
  `${insideGlsl}${logGlsl}
  float element(int i) {
    float label = labels_at(i);
    if (!isInside(label, $classes)) return $nan;
    return logOf(total_at(i)) - (x_at(i * $classes + int(label)) - top_at(i));
  }`,
);

const lossGradProgram = glslProgram(
  'crossEntropyGrad',
  { textures: ['g', 'x', 'total', 'labels'], ints: ['classes'], floats: ['nan'] },
  `${insideGlsl}
  float element(int i) {
    int row = i / $classes;
    float label = labels_at(row);
    if (!isInside(label, $classes)) return $nan;
    float hit = label == float(i - row * $classes) ? 1.0 : 0.0;
    return g_at(row) * (x_at(i) / total_at(row) - hit);
  }`,
);

export const crossEntropyKernels: readonly KernelEntry[] = [
  defineKernel(crossEntropy, ({ logits, labels, y }) => {
    const [rows, classes] = logits.shape as readonly [number, number];
    if (rows === 0) return;
    checkIndices('crossEntropy', labels, classes, 'label');
    const [from, out] = [bufferOf(logits), bufferOf(y)];
    using work = new Workspace(out.backend);
    const { top, total } = exponentials(from, { outer: rows, length: classes, inner: 1 }, work);
    out.backend.run(lossProgram, out, [from, top, total, bufferOf(labels)], [classes], [Infinity, Number.NaN]);
  }),
  defineKernel(crossEntropyGrad, ({ g, logits, labels, dlogits }) => {
    const [rows, classes] = logits.shape as readonly [number, number];
    if (dlogits.size === 0) return;
    checkIndices('crossEntropyGrad', labels, classes, 'label');
    const out = bufferOf(dlogits);
    using work = new Workspace(out.backend);
    const { shifted, total } = exponentials(bufferOf(logits), { outer: rows, length: classes, inner: 1 }, work);
    out.backend.run(lossGradProgram, out, [bufferOf(g), shifted, total, bufferOf(labels)], [classes], [Number.NaN]);
  }),
];
