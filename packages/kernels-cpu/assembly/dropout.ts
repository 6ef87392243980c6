// Dropout: 0 where a random mask says so, drawn by Threefry-2x32 with 20 rounds (Salmon et al., 2011), four blocks at a time. The
// numbers are those of the host's generator, which `random.ts` of @dl/autograd describes.

// @ts-ignore: decorator
@inline
function rotate(x: v128, by: i32): v128 {
  return v128.or(i32x4.shl(x, by), i32x4.shr_u(x, 32 - by));
}

// The two words of the blocks that were drawn last.
let words0: v128 = i32x4.splat(0);
let words1: v128 = i32x4.splat(0);

// @ts-ignore: decorator
@inline
function drawBlocks(low: v128, high: v128, key0: i32, key1: i32): void {
  const k0 = i32x4.splat(key0);
  const k1 = i32x4.splat(key1);
  const k2 = i32x4.splat(0x1bd11bda ^ key0 ^ key1);
  let a = i32x4.add(low, k0);
  let b = i32x4.add(high, k1);
  a = i32x4.add(a, b); b = v128.xor(rotate(b, 13), a);
  a = i32x4.add(a, b); b = v128.xor(rotate(b, 15), a);
  a = i32x4.add(a, b); b = v128.xor(rotate(b, 26), a);
  a = i32x4.add(a, b); b = v128.xor(rotate(b, 6), a);
  a = i32x4.add(a, k1); b = i32x4.add(b, i32x4.add(k2, i32x4.splat(1)));
  a = i32x4.add(a, b); b = v128.xor(rotate(b, 17), a);
  a = i32x4.add(a, b); b = v128.xor(rotate(b, 29), a);
  a = i32x4.add(a, b); b = v128.xor(rotate(b, 16), a);
  a = i32x4.add(a, b); b = v128.xor(rotate(b, 24), a);
  a = i32x4.add(a, k2); b = i32x4.add(b, i32x4.add(k0, i32x4.splat(2)));
  a = i32x4.add(a, b); b = v128.xor(rotate(b, 13), a);
  a = i32x4.add(a, b); b = v128.xor(rotate(b, 15), a);
  a = i32x4.add(a, b); b = v128.xor(rotate(b, 26), a);
  a = i32x4.add(a, b); b = v128.xor(rotate(b, 6), a);
  a = i32x4.add(a, k0); b = i32x4.add(b, i32x4.add(k1, i32x4.splat(3)));
  a = i32x4.add(a, b); b = v128.xor(rotate(b, 17), a);
  a = i32x4.add(a, b); b = v128.xor(rotate(b, 29), a);
  a = i32x4.add(a, b); b = v128.xor(rotate(b, 16), a);
  a = i32x4.add(a, b); b = v128.xor(rotate(b, 24), a);
  a = i32x4.add(a, k1); b = i32x4.add(b, i32x4.add(k2, i32x4.splat(4)));
  a = i32x4.add(a, b); b = v128.xor(rotate(b, 13), a);
  a = i32x4.add(a, b); b = v128.xor(rotate(b, 15), a);
  a = i32x4.add(a, b); b = v128.xor(rotate(b, 26), a);
  a = i32x4.add(a, b); b = v128.xor(rotate(b, 6), a);
  words0 = i32x4.add(a, k2);
  words1 = i32x4.add(b, i32x4.add(k0, i32x4.splat(5)));
}

/** x times `scale` where the upper 24 bits of the word are at least `limit`, 0 elsewhere, whatever x is. */
// @ts-ignore: decorator
@inline
function masked(x: v128, words: v128, limit: v128, scale: v128): v128 {
  return v128.and(f32x4.mul(x, scale), i32x4.ge_s(i32x4.shr_u(words, 8), limit));
}

/**
 * y[i] = word of i's place < limit ? 0 : x[i] · scale for elements from `first` to `end`. `position` is the place of
 * element 0 in the generator's stream, in 32-bit words: two for each block.
 */
export function dropElements(
  x: usize, y: usize, first: i32, end: i32, limit: i32, scale: f32, key0: i32, key1: i32, position: f64,
): void {
  const bound = i32x4.splat(limit);
  const factor = f32x4.splat(scale);
  let place = <u64>position + <u64>first;
  let i = first;
  while (i < end) {
    const block = place >> 1;
    // Four blocks whose counters do not run over into the upper half, from the first word of a block.
    if ((place & 1) == 0 && end - i >= 8 && <u32>block <= 0xfffffffb) {
      drawBlocks(i32x4.add(i32x4.splat(<i32>block), i32x4(0, 1, 2, 3)), i32x4.splat(<i32>(block >> 32)), key0, key1);
      const from = x + (<usize>i << 2);
      const to = y + (<usize>i << 2);
      v128.store(to, masked(v128.load(from), i32x4.shuffle(words0, words1, 0, 4, 1, 5), bound, factor));
      v128.store(to, masked(v128.load(from, 16), i32x4.shuffle(words0, words1, 2, 6, 3, 7), bound, factor), 16);
      i += 8;
      place += 8;
      continue;
    }
    drawBlocks(i32x4.splat(<i32>block), i32x4.splat(<i32>(block >> 32)), key0, key1);
    const words = (place & 1) == 0 ? words0 : words1;
    v128.store32_lane(y + (<usize>i << 2), masked(v128.load32_splat(x + (<usize>i << 2)), words, bound, factor), 0);
    i++;
    place++;
  }
}

// @ts-ignore: decorator
@inline
function keep(at: usize, isKept: v128): void {
  v128.store(at, v128.and(v128.load(at), isKept));
}

/**
 * Weights of four rows, `count` vectors 32 bytes apart: 0 where their word is below `limit`, and in `other` (or 0) at the same places. The
 * word of weight j of row r is at `first + r · line + j`. Two neighbours share a block; that of an odd place, with the one before it.
 */
export function dropStrip(
  x: usize, other: usize, count: i32, first: u64, line: u64, limit: i32, key0: i32, key1: i32,
): void {
  const bound = i32x4.splat(limit);
  const one = i64x2.splat(1);
  const place0 = i64x2.add(i64x2.splat(first), i64x2.replace_lane(i64x2.splat(0), 1, line));
  const place2 = i64x2.add(place0, i64x2.splat(2 * line));
  const isOdd = i32x4.neg(v128.and(i32x4.shuffle(place0, place2, 0, 2, 4, 6), i32x4.splat(1)));
  // The next block that begins: where places are odd, the words at hand are from the one before.
  let block0 = i64x2.shr_u(i64x2.add(place0, one), 1);
  let block2 = i64x2.shr_u(i64x2.add(place2, one), 1);
  let carried = bound;
  if (v128.any_true(isOdd)) {
    const b0 = i64x2.sub(block0, one);
    const b2 = i64x2.sub(block2, one);
    drawBlocks(i32x4.shuffle(b0, b2, 0, 2, 4, 6), i32x4.shuffle(b0, b2, 1, 3, 5, 7), key0, key1);
    carried = words1;
  }
  for (let j = 0; j < count; j += 2, x += 64) {
    drawBlocks(i32x4.shuffle(block0, block2, 0, 2, 4, 6), i32x4.shuffle(block0, block2, 1, 3, 5, 7), key0, key1);
    block0 = i64x2.add(block0, one);
    block2 = i64x2.add(block2, one);
    const isKept0 = i32x4.ge_s(i32x4.shr_u(v128.bitselect(carried, words0, isOdd), 8), bound);
    const isKept1 = i32x4.ge_s(i32x4.shr_u(v128.bitselect(words0, words1, isOdd), 8), bound);
    carried = words1;
    keep(x, isKept0);
    if (other) keep(other, isKept0);
    if (j + 1 < count) {
      keep(x + 32, isKept1);
      if (other) keep(other + 32, isKept1);
    }
    other = other ? other + 64 : 0;
  }
}
