// The filters' gradient of a 3x3 convolution with stride 1, by Winograd's F(4x4, 3x3) transposed: tiles of the image and of
// the result's gradient are transformed, and for each of the 36 elements of a tile, a matrix product over all tiles,
// [filters, tiles] · [tiles, channels], gives a transformed gradient. Blocks of tiles are added up there.

import { micro, MR, NR, roundUp } from './tiles';
import { gradientTiles, imageTiles, leftPlace, tapTiles } from './winograd-tiles';
import { BETWEEN, bandPitch, bandRows, copyBand, placeTiles, RESULT, stepOf, TABLES } from './winograd';

// @ts-ignore: decorator
@inline
function imageStep(channels: i32, block: i32): usize {
  return stepOf(<usize>(roundUp(channels, NR) * block) << 2);
}

// @ts-ignore: decorator
@inline
function gradientStep(filters: i32, block: i32): usize {
  return stepOf(<usize>(roundUp(roundUp(filters, 4), MR) * block) << 2);
}

// @ts-ignore: decorator
@inline
function sumStep(filters: i32, channels: i32): usize {
  return stepOf(<usize>(roundUp(filters, MR) * roundUp(channels, NR)) << 2);
}

/** Bytes of a transformed block, of image and gradient, which all parts share. */
export function winogradGradBlockBytes(channels: i32, filters: i32, block: i32): i32 {
  return 36 * <i32>(imageStep(channels, block) + gradientStep(filters, block));
}

/** Bytes of the transformed gradient, which all parts share. */
export function winogradGradSumBytes(channels: i32, filters: i32): i32 {
  return 36 * <i32>sumStep(filters, channels);
}

/** Into how many panels a product cuts so many filters. */
export function winogradGradPanels(filters: i32): i32 {
  return (filters + MR - 1) / MR;
}

/** Scratch of one part. */
export function winogradGradBytes(tilesX: i32, block: i32): i32 {
  return <i32>TABLES + 4 * block + 24 * <i32>bandPitch(tilesX) * bandRows(tilesX, block);
}

/**
 * Transforms tiles t0 to t0 + count of planes: from the quad `first` to `end` of those of x, [channels, height, width], to
 * `to`. Steps between images are in elements.
 */
export function winogradGradImage(
  to: usize, x: usize, channels: i32, height: i32, width: i32, imageStride: i32, padTop: i32, padLeft: i32,
  tilesY: i32, tilesX: i32, t0: i32, count: i32, block: i32, first: i32, end: i32, scratch: usize,
): void {
  const step = imageStep(channels, block);
  const pitch = bandPitch(tilesX);
  const table = scratch + TABLES;
  const band = table + (<usize>block << 2);
  const row = t0 / tilesX;
  const rows = (t0 + count - 1) / tilesX - row + 1;
  const bandBytes = <usize>(rows * 6) * pitch;
  placeTiles(table, t0, count, count, tilesX, 6 * pitch);
  for (let c = 4 * first; c < 4 * end; c += 4) {
    // Channels that are missing repeat the last one: their gradient goes nowhere.
    for (let lane = 0; lane < 4; lane++) {
      const plane = x + (<usize>(min(c + lane, channels - 1) * height * width) << 2);
      const lines = band + <usize>lane * bandBytes;
      copyBand(lines, plane, height, width, imageStride, padTop, padLeft, row, rows, tilesY, pitch, 6);
    }
    let at = to + (<usize>((c / NR) * block * NR + (c & 4)) << 2);
    for (let t = 0; t < count; t++, at += NR << 2) {
      const x0 = band + load<u32>(table + (<usize>t << 2));
      const x1 = x0 + bandBytes;
      const x2 = x1 + bandBytes;
      imageTiles(x0, x1, x2, x2 + bandBytes, pitch, at, step, scratch + BETWEEN);
    }
  }
}

/** The same for planes of the result's gradient g, [filters, height, width]. */
export function winogradGradResult(
  to: usize, g: usize, filters: i32, height: i32, width: i32, resultStride: i32,
  tilesY: i32, tilesX: i32, t0: i32, count: i32, block: i32, first: i32, end: i32, scratch: usize,
): void {
  const step = gradientStep(filters, block);
  const pitch = bandPitch(tilesX);
  const table = scratch + TABLES;
  const band = table + (<usize>block << 2);
  const row = t0 / tilesX;
  const rows = (t0 + count - 1) / tilesX - row + 1;
  const bandBytes = <usize>(rows * 4) * pitch;
  placeTiles(table, t0, count, count, tilesX, 4 * pitch);
  for (let f = 4 * first; f < 4 * end; f += 4) {
    for (let lane = 0; lane < 4; lane++) {
      const plane = g + (<usize>(min(f + lane, filters - 1) * height * width) << 2);
      copyBand(band + <usize>lane * bandBytes, plane, height, width, resultStride, 0, 0, row, rows, tilesY, pitch, 4);
    }
    let low = to + leftPlace(f, block);
    let high = to + leftPlace(f + 2, block);
    for (let t = 0; t < count; t++, low += MR << 2, high += MR << 2) {
      const g0 = band + load<u32>(table + (<usize>t << 2));
      const g1 = g0 + bandBytes;
      const g2 = g1 + bandBytes;
      gradientTiles(g0, g1, g2, g2 + bandBytes, pitch, low, high, step, scratch + BETWEEN);
    }
  }
}

/**
 * Multiplies a transformed block of `count` tiles, and adds to the sums unless it is the first. Units are the panels of
 * filters for each of the 36 elements.
 */
export function winogradGradMultiply(
  sums: usize, image: usize, gradient: usize, channels: i32, filters: i32, count: i32, block: i32, add: bool,
  first: i32, end: i32, scratch: usize,
): void {
  memory.fill(scratch, 0, BETWEEN);
  const rows = roundUp(filters, MR);
  const panels = rows / MR;
  for (let unit = first; unit < end; unit++) {
    const i = <usize>(unit / panels);
    const f = (unit % panels) * MR;
    const left = gradient + i * gradientStep(filters, block) + (<usize>(f * block) << 2);
    let right = image + i * imageStep(channels, block);
    let to = sums + i * sumStep(filters, channels) + (<usize>(f * NR) << 2);
    for (let c = 0; c < channels; c += NR) {
      micro(count, left, right, to, NR << 2, scratch, add);
      right += <usize>(block * NR) << 2;
      to += <usize>(rows * NR) << 2;
    }
  }
}

/** Transforms the sums of filters `first` to `end` back to their gradient [filters, channels, 3, 3]. */
export function winogradGradTaps(
  to: usize, sums: usize, channels: i32, filters: i32, first: i32, end: i32, scratch: usize,
): void {
  const step = sumStep(filters, channels);
  const rows = roundUp(filters, MR);
  const taps = scratch + RESULT;
  for (let f = first; f < end; f++) {
    let at = to + (<usize>(f * channels * 9) << 2);
    for (let c = 0; c < channels; c += 4) {
      const from = sums + (<usize>(((c / NR) * rows + f) * NR + (c & 4)) << 2);
      tapTiles(from, step, taps, scratch + BETWEEN);
      const lanes = min(4, channels - c);
      for (let lane = 0; lane < lanes; lane++) {
        const column = taps + (<usize>lane << 2);
        for (let tap: usize = 0; tap < 9; tap++, at += 4) store<f32>(at, load<f32>(column + (tap << 4)));
      }
    }
  }
}
