// Softmax, its logarithm and cross-entropy over rows.

import { log4 } from './functions';
import { expBelow0 } from './gates';
import { sumLanes } from './simd';

const BLOCK: usize = 1024;

/** The largest of a row, in every lane. A NaN may be passed over: its own exponential makes the sum NaN. */
export function maxOfRow(x: usize, n: i32): v128 {
  const end = x + (<usize>n << 2);
  let m0 = v128.load32_splat(x);
  let m1 = m0;
  for (; x + 32 <= end; x += 32) {
    m0 = f32x4.pmax(m0, v128.load(x));
    m1 = f32x4.pmax(m1, v128.load(x, 16));
  }
  for (; x < end; x += 4) m0 = f32x4.pmax(m0, v128.load32_splat(x));
  m0 = f32x4.pmax(m0, m1);
  m0 = f32x4.pmax(m0, f32x4.shuffle(m0, m0, 2, 3, 0, 1));
  return f32x4.pmax(m0, f32x4.shuffle(m0, m0, 1, 0, 3, 2));
}

/** Σ e^(x - top) over a row; with `y` the terms are kept there. */
// @ts-ignore: decorator
@inline
export function sumOfExponentials(x: usize, y: usize, n: i32, top: v128): f64 {
  const end = x + (<usize>n << 2);
  let total: f64 = 0;
  while (x + 16 <= end) {
    // Blocks in single precision, their sum in double.
    let sum = f32x4.splat(0);
    for (const last = min(x + BLOCK, end); x + 16 <= last; x += 16) {
      const e = expBelow0(f32x4.sub(v128.load(x), top));
      sum = f32x4.add(sum, e);
      if (y) {
        v128.store(y, e);
        y += 16;
      }
    }
    total += <f64>sumLanes(sum);
  }
  for (; x < end; x += 4) {
    const e = expBelow0(f32x4.sub(v128.load32_splat(x), top));
    total += <f64>f32x4.extract_lane(e, 0);
    if (y) {
      v128.store32_lane(y, e, 0);
      y += 4;
    }
  }
  return total;
}

export function softmaxRows(x: usize, y: usize, rows: i32, n: i32): void {
  const line = <usize>n << 2;
  for (let i = 0; i < rows; i++, x += line, y += line) {
    const share = f32x4.splat(<f32>(1 / sumOfExponentials(x, y, n, maxOfRow(x, n))));
    let at: usize = 0;
    for (; at + 16 <= line; at += 16) v128.store(y + at, f32x4.mul(v128.load(y + at), share));
    for (; at < line; at += 4) v128.store32_lane(y + at, f32x4.mul(v128.load32_splat(y + at), share), 0);
  }
}

/** log Σ e^(x - top) over a row, in every lane. */
function logOfSum(x: usize, n: i32, top: v128): v128 {
  return log4(f32x4.splat(<f32>sumOfExponentials(x, 0, n, top)));
}

export function logSoftmaxRows(x: usize, y: usize, rows: i32, n: i32): void {
  const line = <usize>n << 2;
  for (let i = 0; i < rows; i++, x += line, y += line) {
    const top = maxOfRow(x, n);
    const logSum = logOfSum(x, n, top);
    let at: usize = 0;
    for (; at + 16 <= line; at += 16) v128.store(y + at, f32x4.sub(f32x4.sub(v128.load(x + at), top), logSum));
    for (; at < line; at += 4) {
      v128.store32_lane(y + at, f32x4.sub(f32x4.sub(v128.load32_splat(x + at), top), logSum), 0);
    }
  }
}

/** y[i] = -log softmax(row i)[label i]. Returns false, and does nothing, when a label is out of range. */
export function crossEntropyRows(logits: usize, labels: usize, y: usize, rows: i32, classes: i32): bool {
  for (let i = 0; i < rows; i++) if (load<u32>(labels + (<usize>i << 2)) >= <u32>classes) return false;
  for (let i = 0; i < rows; i++, logits += <usize>classes << 2, labels += 4, y += 4) {
    const top = maxOfRow(logits, classes);
    const logSum = logOfSum(logits, classes, top);
    const chosen = v128.load32_splat(logits + (<usize>load<u32>(labels) << 2));
    v128.store32_lane(y, f32x4.sub(logSum, f32x4.sub(chosen, top)), 0);
  }
  return true;
}
