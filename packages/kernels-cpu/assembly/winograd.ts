// 3x3 convolution with stride 1 by Winograd's F(4x4, 3x3): tiles of the image and the filters are transformed, multiplied
// element by element, summed over the channels, and transformed back. For each of the 36 elements of a tile, the sums are a
// matrix product [filters, channels] · [channels, tiles]; its factors are transformed straight into packed panels.
//
// Errors are about twice those of summing in single precision, beside what a whole tile sums: a number that is far larger than
// those around takes their digits, up to four pixels away. So tiles are for images whose numbers are of one size (isEven).
//
// Tiles are numbered over images, rows and columns, and taken in blocks that fit the second-level cache.

import { micro, MR, NR, roundUp } from './tiles';
import { sumLanes } from './simd';
import { filterTiles, imageTiles, leftPlace, resultTiles } from './winograd-tiles';

/** Whether no number is larger than so many times the mean of their sizes. False where one is NaN or infinite. */
export function isEven(x: usize, n: i32, times: f32): bool {
  let most = f32x4.splat(0);
  let other = most;
  let sum: f64 = 0;
  let i = 0;
  while (i <= n - 8) {
    let part = f32x4.splat(0);
    let rest = part;
    for (const stop = min(n - 7, i + 4096); i < stop; i += 8, x += 32) {
      const a = f32x4.abs(v128.load(x));
      const b = f32x4.abs(v128.load(x, 16));
      most = f32x4.pmax(most, a);
      other = f32x4.pmax(other, b);
      part = f32x4.add(part, a);
      rest = f32x4.add(rest, b);
    }
    sum += <f64>sumLanes(f32x4.add(part, rest));
  }
  most = f32x4.pmax(most, other);
  most = f32x4.pmax(most, i32x4.shuffle(most, most, 2, 3, 0, 1));
  let largest = f32x4.extract_lane(f32x4.pmax(most, i32x4.shuffle(most, most, 1, 0, 3, 2)), 0);
  for (; i < n; i++, x += 4) {
    const size = abs(load<f32>(x));
    largest = max(largest, size);
    sum += <f64>size;
  }
  // NaN and infinities are in the sum.
  return sum < Infinity && <f64>largest * <f64>n <= <f64>times * sum;
}

// Scratch begins with zeros, where the sums of a tile start from, and room for the transforms.
export const BETWEEN: usize = 64;
export const RESULT: usize = BETWEEN + 1024;
export const TABLES: usize = RESULT + 256;

/** The distance of the 36 parts of a transformed block: odd in cache lines, or they would all compete for the same ones. */
// @ts-ignore: decorator
@inline
export function stepOf(bytes: usize): usize {
  return (((bytes + 63) >> 6) | 1) << 6;
}

// @ts-ignore: decorator
@inline
function filterStep(filters: i32, depth: i32): usize {
  return stepOf(<usize>(roundUp(roundUp(filters, 4), MR) * depth) << 2);
}

/** Bytes of so many filters, transformed. */
export function winogradFilterBytes(filters: i32, depth: i32): i32 {
  return 36 * <i32>filterStep(filters, depth);
}

/**
 * Transforms filters [filters, depth, 3, 3], whose steps are given in elements, from the quad `first` of filters to `end`.
 * Turned round they are those of the input's gradient.
 */
export function winogradFilters(
  to: usize, weight: usize, filters: i32, depth: i32, filterStride: i32, depthStride: i32, flipped: bool,
  first: i32, end: i32, scratch: usize,
): void {
  const step = filterStep(filters, depth);
  const between = scratch + BETWEEN;
  for (let f = 4 * first; f < 4 * end; f += 4) {
    let w0 = weight + (<usize>(f * filterStride) << 2);
    // Filters that are missing repeat the last one: their results go nowhere.
    let w1 = weight + (<usize>(min(f + 1, filters - 1) * filterStride) << 2);
    let w2 = weight + (<usize>(min(f + 2, filters - 1) * filterStride) << 2);
    let w3 = weight + (<usize>(min(f + 3, filters - 1) * filterStride) << 2);
    let low = to + leftPlace(f, depth);
    let high = to + leftPlace(f + 2, depth);
    const next = <usize>depthStride << 2;
    for (let d = 0; d < depth; d++, low += MR << 2, high += MR << 2) {
      filterTiles(w0, w1, w2, w3, flipped, low, high, step, between);
      w0 += next;
      w1 += next;
      w2 += next;
      w3 += next;
    }
  }
}

/** Bytes of one row of tiles that is copied out of a plane, with its zeros: six lines. */
// @ts-ignore: decorator
@inline
export function bandPitch(tilesX: i32): usize {
  return <usize>(4 * tilesX + 4) << 2;
}

/** How many rows of tiles a block can touch. */
// @ts-ignore: decorator
@inline
export function bandRows(tilesX: i32, block: i32): i32 {
  return (block + tilesX - 2) / tilesX + 1;
}

/** Scratch of one part of winogradTiles. */
export function winogradBytes(channels: i32, filters: i32, tilesX: i32, block: i32): i32 {
  const band = 6 * <i32>bandPitch(tilesX) * bandRows(tilesX, block);
  const image = 36 * <i32>stepOf(<usize>(channels * block) << 2);
  const products = 36 * <i32>stepOf(<usize>(roundUp(filters, MR) * block) << 2);
  return <i32>TABLES + 12 * block + band + image + products;
}

/**
 * Convolves the tiles from `first` to `end`. Rows of tiles are `tilesX` long, images have `tilesY` rows; images of x are
 * `imageStride` elements apart and those of y `resultStride`. `block` is a multiple of 8.
 */
export function winogradTiles(
  x: usize, filtersOf: usize, bias: usize, y: usize,
  channels: i32, height: i32, width: i32, imageStride: i32,
  filters: i32, outHeight: i32, outWidth: i32, resultStride: i32,
  padTop: i32, padLeft: i32, tilesY: i32, tilesX: i32, first: i32, end: i32, block: i32, scratch: usize,
): void {
  memory.fill(scratch, 0, BETWEEN);
  const bandTable = scratch + TABLES;
  const resultTable = bandTable + (<usize>block << 2);
  const band = bandTable + <usize>block * 12;
  const pitch = bandPitch(tilesX);
  const image = band + 6 * pitch * <usize>bandRows(tilesX, block);
  const imageStep = stepOf(<usize>(channels * block) << 2);
  const products = image + 36 * imageStep;
  const rows = roundUp(filters, MR);
  const productStep = stepOf(<usize>(rows * block) << 2);
  const ofFilters = filterStep(filters, channels);
  for (let t0 = first; t0 < end; t0 += block) {
    const count = min(block, end - t0);
    const padded = roundUp(count, NR);
    placeTiles(bandTable, t0, count, padded, tilesX, 6 * pitch);
    placeResults(resultTable, t0, count, tilesX, tilesY, resultStride, outHeight, outWidth);
    const row = t0 / tilesX;
    const rowCount = (t0 + count - 1) / tilesX - row + 1;
    for (let c = 0; c < channels; c++) {
      const plane = x + (<usize>(c * height * width) << 2);
      copyBand(band, plane, height, width, imageStride, padTop, padLeft, row, rowCount, tilesY, pitch, 6);
      let to = image + <usize>c * (NR << 2);
      for (let t = 0; t < padded; t += 4) {
        const table = bandTable + (<usize>t << 2);
        imageTiles(
          band + load<u32>(table), band + load<u32>(table, 4), band + load<u32>(table, 8), band + load<u32>(table, 12),
          pitch, to + <usize>(t & 4) * 4, imageStep, scratch + BETWEEN,
        );
        if (t & 4) to += <usize>(channels * NR) << 2;
      }
    }
    for (let i: usize = 0; i < 36; i++) {
      multiply(
        channels, rows, padded, filtersOf + i * ofFilters, image + i * imageStep, products + i * productStep, scratch,
      );
    }
    for (let f = 0; f < filters; f++) {
      const plane = y + (<usize>(f * outHeight * outWidth) << 2);
      const start = bias ? load<f32>(bias + (<usize>f << 2)) : 0;
      for (let t = 0; t < count; t += 4) {
        const m = products + (<usize>((t / NR) * rows * NR + f * NR + (t & 4)) << 2);
        resultTiles(m, productStep, start, scratch + RESULT, scratch + BETWEEN);
        const lanes = min(4, count - t);
        for (let lane = 0; lane < lanes; lane++) {
          const table = resultTable + (<usize>(t + lane) << 3);
          storeTile(scratch + RESULT + (<usize>lane << 4), plane + load<u32>(table), load<u32>(table, 4), outWidth);
        }
      }
    }
  }
}

/** Products of all panels of rows with all panels of tiles. Those of the filters are used up one after the other. */
function multiply(depth: i32, rows: i32, tiles: i32, a: usize, b: usize, c: usize, start: usize): void {
  const leftPanel = <usize>(depth * MR) << 2;
  const rightPanel = <usize>(depth * NR) << 2;
  for (let i = 0; i < rows; i += MR, a += leftPanel) {
    let right = b;
    let to = c + (<usize>(i * NR) << 2);
    for (let j = 0; j < tiles; j += NR, right += rightPanel, to += <usize>(rows * NR) << 2) {
      micro(depth, a, right, to, NR << 2, start, false);
    }
  }
}

/** Where the tiles of a block begin in the band, whose rows of tiles are `rowBytes` apart; places beyond the last repeat it. */
export function placeTiles(table: usize, first: i32, count: i32, padded: i32, tilesX: i32, rowBytes: usize): void {
  const row = first / tilesX;
  for (let t = 0; t < padded; t++) {
    const tile = first + min(t, count - 1);
    store<u32>(table + (<usize>t << 2), <u32>(<usize>(tile / tilesX - row) * rowBytes + (<usize>(tile % tilesX) << 4)));
  }
}

/** Where their results begin in the planes of y, and how many rows and columns of them lie in it. */
function placeResults(
  table: usize, first: i32, count: i32, tilesX: i32, tilesY: i32, resultStride: i32, outHeight: i32, outWidth: i32,
): void {
  for (let t = first; t < first + count; t++, table += 8) {
    const row = t / tilesX;
    const top = (row % tilesY) * 4;
    const left = (t % tilesX) * 4;
    store<u32>(table, <u32>((row / tilesY) * resultStride + top * outWidth + left) << 2);
    store<u32>(table, (min(4, outHeight - top) << 8) | min(4, outWidth - left), 4);
  }
}

/** Copies rows of tiles out of a plane: `lines` lines of each, with zeros where they leave the image. */
export function copyBand(
  to: usize, plane: usize, height: i32, width: i32, imageStride: i32, padTop: i32, padLeft: i32,
  row: i32, rowCount: i32, tilesY: i32, pitch: usize, lines: i32,
): void {
  const left = <usize>min(padLeft, <i32>(pitch >> 2)) << 2;
  const length = <usize>min(width, max(0, <i32>(pitch >> 2) - padLeft)) << 2;
  for (let r = row; r < row + rowCount; r++) {
    const image = plane + (<usize>((r / tilesY) * imageStride) << 2);
    let line = (r % tilesY) * 4 - padTop;
    for (const last = line + lines; line < last; line++, to += pitch) {
      if (line < 0 || line >= height) {
        memory.fill(to, 0, pitch);
      } else {
        const from = image + (<usize>(line * width) << 2);
        let k: usize = 0;
        for (; k < left; k += 4) store<f32>(to + k, 0);
        const shifted = to + left;
        k = 0;
        for (; k + 16 <= length; k += 16) v128.store(shifted + k, v128.load(from + k));
        for (; k < length; k += 4) store<f32>(shifted + k, load<f32>(from + k));
        for (k += left; k < pitch; k += 4) store<f32>(to + k, 0);
      }
    }
  }
}

/** Stores the part of a tile [4, 4] that lies in the result; its rows are 64 bytes apart. */
function storeTile(tile: usize, to: usize, extent: u32, outWidth: i32): void {
  const rows = extent >> 8;
  const columns = extent & 255;
  const pitch = <usize>outWidth << 2;
  if (columns == 4) {
    for (let r: u32 = 0; r < rows; r++, to += pitch) v128.store(to, v128.load(tile + <usize>r * 64));
  } else {
    for (let r: u32 = 0; r < rows; r++, to += pitch) {
      for (let c: usize = 0; c < <usize>columns << 2; c += 4) store<f32>(to + c, load<f32>(tile + <usize>r * 64 + c));
    }
  }
}
