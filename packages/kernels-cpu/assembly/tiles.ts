// A tile of a product, in registers: what everything that multiplies packed panels shares.

import { micro4x8, micro6x8 } from './micro-kernel.generated';

/** Rows and columns of a tile. */
export const MR: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 4;
export const NR: i32 = 8;

/** A tile of MR × NR: rows of C are `cRow` bytes apart, and start from their own numbers. */
// @ts-ignore: decorator
@inline
export function micro(kc: i32, a: usize, b: usize, c: usize, cRow: usize, start: usize, add: bool): void {
  if (ASC_FEATURE_RELAXED_SIMD) micro6x8(kc, a, b, c, cRow, start, add);
  else micro4x8(kc, a, b, c, cRow, start, add);
}

/** The part of a tile that lies inside C. */
export function copyTile(tile: usize, to: usize, cRow: usize, height: i32, width: i32, add: bool): void {
  for (let i = 0; i < height; i++, tile += NR << 2, to += cRow) {
    for (let j: usize = 0; j < <usize>width << 2; j += 4) {
      const value = load<f32>(tile + j);
      store<f32>(to + j, add ? load<f32>(to + j) + value : value);
    }
  }
}

// @ts-ignore: decorator
@inline
export function roundUp(n: i32, unit: i32): i32 {
  return ((n + unit - 1) / unit) * unit;
}

/** How many of these rows to take in tiles of the full height: the rest goes in tiles of five, so that as few as can be are empty. */
export function wholeRows(rows: i32): i32 {
  if (MR != 6) return rows;
  const tiles = (rows + MR - 1) / MR;
  return MR * (tiles - min(tiles, MR * tiles - rows));
}
