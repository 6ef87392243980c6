// Choosing between two operands of four bytes an element by a condition of bytes, by rows as in binary.ts.

import { copyRows } from './move';

/** Four bytes of 0 and 1 as masks of four bytes each. */
// @ts-ignore: decorator
@inline
function masks(condition: usize): v128 {
  const bytes = v128.load32_zero(condition);
  return i32x4.neg(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(bytes)));
}

// @ts-ignore: decorator
@inline
function line(n: i32, condition: usize, a: usize, aStep: i32, b: usize, bStep: i32, y: usize): void {
  const as = v128.load32_splat(a);
  const bs = v128.load32_splat(b);
  let i = 0;
  let at: usize = 0;
  for (; i <= n - 4; i += 4, at += 16) {
    const left = aStep ? v128.load(a + at) : as;
    const right = bStep ? v128.load(b + at) : bs;
    v128.store(y + at, v128.bitselect(left, right, masks(condition + i)));
  }
  for (; i < n; i++, at += 4) {
    store<u32>(y + at, load<u8>(condition + i) ? load<u32>(a + <usize>aStep * at) : load<u32>(b + <usize>bStep * at));
  }
}

export function where4(
  rows: i32, n: i32, condition: usize, cRow: i32, cStep: i32,
  a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32, y: usize,
): void {
  for (let i = 0; i < rows; i++) {
    if (!cStep) {
      if (load<u8>(condition)) copyRows(y, 1, n, a, 0, aStep);
      else copyRows(y, 1, n, b, 0, bStep);
    } else if (aStep) {
      if (bStep) line(n, condition, a, 1, b, 1, y);
      else line(n, condition, a, 1, b, 0, y);
    } else {
      if (bStep) line(n, condition, a, 0, b, 1, y);
      else line(n, condition, a, 0, b, 0, y);
    }
    condition += cRow;
    a += <usize>aRow << 2;
    b += <usize>bRow << 2;
    y += <usize>n << 2;
  }
}
