// Power and remainder of two numbers, four at a time, through double precision: the exponent of a power, and the quotient
// behind a remainder, need more digits than float32 has.

import { halves, promoteHigh } from './simd';

/** log₂ of positive numbers in double precision. Within 2^-42, relatively. */
// @ts-ignore: decorator
@inline
function log2Of(x: v128): v128 {
  // x = 2^e · m with √½ ≤ m < √2, from the distance of its bits to those of √½.
  const distance = i64x2.sub(x, i64x2.splat(0x3fe6a09e667f3bcd));
  const power = i64x2.shr_s(distance, 52);
  const m = i64x2.sub(x, i64x2.shl(power, 52));
  const e = f64x2.convert_low_i32x4_s(i32x4.shuffle(power, power, 0, 2, 0, 2));
  // log m = 2 artanh s = 2 (s + s³/3 + s⁵/5 + …) with the rest of the series as a Chebyshev interpolation.
  const one = f64x2.splat(1);
  const s = f64x2.div(f64x2.sub(m, one), f64x2.add(m, one));
  const z = f64x2.mul(s, s);
  let p = f64x2.splat(0.0968295798384119385);
  p = f64x2.add(f64x2.mul(p, z), f64x2.splat(0.110956163539375998));
  p = f64x2.add(f64x2.mul(p, z), f64x2.splat(0.14285878593719456));
  p = f64x2.add(f64x2.mul(p, z), f64x2.splat(0.199999993921669184));
  p = f64x2.add(f64x2.mul(p, z), f64x2.splat(0.33333333333692324));
  const series = f64x2.add(f64x2.mul(f64x2.mul(p, z), s), s);
  return f64x2.add(f64x2.mul(series, f64x2.splat(2.8853900817779268)), e);
}

/** 2^x in double precision for |x| ≤ 300. Within 2^-31, relatively. */
// @ts-ignore: decorator
@inline
function exp2Of(x: v128): v128 {
  const n = f64x2.nearest(x);
  const r = f64x2.sub(x, n);
  // The Chebyshev interpolation of (2^r - 1) / r.
  let p = f64x2.splat(0.0000152975025436354368);
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(0.000154616769759733242));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(0.00133335019383412372));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(0.00961805609671717805));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(0.0555041088411993131));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(0.240226509250210637));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(0.693147180559945309));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1));
  const whole = i64x2.extend_low_i32x4_s(i32x4.trunc_sat_f64x2_s_zero(n));
  return f64x2.mul(p, i64x2.shl(i64x2.add(whole, i64x2.splat(1023)), 52));
}

/** 2^(b log₂ a), whose exponent is cut off where float32 has only 0 and ∞; this order of operands lets NaN through. */
// @ts-ignore: decorator
@inline
function powerOf(a: v128, b: v128): v128 {
  return exp2Of(f64x2.pmin(f64x2.pmax(f64x2.mul(b, log2Of(a)), f64x2.splat(-300)), f64x2.splat(300)));
}

/** a^b as IEEE 754 has it. Within 1 ulp. */
// @ts-ignore: decorator
@inline
export function pow4(a: v128, b: v128): v128 {
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  const infinity = f32x4.splat(Infinity);
  const size = f32x4.abs(a);
  const inside = halves(
    powerOf(f64x2.promote_low_f32x4(size), f64x2.promote_low_f32x4(b)), powerOf(promoteHigh(size), promoteHigh(b)),
  );
  // 0 and ∞ have no logarithm, and NaN is to stay one.
  const isZero = f32x4.eq(size, zero);
  const isEdge = v128.or(isZero, f32x4.eq(size, infinity));
  const grows = v128.xor(f32x4.gt(b, zero), isZero);
  const edge = v128.or(v128.bitselect(infinity, zero, grows), f32x4.ne(b, b));
  let y = v128.or(v128.bitselect(edge, inside, isEdge), f32x4.ne(a, a));
  // Below 0 the power must be whole, and an odd one gives the sign.
  const isWhole = f32x4.eq(f32x4.trunc(b), b);
  const half = f32x4.mul(b, f32x4.splat(0.5));
  const isOdd = v128.andnot(isWhole, f32x4.eq(f32x4.trunc(half), half));
  y = v128.xor(y, v128.and(isOdd, v128.and(a, i32x4.splat(0x80000000))));
  y = v128.or(y, v128.andnot(v128.andnot(f32x4.lt(a, zero), isEdge), isWhole));
  // 1 to any power and anything to the power of 0 are 1, even NaN; and -1 to an infinite one.
  const isOne = v128.or(f32x4.eq(b, zero), f32x4.eq(v128.bitselect(size, a, f32x4.eq(f32x4.abs(b), infinity)), one));
  return v128.bitselect(one, y, isOne);
}

/** What a division leaves, with the sign of the divisor; exact. */
// @ts-ignore: decorator
@inline
export function mod4(a: v128, b: v128): v128 {
  const left = remainderOf(f64x2.promote_low_f32x4(a), f64x2.promote_low_f32x4(b));
  const right = remainderOf(promoteHigh(a), promoteHigh(b));
  let rest = halves(left, right);
  // The quotient is whole and exact in double precision up to 2^28; by far most are.
  const isNear = f32x4.lt(f32x4.abs(f32x4.div(a, b)), f32x4.splat(268435456));
  if (!i32x4.all_true(v128.and(isNear, f32x4.lt(f32x4.abs(b), f32x4.splat(Infinity))))) rest = remaindersOneByOne(a, b);
  // A rest of 0 has the sign of a, as in C.
  rest = v128.or(rest, v128.and(v128.and(a, i32x4.splat(0x80000000)), f32x4.eq(rest, f32x4.splat(0))));
  const differs = v128.xor(f32x4.lt(rest, f32x4.splat(0)), f32x4.lt(b, f32x4.splat(0)));
  return v128.bitselect(f32x4.add(rest, b), rest, v128.and(differs, f32x4.ne(rest, f32x4.splat(0))));
}

// @ts-ignore: decorator
@inline
function remainderOf(a: v128, b: v128): v128 {
  return f64x2.sub(a, f64x2.mul(f64x2.trunc(f64x2.div(a, b)), b));
}

function remaindersOneByOne(a: v128, b: v128): v128 {
  let y = f32x4.splat(f32x4.extract_lane(a, 0) % f32x4.extract_lane(b, 0));
  y = f32x4.replace_lane(y, 1, f32x4.extract_lane(a, 1) % f32x4.extract_lane(b, 1));
  y = f32x4.replace_lane(y, 2, f32x4.extract_lane(a, 2) % f32x4.extract_lane(b, 2));
  return f32x4.replace_lane(y, 3, f32x4.extract_lane(a, 3) % f32x4.extract_lane(b, 3));
}

/** One to four numbers in the first lanes, `step` (1 or 0) apart. */
// @ts-ignore: decorator
@inline
function lanes(at: usize, step: i32, count: i32): v128 {
  if (step == 0) return v128.load32_splat(at);
  if (count >= 4) return v128.load(at);
  let x = v128.load32_splat(at);
  if (count > 1) x = v128.load32_lane(at + 4, x, 1);
  if (count > 2) x = v128.load32_lane(at + 8, x, 2);
  return x;
}

// @ts-ignore: decorator
@inline
function each(
  isPower: bool, rows: i32, n: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32, y: usize,
): void {
  for (let i = 0; i < rows; i++, a += <usize>aRow << 2, b += <usize>bRow << 2) {
    for (let j = 0; j < n; j += 4) {
      const at = <usize>j << 2;
      const left = lanes(a + <usize>aStep * at, aStep, n - j);
      const right = lanes(b + <usize>bStep * at, bStep, n - j);
      const result = isPower ? pow4(left, right) : mod4(left, right);
      if (n - j >= 4) {
        v128.store(y, result);
        y += 16;
      } else {
        v128.store32_lane(y, result, 0);
        if (n - j > 1) v128.store32_lane(y + 4, result, 1);
        if (n - j > 2) v128.store32_lane(y + 8, result, 2);
        y += <usize>(n - j) << 2;
      }
    }
  }
}

export function binaryPow(
  rows: i32, n: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32, y: usize,
): void {
  each(true, rows, n, a, aRow, aStep, b, bRow, bStep, y);
}
export function binaryMod(
  rows: i32, n: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32, y: usize,
): void {
  each(false, rows, n, a, aRow, aStep, b, bRow, bStep, y);
}
