// Comparisons of two tensors, with broadcasting, and logic.

import {
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  notEqual,
} from '@dl/autograd';
import type { TfjsKernel } from '../kernel.js';
import { binary, unary } from './same.js';

export const compareKernels: readonly TfjsKernel[] = /* @__PURE__ */ (() => [
  unary(logicalNot, 'LogicalNot'),
  binary(equal, 'Equal'),
  binary(greater, 'Greater'),
  binary(greaterEqual, 'GreaterEqual'),
  binary(less, 'Less'),
  binary(lessEqual, 'LessEqual'),
  binary(logicalAnd, 'LogicalAnd'),
  binary(logicalOr, 'LogicalOr'),
  // Of truth values, to differ is exclusive or; not every backend has a kernel of that name.
  binary(logicalXor, 'NotEqual'),
  binary(notEqual, 'NotEqual'),
])();
