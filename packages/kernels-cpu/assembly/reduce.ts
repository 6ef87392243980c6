// Sums and extremes over rows (the last axis) and over columns (an axis before it).

import { sumLanes } from './simd';

// So many elements are summed in single precision before they join a sum in double precision.
const BLOCK: i32 = 256;
const ROWS: i32 = 8;

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

/** The sums of the chunks of a long row, in double precision. */
export function sumChunks(x: usize, to: usize, n: i32, chunk: i32): void {
  for (; n > 0; n -= chunk, x += <usize>chunk << 2, to += 8) store<f64>(to, sumRow(x, min(n, chunk)));
}

/** y = Σ x · scale of n numbers in double precision */
export function sumDoubles(x: usize, y: usize, n: i32, scale: f64): void {
  let total: f64 = 0;
  for (let i = 0; i < n; i++, x += 8) total += load<f64>(x);
  store<f32>(y, <f32>(total * scale));
}

/**
 * y[o, i] = Σ over l of x[o, l, i] · scale; rows are `stride` apart, which is more than `inner` only where outer is 1. The
 * scratch holds `inner` numbers in double precision.
 */
export function sumColumns(
  x: usize, y: usize, outer: i32, length: i32, inner: i32, stride: i32, scale: f64, scratch: usize,
): void {
  const row = <usize>inner << 2;
  const next = <usize>stride << 2;
  for (let o = 0; o < outer; o++, y += row) {
    memory.fill(scratch, 0, 2 * row);
    let l = 0;
    for (; l <= length - ROWS; l += ROWS, x += <usize>ROWS * next) addRows(x, scratch, row, next);
    for (; l < length; l++, x += next) {
      for (let i: usize = 0; i < row; i += 4) {
        store<f64>(scratch + 2 * i, load<f64>(scratch + 2 * i) + <f64>load<f32>(x + i));
      }
    }
    const by = f64x2.splat(scale);
    let i: usize = 0;
    for (; i + 16 <= row; i += 16) {
      const from = scratch + 2 * i;
      v128.store(y + i, join(f64x2.mul(v128.load(from), by), f64x2.mul(v128.load(from, 16), by)));
    }
    for (; i < row; i += 4) store<f32>(y + i, <f32>(load<f64>(scratch + 2 * i) * scale));
  }
}

/** Adds ROWS rows, summed in single precision, to sums in double precision. */
function addRows(x: usize, sums: usize, row: usize, next: usize): void {
  const end = x + row;
  for (; x + 16 <= end; x += 16, sums += 32) {
    const s01 = f32x4.add(v128.load(x), v128.load(x + next));
    const s23 = f32x4.add(v128.load(x + 2 * next), v128.load(x + 3 * next));
    const s45 = f32x4.add(v128.load(x + 4 * next), v128.load(x + 5 * next));
    const s67 = f32x4.add(v128.load(x + 6 * next), v128.load(x + 7 * next));
    const sum = f32x4.add(f32x4.add(s01, s23), f32x4.add(s45, s67));
    v128.store(sums, f64x2.add(v128.load(sums), f64x2.promote_low_f32x4(sum)));
    const high = f64x2.promote_low_f32x4(f32x4.shuffle(sum, sum, 2, 3, 2, 3));
    v128.store(sums, f64x2.add(v128.load(sums, 16), high), 16);
  }
  for (; x < end; x += 4, sums += 8) {
    let sum: f32 = 0;
    for (let l: usize = 0; l < <usize>ROWS; l++) sum += load<f32>(x + l * next);
    store<f64>(sums, load<f64>(sums) + <f64>sum);
  }
}

// @ts-ignore: decorator
@inline
function join(low: v128, high: v128): v128 {
  return f32x4.shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}

/** The more extreme of two; NaN if either is: what `pmax` keeps where it compares with NaN is the first, and all ones are NaN. */
// @ts-ignore: decorator
@inline
function pick(op: Reduce, a: v128, b: v128): v128 {
  return v128.or(op == Reduce.max ? f32x4.pmax(a, b) : f32x4.pmin(a, b), f32x4.ne(b, b));
}

// @ts-ignore: decorator
@inline
function extremeRow(op: Reduce, x: usize, n: i32): v128 {
  let best = v128.load32_splat(x);
  const end = x + (<usize>n << 2);
  if (n >= 16) {
    // Each waits for the one before.
    let b1 = best;
    let b2 = best;
    let b3 = best;
    for (; x + 64 <= end; x += 64) {
      best = pick(op, best, v128.load(x));
      b1 = pick(op, b1, v128.load(x, 16));
      b2 = pick(op, b2, v128.load(x, 32));
      b3 = pick(op, b3, v128.load(x, 48));
    }
    for (; x + 16 <= end; x += 16) best = pick(op, best, v128.load(x));
    best = pick(op, pick(op, best, b1), pick(op, b2, b3));
    best = pick(op, best, f32x4.shuffle(best, best, 2, 3, 0, 1));
    best = pick(op, best, f32x4.shuffle(best, best, 1, 0, 3, 2));
  }
  for (; x < end; x += 4) best = pick(op, best, v128.load32_splat(x));
  return best;
}

/** The largest or smallest of a row that is not empty; NaN if there is one. */
export function extremeOf(x: usize, n: i32, isMax: bool): f32 {
  return f32x4.extract_lane(isMax ? extremeRow(Reduce.max, x, n) : extremeRow(Reduce.min, x, n), 0);
}

// @ts-ignore: decorator
@inline
function extremeColumns(op: Reduce, x: usize, y: usize, outer: i32, length: i32, inner: i32, stride: i32): void {
  const row = <usize>inner << 2;
  const next = <usize>stride << 2;
  for (let o = 0; o < outer; o++, y += row) {
    memory.copy(y, x, row);
    x += next;
    let l = 1;
    for (; l <= length - 4; l += 4, x += 4 * next) {
      let i: usize = 0;
      for (; i + 16 <= row; i += 16) {
        const from = x + i;
        const low = pick(op, pick(op, v128.load(y + i), v128.load(from)), v128.load(from + next));
        v128.store(y + i, pick(op, pick(op, low, v128.load(from + 2 * next)), v128.load(from + 3 * next)));
      }
      for (; i < row; i += 4) {
        let best = v128.load32_splat(y + i);
        for (let at = x + i, k = 0; k < 4; k++, at += next) best = pick(op, best, v128.load32_splat(at));
        v128.store32_lane(y + i, best, 0);
      }
    }
    for (; l < length; l++, x += next) {
      let i: usize = 0;
      for (; i + 16 <= row; i += 16) v128.store(y + i, pick(op, v128.load(y + i), v128.load(x + i)));
      for (; i < row; i += 4) {
        v128.store32_lane(y + i, pick(op, v128.load32_splat(y + i), v128.load32_splat(x + i)), 0);
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
export function maxColumns(x: usize, y: usize, outer: i32, length: i32, inner: i32, stride: i32): void {
  extremeColumns(Reduce.max, x, y, outer, length, inner, stride);
}
export function minColumns(x: usize, y: usize, outer: i32, length: i32, inner: i32, stride: i32): void {
  extremeColumns(Reduce.min, x, y, outer, length, inner, stride);
}
