// Attention in tiles: a block of keys at a time, with a running maximum and sum for each row (Dao, FlashAttention-2, 2023), so that no more
// than a strip of scores is held. Scores come as [keys][8], the product of packed keys and eight packed rows; as weights they are the right factor
// of the product with the values as they lie. Few rows, as in generation with kept keys, read keys and values as they are, once.

import {
  beginRoom, END, features, GROWTH, k, keyBlock, keys, keptScale, LANES, limit, lse, mask, placeStrip, q, readPlan, roomTaken,
  rowAt, rowBlock, rowBlocks, rows, scale, softcap, START, STRIP, SUM, takeRoom, tellBroken, TOP, v, width, y,
} from './attention-plan';
import {
  addAcross, checkFinite, dropWeights, LN_2, LOG2_E, maskStrip, multiplyPanels, power2, scaleAll, settleScores, storeRows, vectorsOf,
} from './attention-strip';
import { log4 } from './functions';
import { dot } from './gemm-small';
import { packAcross, packLeft, packRight } from './pack';
import { madd } from './simd';
import { MR } from './tiles';

/** So many rows go without packing. */
const FEW: i32 = 4;

// Pieces of scratch.
let zeros: usize = 0;
let room: usize = 0;
let strips: usize = 0;
let packedQ: usize = 0;
let sums: usize = 0;
let scores: usize = 0;
let allowed: usize = 0;
let isPacked: usize = 0;
let packedK: usize = 0;
let packedV: usize = 0;

// And their parts: bytes for each strip, and for each block of keys.
let stripQ: usize = 0;
let stripSums: usize = 0;
let blockK: usize = 0;
let blockV: usize = 0;
let isFew: bool = false;

function layOut(at: usize): void {
  isFew = rows <= FEW;
  const count = <usize>((rowBlock + 7) >> 3);
  const blocks = <usize>((keys + keyBlock - 1) / keyBlock);
  stripQ = <usize>features << 5;
  stripSums = <usize>(width + MR) << 5;
  blockK = <usize>((keyBlock + MR) * features) << 2;
  blockV = <usize>(keyBlock * (width + MR)) << 2;
  beginRoom(at);
  zeros = takeRoom(32);
  room = takeRoom(max<usize>(64, <usize>(width + 4) << 5));
  strips = takeRoom(count * STRIP);
  packedQ = takeRoom(count * stripQ);
  sums = takeRoom(count * stripSums);
  scores = takeRoom(<usize>(keyBlock + MR) << 5);
  allowed = takeRoom(mask ? <usize>(keyBlock + MR) << 3 : 0);
  isPacked = takeRoom(blocks);
  packedK = takeRoom(isFew ? 0 : blocks * blockK);
  packedV = takeRoom(isFew ? 0 : blocks * blockV);
}

/** Bytes of scratch for a task. */
export function attentionBytes(plan: usize): i32 {
  readPlan(plan);
  layOut(0);
  return <i32>roomTaken();
}

/** Blocks of rows from `first` to `end`, of all blocks of all groups. */
export function attention(plan: usize, first: i32, end: i32, scratch: usize): void {
  readPlan(plan);
  layOut(scratch);
  memory.fill(zeros, 0, 32);
  let packedGroup = -1;
  for (let unit = first; unit < end; unit++) {
    const group = unit / rowBlocks;
    const i = unit % rowBlocks;
    // Later rows may look at more keys: from both ends in turn, so that half of the blocks are half of the work.
    const block = i & 1 ? rowBlocks - 1 - (i >> 1) : i >> 1;
    if (group != packedGroup) memory.fill(isPacked, 0, (keys + keyBlock - 1) / keyBlock);
    packedGroup = group;
    attendRows(group, block * rowBlock, min(rows, (block + 1) * rowBlock));
  }
  tellBroken(plan);
}

function attendRows(group: i32, row: i32, rowEnd: i32): void {
  const count = rowEnd - row;
  const stripCount = (count + 7) >> 3;
  const from = q + (rowAt(group, row) * <usize>features << 2);
  if (isFew) memory.copy(packedQ, from, <usize>(count * features) << 2);
  else packRight(packedQ, from, count, features, 1, features);
  // Scores in units of log 2, or of the cap.
  const by = <f32>(softcap == 0 ? <f64>scale * LOG2_E : <f64>scale / <f64>softcap);
  scaleAll(packedQ, (isFew ? count : stripCount << 3) * features, by);
  memory.fill(sums, 0, <usize>stripCount * stripSums);
  let start = keys;
  let end = 0;
  for (let s = 0; s < stripCount; s++) {
    const strip = strips + <usize>s * STRIP;
    placeStrip(strip, group, row + (s << 3), rowEnd);
    for (let half: usize = 0; half < 32; half += 16) {
      v128.store(strip + half, f32x4.splat(-Infinity), TOP);
      v128.store(strip + half, f32x4.splat(0), SUM);
    }
    start = min(start, load<i32>(strip, START));
    end = max(end, load<i32>(strip, END));
  }
  for (let block = start / keyBlock; block * keyBlock < end; block++) {
    if (!isFew) packBlock(group, block);
    for (let s = 0; s < stripCount; s++) attendStrip(group, row, s, block);
  }
  for (let s = 0; s < stripCount; s++) finishStrip(group, row, s);
}

function packBlock(group: i32, block: i32): void {
  if (load<u8>(isPacked + <usize>block)) return;
  store<u8>(isPacked + <usize>block, 1);
  const first = block * keyBlock;
  const count = min(keys - first, keyBlock);
  const at = <usize>group * <usize>keys + <usize>first;
  packLeft(packedK + <usize>block * blockK, k + (at * <usize>features << 2), count, features, features, 1);
  packAcross(packedV + <usize>block * blockV, v + (at * <usize>width << 2), width, count, width);
}

/** A strip with the keys of a block that it looks at: whole panels, from the first one on. */
function attendStrip(group: i32, row: i32, s: i32, block: i32): void {
  const strip = strips + <usize>s * STRIP;
  const first = block * keyBlock;
  const last = min(first + keyBlock, keys);
  const start = max(load<i32>(strip, START), first);
  const end = min(load<i32>(strip, END), last);
  if (start >= end) return;
  const panel = isFew ? 0 : (start - first) / MR;
  const from = isFew ? start : first + panel * MR;
  const count = end - from;
  if (mask && !maskStrip(strip, allowed, from, count)) return;
  const at = <usize>group * <usize>keys + <usize>from;
  const lanes = load<i32>(strip, LANES);
  if (isFew) {
    scoreRows(k + (at * <usize>features << 2), count, lanes);
  } else {
    const bytes = <usize>(MR * features) << 2;
    const left = packedK + <usize>block * blockK + <usize>panel * bytes;
    multiplyPanels(count, features, left, bytes, packedQ + <usize>s * stripQ, scores, false, zeros);
  }
  settleScores(strip, scores, allowed, 0, from, count, room);
  const weightsEnd = scores + (<usize>count << 5);
  let isLarger = false;
  for (let half: usize = 0; half < vectorsOf(strip) << 4; half += 16) {
    if (weigh(strip + half, scores + half, weightsEnd)) isLarger = true;
  }
  if (limit) dropWeights(strip, scores, 0, group, row + (s << 3), from, count);
  const to = sums + <usize>s * stripSums;
  if (isFew) {
    const line = <usize>width << 2;
    for (let lane: usize = 0; lane < <usize>lanes; lane++) {
      const sum = to + lane * line;
      if (isLarger) scaleAll(sum, width, load<f32>(strip + (lane << 2), GROWTH));
      addValues(sum, scores + (lane << 2), count, v + (at * <usize>width << 2), line);
    }
    return;
  }
  if (isLarger) grow(to, strip);
  addAcross(width, count, packedV + <usize>block * blockV, last - first, from - first, scores, to, zeros);
}

/** Four rows' scores become weights beside the largest so far, and are added up. Returns whether there was a larger one. */
function weigh(lanes: usize, at: usize, end: usize): bool {
  const before = v128.load(lanes, TOP);
  let m0 = before;
  let m1 = before;
  let m2 = before;
  let m3 = before;
  let x = at;
  // NaN may be passed over: its own weight makes the sum NaN.
  for (; x + 96 < end; x += 128) {
    m0 = f32x4.pmax(m0, v128.load(x));
    m1 = f32x4.pmax(m1, v128.load(x, 32));
    m2 = f32x4.pmax(m2, v128.load(x, 64));
    m3 = f32x4.pmax(m3, v128.load(x, 96));
  }
  for (; x < end; x += 32) m0 = f32x4.pmax(m0, v128.load(x));
  const top = f32x4.pmax(f32x4.pmax(m0, m1), f32x4.pmax(m2, m3));
  // Where there is no key yet, -∞ is as far from 0.
  const level = v128.andnot(top, f32x4.eq(top, f32x4.splat(-Infinity)));
  let s0 = f32x4.splat(0);
  let s1 = s0;
  x = at;
  for (; x + 32 < end; x += 64) {
    const w0 = power2(f32x4.sub(v128.load(x), level));
    const w1 = power2(f32x4.sub(v128.load(x, 32), level));
    v128.store(x, w0);
    v128.store(x, w1, 32);
    s0 = f32x4.add(s0, w0);
    s1 = f32x4.add(s1, w1);
  }
  if (x < end) {
    const w = power2(f32x4.sub(v128.load(x), level));
    v128.store(x, w);
    s0 = f32x4.add(s0, w);
  }
  const growth = power2(f32x4.sub(before, level));
  v128.store(lanes, growth, GROWTH);
  v128.store(lanes, madd(v128.load(lanes, SUM), growth, f32x4.add(s0, s1)), SUM);
  v128.store(lanes, top, TOP);
  return v128.any_true(f32x4.gt(top, before));
}

/** Sums [width][8] times what their weights grow by. */
function grow(to: usize, strip: usize): void {
  const g0 = v128.load(strip, GROWTH);
  const g1 = v128.load(strip, GROWTH + 16);
  for (const end = to + (<usize>width << 5); to < end; to += 32) {
    v128.store(to, f32x4.mul(v128.load(to), g0));
    v128.store(to, f32x4.mul(v128.load(to, 16), g1), 16);
  }
}

/** Divides by the sums of the weights: a row without keys gets zeros. */
function finishStrip(group: i32, row: i32, s: i32): void {
  const strip = strips + <usize>s * STRIP;
  const lanes = load<i32>(strip, LANES);
  const place = rowAt(group, row + (s << 3));
  const to = y + (place * <usize>width << 2);
  for (let half: usize = 0; half < 32; half += 16) {
    const sum = v128.load(strip + half, SUM);
    const share = f32x4.div(f32x4.splat(keptScale), sum);
    v128.store(strip + half, v128.andnot(share, f32x4.eq(sum, f32x4.splat(0))), GROWTH);
    // The logarithm, beside the sum, in the sum's place.
    v128.store(strip + half, log4(sum), SUM);
  }
  if (lse) {
    for (let lane: usize = 0; lane < <usize>lanes; lane++) {
      const at = strip + (lane << 2);
      const sum = <f64>load<f32>(at, TOP) * LN_2 + <f64>load<f32>(at, SUM);
      store<f32>(lse + ((place + lane) << 2), <f32>sum);
    }
  }
  if (isFew) {
    const line = <usize>width << 2;
    for (let lane: usize = 0; lane < <usize>lanes; lane++) {
      const share = load<f32>(strip + (lane << 2), GROWTH);
      const own = sums + lane * line;
      if (share == 0) memory.fill(own, 0, line);
      scaleAll(own, width, share);
      memory.copy(to + lane * line, own, line);
    }
  } else {
    storeRows(sums + <usize>s * stripSums, width, strip + GROWTH, lanes, to, room);
  }
  checkFinite(to, lanes * width);
}

/** Scores of a few rows with keys as they lie, [keys][8]. */
function scoreRows(key: usize, count: i32, lanes: i32): void {
  const line = <usize>features << 2;
  let to = scores;
  let j = 0;
  for (; j <= count - 4; j += 4, key += 4 * line, to += 128) {
    for (let lane: usize = 0; lane < <usize>lanes; lane++) scoreFour(packedQ + lane * line, key, line, to + (lane << 2));
  }
  for (; j < count; j++, key += line, to += 32) {
    for (let lane: usize = 0; lane < <usize>lanes; lane++) {
      store<f32>(to + (lane << 2), dot(features, packedQ + lane * line, key));
    }
  }
}

/** One row with four keys. */
function scoreFour(x: usize, key0: usize, line: usize, to: usize): void {
  const key1 = key0 + line;
  const key2 = key1 + line;
  const key3 = key2 + line;
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let t: usize = 0;
  for (; t + 16 <= line; t += 16) {
    const a = v128.load(x + t);
    s0 = madd(a, v128.load(key0 + t), s0);
    s1 = madd(a, v128.load(key1 + t), s1);
    s2 = madd(a, v128.load(key2 + t), s2);
    s3 = madd(a, v128.load(key3 + t), s3);
  }
  const low = f32x4.add(f32x4.shuffle(s0, s1, 0, 4, 1, 5), f32x4.shuffle(s0, s1, 2, 6, 3, 7));
  const high = f32x4.add(f32x4.shuffle(s2, s3, 0, 4, 1, 5), f32x4.shuffle(s2, s3, 2, 6, 3, 7));
  let sum = f32x4.add(f32x4.shuffle(low, high, 0, 1, 4, 5), f32x4.shuffle(low, high, 2, 3, 6, 7));
  for (; t < line; t += 4) {
    let b = v128.load32_zero(key0 + t);
    b = v128.load32_lane(key1 + t, b, 1);
    b = v128.load32_lane(key2 + t, b, 2);
    b = v128.load32_lane(key3 + t, b, 3);
    sum = madd(v128.load32_splat(x + t), b, sum);
  }
  v128.store32_lane(to, sum, 0);
  v128.store32_lane(to, sum, 1, 32);
  v128.store32_lane(to, sum, 2, 64);
  v128.store32_lane(to, sum, 3, 96);
}

/** Adds values times one row's weights, which are 32 bytes apart: two cache lines of each value at a time. */
function addValues(sum: usize, weights: usize, count: i32, value: usize, line: usize): void {
  const end = weights + (<usize>count << 5);
  let t: usize = 0;
  for (; t + 128 <= line; t += 128) {
    let s0 = v128.load(sum + t);
    let s1 = v128.load(sum + t, 16);
    let s2 = v128.load(sum + t, 32);
    let s3 = v128.load(sum + t, 48);
    let s4 = v128.load(sum + t, 64);
    let s5 = v128.load(sum + t, 80);
    let s6 = v128.load(sum + t, 96);
    let s7 = v128.load(sum + t, 112);
    let at = value + t;
    for (let w = weights; w < end; w += 32, at += line) {
      const by = v128.load32_splat(w);
      s0 = madd(by, v128.load(at), s0);
      s1 = madd(by, v128.load(at, 16), s1);
      s2 = madd(by, v128.load(at, 32), s2);
      s3 = madd(by, v128.load(at, 48), s3);
      s4 = madd(by, v128.load(at, 64), s4);
      s5 = madd(by, v128.load(at, 80), s5);
      s6 = madd(by, v128.load(at, 96), s6);
      s7 = madd(by, v128.load(at, 112), s7);
    }
    v128.store(sum + t, s0);
    v128.store(sum + t, s1, 16);
    v128.store(sum + t, s2, 32);
    v128.store(sum + t, s3, 48);
    v128.store(sum + t, s4, 64);
    v128.store(sum + t, s5, 80);
    v128.store(sum + t, s6, 96);
    v128.store(sum + t, s7, 112);
  }
  for (; t + 16 <= line; t += 16) {
    let s = v128.load(sum + t);
    let at = value + t;
    for (let w = weights; w < end; w += 32, at += line) s = madd(v128.load32_splat(w), v128.load(at), s);
    v128.store(sum + t, s);
  }
  for (; t < line; t += 4) {
    let s = load<f32>(sum + t);
    let at = value + t;
    for (let w = weights; w < end; w += 32, at += line) s += load<f32>(w) * load<f32>(at);
    store<f32>(sum + t, s);
  }
}
