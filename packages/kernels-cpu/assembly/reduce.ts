// Sums and extremes over rows (the last axis) and over columns (an axis before it).

import { sumLanes } from './simd';

// So many elements are summed in single precision before they join a sum in double precision.
const BLOCK: i32 = 256;
const BLOCK_ROWS: i32 = 32;

enum Reduce { max, min }

/** The sum of a row. */
function sumRow(x: usize, n: i32): f64 {
  let total: f64 = 0;
  while (n >= 16) {
    const count = min(n & ~15, BLOCK);
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    for (const end = x + (<usize>count << 2); x < end; x += 64) {
      s0 = f32x4.add(s0, v128.load(x));
      s1 = f32x4.add(s1, v128.load(x, 16));
      s2 = f32x4.add(s2, v128.load(x, 32));
      s3 = f32x4.add(s3, v128.load(x, 48));
    }
    total += <f64>sumLanes(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
    n -= count;
  }
  for (; n > 0; n--, x += 4) total += <f64>load<f32>(x);
  return total;
}

/** y[i] = Σ row i of x · scale */
export function sumRows(x: usize, y: usize, rows: i32, n: i32, scale: f64): void {
  for (let i = 0; i < rows; i++, x += <usize>n << 2, y += 4) store<f32>(y, <f32>(sumRow(x, n) * scale));
}

/** y[o, i] = Σ over l of x[o, l, i] · scale */
export function sumColumns(x: usize, y: usize, outer: i32, length: i32, inner: i32, scale: f64): void {
  const row = <usize>inner << 2;
  for (let o = 0; o < outer; o++, x += row * length, y += row) {
    let i: usize = 0;
    for (; i + 32 <= row; i += 32) sumStrip(x + i, y + i, length, row, scale);
    for (; i < row; i += 4) {
      let total: f64 = 0;
      for (let l = 0, at = x + i; l < length; l++, at += row) total += <f64>load<f32>(at);
      store<f32>(y + i, <f32>(total * scale));
    }
  }
}

/** Eight neighbouring columns. */
function sumStrip(x: usize, y: usize, length: i32, row: usize, scale: f64): void {
  let t0 = f64x2.splat(0);
  let t1 = t0;
  let t2 = t0;
  let t3 = t0;
  while (length > 0) {
    const count = min(length, BLOCK_ROWS);
    let s0 = f32x4.splat(0);
    let s1 = s0;
    for (let l = 0; l < count; l++, x += row) {
      s0 = f32x4.add(s0, v128.load(x));
      s1 = f32x4.add(s1, v128.load(x, 16));
    }
    t0 = f64x2.add(t0, f64x2.promote_low_f32x4(s0));
    t1 = f64x2.add(t1, f64x2.promote_low_f32x4(f32x4.shuffle(s0, s0, 2, 3, 2, 3)));
    t2 = f64x2.add(t2, f64x2.promote_low_f32x4(s1));
    t3 = f64x2.add(t3, f64x2.promote_low_f32x4(f32x4.shuffle(s1, s1, 2, 3, 2, 3)));
    length -= count;
  }
  const by = f64x2.splat(scale);
  v128.store(y, join(f64x2.mul(t0, by), f64x2.mul(t1, by)));
  v128.store(y, join(f64x2.mul(t2, by), f64x2.mul(t3, by)), 16);
}

// @ts-ignore: decorator
@inline
function join(low: v128, high: v128): v128 {
  return f32x4.shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}

/** The more extreme of two; NaN if either is. */
// @ts-ignore: decorator
@inline
function pick(op: Reduce, a: v128, b: v128): v128 {
  return op == Reduce.max ? f32x4.max(a, b) : f32x4.min(a, b);
}

// @ts-ignore: decorator
@inline
function extremeRow(op: Reduce, x: usize, n: i32): v128 {
  let best = v128.load32_splat(x);
  const end = x + (<usize>n << 2);
  if (n >= 16) {
    let b1 = best;
    for (; x + 32 <= end; x += 32) {
      best = pick(op, best, v128.load(x));
      b1 = pick(op, b1, v128.load(x, 16));
    }
    best = pick(op, best, b1);
    best = pick(op, best, f32x4.shuffle(best, best, 2, 3, 0, 1));
    best = pick(op, best, f32x4.shuffle(best, best, 1, 0, 3, 2));
  }
  for (; x < end; x += 4) best = pick(op, best, v128.load32_splat(x));
  return best;
}

/** The largest of a row, in every lane. */
export function maxOfRow(x: usize, n: i32): v128 {
  return extremeRow(Reduce.max, x, n);
}

// @ts-ignore: decorator
@inline
function extremeColumns(op: Reduce, x: usize, y: usize, outer: i32, length: i32, inner: i32): void {
  const row = <usize>inner << 2;
  for (let o = 0; o < outer; o++, x += row * length, y += row) {
    memory.copy(y, x, row);
    for (let l = 1; l < length; l++) {
      const from = x + row * l;
      let i: usize = 0;
      for (; i + 16 <= row; i += 16) v128.store(y + i, pick(op, v128.load(y + i), v128.load(from + i)));
      for (; i < row; i += 4) {
        v128.store32_lane(y + i, pick(op, v128.load32_splat(y + i), v128.load32_splat(from + i)), 0);
      }
    }
  }
}

export function maxRows(x: usize, y: usize, rows: i32, n: i32): void {
  for (let i = 0; i < rows; i++, x += <usize>n << 2, y += 4) v128.store32_lane(y, extremeRow(Reduce.max, x, n), 0);
}
export function minRows(x: usize, y: usize, rows: i32, n: i32): void {
  for (let i = 0; i < rows; i++, x += <usize>n << 2, y += 4) v128.store32_lane(y, extremeRow(Reduce.min, x, n), 0);
}
export function maxColumns(x: usize, y: usize, outer: i32, length: i32, inner: i32): void {
  extremeColumns(Reduce.max, x, y, outer, length, inner);
}
export function minColumns(x: usize, y: usize, outer: i32, length: i32, inner: i32): void {
  extremeColumns(Reduce.min, x, y, outer, length, inner);
}
