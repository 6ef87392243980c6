// Kernels along one axis of tensors seen as [outer, length, inner]: products, places of extremes, running sums, softmax.
// With inner 1 a line is a row; otherwise lines stand beside each other, and four of them are done at once.

import { log1p4 } from './exponentials';
import { exp4 } from './functions';
import { extremeOf } from './reduce';
import { halves, promoteHigh } from './simd';

// @ts-ignore: decorator
@inline
function loadLanes(at: usize, isFour: bool): v128 {
  return isFour ? v128.load(at) : v128.load32_splat(at);
}

// @ts-ignore: decorator
@inline
function storeLanes(at: usize, x: v128, isFour: bool): void {
  if (isFour) v128.store(at, x);
  else v128.store32_lane(at, x, 0);
}

/** Two neighbours in double precision. */
// @ts-ignore: decorator
@inline
function promoteTwo(at: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(at));
}

/** Π of n numbers in double precision, 16 running products side by side: each step waits for the one before. */
function prodRow(x: usize, n: i32): f64 {
  let p0 = f64x2.splat(1);
  let p1 = p0;
  let p2 = p0;
  let p3 = p0;
  let p4 = p0;
  let p5 = p0;
  let p6 = p0;
  let p7 = p0;
  let i = 0;
  for (; i <= n - 16; i += 16, x += 64) {
    p0 = f64x2.mul(p0, promoteTwo(x));
    p1 = f64x2.mul(p1, promoteTwo(x + 8));
    p2 = f64x2.mul(p2, promoteTwo(x + 16));
    p3 = f64x2.mul(p3, promoteTwo(x + 24));
    p4 = f64x2.mul(p4, promoteTwo(x + 32));
    p5 = f64x2.mul(p5, promoteTwo(x + 40));
    p6 = f64x2.mul(p6, promoteTwo(x + 48));
    p7 = f64x2.mul(p7, promoteTwo(x + 56));
  }
  p0 = f64x2.mul(f64x2.mul(p0, p1), f64x2.mul(p2, p3));
  p0 = f64x2.mul(p0, f64x2.mul(f64x2.mul(p4, p5), f64x2.mul(p6, p7)));
  let product = f64x2.extract_lane(p0, 0) * f64x2.extract_lane(p0, 1);
  for (; i < n; i++, x += 4) product *= <f64>load<f32>(x);
  return product;
}

/**
 * The product of a row, given that of parts of it. Where that is 0, infinite or NaN, a part may have left the range of double
 * precision that the whole stays in, as with 2, ½, 2, ½ …: then it is multiplied in order.
 */
function wholeProduct(ofParts: f64, x: usize, n: i32): f64 {
  return abs(ofParts) >= f64.MIN_NORMAL_VALUE && abs(ofParts) < Infinity ? ofParts : prodInOrder(x, n);
}

function prodInOrder(x: usize, n: i32): f64 {
  const zero = f32x4.splat(0);
  let zeros = i32x4.splat(0);
  let broken = zeros;
  let signs = zeros;
  const end = x + (<usize>n << 2);
  for (let at = x; at < end; ) {
    const isFour = at + 16 <= end;
    const four = loadLanes(at, isFour);
    zeros = v128.or(zeros, f32x4.eq(four, zero));
    broken = v128.or(broken, f32x4.ne(f32x4.sub(four, four), zero));
    signs = v128.xor(signs, isFour ? four : v128.load32_zero(at));
    at += isFour ? 16 : 4;
  }
  signs = v128.xor(signs, i32x4.shuffle(signs, signs, 2, 3, 0, 1));
  const sign: f64 = (i32x4.extract_lane(signs, 0) ^ i32x4.extract_lane(signs, 1)) < 0 ? -1 : 1;
  const isFinite = !v128.any_true(broken);
  if (isFinite && v128.any_true(zeros)) return 0 * sign;
  let product: f64 = 1;
  for (let at = x; at < end; at += 4) {
    product *= <f64>load<f32>(at);
    // Nothing that follows brings it back.
    if (isFinite && (product == 0 || abs(product) == Infinity)) return abs(product) * sign;
  }
  return product;
}

/** y[r] = Π row r of x. */
export function prodRows(x: usize, y: usize, rows: i32, n: i32): void {
  const row = <usize>n << 2;
  for (let r = 0; r < rows; r++, x += row, y += 4) store<f32>(y, <f32>wholeProduct(prodRow(x, n), x, n));
}

/** The products of the chunks of a long row, in double precision. */
export function prodChunks(x: usize, to: usize, n: i32, chunk: i32): void {
  for (; n > 0; n -= chunk, x += <usize>chunk << 2, to += 8) store<f64>(to, prodRow(x, min(n, chunk)));
}

/** y = Π of the row x of n numbers, given those of its chunks. */
export function prodOfChunks(chunks: usize, count: i32, x: usize, n: i32, y: usize): void {
  let product: f64 = 1;
  for (let i = 0; i < count; i++, chunks += 8) product *= load<f64>(chunks);
  store<f32>(y, <f32>wholeProduct(product, x, n));
}

/** Columns that are gone down together: runs of memory long enough, and what is kept of each stays in the first-level cache. */
const COLUMNS: i32 = 1024;

/** Bytes of scratch for that. */
export function columnBytes(): i32 {
  return COLUMNS << 3;
}

/** The same along an axis before the last, for columns `first` to `end` of all planes. */
export function prodColumns(
  x: usize, y: usize, outer: i32, length: i32, inner: i32, first: i32, end: i32, scratch: usize,
): void {
  const row = <usize>inner << 2;
  for (let o = 0; o < outer; o++, x += <usize>length * row, y += row) {
    for (let i = first; i < end; i += COLUMNS) {
      const bytes = <usize>min(end - i, COLUMNS) << 2;
      let from = x + (<usize>i << 2);
      const one = f64x2.splat(1);
      for (let at: usize = 0; at < 2 * bytes; at += 16) v128.store(scratch + at, one);
      let l = 0;
      for (; l <= length - 4; l += 4, from += 4 * row) {
        for (let at: usize = 0; at < (bytes & ~7); at += 8) {
          const to = scratch + 2 * at;
          const four = from + at;
          const p = f64x2.mul(promoteTwo(four), promoteTwo(four + row));
          const q = f64x2.mul(promoteTwo(four + 2 * row), promoteTwo(four + 3 * row));
          v128.store(to, f64x2.mul(v128.load(to), f64x2.mul(p, q)));
        }
        if (bytes & 7) {
          const last = bytes - 4;
          let p = load<f64>(scratch + 2 * last);
          for (let k: usize = 0; k < 4; k++) p *= <f64>load<f32>(from + k * row + last);
          store<f64>(scratch + 2 * last, p);
        }
      }
      for (; l < length; l++, from += row) {
        let at: usize = 0;
        for (; at + 8 <= bytes; at += 8) {
          const to = scratch + 2 * at;
          v128.store(to, f64x2.mul(v128.load(to), promoteTwo(from + at)));
        }
        for (; at < bytes; at += 4) {
          store<f64>(scratch + 2 * at, load<f64>(scratch + 2 * at) * <f64>load<f32>(from + at));
        }
      }
      const to = y + (<usize>i << 2);
      for (let at: usize = 0; at < bytes; at += 4) store<f32>(to + at, <f32>load<f64>(scratch + 2 * at));
    }
  }
}

/** Where x comes before the best so far: above it, or below; and NaN where there was none. */
// @ts-ignore: decorator
@inline
function beats(isMax: bool, x: v128, best: v128): v128 {
  const isBetter = isMax ? f32x4.gt(x, best) : f32x4.lt(x, best);
  return v128.or(isBetter, v128.and(f32x4.ne(x, x), f32x4.eq(best, best)));
}

// Elements of a row whose extreme is found before it is asked where that is.
const BLOCK: i32 = 512;

function placeInRow(isMax: bool, x: usize, n: i32): i32 {
  let top = load<f32>(x);
  let block = 0;
  for (let i = 0; i < n; i += BLOCK) {
    const best = extremeOf(x + (<usize>i << 2), min(n - i, BLOCK), isMax);
    if ((isMax ? best > top : best < top) || (best != best && top == top)) {
      top = best;
      block = i;
    }
  }
  // The first in the first block that has it.
  let value = load<f32>(x + (<usize>block << 2));
  while (value != top && (value == value || top == top)) value = load<f32>(x + (<usize>++block << 2));
  return block;
}

// @ts-ignore: decorator
@inline
function placeBetter(isMax: bool, x: usize, best: usize, place: usize, l: i32, isFour: bool): void {
  const value = loadLanes(x, isFour);
  const held = loadLanes(best, isFour);
  const mask = beats(isMax, value, held);
  storeLanes(best, v128.bitselect(value, held, mask), isFour);
  storeLanes(place, v128.bitselect(i32x4.splat(l), loadLanes(place, isFour), mask), isFour);
}

// @ts-ignore: decorator
@inline
function placesInColumns(
  isMax: bool, x: usize, y: usize, outer: i32, length: i32, inner: i32, first: i32, end: i32, scratch: usize,
): void {
  const row = <usize>inner << 2;
  for (let o = 0; o < outer; o++, x += <usize>length * row, y += row) {
    for (let i = first; i < end; i += COLUMNS) {
      const bytes = <usize>min(end - i, COLUMNS) << 2;
      const to = y + (<usize>i << 2);
      let from = x + (<usize>i << 2);
      memory.copy(scratch, from, bytes);
      memory.fill(to, 0, bytes);
      for (let l = 1; l < length; l++) {
        from += row;
        let at: usize = 0;
        for (; at + 16 <= bytes; at += 16) placeBetter(isMax, from + at, scratch + at, to + at, l, true);
        for (; at < bytes; at += 4) placeBetter(isMax, from + at, scratch + at, to + at, l, false);
      }
    }
  }
}

/** Where the largest of each row is, or the smallest; NaN counts as both. */
export function extremePlaceRows(x: usize, y: usize, rows: i32, n: i32, isMax: bool): void {
  for (let r = 0; r < rows; r++, x += <usize>n << 2, y += 4) {
    store<i32>(y, placeInRow(isMax, x, n));
  }
}

/** The place in a long row of n numbers, of which y has the place of the chunk that it is in. */
export function extremePlaceInChunk(x: usize, y: usize, n: i32, chunk: i32, isMax: bool): void {
  const first = load<i32>(y) * chunk;
  store<i32>(y, first + placeInRow(isMax, x + (<usize>first << 2), min(n - first, chunk)));
}

export function extremePlaceColumns(
  x: usize, y: usize, outer: i32, length: i32, inner: i32, first: i32, end: i32, scratch: usize, isMax: bool,
): void {
  if (isMax) placesInColumns(true, x, y, outer, length, inner, first, end, scratch);
  else placesInColumns(false, x, y, outer, length, inner, first, end, scratch);
}

/** Running sums along rows, in double precision; four rows at a time, because each sum waits for the one before. */
export function cumsumRows(x: usize, y: usize, rows: i32, n: i32, isReverse: bool): void {
  const row = <usize>n << 2;
  const step = <usize>(isReverse ? -4 : 4);
  const start: usize = isReverse ? row - 4 : 0;
  let r = 0;
  for (; r <= rows - 4; r += 4, x += 4 * row, y += 4 * row) {
    let s0: f64 = 0;
    let s1: f64 = 0;
    let s2: f64 = 0;
    let s3: f64 = 0;
    let at = start;
    for (let i = 0; i < n; i++, at += step) {
      s0 += <f64>load<f32>(x + at);
      s1 += <f64>load<f32>(x + row + at);
      s2 += <f64>load<f32>(x + 2 * row + at);
      s3 += <f64>load<f32>(x + 3 * row + at);
      store<f32>(y + at, <f32>s0);
      store<f32>(y + row + at, <f32>s1);
      store<f32>(y + 2 * row + at, <f32>s2);
      store<f32>(y + 3 * row + at, <f32>s3);
    }
  }
  for (; r < rows; r++, x += row, y += row) {
    let sum: f64 = 0;
    let at = start;
    for (let i = 0; i < n; i++, at += step) {
      sum += <f64>load<f32>(x + at);
      store<f32>(y + at, <f32>sum);
    }
  }
}

export function cumsumColumns(
  x: usize, y: usize, outer: i32, length: i32, inner: i32, first: i32, end: i32, isReverse: bool,
): void {
  const row = <usize>inner << 2;
  const plane = <usize>length * row;
  const step = isReverse ? 0 - row : row;
  for (let o = 0; o < outer; o++, x += plane, y += plane) {
    for (let i = first; i < end; ) {
      const isFour = i <= end - 4;
      let at = (<usize>i << 2) + (isReverse ? plane - row : 0);
      let s0 = f64x2.splat(0);
      let s1 = s0;
      for (let l = 0; l < length; l++, at += step) {
        const four = loadLanes(x + at, isFour);
        s0 = f64x2.add(s0, f64x2.promote_low_f32x4(four));
        s1 = f64x2.add(s1, promoteHigh(four));
        storeLanes(y + at, halves(s0, s1), isFour);
      }
      i += isFour ? 4 : 1;
    }
  }
}

/** Softmax along an axis before the last, or its logarithm. Sums in double precision. */
export function softmaxColumns(
  x: usize, y: usize, outer: i32, length: i32, inner: i32, first: i32, end: i32, isLog: bool,
): void {
  const row = <usize>inner << 2;
  const plane = <usize>length * row;
  for (let o = 0; o < outer; o++, x += plane, y += plane) {
    for (let i = first; i < end; ) {
      const isFour = i <= end - 4;
      const start = <usize>i << 2;
      const stop = start + plane;
      let top = loadLanes(x + start, isFour);
      // A NaN may be passed over: its own exponential makes the sum NaN.
      for (let at = start + row; at < stop; at += row) top = f32x4.pmax(top, loadLanes(x + at, isFour));
      let s0 = f64x2.splat(0);
      let s1 = s0;
      for (let at = start; at < stop; at += row) {
        const e = exp4(f32x4.sub(loadLanes(x + at, isFour), top));
        if (!isLog) storeLanes(y + at, e, isFour);
        s0 = f64x2.add(s0, f64x2.promote_low_f32x4(e));
        s1 = f64x2.add(s1, promoteHigh(e));
      }
      if (isLog) {
        // The largest gives exactly 1, and what the others add may be far smaller.
        const one = f64x2.splat(1);
        const logSum = log1p4(halves(f64x2.sub(s0, one), f64x2.sub(s1, one)));
        for (let at = start; at < stop; at += row) {
          storeLanes(y + at, f32x4.sub(f32x4.sub(loadLanes(x + at, isFour), top), logSum), isFour);
        }
      } else {
        const share = f32x4.div(f32x4.splat(1), halves(s0, s1));
        for (let at = start; at < stop; at += row) {
          storeLanes(y + at, f32x4.mul(loadLanes(y + at, isFour), share), isFour);
        }
      }
      i += isFour ? 4 : 1;
    }
  }
}

/** Whether any byte of each row is 1, or all are. */
export function anyAllRows(x: usize, y: usize, rows: i32, n: i32, isAll: bool): void {
  for (let r = 0; r < rows; r++, x += n, y++) {
    const end = x + <usize>n;
    let at = x;
    // Stops at the first that decides.
    for (; at + 16 <= end; at += 16) {
      if (isAll ? !i8x16.all_true(v128.load(at)) : v128.any_true(v128.load(at))) break;
    }
    for (; at < end; at++) if (load<u8>(at) != u8(isAll)) break;
    store<u8>(y, u8(at < end) ^ u8(isAll));
  }
}

export function anyAllColumns(
  x: usize, y: usize, outer: i32, length: i32, inner: i32, first: i32, end: i32, isAll: bool,
): void {
  const plane = <usize>length * <usize>inner;
  for (let o = 0; o < outer; o++, x += plane, y += inner) {
    memory.copy(y + first, x + first, end - first);
    for (let row = x + inner; row < x + plane; row += inner) {
      let i: usize = first;
      for (; i + 16 <= <usize>end; i += 16) {
        const before = v128.load(y + i);
        const next = v128.load(row + i);
        v128.store(y + i, isAll ? v128.and(before, next) : v128.or(before, next));
      }
      for (; i < <usize>end; i++) {
        const before = load<u8>(y + i);
        const next = load<u8>(row + i);
        store<u8>(y + i, isAll ? before & next : before | next);
      }
    }
  }
}
