// Arithmetic, comparison and choice on two tensors, with broadcasting.

import {
  add,
  div,
  equal,
  expand,
  greater,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  logicalOr,
  logicalXor,
  maximum,
  minimum,
  mod,
  mul,
  notEqual,
  pow,
  sub,
  type TypedArray,
  where,
} from '@dl/autograd';
import { binary, broadcastStrides, copyRun, forEachRow, kernel } from './kernel.js';

export const addKernel = binary(add, (y, o, n, a, i, di, b, j, dj) => {
  for (const end = o + n; o < end; o++, i += di, j += dj) y[o] = a[i]! + b[j]!;
});
export const subKernel = binary(sub, (y, o, n, a, i, di, b, j, dj) => {
  for (const end = o + n; o < end; o++, i += di, j += dj) y[o] = a[i]! - b[j]!;
});
export const mulKernel = binary(mul, (y, o, n, a, i, di, b, j, dj) => {
  if (y instanceof Int32Array) {
    // The product of two int32 may not fit a double.
    for (const end = o + n; o < end; o++, i += di, j += dj) y[o] = Math.imul(a[i]!, b[j]!);
  } else {
    for (const end = o + n; o < end; o++, i += di, j += dj) y[o] = a[i]! * b[j]!;
  }
});
export const divKernel = binary(div, (y, o, n, a, i, di, b, j, dj) => {
  for (const end = o + n; o < end; o++, i += di, j += dj) y[o] = a[i]! / b[j]!;
});
export const modKernel = binary(mod, (y, o, n, a, i, di, b, j, dj) => {
  for (const end = o + n; o < end; o++, i += di, j += dj) {
    const rest = a[i]! % b[j]!;
    y[o] = rest !== 0 && rest < 0 !== b[j]! < 0 ? rest + b[j]! : rest;
  }
});
export const powKernel = binary(pow, (y, o, n, a, i, di, b, j, dj) => {
  for (const end = o + n; o < end; o++, i += di, j += dj) {
    // IEEE 754 says 1 to any power is 1, and -1 to an infinite one; JavaScript says NaN for infinite and NaN powers.
    y[o] = a[i] === 1 || (a[i] === -1 && Math.abs(b[j]!) === Infinity) ? 1 : a[i]! ** b[j]!;
  }
});
export const maximumKernel = binary(maximum, (y, o, n, a, i, di, b, j, dj) => {
  for (const end = o + n; o < end; o++, i += di, j += dj) y[o] = Math.max(a[i]!, b[j]!);
});
export const minimumKernel = binary(minimum, (y, o, n, a, i, di, b, j, dj) => {
  for (const end = o + n; o < end; o++, i += di, j += dj) y[o] = Math.min(a[i]!, b[j]!);
});

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

export const whereKernel = kernel(where, ({ condition, a, b, y }) => {
  const strides = [condition, a, b].map(({ shape }) => broadcastStrides(shape, y.shape));
  forEachRow(y.shape, strides, (o, n, k, dk, i, di, j, dj) =>
    choose(condition.data, k, dk, a.data, i, di, b.data, j, dj, y.data, o, n),
  );
});

function choose(
  condition: TypedArray,
  k: number,
  dk: number,
  a: TypedArray,
  i: number,
  di: number,
  b: TypedArray,
  j: number,
  dj: number,
  y: TypedArray,
  o: number,
  n: number,
): void {
  for (const end = o + n; o < end; o++, k += dk, i += di, j += dj) y[o] = condition[k] === 1 ? a[i]! : b[j]!;
}

export const expandKernel = kernel(expand, ({ x, y }) => {
  forEachRow(y.shape, [broadcastStrides(x.shape, y.shape)], (start, length, i, step) => {
    if (step === 0) y.data.fill(x.data[i]!, start, start + length);
    else copyRun(x.data, i, length, y.data, start);
  });
});
