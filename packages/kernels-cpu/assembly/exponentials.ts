// What is made of exponentials, four numbers at a time: e^x - 1, log(1 + x), and the activations silu, softplus and gelu's
// approximation. Ends that would cancel are computed from their small parts, so that relative errors stay small everywhere.

import { exp4, expSeries, LN2_HIGH, LN2_LOW, LOG2_E, logSeries, powerOfTwo, timesPowerOfTwo } from './functions';
import { halves, madd, promoteHigh } from './simd';

// Below this, functions with slope 1 at 0 are x itself, with the sign of 0 and the last bit of denormals.
const TINY: f32 = 1e-9;

/** e^x - 1. Within 1 ulp. */
// @ts-ignore: decorator
@inline
export function expm14(x: v128): v128 {
  const bounded = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-18)), f32x4.splat(89));
  const n = f32x4.nearest(f32x4.mul(bounded, f32x4.splat(LOG2_E)));
  // x = n ln 2 + r + rest
  const high = madd(n, f32x4.splat(-LN2_HIGH), bounded);
  const low = f32x4.mul(n, f32x4.splat(LN2_LOW));
  const r = f32x4.add(high, low);
  const rest = f32x4.sub(low, f32x4.sub(r, high));
  // e^r - 1 = r + p. The polynomial is the Chebyshev interpolation of (e^r - 1 - r) / r², computed in 50 digits.
  let p = f32x4.splat(1.989299176e-4);
  p = madd(p, r, f32x4.splat(1.393545184e-3));
  p = madd(p, r, f32x4.splat(8.333309087e-3));
  p = madd(p, r, f32x4.splat(4.166644837e-2));
  p = madd(p, r, f32x4.splat(0.1666666668));
  p = madd(p, r, f32x4.splat(0.5));
  p = madd(f32x4.mul(r, r), p, rest);
  // (2^n - 1) + 2^n r + 2^n p, at half the size because 2^128 would overflow, and with what the first sum rounds off.
  const scale = powerOfTwo(i32x4.sub(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(1)));
  const base = f32x4.sub(scale, f32x4.splat(0.5));
  const linear = f32x4.mul(scale, r);
  const sum = f32x4.add(base, linear);
  const lost = f32x4.sub(linear, f32x4.sub(sum, base));
  const half = f32x4.add(sum, madd(scale, p, lost));
  return v128.bitselect(x, f32x4.add(half, half), f32x4.lt(f32x4.abs(x), f32x4.splat(TINY)));
}

/** log(1 + x). Within 1.5 ulp. */
// @ts-ignore: decorator
@inline
export function log1p4(x: v128): v128 {
  const one = f32x4.splat(1);
  // 1 + x = u + lost
  const u = f32x4.add(one, x);
  const added = f32x4.sub(u, one);
  const lost = f32x4.add(f32x4.sub(one, f32x4.sub(u, added)), f32x4.sub(x, added));
  // u = 2^e · m with √½ ≤ m < √2.
  let e = i32x4.sub(i32x4.shr_u(u, 23), i32x4.splat(126));
  const m = v128.or(v128.and(u, i32x4.splat(0x007fffff)), f32x4.splat(0.5));
  const isLow = f32x4.lt(m, f32x4.splat(0.707106781186547524));
  e = i32x4.add(e, isLow);
  const t = f32x4.sub(f32x4.add(m, v128.and(m, isLow)), one);
  // Beyond 2^126 nothing that was lost counts.
  const scaled = f32x4.mul(lost, powerOfTwo(i32x4.neg(i32x4.min_s(e, i32x4.splat(126)))));
  const y = logSeries(f32x4.add(t, scaled), f32x4.convert_i32x4_s(e));
  const isInside = v128.and(f32x4.gt(u, f32x4.splat(0)), f32x4.lt(x, f32x4.splat(Infinity)));
  const beyond = v128.bitselect(x, f32x4.splat(NaN), f32x4.gt(x, f32x4.splat(0)));
  const special = v128.bitselect(f32x4.splat(-Infinity), beyond, f32x4.eq(u, f32x4.splat(0)));
  const isTiny = f32x4.lt(f32x4.abs(x), f32x4.splat(TINY));
  return v128.bitselect(x, v128.bitselect(y, special, isInside), isTiny);
}

/** x e^z / (1 + e^z) for z = -|high + low| below 0, or x / (1 + e^z) where `isAbove`. */
// @ts-ignore: decorator
@inline
function timesLogistic(x: v128, high: v128, low: v128, isAbove: v128): v128 {
  const n = f32x4.nearest(f32x4.mul(high, f32x4.splat(LOG2_E)));
  const r = madd(n, f32x4.splat(LN2_LOW), f32x4.add(madd(n, f32x4.splat(-LN2_HIGH), high), low));
  const p = expSeries(r);
  const divisor = f32x4.add(timesPowerOfTwo(p, n), f32x4.splat(1));
  // Powers of 2 last, so that results that are denormal are rounded once.
  const above = f32x4.div(v128.bitselect(x, f32x4.mul(x, p), isAbove), divisor);
  return v128.bitselect(above, timesPowerOfTwo(above, n), isAbove);
}

/** x / (1 + e^-x). Within 3 ulp, for large negative x too. */
// @ts-ignore: decorator
@inline
export function silu4(x: v128): v128 {
  const zero = f32x4.splat(0);
  // Beyond -110 the product is 0 in float32; -∞ · 0 makes the NaN of -∞.
  const bounded = f32x4.pmax(x, f32x4.splat(-110));
  const size = f32x4.pmin(f32x4.abs(bounded), f32x4.splat(110));
  const y = timesLogistic(bounded, f32x4.neg(size), zero, f32x4.ge(x, zero));
  return f32x4.add(y, f32x4.mul(f32x4.pmin(x, zero), zero));
}

/** x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))) = x / (1 + e^-u) with twice that argument. Within 3 ulp. */
// @ts-ignore: decorator
@inline
export function geluTanh4(x: v128): v128 {
  const zero = f32x4.splat(0);
  // An error of u is one of e^u as large, relative to it, so u has two parts.
  const bounded = f32x4.pmax(x, f32x4.splat(-11));
  const size = f32x4.pmin(f32x4.abs(bounded), f32x4.splat(11));
  const u0 = twiceInner(f64x2.promote_low_f32x4(size));
  const u1 = twiceInner(promoteHigh(size));
  const high = halves(u0, u1);
  const low = rest(u0, u1, high);
  const y = timesLogistic(bounded, high, low, f32x4.ge(x, zero));
  return f32x4.add(y, f32x4.mul(f32x4.pmin(x, zero), zero));
}

/** -2 √(2/π) (x + 0.044715 x³) */
// @ts-ignore: decorator
@inline
function twiceInner(x: v128): v128 {
  const cubic = f64x2.mul(f64x2.mul(x, x), f64x2.splat(-0.044715 * 1.5957691216057308));
  return f64x2.mul(x, f64x2.add(cubic, f64x2.splat(-1.5957691216057308)));
}

/** What is left of four numbers in double precision after `high`, in single. */
// @ts-ignore: decorator
@inline
function rest(x0: v128, x1: v128, high: v128): v128 {
  const left = f64x2.sub(x0, f64x2.promote_low_f32x4(high));
  return halves(left, f64x2.sub(x1, promoteHigh(high)));
}

/** log(1 + x) for 0 ≤ x ≤ 1, where little can go wrong. */
// @ts-ignore: decorator
@inline
function log1pOfPart(x: v128): v128 {
  const one = f32x4.splat(1);
  const u = f32x4.add(one, x);
  const lost = f32x4.sub(x, f32x4.sub(u, one));
  const isHigh = f32x4.gt(u, f32x4.splat(1.41421356));
  // u + lost = 2 (1 + t), or t is x.
  const half = f32x4.splat(0.5);
  const t = madd(lost, half, f32x4.sub(f32x4.mul(u, half), one));
  return logSeries(v128.bitselect(t, x, isHigh), v128.and(isHigh, one));
}

/** log(1 + e^x). Within 2 ulp. */
// @ts-ignore: decorator
@inline
export function softplus4(x: v128): v128 {
  const tail = log1pOfPart(exp4(f32x4.neg(f32x4.abs(x))));
  return f32x4.add(f32x4.pmax(x, f32x4.splat(0)), tail);
}

/** log(1 + e^(βx)) / β. Within 3 ulp. */
// @ts-ignore: decorator
@inline
export function softplusBeta4(x: v128, beta: f64): v128 {
  const by = f64x2.splat(beta);
  const z0 = f64x2.mul(f64x2.promote_low_f32x4(x), by);
  const z1 = f64x2.mul(promoteHigh(x), by);
  const z = halves(z0, z1);
  const low = rest(z0, z1, z);
  const e = exp4(f32x4.neg(f32x4.abs(z)));
  // The low part of βx is a factor of e, 1 ± low; where e is 0 or 1 it may be anything.
  const change = v128.bitselect(f32x4.neg(low), low, f32x4.gt(z, f32x4.splat(0)));
  const isSmall = f32x4.lt(f32x4.abs(z), f32x4.splat(110));
  const tail = log1pOfPart(madd(e, v128.and(change, isSmall), e));
  // Not (βx + …) / β, which could overflow.
  return f32x4.add(f32x4.pmax(x, f32x4.splat(0)), f32x4.div(tail, f32x4.splat(<f32>beta)));
}
