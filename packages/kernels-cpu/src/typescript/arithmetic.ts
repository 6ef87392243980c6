// Arithmetic on two tensors, with broadcasting.

import { add, div, maximum, minimum, mod, mul, pow, sub } from '@dl/autograd';
import { binary } from './kernel.js';

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
