// Sums behind means, variances and their gradients, over runs of neighbours: in single precision for a block of
// elements, in double precision beyond. They are added up in variables, because a function returns one number only.
//
// A variance is found in one pass, as mean((x - shift)²) - mean(x - shift)². With the mean of an eighth of the elements
// for shift, what is subtracted is at most seven times the variance, whatever the elements are: at most three bits lost.

import { madd, sumLanes } from './simd';

const BLOCK: usize = 1024;

/** Σ d and Σ d² with d = x - shift, and Σ g and Σ g d. */
export let sumD: f64 = 0;
export let sumDD: f64 = 0;
export let sumG: f64 = 0;
export let sumGD: f64 = 0;

// @ts-ignore: decorator
@inline
export function clearSums(): void {
  sumD = 0;
  sumDD = 0;
}

// @ts-ignore: decorator
@inline
export function clearGradientSums(): void {
  sumG = 0;
  sumGD = 0;
}

/** The sum of n neighbours. */
export function sumOf(x: usize, n: i32): f64 {
  const end = x + (<usize>n << 2);
  let total: f64 = 0;
  while (x + 16 <= end) {
    let s0 = f32x4.splat(0);
    let s1 = s0;
    const last = min(x + BLOCK, end);
    for (; x + 32 <= last; x += 32) {
      s0 = f32x4.add(s0, v128.load(x));
      s1 = f32x4.add(s1, v128.load(x, 16));
    }
    for (; x + 16 <= last; x += 16) s0 = f32x4.add(s0, v128.load(x));
    total += <f64>sumLanes(f32x4.add(s0, s1));
  }
  for (; x < end; x += 4) total += <f64>load<f32>(x);
  return total;
}

/** Adds n neighbours to `sumD` and `sumDD`. */
export function addMoments(x: usize, n: i32, shift: f32): void {
  const end = x + (<usize>n << 2);
  const by = f32x4.splat(shift);
  while (x + 16 <= end) {
    let s0 = f32x4.splat(0);
    let s1 = s0, s2 = s0, s3 = s0, q0 = s0, q1 = s0, q2 = s0, q3 = s0;
    const last = min(x + BLOCK, end);
    for (; x + 64 <= last; x += 64) {
      const d0 = f32x4.sub(v128.load(x), by);
      const d1 = f32x4.sub(v128.load(x, 16), by);
      const d2 = f32x4.sub(v128.load(x, 32), by);
      const d3 = f32x4.sub(v128.load(x, 48), by);
      s0 = f32x4.add(s0, d0);
      s1 = f32x4.add(s1, d1);
      s2 = f32x4.add(s2, d2);
      s3 = f32x4.add(s3, d3);
      q0 = madd(d0, d0, q0);
      q1 = madd(d1, d1, q1);
      q2 = madd(d2, d2, q2);
      q3 = madd(d3, d3, q3);
    }
    for (; x + 16 <= last; x += 16) {
      const d = f32x4.sub(v128.load(x), by);
      s0 = f32x4.add(s0, d);
      q0 = madd(d, d, q0);
    }
    sumD += <f64>sumLanes(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
    sumDD += <f64>sumLanes(f32x4.add(f32x4.add(q0, q1), f32x4.add(q2, q3)));
  }
  for (; x < end; x += 4) {
    const d = <f64>(load<f32>(x) - shift);
    sumD += d;
    sumDD += d * d;
  }
}

/** Adds n neighbours to all four sums; with `weighted`, g counts times the weights that lie beside it. */
// @ts-ignore: decorator
@inline
function addAll(weighted: bool, g: usize, x: usize, weight: usize, n: i32, shift: f32): void {
  const end = x + (<usize>n << 2);
  const by = f32x4.splat(shift);
  while (x + 16 <= end) {
    let s0 = f32x4.splat(0);
    let s1 = s0, q0 = s0, q1 = s0, g0 = s0, g1 = s0, p0 = s0, p1 = s0;
    const last = min(x + BLOCK, end);
    for (; x + 32 <= last; x += 32, g += 32) {
      const d0 = f32x4.sub(v128.load(x), by);
      const d1 = f32x4.sub(v128.load(x, 16), by);
      let v0 = v128.load(g);
      let v1 = v128.load(g, 16);
      if (weighted) {
        v0 = f32x4.mul(v0, v128.load(weight));
        v1 = f32x4.mul(v1, v128.load(weight, 16));
        weight += 32;
      }
      s0 = f32x4.add(s0, d0);
      s1 = f32x4.add(s1, d1);
      q0 = madd(d0, d0, q0);
      q1 = madd(d1, d1, q1);
      g0 = f32x4.add(g0, v0);
      g1 = f32x4.add(g1, v1);
      p0 = madd(v0, d0, p0);
      p1 = madd(v1, d1, p1);
    }
    for (; x + 16 <= last; x += 16, g += 16) {
      const d = f32x4.sub(v128.load(x), by);
      let v = v128.load(g);
      if (weighted) {
        v = f32x4.mul(v, v128.load(weight));
        weight += 16;
      }
      s0 = f32x4.add(s0, d);
      q0 = madd(d, d, q0);
      g0 = f32x4.add(g0, v);
      p0 = madd(v, d, p0);
    }
    sumD += <f64>sumLanes(f32x4.add(s0, s1));
    sumDD += <f64>sumLanes(f32x4.add(q0, q1));
    sumG += <f64>sumLanes(f32x4.add(g0, g1));
    sumGD += <f64>sumLanes(f32x4.add(p0, p1));
  }
  for (; x < end; x += 4, g += 4) {
    const d = <f64>(load<f32>(x) - shift);
    let v = <f64>load<f32>(g);
    if (weighted) {
      v *= <f64>load<f32>(weight);
      weight += 4;
    }
    sumD += d;
    sumDD += d * d;
    sumG += v;
    sumGD += v * d;
  }
}

export function addMomentsAndGradient(g: usize, x: usize, n: i32, shift: f32): void {
  addAll(false, g, x, 0, n, shift);
}

export function addMomentsAndWeighted(g: usize, x: usize, weight: usize, n: i32, shift: f32): void {
  addAll(true, g, x, weight, n, shift);
}

/** y = (x - shift) · factor + add over n neighbours. */
export function scaleRun(x: usize, y: usize, n: i32, shift: f32, factor: f32, add: f32): void {
  const end = x + (<usize>n << 2);
  const by = f32x4.splat(shift);
  const f = f32x4.splat(factor);
  const a = f32x4.splat(add);
  for (; x + 32 <= end; x += 32, y += 32) {
    v128.store(y, madd(f32x4.sub(v128.load(x), by), f, a));
    v128.store(y, madd(f32x4.sub(v128.load(x, 16), by), f, a), 16);
  }
  for (; x < end; x += 4, y += 4) v128.store32_lane(y, madd(f32x4.sub(v128.load32_splat(x), by), f, a), 0);
}

/** gx = g · factor + (x - shift) · slope + add over n neighbours. */
export function gradientRun(g: usize, x: usize, gx: usize, n: i32, shift: f32, factor: f32, slope: f32, add: f32): void {
  const end = x + (<usize>n << 2);
  const by = f32x4.splat(shift);
  const f = f32x4.splat(factor);
  const s = f32x4.splat(slope);
  const a = f32x4.splat(add);
  for (; x + 32 <= end; x += 32, g += 32, gx += 32) {
    v128.store(gx, madd(v128.load(g), f, madd(f32x4.sub(v128.load(x), by), s, a)));
    v128.store(gx, madd(v128.load(g, 16), f, madd(f32x4.sub(v128.load(x, 16), by), s, a)), 16);
  }
  for (; x < end; x += 4, g += 4, gx += 4) {
    const d = f32x4.sub(v128.load32_splat(x), by);
    v128.store32_lane(gx, madd(v128.load32_splat(g), f, madd(d, s, a)), 0);
  }
}
