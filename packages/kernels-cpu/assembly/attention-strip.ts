// Strips of attention: scores of eight rows with a block of keys, [keys][8], and what becomes of them on both ways. Scores are in units
// of log 2, so that a weight is a power of two.

import {
  ALL_END, ALL_START, BIAS_AT, END, HI, LANES, LO, MASK_AT, bias, biasKey, key0, key1, keptScale, keys, limit, mask, maskKey,
  noteBroken, position, rowAt, softcap, START,
} from './attention-plan';
import { dropStrip } from './dropout';
import { tanh4 } from './functions';
import { micro5x8 } from './micro-kernel.generated';
import { madd, storeTransposed } from './simd';
import { micro, MR, wholeRows } from './tiles';

export const LOG2_E: f64 = 1.4426950408889634;
export const LN_2: f64 = 0.6931471805599453;

// Adding it rounds to a whole number, which then stands in the lowest bits, 127 above its own value: an exponent.
const ROUND: f32 = 12583039;

/** 2^x for x up to 128, within 1 ulp; what would be below 2^-126 is 0. The polynomial is that of Cephes (Moshier, 1989). */
// @ts-ignore: decorator
@inline
export function power2(x: v128): v128 {
  const shifted = f32x4.add(x, f32x4.splat(ROUND));
  const r = f32x4.sub(x, f32x4.sub(shifted, f32x4.splat(ROUND)));
  let p = f32x4.splat(1.535336188319500e-4);
  p = madd(p, r, f32x4.splat(1.339887440266574e-3));
  p = madd(p, r, f32x4.splat(9.618437357674640e-3));
  p = madd(p, r, f32x4.splat(5.550332471162809e-2));
  p = madd(p, r, f32x4.splat(2.402264791363012e-1));
  p = madd(p, r, f32x4.splat(6.931472028550421e-1));
  p = madd(p, r, f32x4.splat(1));
  // NaN is not below the limit, and stays.
  return v128.andnot(f32x4.mul(p, i32x4.shl(shifted, 23)), f32x4.lt(x, f32x4.splat(-126)));
}

/** x times a number, n of them, in place. */
export function scaleAll(x: usize, n: i32, by: f32): void {
  if (by == 1) return;
  const factor = f32x4.splat(by);
  const end = x + (<usize>n << 2);
  for (; x + 16 <= end; x += 16) v128.store(x, f32x4.mul(v128.load(x), factor));
  for (; x < end; x += 4) store<f32>(x, load<f32>(x) * by);
}

/** C [rows][8] = A · B, or is added to it: panels of A of full height alone, and `panel` bytes apart. */
export function multiplyPanels(
  rows: i32, depth: i32, a: usize, panel: usize, b: usize, c: usize, add: bool, zeros: usize,
): void {
  for (let i = 0; i < rows; i += MR, a += panel, c += <usize>MR << 5) micro(depth, a, b, c, 32, zeros, add);
}

/** C [rows][8] += A · B: A as `packAcross` packs it `packed` deep, of which this begins at `skip`. */
export function addAcross(
  rows: i32, depth: i32, a: usize, packed: i32, skip: i32, b: usize, c: usize, zeros: usize,
): void {
  const first = wholeRows(rows);
  let from = a + (<usize>(skip * MR) << 2);
  for (let i = 0; i < first; i += MR, from += <usize>(packed * MR) << 2, c += <usize>MR << 5) {
    micro(depth, from, b, c, 32, zeros, true);
  }
  if (MR != 6) return;
  from = a + (<usize>(first * packed + skip * 5) << 2);
  for (let i = first; i < rows; i += 5, from += <usize>(packed * 5) << 2, c += 160) {
    micro5x8(depth, from, b, c, 32, zeros, true);
  }
}

/** The mask of a strip, [keys][8] bytes. False, and nothing is to be done, where no row looks at any of these keys. */
export function maskStrip(strip: usize, to: usize, from: i32, count: i32): bool {
  const at = <usize>from * maskKey;
  const r0 = <usize>load<u32>(strip, MASK_AT) + at;
  const r1 = <usize>load<u32>(strip, MASK_AT + 4) + at;
  const r2 = <usize>load<u32>(strip, MASK_AT + 8) + at;
  const r3 = <usize>load<u32>(strip, MASK_AT + 12) + at;
  const r4 = <usize>load<u32>(strip, MASK_AT + 16) + at;
  const r5 = <usize>load<u32>(strip, MASK_AT + 20) + at;
  const r6 = <usize>load<u32>(strip, MASK_AT + 24) + at;
  const r7 = <usize>load<u32>(strip, MASK_AT + 28) + at;
  let any: u64 = 0;
  let j: usize = 0;
  const n = <usize>count;
  if (maskKey) {
    for (; j + 8 <= n; j += 8, to += 64) {
      // Bytes, then pairs of them, then fours change places.
      const a = pairs(v128.load64_zero(r0 + j), v128.load64_zero(r1 + j));
      const b = pairs(v128.load64_zero(r2 + j), v128.load64_zero(r3 + j));
      const c = pairs(v128.load64_zero(r4 + j), v128.load64_zero(r5 + j));
      const d = pairs(v128.load64_zero(r6 + j), v128.load64_zero(r7 + j));
      const ab0 = i16x8.shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
      const ab1 = i16x8.shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
      const cd0 = i16x8.shuffle(c, d, 0, 8, 1, 9, 2, 10, 3, 11);
      const cd1 = i16x8.shuffle(c, d, 4, 12, 5, 13, 6, 14, 7, 15);
      v128.store(to, i32x4.shuffle(ab0, cd0, 0, 4, 1, 5));
      v128.store(to, i32x4.shuffle(ab0, cd0, 2, 6, 3, 7), 16);
      v128.store(to, i32x4.shuffle(ab1, cd1, 0, 4, 1, 5), 32);
      v128.store(to, i32x4.shuffle(ab1, cd1, 2, 6, 3, 7), 48);
      any |= v128.any_true(v128.or(v128.or(a, b), v128.or(c, d))) ? 1 : 0;
    }
  }
  for (; j < n; j++, to += 8) {
    const t = j * maskKey;
    store<u8>(to, load<u8>(r0 + t));
    store<u8>(to, load<u8>(r1 + t), 1);
    store<u8>(to, load<u8>(r2 + t), 2);
    store<u8>(to, load<u8>(r3 + t), 3);
    store<u8>(to, load<u8>(r4 + t), 4);
    store<u8>(to, load<u8>(r5 + t), 5);
    store<u8>(to, load<u8>(r6 + t), 6);
    store<u8>(to, load<u8>(r7 + t), 7);
    any |= load<u64>(to);
  }
  return any != 0;
}

/** Eight bytes of each of two, in turn. */
// @ts-ignore: decorator
@inline
function pairs(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

/** How many vectors of a strip hold rows. */
// @ts-ignore: decorator
@inline
export function vectorsOf(strip: usize): usize {
  return load<i32>(strip, LANES) > 4 ? 2 : 1;
}

/**
 * Products become scores as the softmax takes them: capped, with the bias, and -∞ where a row may not look. `allowed` is the strip's mask.
 * Of capped scores, `slopes` (or 0) gets the derivatives.
 */
export function settleScores(
  strip: usize, scores: usize, allowed: usize, slopes: usize, from: i32, count: i32, room: usize,
): void {
  const end = scores + (<usize>count << 5);
  const isCut = from < load<i32>(strip, ALL_START) || from + count > load<i32>(strip, ALL_END);
  for (let half: usize = 0; half < vectorsOf(strip) << 4; half += 16) {
    if (softcap != 0) capScores(scores + half, end, slopes ? slopes + half : 0);
    if (bias) addBias(strip + half, scores + half, from, count, room);
    if (mask) hide(scores + half, end, allowed + (half >> 2));
    if (isCut) cut(strip + half, scores + half, end, from);
  }
}

function capScores(at: usize, end: usize, slopes: usize): void {
  const most = f32x4.splat(<f32>(<f64>softcap * LOG2_E));
  const one = f32x4.splat(1);
  for (; at < end; at += 32) {
    const t = tanh4(v128.load(at));
    v128.store(at, f32x4.mul(t, most));
    if (slopes) {
      v128.store(slopes, f32x4.sub(one, f32x4.mul(t, t)));
      slopes += 32;
    }
  }
}

function addBias(lanes: usize, at: usize, from: i32, count: i32, room: usize): void {
  const unit = f32x4.splat(<f32>LOG2_E);
  const skipped = <usize>from * biasKey;
  let r0 = <usize>load<u32>(lanes, BIAS_AT) + skipped;
  let r1 = <usize>load<u32>(lanes, BIAS_AT + 4) + skipped;
  let r2 = <usize>load<u32>(lanes, BIAS_AT + 8) + skipped;
  let r3 = <usize>load<u32>(lanes, BIAS_AT + 12) + skipped;
  let j = 0;
  if (biasKey) {
    for (; j <= count - 4; j += 4, at += 128) {
      storeTransposed(v128.load(r0), v128.load(r1), v128.load(r2), v128.load(r3), room, 16);
      v128.store(at, madd(v128.load(room), unit, v128.load(at)));
      v128.store(at, madd(v128.load(room, 16), unit, v128.load(at, 32)), 32);
      v128.store(at, madd(v128.load(room, 32), unit, v128.load(at, 64)), 64);
      v128.store(at, madd(v128.load(room, 48), unit, v128.load(at, 96)), 96);
      r0 += 16;
      r1 += 16;
      r2 += 16;
      r3 += 16;
    }
  }
  for (; j < count; j++, at += 32) {
    let x = v128.load32_zero(r0);
    x = v128.load32_lane(r1, x, 1);
    x = v128.load32_lane(r2, x, 2);
    x = v128.load32_lane(r3, x, 3);
    v128.store(at, madd(x, unit, v128.load(at)));
    r0 += biasKey;
    r1 += biasKey;
    r2 += biasKey;
    r3 += biasKey;
  }
}

/** -∞ where the mask says no. */
function hide(at: usize, end: usize, allowed: usize): void {
  const none = f32x4.splat(-Infinity);
  const zero = i32x4.splat(0);
  for (; at < end; at += 32, allowed += 8) {
    const bytes = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(allowed)));
    v128.store(at, v128.bitselect(none, v128.load(at), i32x4.eq(bytes, zero)));
  }
}

/** -∞ before the first key that a row looks at, and behind the last. */
function cut(lanes: usize, at: usize, end: usize, from: i32): void {
  const none = f32x4.splat(-Infinity);
  const lo = v128.load(lanes, LO);
  const hi = v128.load(lanes, HI);
  let j = i32x4.splat(from);
  for (; at < end; at += 32) {
    const isInside = v128.and(i32x4.ge_s(j, lo), i32x4.le_s(j, hi));
    v128.store(at, v128.bitselect(v128.load(at), none, isInside));
    j = i32x4.add(j, i32x4.splat(1));
  }
}

/** Leaves weights out, of a strip whose first row is `row` of its group, and in `other` (or 0) the same ones. */
export function dropWeights(
  strip: usize, weights: usize, other: usize, group: i32, row: i32, from: i32, count: i32,
): void {
  const line = <u64>keys;
  for (let half: usize = 0; half < vectorsOf(strip); half++) {
    const place = position + <u64>(rowAt(group, row) + 4 * half) * line + <u64>from;
    const at = half << 4;
    dropStrip(weights + at, other ? other + at : 0, count, place, line, limit, key0, key1);
  }
}

/**
 * Rows of a result, n numbers each, from columns [n][8] times a factor for each column; where that is 0, the row is 0, whatever was summed.
 */
export function storeRows(columns: usize, n: i32, factors: usize, lanes: i32, to: usize, room: usize): void {
  const line = <usize>((n + 3) & ~3) << 2;
  const zero = f32x4.splat(0);
  for (let half: usize = 0; half < 32; half += 16) {
    const factor = v128.load(factors + half);
    const isNone = f32x4.eq(factor, zero);
    let at = columns + half;
    const to4 = room + (half >> 2) * line;
    for (let i: usize = 0; i < line; i += 16, at += 128) {
      const c0 = v128.andnot(f32x4.mul(v128.load(at), factor), isNone);
      const c1 = v128.andnot(f32x4.mul(v128.load(at, 32), factor), isNone);
      const c2 = v128.andnot(f32x4.mul(v128.load(at, 64), factor), isNone);
      const c3 = v128.andnot(f32x4.mul(v128.load(at, 96), factor), isNone);
      storeTransposed(c0, c1, c2, c3, to4 + i, line);
    }
  }
  const bytes = <usize>n << 2;
  for (let lane = 0; lane < lanes; lane++, to += bytes, room += line) memory.copy(to, room, bytes);
}

/** Whether n numbers are finite; notes it where one is not. */
export function checkFinite(x: usize, n: i32): void {
  const end = x + (<usize>n << 2);
  const zero = f32x4.splat(0);
  // 0 times a number is 0, unless it is not finite.
  let traces = zero;
  for (; x + 16 <= end; x += 16) traces = madd(v128.load(x), zero, traces);
  for (; x < end; x += 4) traces = madd(v128.load32_splat(x), zero, traces);
  if (v128.any_true(f32x4.ne(traces, traces))) noteBroken();
}
