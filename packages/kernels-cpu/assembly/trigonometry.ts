// Sine and cosine, four numbers at a time. The angle is reduced to a quarter turn in double precision; beyond 2^20, number by
// number, with as many bits of 2/π as it takes (Payne & Hanek, Radian reduction for trigonometric functions, 1983). The
// polynomials are Chebyshev interpolations, computed in 50 digits.

import { halves, madd, promoteHigh } from './simd';

const LARGE: f32 = 1048576;
/** π/2 in two parts: products of the first with a whole number of up to 20 bits are exact. */
const QUARTER_HIGH: f64 = 1.57079632673412561417;
const QUARTER_LOW: f64 = 6.07710050650619224932e-11;

/** The sine of x + quarters · π/2. */
// @ts-ignore: decorator
@inline
function sineOf(x: v128, quarters: i32): v128 {
  const x0 = f64x2.promote_low_f32x4(x);
  const x1 = promoteHigh(x);
  const k0 = f64x2.nearest(f64x2.mul(x0, f64x2.splat(0.6366197723675814)));
  const k1 = f64x2.nearest(f64x2.mul(x1, f64x2.splat(0.6366197723675814)));
  let r = halves(reduced(x0, k0), reduced(x1, k1));
  let k = i32x4.shuffle(i32x4.trunc_sat_f64x2_s_zero(k0), i32x4.trunc_sat_f64x2_s_zero(k1), 0, 1, 4, 5);
  const size = f32x4.abs(x);
  const isLarge = v128.and(f32x4.gt(size, f32x4.splat(LARGE)), f32x4.lt(size, f32x4.splat(Infinity)));
  if (v128.any_true(isLarge)) {
    r = v128.bitselect(largeRemainders(x), r, isLarge);
    k = v128.bitselect(largeQuarters(x), k, isLarge);
  }
  k = i32x4.add(k, i32x4.splat(quarters));
  const z = f32x4.mul(r, r);
  let sine = f32x4.splat(-1.958283068e-4);
  sine = madd(sine, z, f32x4.splat(8.332724614e-3));
  sine = madd(sine, z, f32x4.splat(-0.1666666454));
  sine = madd(f32x4.mul(sine, z), r, r);
  let cosine = f32x4.splat(2.45428707e-5);
  cosine = madd(cosine, z, f32x4.splat(-1.388827933e-3));
  cosine = madd(cosine, z, f32x4.splat(4.166666454e-2));
  cosine = madd(f32x4.mul(z, z), cosine, madd(z, f32x4.splat(-0.5), f32x4.splat(1)));
  const isOdd = i32x4.ne(v128.and(k, i32x4.splat(1)), i32x4.splat(0));
  const sign = i32x4.shl(v128.and(k, i32x4.splat(2)), 30);
  return v128.xor(v128.bitselect(cosine, sine, isOdd), sign);
}

// @ts-ignore: decorator
@inline
function reduced(x: v128, k: v128): v128 {
  const first = f64x2.sub(x, f64x2.mul(k, f64x2.splat(QUARTER_HIGH)));
  return f64x2.sub(first, f64x2.mul(k, f64x2.splat(QUARTER_LOW)));
}

/** The bits of 2/π from 32 (i - 1) places after the point on. */
function bitsOfTwoByPi(i: i32): u64 {
  if (i == 0) return 0;
  if (i == 1) return 0xa2f9836e;
  if (i == 2) return 0x4e441529;
  if (i == 3) return 0xfc2757d1;
  if (i == 4) return 0xf534ddc0;
  if (i == 5) return 0xdb629599;
  if (i == 6) return 0x3c439041;
  return 0xfe5163ab;
}

/** x · 2/π modulo 4, in units of 2^-62. |x| is at least 2^20. */
function turns(x: f32): u64 {
  const bits = reinterpret<u32>(x);
  const mantissa = <u64>((bits & 0x007fffff) | 0x00800000);
  // |x| = mantissa · 2^(exponent - 150). The bits of 2/π that make multiples of 4 of it are passed over.
  const place = <i32>((bits >> 23) & 0xff) - 150 - 2 + 32;
  const word = place >> 5;
  const shift = <u64>(place & 31);
  const w2 = bitsOfTwoByPi(word + 2);
  const high = (((bitsOfTwoByPi(word) << 32) | bitsOfTwoByPi(word + 1)) << shift) | (w2 >> (32 - shift));
  const low = (((w2 << 32) | bitsOfTwoByPi(word + 3)) << shift) >> 32;
  const product = mantissa * high + ((mantissa * low) >> 32);
  return bits >> 31 ? 0 - product : product;
}

function nearestQuarter(x: f32): u64 {
  return (turns(x) + (<u64>1 << 61)) >> 62;
}

function remainder(x: f32): f32 {
  return <f32>(<f64>(<i64>(turns(x) - (nearestQuarter(x) << 62))) * (1.5707963267948966 / 4611686018427387904.0));
}

function largeRemainders(x: v128): v128 {
  let r = f32x4.splat(remainder(f32x4.extract_lane(x, 0)));
  r = f32x4.replace_lane(r, 1, remainder(f32x4.extract_lane(x, 1)));
  r = f32x4.replace_lane(r, 2, remainder(f32x4.extract_lane(x, 2)));
  return f32x4.replace_lane(r, 3, remainder(f32x4.extract_lane(x, 3)));
}

function largeQuarters(x: v128): v128 {
  let k = i32x4.splat(<i32>nearestQuarter(f32x4.extract_lane(x, 0)));
  k = i32x4.replace_lane(k, 1, <i32>nearestQuarter(f32x4.extract_lane(x, 1)));
  k = i32x4.replace_lane(k, 2, <i32>nearestQuarter(f32x4.extract_lane(x, 2)));
  return i32x4.replace_lane(k, 3, <i32>nearestQuarter(f32x4.extract_lane(x, 3)));
}

/** The sine of x radians. Within 2 ulp. */
// @ts-ignore: decorator
@inline
export function sin4(x: v128): v128 {
  // Near 0 the sine is x itself, with the sign of 0 and the last bit of denormals.
  return v128.bitselect(x, sineOf(x, 0), f32x4.lt(f32x4.abs(x), f32x4.splat(1e-4)));
}

/** The cosine of x radians. Within 2 ulp. */
// @ts-ignore: decorator
@inline
export function cos4(x: v128): v128 {
  return sineOf(x, 1);
}
