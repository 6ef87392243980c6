// What vector code shares.

/** a · b + c, fused where the build has it. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** The smallest normal number: below it lie the subnormal ones. */
// @ts-ignore: decorator
@lazy
export const LEAST_NORMAL: f32 = 1.17549435e-38;

/**
 * 0 where |x| is below `least`, else x, NaN included. What decays in every step ends among subnormal numbers and stays there,
 * and processors compute with those a hundred times slower. The bits are compared, since that costs nothing extra.
 */
// @ts-ignore: decorator
@inline
export function flush(x: v128, least: v128): v128 {
  return v128.andnot(x, i32x4.lt_s(v128.and(x, i32x4.splat(0x7fffffff)), least));
}

/** Stores the columns of a 4x4 block that is given by rows, `step` bytes apart. */
// @ts-ignore: decorator
@inline
export function storeTransposed(r0: v128, r1: v128, r2: v128, r3: v128, to: usize, step: usize): void {
  const low01 = f32x4.shuffle(r0, r1, 0, 4, 1, 5);
  const low23 = f32x4.shuffle(r2, r3, 0, 4, 1, 5);
  const high01 = f32x4.shuffle(r0, r1, 2, 6, 3, 7);
  const high23 = f32x4.shuffle(r2, r3, 2, 6, 3, 7);
  v128.store(to, f32x4.shuffle(low01, low23, 0, 1, 4, 5));
  v128.store(to + step, f32x4.shuffle(low01, low23, 2, 3, 6, 7));
  v128.store(to + 2 * step, f32x4.shuffle(high01, high23, 0, 1, 4, 5));
  v128.store(to + 3 * step, f32x4.shuffle(high01, high23, 2, 3, 6, 7));
}

/** The sum of the four lanes. */
// @ts-ignore: decorator
@inline
export function sumLanes(x: v128): f32 {
  const pairs = f32x4.add(x, f32x4.shuffle(x, x, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** Two pairs in double precision as four numbers in single. */
// @ts-ignore: decorator
@inline
export function halves(low: v128, high: v128): v128 {
  return f32x4.shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}

/** The upper two of four numbers, in double precision. */
// @ts-ignore: decorator
@inline
export function promoteHigh(x: v128): v128 {
  return f64x2.promote_low_f32x4(f32x4.shuffle(x, x, 2, 3, 2, 3));
}
