// Products by one matrix that is packed once and then multiplied with rows many times, as a recurrent network does in each step.
// Each number is summed in the same order whatever the number of rows is, so that rows may be shared out among threads.

import { MR, NR } from './gemm';
import { micro4x8, micro5x8, micro6x8 } from './micro-kernel.generated';
import { packLeft, packRight } from './pack';
import { madd, storeTransposed } from './simd';

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
  // As many tiles as of the full height, and some of them a row less where that leaves nothing over.
  const tiles = (m + MR - 1) / MR;
  const small = MR == 6 ? min(tiles, MR * tiles - m) : 0;
  const first = min(m, MR * (tiles - small));
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
        if (MR == 6) micro6x8(kc, rows, b, to, cRow, starts, add);
        else micro4x8(kc, rows, b, to, cRow, starts, add);
      } else {
        if (MR == 6) micro6x8(kc, rows, b, tile, NR << 2, starts, false);
        else micro4x8(kc, rows, b, tile, NR << 2, starts, false);
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

/** Panels of five rows that lie along the depth; those that are missing are the last one again, and nobody looks at them. */
function packFives(to: usize, a: usize, rows: i32, depth: i32, line: usize): void {
  for (let i = 0; i < rows; i += 5, a += 5 * line) {
    const last = <usize>(min(5, rows - i) - 1);
    const a1 = a + min<usize>(1, last) * line;
    const a2 = a + min<usize>(2, last) * line;
    const a3 = a + min<usize>(3, last) * line;
    const a4 = a + min<usize>(4, last) * line;
    let k: usize = 0;
    const end = <usize>depth << 2;
    for (; k + 16 <= end; k += 16, to += 80) {
      storeTransposed(v128.load(a + k), v128.load(a1 + k), v128.load(a2 + k), v128.load(a3 + k), to, 20);
      const r4 = v128.load(a4 + k);
      v128.store32_lane(to, r4, 0, 16);
      v128.store32_lane(to, r4, 1, 36);
      v128.store32_lane(to, r4, 2, 56);
      v128.store32_lane(to, r4, 3, 76);
    }
    for (; k < end; k += 4, to += 20) {
      store<f32>(to, load<f32>(a + k));
      store<f32>(to, load<f32>(a1 + k), 4);
      store<f32>(to, load<f32>(a2 + k), 8);
      store<f32>(to, load<f32>(a3 + k), 12);
      store<f32>(to, load<f32>(a4 + k), 16);
    }
  }
}

/** The part of a tile that lies inside C. */
function copyTile(tile: usize, to: usize, cRow: usize, height: i32, width: i32, add: bool): void {
  for (let i = 0; i < height; i++, tile += NR << 2, to += cRow) {
    for (let j: usize = 0; j < <usize>width << 2; j += 4) {
      const value = load<f32>(tile + j);
      store<f32>(to + j, add ? load<f32>(to + j) + value : value);
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
