// Batch normalisation, forward and backward, of x [batch, channels, inner]: a channel is `batch` runs of `inner` elements.
// Where inner is 1, channels lie beside each other, and four are done at a time.

import {
  addMoments, addMomentsAndGradient, clearGradientSums, clearSums, gradientRun, scaleRun, sumD, sumDD, sumG, sumGD, sumOf,
} from './moments';
import { madd } from './simd';

// So many rows are summed in single precision.
const ROWS: i32 = 32;

// @ts-ignore: decorator
@inline
function at(base: usize, index: i32, otherwise: f32): f32 {
  return base ? load<f32>(base + (<usize>index << 2)) : otherwise;
}

/** A number near the mean of a channel: that of an eighth of its elements. */
function shiftOf(x: usize, step: usize, batch: i32, inner: i32): f32 {
  const eighth = (inner + 7) >> 3;
  let sum: f64 = 0;
  for (let n = 0; n < batch; n++) sum += sumOf(x + step * n, eighth);
  return <f32>(sum / (<f64>batch * <f64>eighth));
}

/** The same for four channels that lie beside each other. */
// @ts-ignore: decorator
@inline
function shiftOfFour(x: usize, step: usize, batch: i32): v128 {
  const eighth = (batch + 7) >> 3;
  let sum = f32x4.splat(0);
  for (let n = 0; n < eighth; n++) sum = f32x4.add(sum, v128.load(x + step * n));
  return f32x4.div(sum, f32x4.splat(<f32>eighth));
}

/** Channels from `first` to `end`: y = normal x · weight + bias, and mean and variance; weight and bias may be 0. */
export function normalizeBatch(
  x: usize, y: usize, mean: usize, variance: usize, weight: usize, bias: usize, first: i32, end: i32, batch: i32,
  channels: i32, inner: i32, eps: f64,
): void {
  let c = first;
  if (inner == 1) {
    for (; c + 4 <= end; c += 4) normalizeFour(x, y, mean, variance, weight, bias, c, batch, channels, eps);
  }
  const step = <usize>(channels * inner) << 2;
  const count = <f64>batch * <f64>inner;
  for (; c < end; c++) {
    const start = <usize>(c * inner) << 2;
    const shift = shiftOf(x + start, step, batch, inner);
    clearSums();
    for (let n = 0; n < batch; n++) addMoments(x + start + step * n, inner, shift);
    const offset = sumD / count;
    const spread = max(sumDD / count - offset * offset, 0);
    store<f32>(mean + (<usize>c << 2), <f32>(<f64>shift + offset));
    store<f32>(variance + (<usize>c << 2), <f32>spread);
    const factor = <f64>at(weight, c, 1) / sqrt(spread + eps);
    const add = <f32>(<f64>at(bias, c, 0) - offset * factor);
    for (let n = 0; n < batch; n++) {
      scaleRun(x + start + step * n, y + start + step * n, inner, shift, <f32>factor, add);
    }
  }
}

/** Writes the numbers of four channels from their two halves in double precision. */
// @ts-ignore: decorator
@inline
function join(low: v128, high: v128): v128 {
  return f32x4.shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}

// @ts-ignore: decorator
@inline
function high(x: v128): v128 {
  return f64x2.promote_low_f32x4(f32x4.shuffle(x, x, 2, 3, 2, 3));
}

/** One channel's number of four, or the same for all. */
// @ts-ignore: decorator
@inline
function four(base: usize, c: i32, otherwise: f32): v128 {
  return base ? v128.load(base + (<usize>c << 2)) : f32x4.splat(otherwise);
}

// @ts-ignore: decorator
@inline
function spreadOf(squares: v128, offset: v128, count: v128): v128 {
  return f64x2.max(f64x2.sub(f64x2.div(squares, count), f64x2.mul(offset, offset)), f64x2.splat(0));
}

// @ts-ignore: decorator
@inline
function rootOf(spread: v128, eps: f64): v128 {
  return f64x2.div(f64x2.splat(1), f64x2.sqrt(f64x2.add(spread, f64x2.splat(eps))));
}

function normalizeFour(
  x: usize, y: usize, mean: usize, variance: usize, weight: usize, bias: usize, c: i32, batch: i32, channels: i32,
  eps: f64,
): void {
  const step = <usize>channels << 2;
  const place = <usize>c << 2;
  const start = x + place;
  const shift = shiftOfFour(start, step, batch);
  let s0 = f64x2.splat(0);
  let s1 = s0, q0 = s0, q1 = s0;
  for (let n = 0; n < batch; ) {
    let s = f32x4.splat(0);
    let q = s;
    for (const last = min(n + ROWS, batch); n < last; n++) {
      const d = f32x4.sub(v128.load(start + step * n), shift);
      s = f32x4.add(s, d);
      q = madd(d, d, q);
    }
    s0 = f64x2.add(s0, f64x2.promote_low_f32x4(s));
    s1 = f64x2.add(s1, high(s));
    q0 = f64x2.add(q0, f64x2.promote_low_f32x4(q));
    q1 = f64x2.add(q1, high(q));
  }
  const count = f64x2.splat(<f64>batch);
  const o0 = f64x2.div(s0, count);
  const o1 = f64x2.div(s1, count);
  const v0 = spreadOf(q0, o0, count);
  const v1 = spreadOf(q1, o1, count);
  v128.store(mean + place, join(f64x2.add(f64x2.promote_low_f32x4(shift), o0), f64x2.add(high(shift), o1)));
  v128.store(variance + place, join(v0, v1));
  const offset = join(o0, o1);
  const factor = f32x4.mul(four(weight, c, 1), join(rootOf(v0, eps), rootOf(v1, eps)));
  const add = f32x4.sub(four(bias, c, 0), f32x4.mul(offset, factor));
  for (let n = 0; n < batch; n++) {
    const row = place + step * n;
    v128.store(y + row, madd(f32x4.sub(v128.load(x + row), shift), factor, add));
  }
}

/** The gradients, for channels from `first` to `end`; weight may be 0. */
export function normalizeBatchGrad(
  g: usize, gMean: usize, gVariance: usize, x: usize, weight: usize, gx: usize, gWeight: usize,
  gBias: usize, first: i32, end: i32, batch: i32, channels: i32, inner: i32, eps: f64,
): void {
  let c = first;
  if (inner == 1) {
    for (; c + 4 <= end; c += 4) {
      gradOfFour(g, gMean, gVariance, x, weight, gx, gWeight, gBias, c, batch, channels, eps);
    }
  }
  const step = <usize>(channels * inner) << 2;
  const count = <f64>batch * <f64>inner;
  for (; c < end; c++) {
    const start = <usize>(c * inner) << 2;
    const place = <usize>c << 2;
    const shift = shiftOf(x + start, step, batch, inner);
    clearSums();
    clearGradientSums();
    for (let n = 0; n < batch; n++) {
      addMomentsAndGradient(g + start + step * n, x + start + step * n, inner, shift);
    }
    const offset = sumD / count;
    const scale = 1 / sqrt(max(sumDD / count - offset * offset, 0) + eps);
    const along = scale * (sumGD - offset * sumG);
    store<f32>(gWeight + place, <f32>along);
    store<f32>(gBias + place, <f32>sumG);
    const factor = scale * <f64>at(weight, c, 1);
    const slope = (2 * <f64>load<f32>(gVariance + place) - factor * scale * along) / count;
    const add = (<f64>load<f32>(gMean + place) - factor * sumG) / count - slope * offset;
    for (let n = 0; n < batch; n++) {
      const from = start + step * n;
      gradientRun(g + from, x + from, gx + from, inner, shift, <f32>factor, <f32>slope, <f32>add);
    }
  }
}

function gradOfFour(
  g: usize, gMean: usize, gVariance: usize, x: usize, weight: usize, gx: usize, gWeight: usize,
  gBias: usize, c: i32, batch: i32, channels: i32, eps: f64,
): void {
  const step = <usize>channels << 2;
  const place = <usize>c << 2;
  const shift = shiftOfFour(x + place, step, batch);
  let s0 = f64x2.splat(0);
  let s1 = s0, q0 = s0, q1 = s0, g0 = s0, g1 = s0, p0 = s0, p1 = s0;
  for (let n = 0; n < batch; ) {
    let s = f32x4.splat(0);
    let q = s, t = s, p = s;
    for (const last = min(n + ROWS, batch); n < last; n++) {
      const row = place + step * n;
      const d = f32x4.sub(v128.load(x + row), shift);
      const v = v128.load(g + row);
      s = f32x4.add(s, d);
      q = madd(d, d, q);
      t = f32x4.add(t, v);
      p = madd(v, d, p);
    }
    s0 = f64x2.add(s0, f64x2.promote_low_f32x4(s));
    s1 = f64x2.add(s1, high(s));
    q0 = f64x2.add(q0, f64x2.promote_low_f32x4(q));
    q1 = f64x2.add(q1, high(q));
    g0 = f64x2.add(g0, f64x2.promote_low_f32x4(t));
    g1 = f64x2.add(g1, high(t));
    p0 = f64x2.add(p0, f64x2.promote_low_f32x4(p));
    p1 = f64x2.add(p1, high(p));
  }
  const count = f64x2.splat(<f64>batch);
  const o0 = f64x2.div(s0, count);
  const o1 = f64x2.div(s1, count);
  const r0 = rootOf(spreadOf(q0, o0, count), eps);
  const r1 = rootOf(spreadOf(q1, o1, count), eps);
  const scale = join(r0, r1);
  const along = join(f64x2.mul(r0, f64x2.sub(p0, f64x2.mul(o0, g0))), f64x2.mul(r1, f64x2.sub(p1, f64x2.mul(o1, g1))));
  const sum = join(g0, g1);
  v128.store(gWeight + place, along);
  v128.store(gBias + place, sum);
  const share = f32x4.splat(<f32>(1 / <f64>batch));
  const factor = f32x4.mul(four(weight, c, 1), scale);
  const ofVariance = f32x4.mul(f32x4.splat(2), v128.load(gVariance + place));
  const slope = f32x4.mul(f32x4.sub(ofVariance, f32x4.mul(f32x4.mul(factor, scale), along)), share);
  const ofMean = f32x4.mul(f32x4.sub(v128.load(gMean + place), f32x4.mul(factor, sum)), share);
  const add = f32x4.sub(ofMean, f32x4.mul(slope, join(o0, o1)));
  for (let n = 0; n < batch; n++) {
    const row = place + step * n;
    const d = f32x4.sub(v128.load(x + row), shift);
    v128.store(gx + row, madd(v128.load(g + row), factor, madd(d, slope, add)));
  }
}

/** to[c] = weight[c] / √(variance[c] + eps); weight may be 0. */
export function channelFactors(variance: usize, weight: usize, to: usize, channels: i32, eps: f64): void {
  for (let c = 0; c < channels; c++) {
    store<f32>(to + (<usize>c << 2), <f32>(<f64>at(weight, c, 1) / sqrt(<f64>at(variance, c, 0) + eps)));
  }
}

/** y = (x - mean) · factor + bias for the examples from `first` to `end`; bias may be 0. */
export function scaleChannels(
  x: usize, y: usize, mean: usize, factors: usize, bias: usize, first: i32, end: i32, channels: i32, inner: i32,
): void {
  const line = <usize>(channels * inner) << 2;
  for (let n = first; n < end; n++) {
    let from = x + line * n;
    let to = y + line * n;
    let c = 0;
    if (inner == 1) {
      for (; c + 4 <= channels; c += 4, from += 16, to += 16) {
        const d = f32x4.sub(v128.load(from), four(mean, c, 0));
        v128.store(to, madd(d, four(factors, c, 1), four(bias, c, 0)));
      }
    }
    for (; c < channels; c++, from += <usize>inner << 2, to += <usize>inner << 2) {
      scaleRun(from, to, inner, at(mean, c, 0), at(factors, c, 1), at(bias, c, 0));
    }
  }
}
