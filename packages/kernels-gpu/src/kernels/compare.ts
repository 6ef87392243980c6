// Comparisons of two tensors, with broadcasting, and logic.

import {
  equal,
  greater,
  greaterEqual,
  type KernelEntry,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  notEqual,
} from '@dl/autograd';
import { binary } from './broadcast-formula.js';
import { unary } from './unary-formula.js';

export const compareKernels: readonly KernelEntry[] = [
  binary(equal, 'a == b ? 1.0 : 0.0'),
  binary(notEqual, 'a == b ? 0.0 : 1.0'),
  binary(less, 'a < b ? 1.0 : 0.0'),
  binary(lessEqual, 'a <= b ? 1.0 : 0.0'),
  binary(greater, 'a > b ? 1.0 : 0.0'),
  binary(greaterEqual, 'a >= b ? 1.0 : 0.0'),
  binary(logicalAnd, 'a * b'),
  binary(logicalOr, 'max(a, b)'),
  binary(logicalXor, 'abs(a - b)'),
  unary(logicalNot, '1.0 - x'),
];
