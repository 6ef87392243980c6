// The matrix product at the bottom of matmul and conv2d: both factors are packed into panels of four, in double
// precision, so that the innermost loop reads straight through and keeps sixteen sums in registers.

import type { TypedArray } from '@dl/autograd';

const TILE = 4;

/** Scratch space that grows and is used again; one for each purpose, because they are in use together. */
export class Scratch {
  #array = new Float64Array(0);

  take(length: number): Float64Array {
    if (this.#array.length < length) this.#array = new Float64Array(Math.ceil(length * 1.25));
    return this.#array;
  }
}

/** How long the packed form of `lines` lines of `depth` elements is. */
export function packedLength(lines: number, depth: number): number {
  return Math.ceil(lines / TILE) * TILE * depth;
}

/**
 * Packs `lines` lines (rows of the left factor, columns of the right one) of `depth` elements each into panels of four:
 * element k of line l goes to panel ⌊l/4⌋, place 4k + l mod 4. Lines that are missing in the last panel are 0.
 */
export function pack(
  to: Float64Array,
  from: TypedArray,
  offset: number,
  lines: number,
  depth: number,
  lineStride: number,
  depthStride: number,
): void {
  let at = 0;
  for (let line = 0; line < lines; line += TILE) {
    const count = Math.min(TILE, lines - line);
    const start = offset + line * lineStride;
    if (count === TILE) {
      let i0 = start;
      let i1 = i0 + lineStride;
      let i2 = i1 + lineStride;
      let i3 = i2 + lineStride;
      for (let k = 0; k < depth; k++) {
        to[at] = from[i0]!;
        to[at + 1] = from[i1]!;
        to[at + 2] = from[i2]!;
        to[at + 3] = from[i3]!;
        at += TILE;
        i0 += depthStride;
        i1 += depthStride;
        i2 += depthStride;
        i3 += depthStride;
      }
    } else {
      for (let k = 0; k < depth; k++) {
        for (let l = 0; l < TILE; l++) to[at++] = l < count ? from[start + l * lineStride + k * depthStride]! : 0;
      }
    }
  }
}

/** Adds the product of packed factors to c: `rows` × `depth` times `depth` × `columns`, row by row from `offset` on. */
export function multiplyPacked(
  a: Float64Array,
  b: Float64Array,
  c: TypedArray,
  offset: number,
  rows: number,
  columns: number,
  depth: number,
): void {
  const panel = TILE * depth;
  for (let j = 0, q = 0; j < columns; j += TILE, q += panel) {
    for (let i = 0, p = 0; i < rows; i += TILE, p += panel) {
      multiplyTile(
        a,
        p,
        b,
        q,
        depth,
        c,
        offset + i * columns + j,
        columns,
        Math.min(TILE, rows - i),
        Math.min(TILE, columns - j),
      );
    }
  }
}

function multiplyTile(
  a: Float64Array,
  p: number,
  b: Float64Array,
  q: number,
  depth: number,
  c: TypedArray,
  at: number,
  stride: number,
  height: number,
  width: number,
): void {
  let c00 = 0;
  let c01 = 0;
  let c02 = 0;
  let c03 = 0;
  let c10 = 0;
  let c11 = 0;
  let c12 = 0;
  let c13 = 0;
  let c20 = 0;
  let c21 = 0;
  let c22 = 0;
  let c23 = 0;
  let c30 = 0;
  let c31 = 0;
  let c32 = 0;
  let c33 = 0;
  for (const end = p + TILE * depth; p < end; p += TILE, q += TILE) {
    const b0 = b[q]!;
    const b1 = b[q + 1]!;
    const b2 = b[q + 2]!;
    const b3 = b[q + 3]!;
    let x = a[p]!;
    c00 += x * b0;
    c01 += x * b1;
    c02 += x * b2;
    c03 += x * b3;
    x = a[p + 1]!;
    c10 += x * b0;
    c11 += x * b1;
    c12 += x * b2;
    c13 += x * b3;
    x = a[p + 2]!;
    c20 += x * b0;
    c21 += x * b1;
    c22 += x * b2;
    c23 += x * b3;
    x = a[p + 3]!;
    c30 += x * b0;
    c31 += x * b1;
    c32 += x * b2;
    c33 += x * b3;
  }
  addRow(c, at, width, c00, c01, c02, c03);
  if (height > 1) addRow(c, at + stride, width, c10, c11, c12, c13);
  if (height > 2) addRow(c, at + 2 * stride, width, c20, c21, c22, c23);
  if (height > 3) addRow(c, at + 3 * stride, width, c30, c31, c32, c33);
}

function addRow(c: TypedArray, at: number, width: number, v0: number, v1: number, v2: number, v3: number): void {
  c[at]! += v0;
  if (width > 1) c[at + 1]! += v1;
  if (width > 2) c[at + 2]! += v2;
  if (width > 3) c[at + 3]! += v3;
}
