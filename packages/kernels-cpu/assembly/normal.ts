// The error function and gelu, four numbers at a time. Both come from the tail of the normal distribution,
// Q(a) = ½ erfc(a/√2) = e^(-a²/2) R(a), where R changes slowly and is a polynomial in (a - 4)/(a + 4). The polynomials are
// Chebyshev interpolations, computed in 50 digits.

import { expSeries, LN2_HIGH, LN2_LOW, LOG2_E, timesPowerOfTwo } from './functions';
import { madd } from './simd';

/** factor · Q(a) for 0 ≤ a ≤ 14.4, beyond which it is 0. */
// @ts-ignore: decorator
@inline
function timesTail(factor: v128, a: v128): v128 {
  const near = f32x4.div(f32x4.splat(1), f32x4.add(a, f32x4.splat(4)));
  const t = f32x4.mul(f32x4.sub(a, f32x4.splat(4)), near);
  let p = f32x4.splat(-1.22983157e-4);
  p = madd(p, t, f32x4.splat(1.948018511e-4));
  p = madd(p, t, f32x4.splat(1.569313645e-3));
  p = madd(p, t, f32x4.splat(-3.523574056e-3));
  p = madd(p, t, f32x4.splat(-7.527212912e-3));
  p = madd(p, t, f32x4.splat(6.040646975e-2));
  p = madd(p, t, f32x4.splat(-0.1865230059));
  p = madd(p, t, f32x4.splat(0.3871366798));
  p = madd(p, t, f32x4.splat(-0.6078966061));
  p = madd(p, t, f32x4.splat(0.7552851385));
  // An error of a²/2 is one of the result as large, relative to it: a is cut in two, and the square of the first is exact.
  const first = v128.and(a, i32x4.splat(0xfffff000));
  const high = f32x4.mul(f32x4.mul(first, first), f32x4.splat(-0.5));
  const low = f32x4.mul(f32x4.mul(f32x4.sub(a, first), f32x4.add(a, first)), f32x4.splat(-0.5));
  const n = f32x4.nearest(f32x4.mul(high, f32x4.splat(LOG2_E)));
  const r = madd(n, f32x4.splat(LN2_LOW), f32x4.add(madd(n, f32x4.splat(-LN2_HIGH), high), low));
  return timesPowerOfTwo(f32x4.mul(f32x4.mul(f32x4.mul(p, near), factor), expSeries(r)), n);
}

/** The error function. Within 1.5 ulp. */
// @ts-ignore: decorator
@inline
export function erf4(x: v128): v128 {
  const z = f32x4.mul(x, x);
  let p = f32x4.splat(7.875875063e-5);
  p = madd(p, z, f32x4.splat(-8.016864287e-4));
  p = madd(p, z, f32x4.splat(5.189087423e-3));
  p = madd(p, z, f32x4.splat(-2.685421201e-2));
  p = madd(p, z, f32x4.splat(0.1128359472));
  p = madd(p, z, f32x4.splat(-0.3761262667));
  // The first coefficient is 1.128…, whose rounding would count.
  p = madd(p, z, f32x4.splat(0.128379167));
  const near = madd(p, x, x);
  const size = f32x4.abs(x);
  const a = f32x4.pmin(f32x4.mul(size, f32x4.splat(1.41421356)), f32x4.splat(8));
  const far = f32x4.sub(f32x4.splat(1), timesTail(f32x4.splat(2), a));
  const y = v128.bitselect(near, far, f32x4.lt(size, f32x4.splat(1)));
  return v128.or(y, v128.and(x, i32x4.splat(0x80000000)));
}

/** x Φ(x), with Φ the normal distribution function. Within 3 ulp for x > -1, and within 5 for what is below. */
// @ts-ignore: decorator
@inline
export function gelu4(x: v128): v128 {
  const zero = f32x4.splat(0);
  const bounded = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-14.4)), f32x4.splat(14.4));
  const size = f32x4.abs(bounded);
  const tail = timesTail(bounded, size);
  const far = v128.bitselect(tail, f32x4.sub(x, tail), f32x4.lt(x, zero));
  // Φ(x) = ½ + x P(x²)
  const z = f32x4.mul(bounded, bounded);
  let p = f32x4.splat(-7.660538171e-6);
  p = madd(p, z, f32x4.splat(1.135022962e-4));
  p = madd(p, z, f32x4.splat(-1.186343989e-3));
  p = madd(p, z, f32x4.splat(9.973328481e-3));
  p = madd(p, z, f32x4.splat(-6.649036057e-2));
  p = madd(p, z, f32x4.splat(0.3989422801));
  const near = f32x4.mul(madd(p, bounded, f32x4.splat(0.5)), bounded);
  const y = v128.bitselect(near, far, f32x4.lt(size, f32x4.splat(1)));
  // -∞ · 0 makes the NaN of -∞.
  return f32x4.add(y, f32x4.mul(f32x4.pmin(x, zero), zero));
}
