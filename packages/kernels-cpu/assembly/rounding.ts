// Rounding, signs and tests of one number, and the conversions between float32, int32 and bool. Those of halves are in half.ts.

enum Round { floor, ceil, nearest, sign }
enum Test { isNaN, isFinite, notZero, intNotZero }

// @ts-ignore: decorator
@inline
function apply(op: Round, x: v128): v128 {
  if (op == Round.floor) return f32x4.floor(x);
  if (op == Round.ceil) return f32x4.ceil(x);
  if (op == Round.nearest) return f32x4.nearest(x);
  // One with the sign of x; what is not above or below 0 stays: zeros and NaN.
  const one = v128.or(f32x4.splat(1), v128.and(x, i32x4.splat(0x80000000)));
  return v128.bitselect(one, x, f32x4.gt(f32x4.abs(x), f32x4.splat(0)));
}

// @ts-ignore: decorator
@inline
function each(op: Round, x: usize, y: usize, n: i32): void {
  const end = y + (<usize>n << 2);
  for (; y + 32 <= end; x += 32, y += 32) {
    v128.store(y, apply(op, v128.load(x)));
    v128.store(y, apply(op, v128.load(x, 16)), 16);
  }
  for (; y < end; x += 4, y += 4) v128.store32_lane(y, apply(op, v128.load32_splat(x)), 0);
}

export function unaryFloor(x: usize, y: usize, n: i32): void {
  each(Round.floor, x, y, n);
}
export function unaryCeil(x: usize, y: usize, n: i32): void {
  each(Round.ceil, x, y, n);
}
export function unaryRound(x: usize, y: usize, n: i32): void {
  each(Round.nearest, x, y, n);
}
export function unarySign(x: usize, y: usize, n: i32): void {
  each(Round.sign, x, y, n);
}

// @ts-ignore: decorator
@inline
function holds(op: Test, x: v128): v128 {
  if (op == Test.isNaN) return f32x4.ne(x, x);
  if (op == Test.isFinite) return f32x4.lt(f32x4.abs(x), f32x4.splat(Infinity));
  if (op == Test.notZero) return f32x4.ne(x, f32x4.splat(0));
  return i32x4.ne(x, i32x4.splat(0));
}

/** Bytes of 0 and 1 from elements of four bytes. */
// @ts-ignore: decorator
@inline
function eachTest(op: Test, x: usize, y: usize, n: i32): void {
  const one = i8x16.splat(1);
  const end = y + <usize>n;
  for (; y + 16 <= end; x += 64, y += 16) {
    const low = i16x8.narrow_i32x4_s(holds(op, v128.load(x)), holds(op, v128.load(x, 16)));
    const high = i16x8.narrow_i32x4_s(holds(op, v128.load(x, 32)), holds(op, v128.load(x, 48)));
    v128.store(y, v128.and(i8x16.narrow_i16x8_s(low, high), one));
  }
  for (; y < end; x += 4, y++) v128.store8_lane(y, v128.and(holds(op, v128.load32_splat(x)), one), 0);
}

export function testNaN(x: usize, y: usize, n: i32): void {
  eachTest(Test.isNaN, x, y, n);
}
export function testFinite(x: usize, y: usize, n: i32): void {
  eachTest(Test.isFinite, x, y, n);
}
export function floatToBool(x: usize, y: usize, n: i32): void {
  eachTest(Test.notZero, x, y, n);
}
export function intToBool(x: usize, y: usize, n: i32): void {
  eachTest(Test.intNotZero, x, y, n);
}

/** Towards zero; what is too large wraps around modulo 2^32, and NaN and infinities are 0. */
function wrapped(x: f32): i32 {
  // From 2^63 on, float32 are multiples of 2^32.
  return abs(x) < 9223372036854775808.0 ? <i32>(<i64>x) : 0;
}

export function floatToInt(x: usize, y: usize, n: i32): void {
  const end = y + (<usize>n << 2);
  for (; y + 16 <= end; x += 16, y += 16) {
    const values = v128.load(x);
    if (i32x4.all_true(f32x4.lt(f32x4.abs(values), f32x4.splat(2147483648)))) {
      v128.store(y, i32x4.trunc_sat_f32x4_s(values));
    } else {
      for (let i: usize = 0; i < 16; i += 4) store<i32>(y + i, wrapped(load<f32>(x + i)));
    }
  }
  for (; y < end; x += 4, y += 4) store<i32>(y, wrapped(load<f32>(x)));
}

export function intToFloat(x: usize, y: usize, n: i32): void {
  const end = y + (<usize>n << 2);
  for (; y + 16 <= end; x += 16, y += 16) v128.store(y, f32x4.convert_i32x4_s(v128.load(x)));
  for (; y < end; x += 4, y += 4) store<f32>(y, <f32>load<i32>(x));
}

/** Bytes of 0 and 1 as int32, or as float32. */
// @ts-ignore: decorator
@inline
function widen(toFloat: bool, x: usize, y: usize, n: i32): void {
  const end = y + (<usize>n << 2);
  for (; y + 16 <= end; x += 4, y += 16) {
    const whole = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(x)));
    v128.store(y, toFloat ? f32x4.convert_i32x4_s(whole) : whole);
  }
  for (; y < end; x++, y += 4) {
    if (toFloat) store<f32>(y, <f32>load<u8>(x));
    else store<i32>(y, load<u8>(x));
  }
}

export function boolToInt(x: usize, y: usize, n: i32): void {
  widen(false, x, y, n);
}
export function boolToFloat(x: usize, y: usize, n: i32): void {
  widen(true, x, y, n);
}
