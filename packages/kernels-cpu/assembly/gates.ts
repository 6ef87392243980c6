// The functions of gates, four numbers at a time: e^x for x of at most 0 alone, so that nothing overflows, which takes half as long as in general.

import { madd } from './simd';

// Adding it rounds to a whole number, which then stands in the lowest bits.
const ROUND: f32 = 12582912;
/** Below this e^x is no normal number. */
const LEAST: f32 = -87.3365447505531;

/** (e^r - 1 - r) / r² for |r| up to about ½ ln 2, as in functions.ts. */
// @ts-ignore: decorator
@inline
function series(r: v128): v128 {
  let p = f32x4.splat(1.9875691500e-4);
  p = madd(p, r, f32x4.splat(1.3981999507e-3));
  p = madd(p, r, f32x4.splat(8.3334519073e-3));
  p = madd(p, r, f32x4.splat(4.1665795894e-2));
  p = madd(p, r, f32x4.splat(1.6666665459e-1));
  return madd(p, r, f32x4.splat(5.0000001201e-1));
}

/** e^x for x of at most 0, within 1 ulp; what would be below 2^-126 is 0. */
// @ts-ignore: decorator
@inline
export function expBelow0(x: v128): v128 {
  // x = n ln 2 + r, with ln 2 in two parts as in functions.ts.
  const shifted = madd(x, f32x4.splat(1.44269504088896341), f32x4.splat(ROUND));
  const n = f32x4.sub(shifted, f32x4.splat(ROUND));
  let r = madd(n, f32x4.splat(-0.693359375), x);
  r = madd(n, f32x4.splat(2.12194440e-4), r);
  const p = f32x4.add(madd(series(r), f32x4.mul(r, r), r), f32x4.splat(1));
  const power = i32x4.add(i32x4.shl(shifted, 23), i32x4.splat(127 << 23));
  // NaN is not below the limit, and stays.
  return v128.andnot(f32x4.mul(p, power), f32x4.lt(x, f32x4.splat(LEAST)));
}

/** 1 / (1 + e^-x), within 3 ulp; what would be below 2^-126 is 0. */
// @ts-ignore: decorator
@inline
export function gate4(x: v128): v128 {
  const one = f32x4.splat(1);
  const e = expBelow0(f32x4.neg(f32x4.abs(x)));
  return f32x4.div(v128.bitselect(e, one, f32x4.lt(x, f32x4.splat(0))), f32x4.add(one, e));
}

/** The hyperbolic tangent, within 3 ulp: -d / (2 + d) with d = e^(-2|x|) - 1, which keeps all digits near 0. */
// @ts-ignore: decorator
@inline
export function squash4(x: v128): v128 {
  // This order of operands lets NaN through. From -50 on d is -1.
  const y = f32x4.pmax(f32x4.mul(f32x4.abs(x), f32x4.splat(-2)), f32x4.splat(-50));
  const shifted = madd(y, f32x4.splat(1.44269504088896341), f32x4.splat(ROUND));
  const n = f32x4.sub(shifted, f32x4.splat(ROUND));
  let r = madd(n, f32x4.splat(-0.693359375), y);
  r = madd(n, f32x4.splat(2.12194440e-4), r);
  const power = i32x4.add(i32x4.shl(shifted, 23), i32x4.splat(127 << 23));
  const d = madd(madd(series(r), f32x4.mul(r, r), r), power, f32x4.sub(power, f32x4.splat(1)));
  return v128.or(f32x4.div(f32x4.neg(d), f32x4.add(d, f32x4.splat(2))), v128.and(x, i32x4.splat(0x80000000)));
}
