// Products by one matrix that is packed once and then multiplied with rows many times, as a recurrent network does in each step.
// Each number is summed in the same order whatever the number of rows is, so that rows may be shared out among threads.

import { copyTile, micro, MR, NR, wholeRows } from './tiles';
import { micro5x8 } from './micro-kernel.generated';
import { packFives, packLeft, packRight } from './pack';
import { madd } from './simd';

// As in gemm.ts: a panel of KC × NR stays in the first-level cache, a block of MC × KC in the second.
const KC: i32 = 256;
const MC: i32 = 120;

const STARTS: usize = 0;
const TILE: usize = STARTS + 32;
const LEFT: usize = TILE + 256;

/** Bytes of scratch for one product under way: room for the rows' own panels. */
export function packedScratchBytes(rows: i32): i32 {
  return <i32>LEFT + 4 * KC * (min(rows, MC) + 2 * MR);
}

// @ts-ignore: decorator
@inline
function lines(n: i32): i32 {
  return (n + NR - 1) / NR * NR;
}

export function packedBytes(n: i32, k: i32): i32 {
  return 4 * lines(n) * k;
}

/** Blocks of equal depth: a last one of a few would be slow. */
// @ts-ignore: decorator
@inline
function depthOfBlocks(k: i32): i32 {
  const blocks = max(1, (k + KC - 1) / KC);
  return (k + blocks - 1) / blocks;
}

/** Packs B [k, n] of any strides, block after block along the depth. */
export function packMatrix(to: usize, b: usize, n: i32, k: i32, bDepth: i32, bColumn: i32): void {
  const depth = depthOfBlocks(k);
  for (let k0 = 0; k0 < k; k0 += depth) {
    const kc = min(k - k0, depth);
    packRight(to, b + ((<usize>(k0 * bDepth)) << 2), n, kc, bDepth, bColumn);
    to += <usize>(lines(n) * kc) << 2;
  }
}

/** C [m, n] = A [m, k] · B (+ C), where B was packed; rows of A are `aRow` apart, and those of C n. */
export function multiplyPacked(
  m: i32, n: i32, k: i32, a: usize, aRow: i32, b: usize, c: usize, add: bool, scratch: usize,
): void {
  const depth = depthOfBlocks(k);
  const line = <usize>aRow << 2;
  const cLine = <usize>n << 2;
  v128.store(scratch + STARTS, f32x4.splat(0));
  v128.store(scratch + STARTS, f32x4.splat(0), 16);
  for (let k0 = 0; k0 < k; k0 += depth) {
    const kc = min(k - k0, depth);
    const from = a + (<usize>k0 << 2);
    const adds = add || k0 > 0;
    if (m < 3) {
      for (let i: usize = 0; i < <usize>m; i++) multiplyRow(n, kc, from + i * line, b, c + i * cLine, adds, scratch);
    } else {
      for (let m0 = 0; m0 < m; m0 += MC) {
        const to = c + <usize>m0 * cLine;
        multiplyBlock(min(m - m0, MC), n, kc, from + <usize>m0 * line, aRow, b, to, cLine, adds, scratch);
      }
    }
    b += <usize>(lines(n) * kc) << 2;
  }
}

function multiplyBlock(
  m: i32, n: i32, kc: i32, a: usize, aRow: i32, b: usize, c: usize, cRow: usize, add: bool, scratch: usize,
): void {
  const starts = scratch + STARTS;
  const tile = scratch + TILE;
  const left = scratch + LEFT;
  const first = wholeRows(m);
  packLeft(left, a, first, kc, aRow, 1);
  if (MR == 6) {
    const rest = left + (<usize>(first * kc) << 2);
    packFives(rest, a + ((<usize>(first * aRow)) << 2), m - first, kc, <usize>aRow << 2);
  }
  const panel = <usize>(kc * NR) << 2;
  for (let j = 0; j < n; j += NR, b += panel) {
    const width = min(NR, n - j);
    let to = c + (<usize>j << 2);
    let rows = left;
    for (let i = 0; i < first; i += MR, to += MR * cRow, rows += <usize>(MR * kc) << 2) {
      const height = min(MR, m - i);
      if (width == NR && height == MR) {
        micro(kc, rows, b, to, cRow, starts, add);
      } else {
        micro(kc, rows, b, tile, NR << 2, starts, false);
        copyTile(tile, to, cRow, height, width, add);
      }
    }
    if (MR == 6) {
      for (let i = first; i < m; i += 5, to += 5 * cRow, rows += <usize>(5 * kc) << 2) {
        const height = min(5, m - i);
        if (width == NR && height == 5) {
          micro5x8(kc, rows, b, to, cRow, starts, add);
        } else {
          micro5x8(kc, rows, b, tile, NR << 2, starts, false);
          copyTile(tile, to, cRow, height, width, add);
        }
      }
    }
  }
}

/** One row: four panels side by side, so that sums wait less for each other. */
function multiplyRow(n: i32, kc: i32, a: usize, b: usize, c: usize, add: bool, scratch: usize): void {
  const panel = <usize>(kc * NR) << 2;
  const end = a + (<usize>kc << 2);
  let j = 0;
  for (; j <= n - 4 * NR; j += 4 * NR, b += 4 * panel, c += 16 * NR) {
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let s4 = s0;
    let s5 = s0;
    let s6 = s0;
    let s7 = s0;
    let b0 = b;
    let b1 = b + panel;
    let b2 = b1 + panel;
    let b3 = b2 + panel;
    for (let x = a; x < end; x += 4, b0 += 32, b1 += 32, b2 += 32, b3 += 32) {
      const by = v128.load32_splat(x);
      s0 = madd(by, v128.load(b0), s0);
      s1 = madd(by, v128.load(b0, 16), s1);
      s2 = madd(by, v128.load(b1), s2);
      s3 = madd(by, v128.load(b1, 16), s3);
      s4 = madd(by, v128.load(b2), s4);
      s5 = madd(by, v128.load(b2, 16), s5);
      s6 = madd(by, v128.load(b3), s6);
      s7 = madd(by, v128.load(b3, 16), s7);
    }
    if (add) {
      s0 = f32x4.add(v128.load(c), s0);
      s1 = f32x4.add(v128.load(c, 16), s1);
      s2 = f32x4.add(v128.load(c, 32), s2);
      s3 = f32x4.add(v128.load(c, 48), s3);
      s4 = f32x4.add(v128.load(c, 64), s4);
      s5 = f32x4.add(v128.load(c, 80), s5);
      s6 = f32x4.add(v128.load(c, 96), s6);
      s7 = f32x4.add(v128.load(c, 112), s7);
    }
    v128.store(c, s0);
    v128.store(c, s1, 16);
    v128.store(c, s2, 32);
    v128.store(c, s3, 48);
    v128.store(c, s4, 64);
    v128.store(c, s5, 80);
    v128.store(c, s6, 96);
    v128.store(c, s7, 112);
  }
  const tile = scratch + TILE;
  for (; j < n; j += NR, b += panel, c += 4 * NR) {
    let s0 = f32x4.splat(0);
    let s1 = s0;
    let b0 = b;
    for (let x = a; x < end; x += 4, b0 += 32) {
      const by = v128.load32_splat(x);
      s0 = madd(by, v128.load(b0), s0);
      s1 = madd(by, v128.load(b0, 16), s1);
    }
    v128.store(tile, s0);
    v128.store(tile, s1, 16);
    copyTile(tile, c, 0, 1, min(NR, n - j), add);
  }
}
