// Kernels that only move elements of four bytes.

import { storeTransposed } from './simd';

/** Sets `n` elements. */
export function fill(to: usize, n: i32, value: f32): void {
  const all = f32x4.splat(value);
  const end = to + (<usize>n << 2);
  for (; to + 16 <= end; to += 16) v128.store(to, all);
  for (; to < end; to += 4) store<f32>(to, value);
}

/**
 * Rows of `n` elements: row i of the result comes from `x` + i · rowStep, its elements `step` apart. Step 0 repeats one
 * element.
 */
export function copyRows(to: usize, rows: i32, n: i32, x: usize, rowStep: i32, step: i32): void {
  const line = <usize>n << 2;
  const next = <usize>rowStep << 2;
  const apart = <usize>step << 2;
  for (let i = 0; i < rows; i++, x += next, to += line) {
    if (step == 1) {
      memory.copy(to, x, line);
    } else if (step == 0) {
      fill(to, n, load<f32>(x));
    } else {
      let from = x;
      for (let at = to; at < to + line; at += 4, from += apart) store<u32>(at, load<u32>(from));
    }
  }
}

/** Transposes `planes` matrices of rows × columns. */
export function transpose(to: usize, x: usize, planes: i32, rows: i32, columns: i32): void {
  const line = <usize>columns << 2;
  const lineTo = <usize>rows << 2;
  for (let p = 0; p < planes; p++) {
    let i = 0;
    for (; i <= rows - 4; i += 4) {
      let from = x + <usize>i * line;
      let at = to + (<usize>i << 2);
      let j = 0;
      for (; j <= columns - 4; j += 4, from += 16, at += 4 * lineTo) {
        storeTransposed(
          v128.load(from), v128.load(from + line), v128.load(from + 2 * line), v128.load(from + 3 * line), at, lineTo,
        );
      }
      for (; j < columns; j++, from += 4, at += lineTo) {
        for (let k: usize = 0; k < 4; k++) store<u32>(at + (k << 2), load<u32>(from + k * line));
      }
    }
    for (; i < rows; i++) {
      let from = x + <usize>i * line;
      let at = to + (<usize>i << 2);
      for (let j = 0; j < columns; j++, from += 4, at += lineTo) store<u32>(at, load<u32>(from));
    }
    x += <usize>rows * line;
    to += <usize>rows * line;
  }
}
