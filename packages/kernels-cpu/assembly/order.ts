// Order along lines: all of a line, or its first k. What is sorted are pairs of a key and a place, by radix.
//
// A key is a number whose order without sign is the order that is asked for: the bits of a float32 with those of negative
// ones flipped, those of an int32 with the sign flipped, and all of them flipped where large ones come first.
// 0 and -0 have one key, and so have all NaN, which is above every other. A pair is key · 2³² + place.

// Below, moving pairs one by one is faster than counting them.
const FEW: i32 = 40;
// From so many pairs on, three passes over long tables of counts are faster than four over short ones.
const MANY: i32 = 4096;
/** Bytes of the counts. */
const COUNTS: usize = 3 * 2048 * 4;

const ZERO: u32 = 0x80000000;
const NAN: u32 = 0xffffffff;

// @ts-ignore: decorator
@inline
function keyOf(bits: u32, isInt: bool, flip: u32): u32 {
  if (isInt) return bits ^ 0x80000000 ^ flip;
  const flipped = bits ^ (<u32>(<i32>bits >> 31) | 0x80000000);
  const key = bits << 1 > 0xff000000 ? NAN : bits << 1 == 0 ? ZERO : flipped;
  return key ^ flip;
}

/** The same for four, with the sign flipped, because vectors compare with sign. */
// @ts-ignore: decorator
@inline
function keys4(x: v128, isInt: bool, flip: v128): v128 {
  if (isInt) return v128.xor(x, flip);
  const bits = v128.andnot(x, f32x4.eq(x, f32x4.splat(0)));
  const flipped = v128.xor(bits, i32x4.shr_u(i32x4.shr_s(bits, 31), 1));
  return v128.xor(v128.bitselect(i32x4.splat(0x7fffffff), flipped, f32x4.ne(x, x)), flip);
}

/**
 * Sorts pairs by key, equal keys as they stood; the first `sorted` are in order. The result is where it returns: in `pairs`, or in
 * `other`, which is as large.
 */
function sortPairs(pairs: usize, other: usize, sorted: i32, n: i32, counts: usize): usize {
  if (n <= FEW) {
    insert(pairs, sorted, n);
    return pairs;
  }
  return n < MANY ? sortByDigits(pairs, other, n, counts, 4, 8) : sortByDigits(pairs, other, n, counts, 3, 11);
}

/** Places are in order, so that pairs can be compared as a whole. */
function insert(pairs: usize, sorted: i32, n: i32): void {
  const end = pairs + (<usize>n << 3);
  for (let next = pairs + (<usize>sorted << 3); next < end; next += 8) {
    const pair = load<u64>(next);
    let at = next;
    for (; at > pairs && load<u64>(at - 8) > pair; at -= 8) store<u64>(at, load<u64>(at - 8));
    store<u64>(at, pair);
  }
}

// @ts-ignore: decorator
@inline
function sortByDigits(pairs: usize, other: usize, n: i32, counts: usize, digits: i32, bits: i32): usize {
  const table = <usize>4 << bits;
  const mask = (<u32>1 << bits) - 1;
  const bytes = <usize>n << 3;
  memory.fill(counts, 0, <usize>digits * table);
  for (let at = pairs; at < pairs + bytes; at += 8) {
    let key = load<u32>(at, 4);
    for (let d = 0, row = counts; d < digits; d++, row += table) {
      const count = row + (<usize>(key & mask) << 2);
      store<u32>(count, load<u32>(count) + 1);
      key >>= bits;
    }
  }
  for (let d = 0, row = counts; d < digits; d++, row += table) {
    const shift = 32 + d * bits;
    // A digit that all have in common changes nothing.
    const common = <u32>(load<u64>(pairs) >> shift) & mask;
    if (load<u32>(row + (<usize>common << 2)) == n) continue;
    let place = <u32>other;
    for (let count = row; count < row + table; count += 4) {
      const held = load<u32>(count);
      store<u32>(count, place);
      place += held << 3;
    }
    for (let at = pairs; at < pairs + bytes; at += 8) {
      const pair = load<u64>(at);
      const count = row + (<usize>(<u32>(pair >> shift) & mask) << 2);
      const to = load<u32>(count);
      store<u64>(to, pair);
      store<u32>(count, to + 8);
    }
    const swap = pairs;
    pairs = other;
    other = swap;
  }
  return pairs;
}

/**
 * The first `k` in order of lines `first` to `end` along the middle axis of [outer, length, inner]: their values, and where they
 * stood. Scratch has two rooms for so many pairs, more than k unless that is `length`, and one for the counts.
 */
export function order(
  x: usize, values: usize, indices: usize, first: i32, end: i32, length: i32, inner: i32, k: i32, room: i32,
  isInt: bool, isDescending: bool, scratch: usize,
): void {
  for (let line = first; line < end; line++) {
    const plane = line / inner;
    const column = line - plane * inner;
    const from = x + (<usize>(plane * length * inner + column) << 2);
    const to = <usize>(plane * k * inner + column) << 2;
    if (isInt) orderLine(from, values + to, indices + to, length, inner, k, room, true, isDescending, scratch);
    else orderLine(from, values + to, indices + to, length, inner, k, room, false, isDescending, scratch);
  }
}

export function orderBytes(room: i32): usize {
  return COUNTS + (<usize>room << 4);
}

// @ts-ignore: decorator
@inline
function orderLine(
  x: usize, values: usize, indices: usize, n: i32, inner: i32, k: i32, room: i32, isInt: bool, isDescending: bool,
  scratch: usize,
): void {
  const step = <usize>inner << 2;
  const flip: u32 = isDescending ? 0xffffffff : 0;
  const one = scratch + COUNTS;
  const two = one + (<usize>room << 3);
  let pairs = one;
  let held = min(n, room);
  for (let i = 0, at = x; i < held; i++, at += step) {
    store<u64>(pairs + (<usize>i << 3), (<u64>keyOf(load<u32>(at), isInt, flip) << 32) | i);
  }
  pairs = sortPairs(pairs, two, 1, held, scratch);
  // Of the others only those count that come before the last of the first k. They wait behind these until the room is full.
  for (let i = held; i < n; ) {
    held = k;
    const limit = load<u32>(pairs + (<usize>(k - 1) << 3), 4);
    const limits = i32x4.splat(limit ^ 0x80000000);
    const flips = i32x4.splat(flip);
    while (i < n && held < room) {
      if (inner == 1) i = nextBelow(x, i, n, isInt, limits, flips);
      const stop = min(n, i + 16);
      for (let at = x + <usize>i * step; i < stop && held < room; i++, at += step) {
        const key = keyOf(load<u32>(at), isInt, flip);
        if (key >= limit) continue;
        store<u64>(pairs + (<usize>held << 3), (<u64>key << 32) | i);
        held++;
      }
    }
    pairs = sortPairs(pairs, pairs == one ? two : one, k, held, scratch);
  }
  for (let i = 0; i < k; i++, pairs += 8, values += step, indices += step) {
    const place = load<u32>(pairs);
    const key = load<u32>(pairs, 4) ^ flip;
    // The key has the value in it, but for the sign of 0 and what a NaN may carry.
    if (isInt) store<u32>(values, key ^ 0x80000000);
    else if (key == ZERO || key == NAN) store<u32>(values, load<u32>(x + <usize>place * step));
    else store<u32>(values, key & 0x80000000 ? key ^ 0x80000000 : ~key);
    store<u32>(indices, place);
  }
}

/** The first of sixteen neighbours among which a key is below the limit; or where fewer are left. */
// @ts-ignore: decorator
@inline
function nextBelow(x: usize, i: i32, n: i32, isInt: bool, limits: v128, flips: v128): i32 {
  for (let at = x + (<usize>i << 2); i <= n - 16; i += 16, at += 64) {
    const a = i32x4.lt_s(keys4(v128.load(at), isInt, flips), limits);
    const b = i32x4.lt_s(keys4(v128.load(at, 16), isInt, flips), limits);
    const c = i32x4.lt_s(keys4(v128.load(at, 32), isInt, flips), limits);
    const d = i32x4.lt_s(keys4(v128.load(at, 48), isInt, flips), limits);
    if (v128.any_true(v128.or(v128.or(a, b), v128.or(c, d)))) break;
  }
  return i;
}
