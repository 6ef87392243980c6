// Rotary positions: the two features of each pair are turned.

import { copyRun } from './blocks';

/**
 * Rows `first` to `end`: `columns` pairs of features by cos and sin, tables of `period` rows that begin again behind the last, the other features
 * as they are. The second of a pair is `columns` behind the first, or beside it.
 */
export function rotateRows(
  x: usize, y: usize, first: i32, end: i32, features: i32, columns: i32, cos: usize, sin: usize, period: i32, isBeside: bool,
): void {
  const line = <usize>features << 2;
  const half = <usize>columns << 2;
  x += <usize>first * line;
  y += <usize>first * line;
  for (let row = first; row < end; row++, x += line, y += line) {
    const at = <usize>(row % period) * half;
    if (isBeside) turnNeighbours(x, y, cos + at, sin + at, half);
    else turnHalves(x, y, cos + at, sin + at, half);
    copyRun(y + 2 * half, x + 2 * half, line - 2 * half);
  }
}

function turnHalves(x: usize, y: usize, cos: usize, sin: usize, half: usize): void {
  let t: usize = 0;
  for (; t + 16 <= half; t += 16) {
    const a = v128.load(x + t);
    const b = v128.load(x + half + t);
    const c = v128.load(cos + t);
    const s = v128.load(sin + t);
    v128.store(y + t, f32x4.sub(f32x4.mul(a, c), f32x4.mul(b, s)));
    v128.store(y + half + t, f32x4.add(f32x4.mul(b, c), f32x4.mul(a, s)));
  }
  for (; t < half; t += 4) {
    const a = load<f32>(x + t);
    const b = load<f32>(x + half + t);
    const c = load<f32>(cos + t);
    const s = load<f32>(sin + t);
    store<f32>(y + t, a * c - b * s);
    store<f32>(y + half + t, b * c + a * s);
  }
}

function turnNeighbours(x: usize, y: usize, cos: usize, sin: usize, half: usize): void {
  let t: usize = 0;
  for (; t + 16 <= half; t += 16) {
    const v0 = v128.load(x + 2 * t);
    const v1 = v128.load(x + 2 * t, 16);
    const a = f32x4.shuffle(v0, v1, 0, 2, 4, 6);
    const b = f32x4.shuffle(v0, v1, 1, 3, 5, 7);
    const c = v128.load(cos + t);
    const s = v128.load(sin + t);
    const turnedA = f32x4.sub(f32x4.mul(a, c), f32x4.mul(b, s));
    const turnedB = f32x4.add(f32x4.mul(b, c), f32x4.mul(a, s));
    v128.store(y + 2 * t, f32x4.shuffle(turnedA, turnedB, 0, 4, 1, 5));
    v128.store(y + 2 * t, f32x4.shuffle(turnedA, turnedB, 2, 6, 3, 7), 16);
  }
  for (; t < half; t += 4) {
    const a = load<f32>(x + 2 * t);
    const b = load<f32>(x + 2 * t, 4);
    const c = load<f32>(cos + t);
    const s = load<f32>(sin + t);
    store<f32>(y + 2 * t, a * c - b * s);
    store<f32>(y + 2 * t, b * c + a * s, 4);
  }
}
