// Layer, group, instance and root-mean-square norm, forward and backward, of x [batch, groups, channels, inner]. A row is
// a group of one example, `channels` runs of `inner` elements; where inner is 1, weights lie beside the elements.

import {
  addMoments, addMomentsAndGradient, addMomentsAndWeighted, clearGradientSums, clearSums, gradientRun, scaleRun, sumD,
  sumDD, sumG, sumGD, sumOf,
} from './moments';
import { madd } from './simd';

/** A number near the mean of a row: that of its first eighth. */
// @ts-ignore: decorator
@inline
function shiftOf(x: usize, length: i32, center: bool): f32 {
  if (!center) return 0;
  const count = (length + 7) >> 3;
  return <f32>(sumOf(x, count) / <f64>count);
}

// @ts-ignore: decorator
@inline
function scaleOf(length: i32, offset: f64, eps: f64): f64 {
  return 1 / sqrt(max(sumDD / <f64>length - offset * offset, 0) + eps);
}

// @ts-ignore: decorator
@inline
function at(base: usize, index: i32, otherwise: f32): f32 {
  return base ? load<f32>(base + (<usize>index << 2)) : otherwise;
}

/** y = normal x · weight + bias for the rows from `first` to `end`; weight and bias may be 0. */
export function normalizeRows(
  x: usize, y: usize, weight: usize, bias: usize, first: i32, end: i32, groups: i32, channels: i32, inner: i32,
  eps: f64, center: bool,
): void {
  const length = channels * inner;
  const line = <usize>length << 2;
  const run = <usize>inner << 2;
  x += line * first;
  y += line * first;
  for (let row = first; row < end; row++, x += line, y += line) {
    const shift = shiftOf(x, length, center);
    clearSums();
    addMoments(x, length, shift);
    const offset = center ? sumD / <f64>length : 0;
    const scale = scaleOf(length, offset, eps);
    const channel = (row % groups) * channels;
    if (inner == 1 && (weight || bias)) {
      normalizeBeside(x, y, weight, bias, channel, length, shift, <f32>scale, <f32>(-offset * scale));
      continue;
    }
    if (!weight && !bias) {
      scaleRun(x, y, length, shift, <f32>scale, <f32>(-offset * scale));
      continue;
    }
    for (let c = 0; c < channels; c++) {
      const factor = scale * <f64>at(weight, channel + c, 1);
      const from = <usize>c * run;
      scaleRun(x + from, y + from, inner, shift, <f32>factor, <f32>(<f64>at(bias, channel + c, 0) - offset * factor));
    }
  }
}

/** The same for a row whose weights and biases lie beside its elements. */
function normalizeBeside(
  x: usize, y: usize, weight: usize, bias: usize, channel: i32, length: i32, shift: f32, scale: f32, add: f32,
): void {
  const by = f32x4.splat(shift);
  const s = f32x4.splat(scale);
  const a = f32x4.splat(add);
  const start = <usize>channel << 2;
  const line = <usize>length << 2;
  let i: usize = 0;
  if (weight && bias) {
    for (; i + 16 <= line; i += 16) {
      const normal = madd(f32x4.sub(v128.load(x + i), by), s, a);
      v128.store(y + i, madd(normal, v128.load(weight + start + i), v128.load(bias + start + i)));
    }
  } else if (weight) {
    for (; i + 16 <= line; i += 16) {
      v128.store(y + i, f32x4.mul(madd(f32x4.sub(v128.load(x + i), by), s, a), v128.load(weight + start + i)));
    }
  }
  for (; i < line; i += 4) {
    const normal = madd(f32x4.sub(v128.load32_splat(x + i), by), s, a);
    const w = weight ? v128.load32_splat(weight + start + i) : f32x4.splat(1);
    const b = bias ? v128.load32_splat(bias + start + i) : f32x4.splat(0);
    v128.store32_lane(y + i, madd(normal, w, b), 0);
  }
}

/**
 * The gradients, for blocks of examples from `first` to `end`: gx in full, and for each block its share of those of weight
 * and bias, [blocks, groups, channels] each. The scratch holds two numbers in double precision for each channel of a group.
 */
export function normalizeRowsGrad(
  g: usize, x: usize, weight: usize, gx: usize, weightShares: usize, biasShares: usize, scratch: usize, first: i32,
  end: i32, batch: i32, blockLength: i32, groups: i32, channels: i32, inner: i32, eps: f64, center: bool,
): void {
  const line = <usize>(channels * inner) << 2;
  const shares = <usize>(groups * channels) << 2;
  for (let block = first; block < end; block++) {
    const gWeight = weightShares + <usize>block * shares;
    const gBias = biasShares + <usize>block * shares;
    memory.fill(gWeight, 0, shares);
    memory.fill(gBias, 0, shares);
    const last = min((block + 1) * blockLength, batch) * groups;
    for (let row = block * blockLength * groups; row < last; row++) {
      const from = line * row;
      const group = (<usize>((row % groups) * channels)) << 2;
      const w = weight ? weight + group : 0;
      if (inner == 1) {
        rowGradBeside(g + from, x + from, w, gx + from, gWeight + group, gBias + group, channels, eps, center);
      } else {
        rowGradByRuns(
          g + from, x + from, w, gx + from, gWeight + group, gBias + group, scratch, channels, inner, eps, center,
        );
      }
    }
  }
}

function rowGradBeside(
  g: usize, x: usize, weight: usize, gx: usize, gWeight: usize, gBias: usize, length: i32, eps: f64, center: bool,
): void {
  const shift = shiftOf(x, length, center);
  clearSums();
  clearGradientSums();
  if (weight) addMomentsAndWeighted(g, x, weight, length, shift);
  else addMomentsAndGradient(g, x, length, shift);
  const offset = center ? sumD / <f64>length : 0;
  const scale = scaleOf(length, offset, eps);
  const along = scale * scale * scale * (sumGD - offset * sumG) / <f64>length;
  const mean = center ? scale * sumG / <f64>length : 0;
  // With d = x - shift: x̂ = d · s + a, and gx = ĝ · s + d · slope + add.
  const by = f32x4.splat(shift);
  const s = f32x4.splat(<f32>scale);
  const a = f32x4.splat(<f32>(-offset * scale));
  const slope = f32x4.splat(<f32>-along);
  const add = f32x4.splat(<f32>(along * offset - mean));
  const line = <usize>length << 2;
  let i: usize = 0;
  for (; i + 16 <= line; i += 16) {
    const v = v128.load(g + i);
    const d = f32x4.sub(v128.load(x + i), by);
    v128.store(gWeight + i, madd(v, madd(d, s, a), v128.load(gWeight + i)));
    v128.store(gBias + i, f32x4.add(v, v128.load(gBias + i)));
    const weighted = weight ? f32x4.mul(v, v128.load(weight + i)) : v;
    v128.store(gx + i, madd(weighted, s, madd(d, slope, add)));
  }
  for (; i < line; i += 4) {
    const v = v128.load32_splat(g + i);
    const d = f32x4.sub(v128.load32_splat(x + i), by);
    v128.store32_lane(gWeight + i, madd(v, madd(d, s, a), v128.load32_splat(gWeight + i)), 0);
    v128.store32_lane(gBias + i, f32x4.add(v, v128.load32_splat(gBias + i)), 0);
    const weighted = weight ? f32x4.mul(v, v128.load32_splat(weight + i)) : v;
    v128.store32_lane(gx + i, madd(weighted, s, madd(d, slope, add)), 0);
  }
}

function rowGradByRuns(
  g: usize, x: usize, weight: usize, gx: usize, gWeight: usize, gBias: usize, scratch: usize, channels: i32, inner: i32,
  eps: f64, center: bool,
): void {
  const length = channels * inner;
  const run = <usize>inner << 2;
  const shift = shiftOf(x, length, center);
  clearSums();
  let sum: f64 = 0;
  let product: f64 = 0;
  for (let c = 0; c < channels; c++) {
    clearGradientSums();
    addMomentsAndGradient(g + <usize>c * run, x + <usize>c * run, inner, shift);
    store<f64>(scratch + (<usize>c << 4), sumG);
    store<f64>(scratch + (<usize>c << 4), sumGD, 8);
    const w = <f64>at(weight, c, 1);
    sum += w * sumG;
    product += w * sumGD;
  }
  const offset = center ? sumD / <f64>length : 0;
  const scale = scaleOf(length, offset, eps);
  const along = scale * scale * scale * (product - offset * sum) / <f64>length;
  const mean = center ? scale * sum / <f64>length : 0;
  for (let c = 0; c < channels; c++) {
    const ofG = load<f64>(scratch + (<usize>c << 4));
    const ofGD = load<f64>(scratch + (<usize>c << 4), 8);
    const place = <usize>c << 2;
    store<f32>(gWeight + place, <f32>(<f64>load<f32>(gWeight + place) + scale * (ofGD - offset * ofG)));
    store<f32>(gBias + place, <f32>(<f64>load<f32>(gBias + place) + ofG));
    const from = <usize>c * run;
    const factor = <f32>(scale * <f64>at(weight, c, 1));
    gradientRun(g + from, x + from, gx + from, inner, shift, factor, <f32>-along, <f32>(along * offset - mean));
  }
}
