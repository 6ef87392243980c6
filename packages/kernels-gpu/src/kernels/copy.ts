// Copies, and conversions between dtypes.

import {
  cast,
  clone,
  defineKernel,
  isBoolean,
  isFloat,
  isInteger,
  type KernelEntry,
  type KernelTensor,
} from '@dl/autograd';
import { inheritRange } from '../ranges.js';
import { wholeGlsl } from './functions.js';
import { copyProgram, run } from './shared.js';
import { unaryFormula } from './unary-formula.js';

const toBool = unaryFormula('isTrue', 'x == 0.0 ? 0.0 : 1.0');
const toWhole = unaryFormula('whole', 'wholeOf(x)', { before: wholeGlsl });

function copy(x: KernelTensor, y: KernelTensor): void {
  run(copyProgram, y, [x]);
  inheritRange(y, [x], 'all');
}

export const copyKernels: readonly KernelEntry[] = [
  defineKernel(clone, ({ x, y }) => copy(x, y)),
  defineKernel(cast, ({ x, y }, { dtype }) => {
    if (isBoolean(dtype)) toBool(x, y);
    else if (isInteger(dtype) && isFloat(x.dtype)) toWhole(x, y);
    else copy(x, y);
  }),
];
