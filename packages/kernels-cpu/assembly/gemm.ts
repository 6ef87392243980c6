// The matrix product C = A · B (+ C): blocks of both factors are packed into panels that fit the caches, and tiles of C
// are summed in registers. The strides that packing takes make transposed factors cost nothing more.

import { Activation, finish } from './epilogue';
import { gemmSmall } from './gemm-small';
import { packIndexed, packLeft, packRight } from './pack';
import { copyTile, micro, MR, NR } from './tiles';

// A panel of KC × NR stays in the first-level cache, a block of MC × KC and one of KC × NC in the second.
const KC: i32 = 256;
const MC: i32 = 120;
const NC: i32 = 512;

const STARTS: usize = 0;
const TILE: usize = STARTS + 512;
const LEFT: usize = TILE + 256;
const RIGHT: usize = LEFT + 4 * MC * KC;

/** How many bytes of scratch a product needs. */
export function gemmBytes(): i32 {
  return <i32>RIGHT + 4 * KC * NC;
}

/**
 * C [m, n] = A [m, k] · B [k, n], with any strides of A and B; rows of C are `cRow` apart. With `bias` (or 0) each row
 * of C starts from its own number; with `add` the product is added to C.
 */
export function gemm(
  m: i32, n: i32, k: i32,
  a: usize, aRow: i32, aDepth: i32,
  b: usize, bDepth: i32, bColumn: i32,
  c: usize, cRow: i32,
  bias: usize, add: bool, scratch: usize,
): void {
  multiply(m, n, k, a, aRow, aDepth, b, bDepth, bColumn, 0, 0, c, cRow, bias, add, 0, Activation.none, scratch);
}

/** A layer: C = activation(A · B + bias), with one bias for each column of C, or 0. */
export function gemmLinear(
  m: i32, n: i32, k: i32,
  a: usize, aRow: i32, aDepth: i32,
  b: usize, bDepth: i32, bColumn: i32,
  c: usize, cRow: i32,
  bias: usize, activation: Activation, scratch: usize,
): void {
  if (scratch) {
    multiply(m, n, k, a, aRow, aDepth, b, bDepth, bColumn, 0, 0, c, cRow, 0, false, bias, activation, scratch);
  } else {
    gemmSmall(m, n, k, a, aRow, aDepth, b, bDepth, bColumn, c, cRow);
    finish(c, <usize>cRow << 2, m, n, bias, activation);
  }
}

/** The product with element (p, j) of B at address b + depths[p] + columns[j], two tables of offsets in bytes. */
export function gemmIndexed(
  m: i32, n: i32, k: i32,
  a: usize, aRow: i32, aDepth: i32,
  b: usize, depths: usize, columns: usize,
  c: usize, cRow: i32,
  bias: usize, add: bool, scratch: usize,
): void {
  multiply(m, n, k, a, aRow, aDepth, b, 0, 0, depths, columns, c, cRow, bias, add, 0, Activation.none, scratch);
}

function multiply(
  m: i32, n: i32, k: i32,
  a: usize, aRow: i32, aDepth: i32,
  b: usize, bDepth: i32, bColumn: i32, depths: usize, columns: usize,
  c: usize, cRow: i32,
  bias: usize, add: bool, columnBias: usize, activation: Activation, scratch: usize,
): void {
  const left = scratch + LEFT;
  const right = scratch + RIGHT;
  // Blocks of equal depth: a last one of a few would waste its packing.
  const blocks = max(1, (k + KC - 1) / KC);
  const depth = (k + blocks - 1) / blocks;
  for (let n0 = 0; n0 < n; n0 += NC) {
    const nc = min(n - n0, NC);
    for (let block = 0; block < blocks; block++) {
      const k0 = block * depth;
      const kc = min(k - k0, depth);
      const from = depths ? b : b + ((<usize>(k0 * bDepth + n0 * bColumn)) << 2);
      if (depths) packIndexed(right, from, depths + (<usize>k0 << 2), columns + (<usize>n0 << 2), nc, kc);
      else packRight(right, from, nc, kc, bDepth, bColumn);
      const adds = add || block > 0;
      for (let m0 = 0; m0 < m; m0 += MC) {
        const mc = min(m - m0, MC);
        packLeft(left, a + ((<usize>(m0 * aRow + k0 * aDepth)) << 2), mc, kc, aRow, aDepth);
        startFrom(scratch + STARTS, bias && !adds ? bias + (<usize>m0 << 2) : 0, mc);
        const to = c + ((<usize>(m0 * cRow + n0)) << 2);
        multiplyBlock(mc, nc, kc, left, right, to, <usize>cRow << 2, adds, scratch);
        if (block == blocks - 1) {
          finish(to, <usize>cRow << 2, mc, nc, columnBias ? columnBias + (<usize>n0 << 2) : 0, activation);
        }
      }
    }
  }
}

/** What the sums of a block's rows start from; rows beyond the last start from 0. */
function startFrom(starts: usize, bias: usize, mc: i32): void {
  memory.fill(starts, 0, 512);
  if (bias) memory.copy(starts, bias, <usize>mc << 2);
}

function multiplyBlock(
  mc: i32, nc: i32, kc: i32, left: usize, right: usize, c: usize, cRow: usize, add: bool, scratch: usize,
): void {
  const starts = scratch + STARTS;
  const tile = scratch + TILE;
  const leftPanel = <usize>(kc * MR) << 2;
  const rightPanel = <usize>(kc * NR) << 2;
  for (let j = 0; j < nc; j += NR, right += rightPanel) {
    const width = min(NR, nc - j);
    let panel = left;
    for (let i = 0; i < mc; i += MR, panel += leftPanel) {
      const height = min(MR, mc - i);
      const to = c + <usize>i * cRow + (<usize>j << 2);
      const start = starts + (<usize>i << 2);
      if (width == NR && height == MR) {
        micro(kc, panel, right, to, cRow, start, add);
      } else {
        micro(kc, panel, right, tile, NR << 2, start, false);
        copyTile(tile, to, cRow, height, width, add);
      }
    }
  }
}
