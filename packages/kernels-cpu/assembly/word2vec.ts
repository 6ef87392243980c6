// The steps of word2vec, one example after the other. Rows are `size` bytes long, numbers of rows are below the tables' lengths.

import { softplus4 } from './exponentials';
import { sigmoid4 } from './functions';
import { madd, sumLanes } from './simd';

/** The largest of n whole numbers; -1 where all are below 0. */
export function largestIndex(index: usize, n: i32): i32 {
  const end = index + (<usize>n << 2);
  let most = i32x4.splat(-1);
  for (; index + 16 <= end; index += 16) most = i32x4.max_s(most, v128.load(index));
  for (; index < end; index += 4) most = i32x4.max_s(most, v128.load32_splat(index));
  most = i32x4.max_s(most, i32x4.shuffle(most, most, 2, 3, 0, 1));
  most = i32x4.max_s(most, i32x4.shuffle(most, most, 1, 0, 3, 2));
  return i32x4.extract_lane(most, 0);
}

/** Whole vectors for so many numbers. */
// @ts-ignore: decorator
@inline
function whole(n: i32): usize {
  return (<usize>n + 3) >> 2 << 4;
}

/** Bytes of scratch: a hidden row and its change, scores and slopes. */
export function word2vecBytes(features: i32, count: i32): i32 {
  return <i32>(2 * whole(features) + 2 * whole(count));
}

// @ts-ignore: decorator
@inline
function dot(a: usize, b: usize, size: usize): f32 {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let at: usize = 0;
  for (; at + 64 <= size; at += 64) {
    s0 = madd(v128.load(a + at), v128.load(b + at), s0);
    s1 = madd(v128.load(a + at, 16), v128.load(b + at, 16), s1);
    s2 = madd(v128.load(a + at, 32), v128.load(b + at, 32), s2);
    s3 = madd(v128.load(a + at, 48), v128.load(b + at, 48), s3);
  }
  for (; at + 16 <= size; at += 16) s0 = madd(v128.load(a + at), v128.load(b + at), s0);
  let sum = sumLanes(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
  for (; at < size; at += 4) sum += load<f32>(a + at) * load<f32>(b + at);
  return sum;
}

/** y += factor · x */
// @ts-ignore: decorator
@inline
function addRow(y: usize, factor: f32, x: usize, size: usize): void {
  const by = f32x4.splat(factor);
  let at: usize = 0;
  for (; at + 32 <= size; at += 32) {
    const first = madd(v128.load(x + at), by, v128.load(y + at));
    const second = madd(v128.load(x + at, 16), by, v128.load(y + at, 16));
    v128.store(y + at, first);
    v128.store(y + at, second, 16);
  }
  for (; at + 16 <= size; at += 16) v128.store(y + at, madd(v128.load(x + at), by, v128.load(y + at)));
  for (; at < size; at += 4) store<f32>(y + at, load<f32>(y + at) + factor * load<f32>(x + at));
}

// @ts-ignore: decorator
@inline
function rowOf(table: usize, index: i32, size: usize): usize {
  return table + <usize>index * size;
}

// @ts-ignore: decorator
@inline
function indexAt(list: usize, i: i32): i32 {
  return load<i32>(list + (<usize>i << 2));
}

/** Writes the mean of the rows of a bag; returns how many there are. */
// @ts-ignore: decorator
@inline
function meanOf(hidden: usize, input: usize, bag: usize, width: i32, size: usize): i32 {
  let words = 0;
  for (let i = 0; i < width; i++) {
    const word = indexAt(bag, i);
    if (word < 0) continue;
    if (words == 0) memory.copy(hidden, rowOf(input, word, size), size);
    else addRow(hidden, 1, rowOf(input, word, size), size);
    words++;
  }
  if (words == 0) memory.fill(hidden, 0, size);
  if (words < 2) return words;
  const share: f32 = <f32>1 / <f32>words;
  for (let at: usize = 0; at < size; at += 4) store<f32>(hidden + at, load<f32>(hidden + at) * share);
  return words;
}

/** Puts the slopes σ(s) - label in the place of the scores; returns Σ log(1 + e^s) - label · s over the targets that there are. */
// @ts-ignore: decorator
@inline
function slopesOf(scores: usize, targets: usize, labels: usize, count: i32): f32 {
  let total = f32x4.splat(0);
  let left: i32 = count;
  for (let at: usize = 0; left > 0; at += 16, left -= 4) {
    const s = v128.load(scores + at);
    let label = f32x4.splat(0);
    let target = i32x4.splat(-1);
    if (left >= 4) {
      label = v128.load(labels + at);
      target = v128.load(targets + at);
    } else {
      // Behind the last ones lies what belongs to the next example, or to no tensor at all.
      label = v128.load32_lane(labels + at, label, 0);
      target = v128.load32_lane(targets + at, target, 0);
      if (left > 1) {
        label = v128.load32_lane(labels + at, label, 1, 4);
        target = v128.load32_lane(targets + at, target, 1, 4);
      }
      if (left > 2) {
        label = v128.load32_lane(labels + at, label, 2, 8);
        target = v128.load32_lane(targets + at, target, 2, 8);
      }
    }
    const isThere = i32x4.ge_s(target, i32x4.splat(0));
    const loss = f32x4.sub(softplus4(s), f32x4.mul(label, s));
    total = f32x4.add(total, v128.and(loss, isThere));
    v128.store(scores + at, f32x4.sub(sigmoid4(s), label));
  }
  return sumLanes(total);
}

/** Rows of `features` float32; the scratch has word2vecBytes. */
export function word2vec(
  input: usize, output: usize, features: i32, bags: usize, width: i32, targets: usize, labels: usize, count: i32,
  losses: usize, batch: i32, lr: f32, scratch: usize,
): void {
  const size = <usize>features << 2;
  const hidden = scratch;
  const change = hidden + whole(features);
  const scores = change + whole(features);
  const slopes = whole(count);
  for (let b = 0; b < batch; b++) {
    const words = meanOf(hidden, input, bags, width, size);
    memory.fill(change, 0, size);
    memory.fill(scores, 0, slopes);
    for (let t = 0; t < count; t++) {
      const target = indexAt(targets, t);
      if (target < 0) continue;
      store<f32>(scores + (<usize>t << 2), dot(hidden, rowOf(output, target, size), size));
    }
    store<f32>(losses + (<usize>b << 2), slopesOf(scores, targets, labels, count));
    // All of the change before any row changes: a row may come twice.
    for (let t = 0; t < count; t++) {
      const target = indexAt(targets, t);
      if (target >= 0) addRow(change, load<f32>(scores + (<usize>t << 2)), rowOf(output, target, size), size);
    }
    for (let t = 0; t < count; t++) {
      const target = indexAt(targets, t);
      if (target >= 0) addRow(rowOf(output, target, size), -lr * load<f32>(scores + (<usize>t << 2)), hidden, size);
    }
    if (words > 0) {
      const step: f32 = -lr / <f32>words;
      for (let i = 0; i < width; i++) {
        const word = indexAt(bags, i);
        if (word >= 0) addRow(rowOf(input, word, size), step, change, size);
      }
    }
    bags += <usize>width << 2;
    targets += <usize>count << 2;
    labels += <usize>count << 2;
  }
}
