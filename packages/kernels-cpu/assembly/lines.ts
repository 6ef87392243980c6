// Kernels along one axis of tensors seen as [outer, length, inner]: products, places of extremes, running sums, softmax.
// With inner 1 a line is a row; otherwise lines stand beside each other, and four of them are done at once.

import { log1p4 } from './exponentials';
import { exp4 } from './functions';
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

/** y[r] = Π row r of x, in double precision. */
export function prodRows(x: usize, y: usize, rows: i32, n: i32): void {
  for (let r = 0; r < rows; r++, y += 4) {
    let p0 = f64x2.splat(1);
    let p1 = p0;
    let i = 0;
    for (; i <= n - 4; i += 4, x += 16) {
      const four = v128.load(x);
      p0 = f64x2.mul(p0, f64x2.promote_low_f32x4(four));
      p1 = f64x2.mul(p1, promoteHigh(four));
    }
    p0 = f64x2.mul(p0, p1);
    let product = f64x2.extract_lane(p0, 0) * f64x2.extract_lane(p0, 1);
    for (; i < n; i++, x += 4) product *= <f64>load<f32>(x);
    store<f32>(y, <f32>product);
  }
}

/** The same along an axis before the last, for columns `first` to `end` of all planes. */
export function prodColumns(x: usize, y: usize, outer: i32, length: i32, inner: i32, first: i32, end: i32): void {
  const row = <usize>inner << 2;
  for (let o = 0; o < outer; o++, x += <usize>length * row, y += row) {
    for (let i = first; i < end; ) {
      const isFour = i <= end - 4;
      let at = x + (<usize>i << 2);
      let p0 = f64x2.splat(1);
      let p1 = p0;
      for (let l = 0; l < length; l++, at += row) {
        const four = loadLanes(at, isFour);
        p0 = f64x2.mul(p0, f64x2.promote_low_f32x4(four));
        p1 = f64x2.mul(p1, promoteHigh(four));
      }
      storeLanes(y + (<usize>i << 2), halves(p0, p1), isFour);
      i += isFour ? 4 : 1;
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

// @ts-ignore: decorator
@inline
function placeInRow(isMax: bool, x: usize, n: i32): i32 {
  let best = v128.load32_splat(x);
  let place = i32x4.splat(0);
  let i = 0;
  let places = i32x4(0, 1, 2, 3);
  for (; i <= n - 4; i += 4, x += 16) {
    const four = v128.load(x);
    const mask = beats(isMax, four, best);
    best = v128.bitselect(four, best, mask);
    place = v128.bitselect(places, place, mask);
    places = i32x4.add(places, i32x4.splat(4));
  }
  // The lanes, and then the rest. Of equals, the first.
  let top = f32x4.extract_lane(best, 0);
  let at = i32x4.extract_lane(place, 0);
  for (let lane = 1; lane < 4; lane++) {
    best = i32x4.shuffle(best, best, 1, 2, 3, 0);
    place = i32x4.shuffle(place, place, 1, 2, 3, 0);
    const value = f32x4.extract_lane(best, 0);
    const where = i32x4.extract_lane(place, 0);
    const isBetter = isMax ? value > top : value < top;
    const isEqual = value == top || (value != value && top != top);
    if (isBetter || (value != value && top == top) || (isEqual && where < at)) {
      top = value;
      at = where;
    }
  }
  for (; i < n; i++, x += 4) {
    const value = load<f32>(x);
    if ((isMax ? value > top : value < top) || (value != value && top == top)) {
      top = value;
      at = i;
    }
  }
  return at;
}

// @ts-ignore: decorator
@inline
function placesInColumns(
  isMax: bool, x: usize, y: usize, outer: i32, length: i32, inner: i32, first: i32, end: i32,
): void {
  const row = <usize>inner << 2;
  for (let o = 0; o < outer; o++, x += <usize>length * row, y += row) {
    for (let i = first; i < end; ) {
      const isFour = i <= end - 4;
      let at = x + (<usize>i << 2);
      let best = loadLanes(at, isFour);
      let place = i32x4.splat(0);
      for (let l = 1; l < length; l++) {
        at += row;
        const four = loadLanes(at, isFour);
        const mask = beats(isMax, four, best);
        best = v128.bitselect(four, best, mask);
        place = v128.bitselect(i32x4.splat(l), place, mask);
      }
      storeLanes(y + (<usize>i << 2), place, isFour);
      i += isFour ? 4 : 1;
    }
  }
}

/** Where the largest of each row is, or the smallest; NaN counts as both. */
export function extremePlaceRows(x: usize, y: usize, rows: i32, n: i32, isMax: bool): void {
  for (let r = 0; r < rows; r++, x += <usize>n << 2, y += 4) {
    store<i32>(y, isMax ? placeInRow(true, x, n) : placeInRow(false, x, n));
  }
}

export function extremePlaceColumns(
  x: usize, y: usize, outer: i32, length: i32, inner: i32, first: i32, end: i32, isMax: bool,
): void {
  if (isMax) placesInColumns(true, x, y, outer, length, inner, first, end);
  else placesInColumns(false, x, y, outer, length, inner, first, end);
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
