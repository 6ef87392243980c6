// The gradients of attention, from the log-sum-exp of each row: weights are computed again, strip by strip, and nothing of [queries, keys] is
// held (Dao et al., FlashAttention, 2022). A group of heads that share keys belongs to one thread, so that sums have one order.

import {
  beginRoom, BIAS_AT, bias, biasBatch, biasHead, biasKey, biasQuery, dbias, dk, dq, dv, dy, END, END_PANEL, features, FIRST_PANEL, GROWTH, heads,
  k, keptScale, keyBlock, keyHeads, keys, LANES, limit, lse, mask, noteBroken, placeStrip, q, queries, readPlan, roomTaken, rowAt, rowBlock,
  rowBlocks, rows, scale, softcap, START, STRIP, SUM, takeRoom, tellBroken, TOP, v, width, y,
} from './attention-plan';
import {
  addAcross, checkFinite, dropWeights, LOG2_E, maskStrip, multiplyPanels, power2, scaleAll, settleScores, storeRows, vectorsOf,
} from './attention-strip';
import { packAcross, packLeft, packRight } from './pack';
import { madd } from './simd';
import { copyTile, micro, MR, NR } from './tiles';

// Pieces of scratch, as in attention.ts; dy is packed as q is. `right` are those with the rows along the depth.
let zeros: usize = 0;
let tile: usize = 0;
let room: usize = 0;
let strips: usize = 0;
let packedQ: usize = 0;
let packedDy: usize = 0;
let packedY: usize = 0;
let rightQ: usize = 0;
let rightDy: usize = 0;
let sums: usize = 0;
let scores: usize = 0;
let grads: usize = 0;
let kept: usize = 0;
let slopes: usize = 0;
let allowed: usize = 0;
let leftWeights: usize = 0;
let leftGrads: usize = 0;
let isPacked: usize = 0;
let packedK: usize = 0;
let packedV: usize = 0;
let acrossK: usize = 0;
let stripQ: usize = 0;
let stripDy: usize = 0;
let stripSums: usize = 0;
let blockK: usize = 0;
let blockV: usize = 0;
let blockAcross: usize = 0;
/** Bytes of a panel of keys with all rows of a block. */
let panelBytes: usize = 0;

/** `isForBias`: without what the gradients of q, k and v need. */
function layOut(at: usize, isForBias: bool): void {
  const capacity = (rowBlock + 7) & ~7;
  const count = <usize>(capacity >> 3);
  const blocks = <usize>((keys + keyBlock - 1) / keyBlock);
  const strip = <usize>(keyBlock + MR) << 5;
  stripQ = <usize>features << 5;
  stripDy = <usize>width << 5;
  stripSums = <usize>(features + MR) << 5;
  blockK = <usize>((keyBlock + MR) * features) << 2;
  blockV = <usize>((keyBlock + MR) * width) << 2;
  blockAcross = <usize>(keyBlock * (features + MR)) << 2;
  panelBytes = <usize>(capacity * MR) << 2;
  const panels = <usize>((keyBlock + MR - 1) / MR);
  beginRoom(at);
  zeros = takeRoom(32);
  tile = takeRoom(<usize>(MR * NR) << 2);
  room = takeRoom(max<usize>(64, <usize>(features + 4) << 5));
  strips = takeRoom(count * STRIP);
  packedQ = takeRoom(count * stripQ);
  packedDy = takeRoom(count * stripDy);
  packedY = takeRoom(count * stripDy);
  scores = takeRoom(strip);
  grads = takeRoom(strip);
  kept = takeRoom(limit ? strip : 0);
  slopes = takeRoom(softcap != 0 ? strip : 0);
  allowed = takeRoom(mask ? <usize>(keyBlock + MR) << 3 : 0);
  isPacked = takeRoom(blocks);
  packedK = takeRoom(blocks * blockK);
  packedV = takeRoom(blocks * blockV);
  if (isForBias) return;
  rightQ = takeRoom(<usize>(capacity * ((features + 7) & ~7)) << 2);
  rightDy = takeRoom(<usize>(capacity * ((width + 7) & ~7)) << 2);
  sums = takeRoom(count * stripSums);
  leftWeights = takeRoom(panels * panelBytes);
  leftGrads = takeRoom(panels * panelBytes);
  acrossK = takeRoom(blocks * blockAcross);
}

/** Bytes of scratch for a task. */
export function attentionGradBytes(plan: usize, isForBias: bool): i32 {
  readPlan(plan);
  layOut(0, isForBias);
  return <i32>roomTaken();
}

/** dq, dk and dv of groups from `first` to `end`. */
export function attentionGrad(plan: usize, first: i32, end: i32, scratch: usize): void {
  readPlan(plan);
  layOut(scratch, false);
  memory.fill(zeros, 0, 32);
  for (let group = first; group < end; group++) {
    memory.fill(isPacked, 0, (keys + keyBlock - 1) / keyBlock);
    const at = <usize>group * <usize>keys;
    const toK = dk + (at * <usize>features << 2);
    const toV = dv + (at * <usize>width << 2);
    memory.fill(toK, 0, <usize>(keys * features) << 2);
    memory.fill(toV, 0, <usize>(keys * width) << 2);
    for (let block = 0; block < rowBlocks; block++) {
      differentiateRows(group, block * rowBlock, min(rows, (block + 1) * rowBlock));
    }
    checkFinite(toK, keys * features);
    checkFinite(toV, keys * width);
  }
  tellBroken(plan);
}

/** Packs rows of q and dy, and writes down of each its log-sum-exp in units of log 2, and Σ dy y. Returns the keys that any looks at, from and to. */
function beginRows(group: i32, row: i32, rowEnd: i32): u64 {
  const count = rowEnd - row;
  const stripCount = (count + 7) >> 3;
  const place = rowAt(group, row);
  packRight(packedQ, q + (place * <usize>features << 2), count, features, 1, features);
  packRight(packedDy, dy + (place * <usize>width << 2), count, width, 1, width);
  const by = <f32>(softcap == 0 ? <f64>scale * LOG2_E : <f64>scale / <f64>softcap);
  scaleAll(packedQ, (stripCount << 3) * features, by);
  packRight(packedY, y + (place * <usize>width << 2), count, width, 1, width);
  let start = keys;
  let end = 0;
  for (let s = 0; s < stripCount; s++) {
    const strip = strips + <usize>s * STRIP;
    placeStrip(strip, group, row + (s << 3), rowEnd);
    const lanes = load<i32>(strip, LANES);
    for (let lane = 0; lane < 8; lane++) {
      const at = strip + (<usize>lane << 2);
      const own = place + <usize>((s << 3) + lane);
      let level: f32 = -Infinity;
      if (lane < lanes) level = load<f32>(lse + (own << 2));
      // Where there is no key all weights are 0: 2^-∞, and not 2^(-∞ + ∞).
      store<f32>(at, level == -Infinity ? Infinity : <f32>(<f64>level * LOG2_E), TOP);
    }
    const skipped = <usize>s * stripDy;
    storeMeans(strip, packedDy + skipped, packedY + skipped);
    start = min(start, load<i32>(strip, START));
    end = max(end, load<i32>(strip, END));
  }
  scaleAll(packedDy, (stripCount << 3) * width, keptScale);
  return (<u64>start << 32) | <u64>max(start, end);
}

/** Σ dy y, summed in the order of the product with the values: of a single key, where y is its value, nothing is left. */
function storeMeans(strip: usize, dy: usize, y: usize): void {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  for (const end = dy + stripDy; dy < end; dy += 32, y += 32) {
    s0 = madd(v128.load(y), v128.load(dy), s0);
    s1 = madd(v128.load(y, 16), v128.load(dy, 16), s1);
  }
  v128.store(strip, s0, SUM);
  v128.store(strip, s1, SUM + 16);
}

function differentiateRows(group: i32, row: i32, rowEnd: i32): void {
  const count = rowEnd - row;
  const stripCount = (count + 7) >> 3;
  const range = beginRows(group, row, rowEnd);
  const place = rowAt(group, row);
  packRight(rightQ, q + (place * <usize>features << 2), features, count, features, 1);
  packRight(rightDy, dy + (place * <usize>width << 2), width, count, width, 1);
  scaleAll(rightQ, count * ((features + 7) & ~7), scale);
  scaleAll(rightDy, count * ((width + 7) & ~7), keptScale);
  memory.fill(sums, 0, <usize>stripCount * stripSums);
  const end = <i32>range;
  for (let block = <i32>(range >> 32) / keyBlock; block * keyBlock < end; block++) {
    packBlock(group, block, true);
    for (let s = 0; s < stripCount; s++) differentiateStrip(group, row, s, block);
    addToKeys(group, block, count);
  }
  for (let s = 0; s < stripCount; s++) {
    const strip = strips + <usize>s * STRIP;
    const lanes = load<i32>(strip, LANES);
    for (let half: usize = 0; half < 32; half += 16) v128.store(strip + half, f32x4.splat(scale), GROWTH);
    const to = dq + (rowAt(group, row + (s << 3)) * <usize>features << 2);
    storeRows(sums + <usize>s * stripSums, features, strip + GROWTH, lanes, to, room);
    checkFinite(to, lanes * features);
  }
}

function packBlock(group: i32, block: i32, isAcross: bool): void {
  const flag = isPacked + <usize>block;
  if (load<u8>(flag)) return;
  store<u8>(flag, 1);
  const first = block * keyBlock;
  const count = min(keys - first, keyBlock);
  const at = <usize>group * <usize>keys + <usize>first;
  const fromK = k + (at * <usize>features << 2);
  packLeft(packedK + <usize>block * blockK, fromK, count, features, features, 1);
  packLeft(packedV + <usize>block * blockV, v + (at * <usize>width << 2), count, width, width, 1);
  if (isAcross) packAcross(acrossK + <usize>block * blockAcross, fromK, features, count, features);
}

/**
 * The weights of a strip with the keys of a block, in `scores`, those after dropout, in `kept` where there is any, and the gradients of its scores,
 * in `grads`. Returns the panel of keys that they begin with, and how many keys they are.
 */
function weighStrip(group: i32, row: i32, s: i32, block: i32): u64 {
  const strip = strips + <usize>s * STRIP;
  const first = block * keyBlock;
  const start = max(load<i32>(strip, START), first);
  const end = min(load<i32>(strip, END), min(first + keyBlock, keys));
  if (start >= end) return 0;
  const panel = (start - first) / MR;
  const from = first + panel * MR;
  const count = end - from;
  if (mask && !maskStrip(strip, allowed, from, count)) return 0;
  const bytesK = <usize>(MR * features) << 2;
  const bytesV = <usize>(MR * width) << 2;
  const leftK = packedK + <usize>block * blockK + <usize>panel * bytesK;
  const leftV = packedV + <usize>block * blockV + <usize>panel * bytesV;
  multiplyPanels(count, features, leftK, bytesK, packedQ + <usize>s * stripQ, scores, false, zeros);
  multiplyPanels(count, width, leftV, bytesV, packedDy + <usize>s * stripDy, grads, false, zeros);
  settleScores(strip, scores, allowed, softcap != 0 ? slopes : 0, from, count, room);
  const last = scores + (<usize>count << 5);
  for (let half: usize = 0; half < vectorsOf(strip) << 4; half += 16) {
    const level = v128.load(strip + half, TOP);
    const most = f32x4.splat(128);
    for (let x = scores + half; x < last; x += 32) {
      v128.store(x, power2(f32x4.pmin(f32x4.sub(v128.load(x), level), most)));
    }
  }
  if (limit) {
    memory.copy(kept, scores, <usize>count << 5);
    dropWeights(strip, kept, grads, group, row + (s << 3), from, count);
  }
  for (let half: usize = 0; half < vectorsOf(strip) << 4; half += 16) {
    const mean = v128.load(strip + half, SUM);
    let at = grads + half;
    for (let x = scores + half; x < last; x += 32, at += 32) {
      v128.store(at, f32x4.mul(v128.load(x), f32x4.sub(v128.load(at), mean)));
    }
  }
  return (<u64>panel << 32) | <u64>count;
}

function differentiateStrip(group: i32, row: i32, s: i32, block: i32): void {
  const strip = strips + <usize>s * STRIP;
  const found = weighStrip(group, row, s, block);
  const count = <i32>found;
  const panel = <i32>(found >> 32);
  const panels = (count + MR - 1) / MR;
  store<i32>(strip, panel, FIRST_PANEL);
  store<i32>(strip, panel + panels, END_PANEL);
  if (count == 0) return;
  if (softcap != 0) {
    const end = grads + (<usize>count << 5);
    for (let x = grads, slope = slopes; x < end; x += 16, slope += 16) {
      v128.store(x, f32x4.mul(v128.load(x), v128.load(slope)));
    }
  }
  const weights = limit ? kept : scores;
  // Panels of keys, with the rows along the depth: those of this strip.
  const within = <usize>(s * 8 * MR) << 2;
  for (let p = 0; p < panels; p++) {
    const to = <usize>(panel + p) * panelBytes + within;
    const height = min(MR, count - p * MR);
    const at = <usize>(p * MR) << 5;
    packLeft(leftWeights + to, weights + at, height, 8, 8, 1);
    packLeft(leftGrads + to, grads + at, height, 8, 8, 1);
  }
  const first = block * keyBlock;
  const packed = min(keys - first, keyBlock);
  addAcross(
    features, count, acrossK + <usize>block * blockAcross, packed, panel * MR, grads, sums + <usize>s * stripSums, zeros,
  );
}

/** Adds a block's share to dk and dv: for each panel of keys, from the first strip that looks at it to the last. */
function addToKeys(group: i32, block: i32, count: i32): void {
  const stripCount = (count + 7) >> 3;
  const first = block * keyBlock;
  const end = min(first + keyBlock, keys);
  for (let key = first, panel = 0; key < end; key += MR, panel++) {
    let from = stripCount;
    let to = 0;
    for (let s = 0; s < stripCount; s++) {
      if (!has(s, panel)) continue;
      from = min(from, s);
      to = s + 1;
    }
    if (from >= to) continue;
    const left = <usize>panel * panelBytes;
    for (let s = from; s < to; s++) {
      if (has(s, panel)) continue;
      const within = left + (<usize>(s * 8 * MR) << 2);
      memory.fill(leftWeights + within, 0, (8 * MR) << 2);
      memory.fill(leftGrads + within, 0, (8 * MR) << 2);
    }
    const skip = from << 3;
    const depth = min(count, to << 3) - skip;
    const begin = left + (<usize>(skip * MR) << 2);
    const height = min(MR, end - key);
    const at = <usize>group * <usize>keys + <usize>key;
    addProduct(height, width, depth, leftWeights + begin, rightDy, count, skip, dv + (at * <usize>width << 2));
    addProduct(height, features, depth, leftGrads + begin, rightQ, count, skip, dk + (at * <usize>features << 2));
  }
}

/** Whether a strip has weights for a panel. */
// @ts-ignore: decorator
@inline
function has(s: i32, panel: i32): bool {
  const strip = strips + <usize>s * STRIP;
  return panel >= load<i32>(strip, FIRST_PANEL) && panel < load<i32>(strip, END_PANEL);
}

/** C [height, n] += A · B: a panel of A, and panels of B `packed` deep of which this begins at `skip`. */
function addProduct(
  height: i32, n: i32, depth: i32, a: usize, b: usize, packed: i32, skip: i32, c: usize,
): void {
  const line = <usize>n << 2;
  const panel = <usize>packed << 5;
  b += <usize>skip << 5;
  for (let j = 0; j < n; j += NR, b += panel, c += NR << 2) {
    const columns = min(NR, n - j);
    if (height == MR && columns == NR) {
      micro(depth, a, b, c, line, zeros, true);
    } else {
      micro(depth, a, b, tile, NR << 2, zeros, false);
      copyTile(tile, c, line, height, columns, true);
    }
  }
}

/**
 * dbias: units from `first` to `end` of the elements that are summed apart: batches, heads and blocks of queries, as far as the bias has an
 * own number for them. dbias is zeros beforehand.
 */
export function attentionBiasGrad(plan: usize, first: i32, end: i32, batch: i32, scratch: usize): void {
  readPlan(plan);
  layOut(scratch, true);
  memory.fill(zeros, 0, 32);
  const share = heads / keyHeads;
  const blocks = (queries + rowBlock - 1) / rowBlock;
  const ownBlocks = biasQuery ? blocks : 1;
  const ownHeads = biasHead ? heads : 1;
  let packedGroup = -1;
  for (let unit = first; unit < end; unit++) {
    const block = biasQuery ? unit % ownBlocks : 0;
    const head = biasHead ? unit / ownBlocks % ownHeads : 0;
    const example = biasBatch ? unit / ownBlocks / ownHeads : 0;
    const exampleEnd = biasBatch ? example + 1 : batch;
    const headEnd = biasHead ? head + 1 : heads;
    const blockEnd = biasQuery ? block + 1 : blocks;
    for (let b = example; b < exampleEnd; b++) {
      for (let h = head; h < headEnd; h++) {
        const group = b * keyHeads + h / share;
        if (group != packedGroup) memory.fill(isPacked, 0, (keys + keyBlock - 1) / keyBlock);
        packedGroup = group;
        const row = h % share * queries;
        for (let i = block; i < blockEnd; i++) {
          differentiateBias(group, row + i * rowBlock, row + min(queries, (i + 1) * rowBlock));
        }
      }
    }
  }
  tellBroken(plan);
}

function differentiateBias(group: i32, row: i32, rowEnd: i32): void {
  const stripCount = (rowEnd - row + 7) >> 3;
  const range = beginRows(group, row, rowEnd);
  const end = <i32>range;
  for (let block = <i32>(range >> 32) / keyBlock; block * keyBlock < end; block++) {
    packBlock(group, block, false);
    for (let s = 0; s < stripCount; s++) {
      const found = weighStrip(group, row, s, block);
      if (found != 0) addToBias(strips + <usize>s * STRIP, block * keyBlock + <i32>(found >> 32) * MR, <i32>found);
    }
  }
}

function addToBias(strip: usize, from: i32, count: i32): void {
  const lanes = load<i32>(strip, LANES);
  const end = grads + (<usize>count << 5);
  for (let lane: usize = 0; lane < <usize>lanes; lane++) {
    const at = strip + (lane << 2);
    let to = dbias + (<usize>load<u32>(at, BIAS_AT) - bias) + <usize>from * biasKey;
    let sum: f64 = 0;
    for (let x = grads + (lane << 2); x < end; x += 32) {
      const g = load<f32>(x);
      sum += <f64>g;
      if (biasKey) {
        store<f32>(to, load<f32>(to) + g);
        to += 4;
      }
    }
    if (!biasKey) store<f32>(to, <f32>(<f64>load<f32>(to) + sum));
    // ∞ - ∞ and NaN - NaN are NaN.
    if (sum - sum != 0) noteBroken();
  }
}
