// A choice between two tensors, with broadcasting.

import { defineKernel, type KernelEntry, where } from '@dl/autograd';
import { broadcastFormula } from './broadcast-formula.js';

const choose = broadcastFormula('where', ['c', 'a', 'b'], 'c != 0.0 ? a : b');

export const whereKernels: readonly KernelEntry[] = [
  defineKernel(where, ({ condition, a, b, y }) => choose([condition, a, b], y)),
];
