// Winograd's minimal convolution F(4, 3) along one axis: 4 results of 3 taps with 6 multiplications instead of 12
// (Winograd, 1980; Lavin & Gray, 2016). In two axes 36 instead of 144.
//
// The points are 0, ±A, ±B and infinity. With ±1 and ±2, as in the paper, errors are twice as large and the largest four
// times (measured against double precision). Powers of 3/4 and 3/2 are exact.

import { madd } from './simd';

const A: f32 = 0.75;
const B: f32 = 1.5;
const AA: f32 = A * A;
const BB: f32 = B * B;
/** What Lagrange's interpolation divides by at 0, ±A and ±B. */
const AT_0: f32 = 1 / (AA * BB);
const AT_A: f32 = 1 / (2 * AA * (AA - BB));
const AT_B: f32 = 1 / (2 * BB * (BB - AA));

// @ts-ignore: decorator
@inline
function times(factor: f32, x: v128): v128 {
  return f32x4.mul(f32x4.splat(factor), x);
}

/** factor · x + y */
// @ts-ignore: decorator
@inline
function plus(factor: f32, x: v128, y: v128): v128 {
  return madd(f32x4.splat(factor), x, y);
}

/** Six elements of the image; results lie `step` apart. */
// @ts-ignore: decorator
@inline
export function imageLine(x0: v128, x1: v128, x2: v128, x3: v128, x4: v128, x5: v128, to: usize, step: usize): void {
  v128.store(to, plus(AA * BB, x0, plus(-(AA + BB), x2, x4)));
  const evenA = plus(-BB, x2, x4);
  const oddA = times(A, plus(-BB, x1, x3));
  v128.store(to + step, f32x4.add(evenA, oddA));
  v128.store(to + 2 * step, f32x4.sub(evenA, oddA));
  const evenB = plus(-AA, x2, x4);
  const oddB = times(B, plus(-AA, x1, x3));
  v128.store(to + 3 * step, f32x4.add(evenB, oddB));
  v128.store(to + 4 * step, f32x4.sub(evenB, oddB));
  v128.store(to + 5 * step, plus(AA * BB, x1, plus(-(AA + BB), x3, x5)));
}

/** Stores two elements here, and two there. */
// @ts-ignore: decorator
@inline
export function storeHalves(x: v128, low: usize, high: usize): void {
  v128.store64_lane(low, x, 0);
  v128.store64_lane(high, x, 1);
}

/** Three taps of a filter. Two of the four lanes go to each place. */
// @ts-ignore: decorator
@inline
export function filterLine(w0: v128, w1: v128, w2: v128, low: usize, high: usize, step: usize): void {
  storeHalves(times(AT_0, w0), low, high);
  const evenA = times(AT_A, plus(AA, w2, w0));
  const oddA = times(AT_A * A, w1);
  storeHalves(f32x4.add(evenA, oddA), low + step, high + step);
  storeHalves(f32x4.sub(evenA, oddA), low + 2 * step, high + 2 * step);
  const evenB = times(AT_B, plus(BB, w2, w0));
  const oddB = times(AT_B * B, w1);
  storeHalves(f32x4.add(evenB, oddB), low + 3 * step, high + 3 * step);
  storeHalves(f32x4.sub(evenB, oddB), low + 4 * step, high + 4 * step);
  storeHalves(w2, low + 5 * step, high + 5 * step);
}

/** Six products, `from` apart, to four results. */
// @ts-ignore: decorator
@inline
export function resultLine(m: usize, from: usize, to: usize, step: usize): void {
  const m1 = v128.load(m + from);
  const m2 = v128.load(m + 2 * from);
  const m3 = v128.load(m + 3 * from);
  const m4 = v128.load(m + 4 * from);
  const evenA = f32x4.add(m1, m2);
  const oddA = f32x4.sub(m1, m2);
  const evenB = f32x4.add(m3, m4);
  const oddB = f32x4.sub(m3, m4);
  v128.store(to, f32x4.add(f32x4.add(v128.load(m), evenA), evenB));
  v128.store(to + step, plus(A, oddA, times(B, oddB)));
  v128.store(to + 2 * step, plus(AA, evenA, times(BB, evenB)));
  v128.store(to + 3 * step, plus(AA * A, oddA, plus(BB * B, oddB, v128.load(m + 5 * from))));
}

/** Four elements of the result's gradient: the transpose of resultLine. */
// @ts-ignore: decorator
@inline
export function gradientLine(g0: v128, g1: v128, g2: v128, g3: v128, low: usize, high: usize, step: usize): void {
  storeHalves(g0, low, high);
  const evenA = plus(AA, g2, g0);
  const oddA = plus(AA * A, g3, times(A, g1));
  storeHalves(f32x4.add(evenA, oddA), low + step, high + step);
  storeHalves(f32x4.sub(evenA, oddA), low + 2 * step, high + 2 * step);
  const evenB = plus(BB, g2, g0);
  const oddB = plus(BB * B, g3, times(B, g1));
  storeHalves(f32x4.add(evenB, oddB), low + 3 * step, high + 3 * step);
  storeHalves(f32x4.sub(evenB, oddB), low + 4 * step, high + 4 * step);
  storeHalves(g3, low + 5 * step, high + 5 * step);
}

/** Six sums, `from` apart, to the gradients of three taps: the transpose of filterLine. */
// @ts-ignore: decorator
@inline
export function tapLine(u: usize, from: usize, to: usize, step: usize): void {
  const u1 = v128.load(u + from);
  const u2 = v128.load(u + 2 * from);
  const u3 = v128.load(u + 3 * from);
  const u4 = v128.load(u + 4 * from);
  const evenA = times(AT_A, f32x4.add(u1, u2));
  const evenB = times(AT_B, f32x4.add(u3, u4));
  v128.store(to, plus(AT_0, v128.load(u), f32x4.add(evenA, evenB)));
  v128.store(to + step, plus(AT_A * A, f32x4.sub(u1, u2), times(AT_B * B, f32x4.sub(u3, u4))));
  v128.store(to + 2 * step, plus(AA, evenA, plus(BB, evenB, v128.load(u + 5 * from))));
}
