// Batched matrix products.

import { broadcastStrides, matmul, type TypedArray } from '@dl/autograd';
import { multiplyPacked, pack, packedLength, Scratch } from './gemm.js';
import { forEachRow, kernel } from './kernel.js';

/** A factor seen as lines: the rows of the left one, the columns of the right one. */
interface Factor {
  readonly data: TypedArray;
  readonly lines: number;
  /** From one line to the next, and from one element of a line to the next. */
  readonly lineStride: number;
  readonly depthStride: number;
}

export const matmulKernel = kernel(matmul, ({ a, b, y }, { transposeA, transposeB }) => {
  const [m, n] = y.shape.slice(-2) as [number, number];
  const depth = a.shape.at(transposeA ? -2 : -1)!;
  const left = factor(a.data, m, depth, transposeA);
  const right = factor(b.data, n, depth, !transposeB);
  const batch = y.shape.slice(0, -2);
  const strides = [a, b].map(({ shape }) => broadcastStrides(shape.slice(0, -2), batch));
  forEachRow(batch, strides, (start, length, i, di, j, dj) => {
    for (let k = 0; k < length; k++) {
      multiply(left, (i + k * di) * m * depth, right, (j + k * dj) * depth * n, depth, y.data, (start + k) * m * n);
    }
  });
});

/** @param across whether elements that are neighbours in memory belong to neighbouring lines. */
function factor(data: TypedArray, lines: number, depth: number, across: boolean): Factor {
  return { data, lines, lineStride: across ? 1 : depth, depthStride: across ? lines : 1 };
}

const packedA = new Scratch();
const packedB = new Scratch();

/** One product, of the matrices that start at i and j, to what starts at o. */
function multiply(left: Factor, i: number, right: Factor, j: number, depth: number, to: TypedArray, o: number): void {
  if (to instanceof Int32Array) {
    multiplyIntegers(left, i, right, j, depth, to, o);
    return;
  }
  // A factor of one line is not worth packing.
  if (left.lines === 1 || right.lines === 1) {
    if (left.lines === 1) multiplyVector(left, i, right, j, depth, to, o);
    else multiplyVector(right, j, left, i, depth, to, o);
    return;
  }
  const [a, b] = [packedA.take(packedLength(left.lines, depth)), packedB.take(packedLength(right.lines, depth))];
  pack(a, left.data, i, left.lines, depth, left.lineStride, left.depthStride);
  pack(b, right.data, j, right.lines, depth, right.lineStride, right.depthStride);
  to.fill(0, o, o + left.lines * right.lines);
  multiplyPacked(a, b, to, o, left.lines, right.lines, depth);
}

/** The inner products of a vector with every line of a matrix; four side by side, so that each waits less for its sum. */
function multiplyVector(
  { data: x, depthStride: dp }: Factor,
  i: number,
  { data: b, lines, lineStride, depthStride: dq }: Factor,
  j: number,
  depth: number,
  to: TypedArray,
  o: number,
): void {
  let line = 0;
  for (; line + 3 < lines; line += 4) {
    let [s0, s1, s2, s3] = [0, 0, 0, 0];
    let q0 = j + line * lineStride;
    let q1 = q0 + lineStride;
    let q2 = q1 + lineStride;
    let q3 = q2 + lineStride;
    for (let k = 0, p = i; k < depth; k++, p += dp) {
      const v = x[p]!;
      s0 += v * b[q0]!;
      s1 += v * b[q1]!;
      s2 += v * b[q2]!;
      s3 += v * b[q3]!;
      q0 += dq;
      q1 += dq;
      q2 += dq;
      q3 += dq;
    }
    to[o + line] = s0;
    to[o + line + 1] = s1;
    to[o + line + 2] = s2;
    to[o + line + 3] = s3;
  }
  for (; line < lines; line++) {
    let sum = 0;
    for (let k = 0, p = i, q = j + line * lineStride; k < depth; k++, p += dp, q += dq) sum += x[p]! * b[q]!;
    to[o + line] = sum;
  }
}

/** The product of two int32 may not fit a double, so integers take a path of their own. */
function multiplyIntegers(
  { data: a, lines: rows, lineStride: aRow, depthStride: dp }: Factor,
  i: number,
  { data: b, lines: columns, lineStride: bColumn, depthStride: dq }: Factor,
  j: number,
  depth: number,
  to: Int32Array,
  o: number,
): void {
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      let [p, q] = [i + row * aRow, j + column * bColumn];
      for (let k = 0; k < depth; k++, p += dp, q += dq) sum = (sum + Math.imul(a[p]!, b[q]!)) | 0;
      to[o + row * columns + column] = sum;
    }
  }
}
