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
import { binary, unary } from './kernel.js';

export const equalKernel = binary(equal, (y, o, n, a, i, di, b, j, dj) => {
  for (const end = o + n; o < end; o++, i += di, j += dj) y[o] = a[i] === b[j] ? 1 : 0;
});
export const notEqualKernel = binary(notEqual, (y, o, n, a, i, di, b, j, dj) => {
  for (const end = o + n; o < end; o++, i += di, j += dj) y[o] = a[i] !== b[j] ? 1 : 0;
});
export const lessKernel = binary(less, (y, o, n, a, i, di, b, j, dj) => {
  for (const end = o + n; o < end; o++, i += di, j += dj) y[o] = a[i]! < b[j]! ? 1 : 0;
});
export const lessEqualKernel = binary(lessEqual, (y, o, n, a, i, di, b, j, dj) => {
  for (const end = o + n; o < end; o++, i += di, j += dj) y[o] = a[i]! <= b[j]! ? 1 : 0;
});
export const greaterKernel = binary(greater, (y, o, n, a, i, di, b, j, dj) => {
  for (const end = o + n; o < end; o++, i += di, j += dj) y[o] = a[i]! > b[j]! ? 1 : 0;
});
export const greaterEqualKernel = binary(greaterEqual, (y, o, n, a, i, di, b, j, dj) => {
  for (const end = o + n; o < end; o++, i += di, j += dj) y[o] = a[i]! >= b[j]! ? 1 : 0;
});
export const logicalAndKernel = binary(logicalAnd, (y, o, n, a, i, di, b, j, dj) => {
  for (const end = o + n; o < end; o++, i += di, j += dj) y[o] = a[i]! & b[j]!;
});
export const logicalOrKernel = binary(logicalOr, (y, o, n, a, i, di, b, j, dj) => {
  for (const end = o + n; o < end; o++, i += di, j += dj) y[o] = a[i]! | b[j]!;
});
export const logicalXorKernel = binary(logicalXor, (y, o, n, a, i, di, b, j, dj) => {
  for (const end = o + n; o < end; o++, i += di, j += dj) y[o] = a[i]! ^ b[j]!;
});
export const logicalNotKernel = unary(logicalNot, (x, y, n) => {
  for (let i = 0; i < n; i++) y[i] = 1 - x[i]!;
});
