// The filters' gradient of a convolution whose groups have few filters: sums over the image, without a matrix product.

import { spreadPlanes } from './conv-direct';
import { madd } from './simd';

// Sums of so many products in single precision are added up in double precision.
const LENGTH: i32 = 64;

/**
 * Units are the planes of filters [groups · filters, channels], from `first` to `end`. Scratch holds one plane of x, 64
 * bytes beyond, and then a double for each tap.
 */
export function directGrad(
  x: usize, g: usize, y: usize, taps: usize, batch: i32,
  groups: i32, channels: i32, height: i32, width: i32, filters: i32, outHeight: i32, outWidth: i32, tapCount: i32,
  rows: i32, pitch: i32, phases: i32, top: i32, left: i32, strideHeight: i32,
  first: i32, end: i32, scratch: usize,
): void {
  const sums = scratch + (<usize>((rows * phases * pitch + 17) & ~1) << 2);
  const step = <usize>(strideHeight * phases * pitch) << 2;
  for (let unit = first; unit < end; unit++) {
    const filter = unit / channels;
    const channel = (filter / filters) * channels + unit % channels;
    memory.fill(sums, 0, <usize>tapCount << 3);
    for (let n = 0; n < batch; n++) {
      const plane = x + (<usize>((n * groups * channels + channel) * height * width) << 2);
      spreadPlanes(scratch, plane, 1, height, width, rows, pitch, phases, top, left, 1, 1);
      const by = g + (<usize>((n * groups * filters + filter) * outHeight * outWidth) << 2);
      for (let t = 0; t < tapCount; t += 4) {
        // Taps that are missing repeat the last one, and are not kept.
        const at = taps + (<usize>t << 2);
        const last = min(3, tapCount - 1 - t);
        addSums(
          scratch + load<u32>(at), scratch + load<u32>(at + (<usize>min(1, last) << 2)),
          scratch + load<u32>(at + (<usize>min(2, last) << 2)), scratch + load<u32>(at + (<usize>last << 2)),
          step, by, outHeight, outWidth, sums + (<usize>t << 3), last,
        );
      }
    }
    const to = y + (<usize>(unit * tapCount) << 2);
    for (let t: usize = 0; t < <usize>tapCount; t++) store<f32>(to + (t << 2), <f32>load<f64>(sums + (t << 3)));
  }
}

/** Adds the sums of the products of g with x, shifted by four taps. */
function addSums(
  x0: usize, x1: usize, x2: usize, x3: usize, step: usize, g: usize, height: i32, width: i32, sums: usize, last: i32,
): void {
  const whole = width & ~3;
  const rest = width & 3;
  const mask = restMask(rest);
  const often = max(1, LENGTH / max(1, width >> 2));
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (let i = 1; i <= height; i++) {
    let at: usize = 0;
    for (const end = <usize>whole << 2; at < end; at += 16) {
      const by = v128.load(g + at);
      s0 = madd(by, v128.load(x0 + at), s0);
      s1 = madd(by, v128.load(x1 + at), s1);
      s2 = madd(by, v128.load(x2 + at), s2);
      s3 = madd(by, v128.load(x3 + at), s3);
    }
    if (rest) {
      // What lies beyond the row is no part of it, and need not be a number.
      const by = loadRest(g + at, rest);
      s0 = madd(by, v128.and(mask, v128.load(x0 + at)), s0);
      s1 = madd(by, v128.and(mask, v128.load(x1 + at)), s1);
      s2 = madd(by, v128.and(mask, v128.load(x2 + at)), s2);
      s3 = madd(by, v128.and(mask, v128.load(x3 + at)), s3);
    }
    g += <usize>width << 2;
    x0 += step;
    x1 += step;
    x2 += step;
    x3 += step;
    if (i % often == 0 || i == height) {
      addLanes(sums, s0);
      if (last > 0) addLanes(sums + 8, s1);
      if (last > 1) addLanes(sums + 16, s2);
      if (last > 2) addLanes(sums + 24, s3);
      s0 = f32x4.splat(0);
      s1 = s0;
      s2 = s0;
      s3 = s0;
    }
  }
}

// @ts-ignore: decorator
@inline
function restMask(rest: i32): v128 {
  if (rest == 1) return i32x4(-1, 0, 0, 0);
  if (rest == 2) return i32x4(-1, -1, 0, 0);
  return i32x4(-1, -1, -1, 0);
}

// @ts-ignore: decorator
@inline
function loadRest(from: usize, rest: i32): v128 {
  if (rest == 1) return v128.load32_zero(from);
  if (rest == 2) return v128.load64_zero(from);
  return v128.load32_lane(from + 8, v128.load64_zero(from), 2);
}

// @ts-ignore: decorator
@inline
function addLanes(to: usize, x: v128): void {
  const pairs = f64x2.add(f64x2.promote_low_f32x4(x), f64x2.promote_low_f32x4(f32x4.shuffle(x, x, 2, 3, 0, 1)));
  store<f64>(to, load<f64>(to) + (f64x2.extract_lane(pairs, 0) + f64x2.extract_lane(pairs, 1)));
}
