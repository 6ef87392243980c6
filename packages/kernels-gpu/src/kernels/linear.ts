// The linear map of a layer: x · weightᵀ + bias.

import { broadcastStrides, defineKernel, type KernelEntry, type KernelTensor, linear } from '@dl/autograd';
import { bufferOf } from '../buffer.js';
import { Workspace } from '../workspace.js';
import { factorOf, multiply, padded } from './matmul.js';
import { walk } from './walk.js';

/** x · weightᵀ + bias. */
function runLinear(x: KernelTensor, weight: KernelTensor, bias: KernelTensor | undefined, y: KernelTensor): void {
  if (y.size === 0) return;
  const out = bufferOf(y);
  const [columns, inner] = weight.shape as readonly [number, number];
  if (inner === 0) {
    if (bias === undefined) out.backend.write(out, new Float32Array(y.size));
    else walk(bias, y, broadcastStrides(bias.shape, y.shape));
    return;
  }
  const rows = y.size / columns;
  using work = new Workspace(out.backend);
  const left = factorOf(bufferOf(x), 1, rows, inner, false, rows, work);
  const right = factorOf(bufferOf(weight), 1, columns, inner, false, columns, work);
  multiply(
    out,
    {
      a: left.buffer,
      aStrides: left.strides,
      b: right.buffer,
      bStrides: right.strides,
      transposeB: true,
      batch: [1, 1],
      rows,
      columns: padded(columns) / 4,
      inner: padded(inner) / 4,
    },
    { width: columns, bias: bias && bufferOf(bias) },
  );
}

export const linearKernels: readonly KernelEntry[] = [
  defineKernel(linear, ({ x, weight, bias, y }) => runLinear(x, weight, bias, y)),
];
