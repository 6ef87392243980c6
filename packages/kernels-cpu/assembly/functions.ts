// Exponential, logarithm and what is made of them, four numbers at a time. Ranges are reduced as in the Cephes library
// (Moshier, 1989), whose polynomials these are; infinities, NaN and denormals come out as IEEE 754 has them.

import { madd } from './simd';

export const LOG2_E: f32 = 1.44269504088896341;
/** ln 2 in two parts, high - low: products of the first with a whole number of up to 14 bits are exact. */
export const LN2_HIGH: f32 = 0.693359375;
export const LN2_LOW: f32 = 2.12194440e-4;

/** e^x. Within 1 ulp. */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  // Beyond these everything is 0 or infinite. This order of operands lets NaN through. The lower bound is where both factors of
  // the power are 0: between -104 and it a product rounds to 0, which machines take a hundred times as long for, and what is
  // masked with -∞ is common.
  const bounded = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-176)), f32x4.splat(89));
  const n = f32x4.nearest(f32x4.mul(bounded, f32x4.splat(LOG2_E)));
  return timesPowerOfTwo(expSeries(madd(n, f32x4.splat(LN2_LOW), madd(n, f32x4.splat(-LN2_HIGH), bounded))), n);
}

/** e^r for |r| up to about ½ ln 2. */
// @ts-ignore: decorator
@inline
export function expSeries(r: v128): v128 {
  let p = f32x4.splat(1.9875691500e-4);
  p = madd(p, r, f32x4.splat(1.3981999507e-3));
  p = madd(p, r, f32x4.splat(8.3334519073e-3));
  p = madd(p, r, f32x4.splat(4.1665795894e-2));
  p = madd(p, r, f32x4.splat(1.6666665459e-1));
  p = madd(p, r, f32x4.splat(5.0000001201e-1));
  return f32x4.add(madd(p, f32x4.mul(r, r), r), f32x4.splat(1));
}

/** y · 2^n for whole n. In two factors: one alone would overflow or lose the denormals. */
// @ts-ignore: decorator
@inline
export function timesPowerOfTwo(y: v128, n: v128): v128 {
  const whole = i32x4.trunc_sat_f32x4_s(n);
  const half = i32x4.shr_s(whole, 1);
  return f32x4.mul(f32x4.mul(y, powerOfTwo(half)), powerOfTwo(i32x4.sub(whole, half)));
}

// @ts-ignore: decorator
@inline
export function powerOfTwo(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/** The natural logarithm. Within 1 ulp. */
// @ts-ignore: decorator
@inline
export function log4(x: v128): v128 {
  const isTiny = f32x4.lt(x, f32x4.splat(1.17549435e-38));
  const normal = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608)), x, isTiny);
  // x = 2^e · m with √½ ≤ m < √2.
  let e = i32x4.sub(i32x4.shr_u(normal, 23), i32x4.splat(126));
  e = i32x4.sub(e, v128.and(isTiny, i32x4.splat(23)));
  const m = v128.or(v128.and(normal, i32x4.splat(0x007fffff)), f32x4.splat(0.5));
  const isLow = f32x4.lt(m, f32x4.splat(0.707106781186547524));
  e = i32x4.add(e, isLow);
  const t = f32x4.sub(f32x4.add(m, v128.and(m, isLow)), f32x4.splat(1));
  const y = logSeries(t, f32x4.convert_i32x4_s(e));
  const isFinite = v128.and(f32x4.gt(x, f32x4.splat(0)), f32x4.lt(x, f32x4.splat(Infinity)));
  const infinite = v128.bitselect(x, f32x4.splat(NaN), f32x4.gt(x, f32x4.splat(0)));
  const special = v128.bitselect(f32x4.splat(-Infinity), infinite, f32x4.eq(x, f32x4.splat(0)));
  return v128.bitselect(y, special, isFinite);
}

/** log((1 + t) 2^power) for √½ - 1 ≤ t < √2 - 1. */
// @ts-ignore: decorator
@inline
export function logSeries(t: v128, power: v128): v128 {
  const z = f32x4.mul(t, t);
  let p = f32x4.splat(7.0376836292e-2);
  p = madd(p, t, f32x4.splat(-1.1514610310e-1));
  p = madd(p, t, f32x4.splat(1.1676998740e-1));
  p = madd(p, t, f32x4.splat(-1.2420140846e-1));
  p = madd(p, t, f32x4.splat(1.4249322787e-1));
  p = madd(p, t, f32x4.splat(-1.6668057665e-1));
  p = madd(p, t, f32x4.splat(2.0000714765e-1));
  p = madd(p, t, f32x4.splat(-2.4999993993e-1));
  p = madd(p, t, f32x4.splat(3.3333331174e-1));
  let y = f32x4.mul(f32x4.mul(t, z), p);
  y = madd(power, f32x4.splat(-LN2_LOW), y);
  y = madd(z, f32x4.splat(-0.5), y);
  return madd(power, f32x4.splat(LN2_HIGH), f32x4.add(t, y));
}

/** The hyperbolic tangent. Within 2 ulp. */
// @ts-ignore: decorator
@inline
export function tanh4(x: v128): v128 {
  const size = f32x4.abs(x);
  const z = f32x4.mul(x, x);
  let p = f32x4.splat(-5.70498872745e-3);
  p = madd(p, z, f32x4.splat(2.06390887954e-2));
  p = madd(p, z, f32x4.splat(-5.37397155531e-2));
  p = madd(p, z, f32x4.splat(1.33314422036e-1));
  p = madd(p, z, f32x4.splat(-3.33332819422e-1));
  const near = madd(f32x4.mul(p, z), x, x);
  const e = exp4(f32x4.add(size, size));
  const far = f32x4.sub(f32x4.splat(1), f32x4.div(f32x4.splat(2), f32x4.add(e, f32x4.splat(1))));
  const y = v128.bitselect(near, far, f32x4.lt(size, f32x4.splat(0.625)));
  return v128.or(y, v128.and(x, i32x4.splat(0x80000000)));
}

/** 1 / (1 + e^-x). Within 3 ulp, for large negative x too. */
// @ts-ignore: decorator
@inline
export function sigmoid4(x: v128): v128 {
  const one = f32x4.splat(1);
  const e = exp4(f32x4.neg(f32x4.abs(x)));
  const above = v128.bitselect(e, one, f32x4.lt(x, f32x4.splat(0)));
  return f32x4.div(above, f32x4.add(one, e));
}
