// Winograd's transforms of tiles: 6 x 6 elements of an image, 3 x 3 of a filter, 4 x 4 of a result. Four of them at a
// time, one in each lane; their 36 transformed elements lie `step` bytes apart. `between` is room for the first of both axes.

import { MR } from './tiles';
import { filterLine, gradientLine, imageLine, resultLine, tapLine } from './winograd-lines';
import { storeTransposed } from './simd';

/** Four tiles of images, their rows `pitch` bytes apart. */
export function imageTiles(
  x0: usize, x1: usize, x2: usize, x3: usize, pitch: usize, to: usize, step: usize, between: usize,
): void {
  for (let r: usize = 0; r < 6; r++, x0 += pitch, x1 += pitch, x2 += pitch, x3 += pitch) {
    const l0 = v128.load(x0);
    const l1 = v128.load(x1);
    const l2 = v128.load(x2);
    const l3 = v128.load(x3);
    const low01 = f32x4.shuffle(l0, l1, 0, 4, 1, 5);
    const low23 = f32x4.shuffle(l2, l3, 0, 4, 1, 5);
    const high01 = f32x4.shuffle(l0, l1, 2, 6, 3, 7);
    const high23 = f32x4.shuffle(l2, l3, 2, 6, 3, 7);
    const last01 = f32x4.shuffle(v128.load(x0, 16), v128.load(x1, 16), 0, 4, 1, 5);
    const last23 = f32x4.shuffle(v128.load(x2, 16), v128.load(x3, 16), 0, 4, 1, 5);
    imageLine(
      f32x4.shuffle(low01, low23, 0, 1, 4, 5), f32x4.shuffle(low01, low23, 2, 3, 6, 7),
      f32x4.shuffle(high01, high23, 0, 1, 4, 5), f32x4.shuffle(high01, high23, 2, 3, 6, 7),
      f32x4.shuffle(last01, last23, 0, 1, 4, 5), f32x4.shuffle(last01, last23, 2, 3, 6, 7),
      between + r * 96, 16,
    );
  }
  for (let c: usize = 0; c < 6; c++, between += 16, to += step) {
    imageLine(
      v128.load(between), v128.load(between, 96), v128.load(between, 192), v128.load(between, 288),
      v128.load(between, 384), v128.load(between, 480), to, 6 * step,
    );
  }
}

/** Four filters; two of the lanes go to each place. Turned filters are read from their last tap to the first. */
export function filterTiles(
  w0: usize, w1: usize, w2: usize, w3: usize, flipped: bool, low: usize, high: usize, step: usize, between: usize,
): void {
  // [tap][lane], one tap after the other.
  storeTransposed(v128.load(w0), v128.load(w1), v128.load(w2), v128.load(w3), between, 16);
  storeTransposed(v128.load(w0, 16), v128.load(w1, 16), v128.load(w2, 16), v128.load(w3, 16), between + 64, 16);
  store<u32>(between, load<u32>(w0, 32), 128);
  store<u32>(between, load<u32>(w1, 32), 132);
  store<u32>(between, load<u32>(w2, 32), 136);
  store<u32>(between, load<u32>(w3, 32), 140);
  const first = flipped ? between + 128 : between;
  const tap: isize = flipped ? -16 : 16;
  const lines = between + 144;
  for (let c: usize = 0; c < 3; c++) {
    const at = first + c * tap;
    const line = lines + c * 16;
    filterLine(v128.load(at), v128.load(at + 3 * tap), v128.load(at + 6 * tap), line, line + 8, 48);
  }
  for (let r: usize = 0; r < 6; r++) {
    const line = lines + r * 48;
    filterLine(
      v128.load(line), v128.load(line, 16), v128.load(line, 32), low + r * 6 * step, high + r * 6 * step, step,
    );
  }
}

/** Four tiles of a result's gradient, their rows `pitch` bytes apart; two of the lanes go to each place. */
export function gradientTiles(
  g0: usize, g1: usize, g2: usize, g3: usize, pitch: usize, low: usize, high: usize, step: usize, between: usize,
): void {
  for (let r: usize = 0; r < 4; r++, g0 += pitch, g1 += pitch, g2 += pitch, g3 += pitch) {
    const l0 = v128.load(g0);
    const l1 = v128.load(g1);
    const l2 = v128.load(g2);
    const l3 = v128.load(g3);
    const low01 = f32x4.shuffle(l0, l1, 0, 4, 1, 5);
    const low23 = f32x4.shuffle(l2, l3, 0, 4, 1, 5);
    const high01 = f32x4.shuffle(l0, l1, 2, 6, 3, 7);
    const high23 = f32x4.shuffle(l2, l3, 2, 6, 3, 7);
    const line = between + r * 96;
    gradientLine(
      f32x4.shuffle(low01, low23, 0, 1, 4, 5), f32x4.shuffle(low01, low23, 2, 3, 6, 7),
      f32x4.shuffle(high01, high23, 0, 1, 4, 5), f32x4.shuffle(high01, high23, 2, 3, 6, 7),
      line, line + 8, 16,
    );
  }
  for (let c: usize = 0; c < 6; c++, between += 16, low += step, high += step) {
    gradientLine(
      v128.load(between), v128.load(between, 96), v128.load(between, 192), v128.load(between, 288),
      low, high, 6 * step,
    );
  }
}

/** Four tiles of products to 4 x 4 results: [row][tile] vectors of a row each, at `to`, which `between` may overlap. */
export function resultTiles(m: usize, step: usize, start: f32, to: usize, between: usize): void {
  for (let r: usize = 0; r < 6; r++) resultLine(m + r * 6 * step, step, between + r * 64, 16);
  const lines = between + 384;
  for (let c: usize = 0; c < 4; c++) resultLine(between + c * 16, 64, lines + c * 16, 64);
  const from = f32x4.splat(start);
  for (let r: usize = 0; r < 4; r++) {
    const line = lines + r * 64;
    storeTransposed(
      f32x4.add(from, v128.load(line)), f32x4.add(from, v128.load(line, 16)),
      f32x4.add(from, v128.load(line, 32)), f32x4.add(from, v128.load(line, 48)),
      to + r * 64, 16,
    );
  }
}

/** Four tiles of sums to the gradients of 3 x 3 taps: [tap][lane] vectors. */
export function tapTiles(u: usize, step: usize, to: usize, between: usize): void {
  for (let r: usize = 0; r < 6; r++) tapLine(u + r * 6 * step, step, between + r * 48, 16);
  for (let c: usize = 0; c < 3; c++) tapLine(between + c * 16, 48, to + c * 16, 48);
}

/** Where element `line` of a left factor stands that is packed in panels of MR lines. */
// @ts-ignore: decorator
@inline
export function leftPlace(line: i32, depth: i32): usize {
  return <usize>((line / MR) * depth * MR + (line % MR)) << 2;
}
