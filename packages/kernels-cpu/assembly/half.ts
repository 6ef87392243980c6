// float16 and bfloat16, two bytes each, from and to float32. To the nearest, of two to the one whose last bit is 0.

/** Four elements of two bytes, each in the lower half of four bytes. */
// @ts-ignore: decorator
@inline
function wide(x: usize): v128 {
  return i32x4.extend_low_i16x8_u(v128.load64_zero(x));
}

// @ts-ignore: decorator
@inline
function fromFloat16(bits: v128): v128 {
  const size = i32x4.shl(v128.and(bits, i32x4.splat(0x7fff)), 13);
  // Exponents are 112 less; a multiplication makes subnormals normal, too. Those of infinities and NaN stay the largest.
  const finite = f32x4.mul(size, f32x4.splat(5192296858534827628530496329220096.0));
  const value = v128.bitselect(v128.or(size, i32x4.splat(0x7f800000)), finite, i32x4.ge_s(size, i32x4.splat(0x0f800000)));
  return v128.or(value, i32x4.shl(v128.and(bits, i32x4.splat(0x8000)), 16));
}

/** Without the last `count` bits, rounded. */
// @ts-ignore: decorator
@inline
function nearest(bits: v128, count: i32): v128 {
  const last = v128.and(i32x4.shr_u(bits, count), i32x4.splat(1));
  return i32x4.shr_u(i32x4.add(i32x4.add(bits, i32x4.splat((1 << (count - 1)) - 1)), last), count);
}

// @ts-ignore: decorator
@inline
function toFloat16(x: v128): v128 {
  const size = v128.and(x, i32x4.splat(0x7fffffff));
  const normal = nearest(i32x4.sub(size, i32x4.splat(0x38000000)), 13);
  // Below 2^-14 neighbours are 2^-24 apart.
  const small = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(size, f32x4.splat(16777216))));
  let y = v128.bitselect(normal, small, i32x4.ge_s(size, i32x4.splat(0x38800000)));
  y = v128.bitselect(i32x4.splat(0x7c00), y, i32x4.ge_s(size, i32x4.splat(0x47800000)));
  y = v128.bitselect(i32x4.splat(0x7e00), y, i32x4.gt_s(size, i32x4.splat(0x7f800000)));
  return v128.or(y, v128.and(i32x4.shr_u(x, 16), i32x4.splat(0x8000)));
}

// @ts-ignore: decorator
@inline
function toBfloat16(x: v128): v128 {
  return v128.bitselect(nearest(x, 16), i32x4.splat(0x7fc0), f32x4.eq(x, x));
}

export function float16ToFloat(x: usize, y: usize, n: i32): void {
  const end = y + (<usize>n << 2);
  for (; y + 16 <= end; x += 8, y += 16) v128.store(y, fromFloat16(wide(x)));
  for (; y < end; x += 2, y += 4) v128.store32_lane(y, fromFloat16(i32x4.splat(load<u16>(x))), 0);
}

export function bfloat16ToFloat(x: usize, y: usize, n: i32): void {
  const end = y + (<usize>n << 2);
  for (; y + 16 <= end; x += 8, y += 16) v128.store(y, i32x4.shl(wide(x), 16));
  for (; y < end; x += 2, y += 4) store<u32>(y, <u32>load<u16>(x) << 16);
}

export function floatToFloat16(x: usize, y: usize, n: i32): void {
  const end = y + (<usize>n << 1);
  for (; y + 8 <= end; x += 16, y += 8) {
    const four = toFloat16(v128.load(x));
    v128.store64_lane(y, i16x8.narrow_i32x4_u(four, four), 0);
  }
  for (; y < end; x += 4, y += 2) v128.store16_lane(y, toFloat16(v128.load32_splat(x)), 0);
}

export function floatToBfloat16(x: usize, y: usize, n: i32): void {
  const end = y + (<usize>n << 1);
  for (; y + 8 <= end; x += 16, y += 8) {
    const four = toBfloat16(v128.load(x));
    v128.store64_lane(y, i16x8.narrow_i32x4_u(four, four), 0);
  }
  for (; y < end; x += 4, y += 2) v128.store16_lane(y, toBfloat16(v128.load32_splat(x)), 0);
}
