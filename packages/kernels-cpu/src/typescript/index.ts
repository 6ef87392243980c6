// The TypeScript engine: every kernel, by file.

import type { KernelEntry } from '@dl/autograd';
import * as arithmetic from './arithmetic.js';
import * as conv2d from './conv2d.js';
import * as elementwise from './elementwise.js';
import * as indexing from './indexing.js';
import * as matmul from './matmul.js';
import * as move from './move.js';
import * as pool2d from './pool2d.js';
import * as reduce from './reduce.js';
import * as softmax from './softmax.js';

/** The kernels, each with its op. Whatever a file of this folder exports belongs to the table. */
export function typescriptKernels(): KernelEntry[] {
  return [arithmetic, conv2d, elementwise, indexing, matmul, move, pool2d, reduce, softmax].flatMap((file) =>
    Object.values(file),
  );
}
