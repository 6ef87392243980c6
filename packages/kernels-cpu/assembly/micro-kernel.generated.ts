// Written by scripts/micro-kernel.ts: tiles of the matrix product. a and b are packed, sums start from `start` (one for each row).

import { madd } from './simd';

export function micro6x8(depth: i32, a: usize, b: usize, c: usize, cRow: usize, start: usize, add: bool): void {
  let r00 = v128.load32_splat(start, 0);
  let r01 = r00;
  let r10 = v128.load32_splat(start, 4);
  let r11 = r10;
  let r20 = v128.load32_splat(start, 8);
  let r21 = r20;
  let r30 = v128.load32_splat(start, 12);
  let r31 = r30;
  let r40 = v128.load32_splat(start, 16);
  let r41 = r40;
  let r50 = v128.load32_splat(start, 20);
  let r51 = r50;
  for (const end = b + <usize>depth * 32; b < end; a += 24, b += 32) {
    const b0 = v128.load(b, 0);
    const b1 = v128.load(b, 16);
    const a0 = v128.load32_splat(a, 0);
    r00 = madd(a0, b0, r00);
    r01 = madd(a0, b1, r01);
    const a1 = v128.load32_splat(a, 4);
    r10 = madd(a1, b0, r10);
    r11 = madd(a1, b1, r11);
    const a2 = v128.load32_splat(a, 8);
    r20 = madd(a2, b0, r20);
    r21 = madd(a2, b1, r21);
    const a3 = v128.load32_splat(a, 12);
    r30 = madd(a3, b0, r30);
    r31 = madd(a3, b1, r31);
    const a4 = v128.load32_splat(a, 16);
    r40 = madd(a4, b0, r40);
    r41 = madd(a4, b1, r41);
    const a5 = v128.load32_splat(a, 20);
    r50 = madd(a5, b0, r50);
    r51 = madd(a5, b1, r51);
  }
  let to = c;
  if (add) {
    v128.store(to, f32x4.add(v128.load(to, 0), r00), 0);
    v128.store(to, f32x4.add(v128.load(to, 16), r01), 16);
    to += cRow;
    v128.store(to, f32x4.add(v128.load(to, 0), r10), 0);
    v128.store(to, f32x4.add(v128.load(to, 16), r11), 16);
    to += cRow;
    v128.store(to, f32x4.add(v128.load(to, 0), r20), 0);
    v128.store(to, f32x4.add(v128.load(to, 16), r21), 16);
    to += cRow;
    v128.store(to, f32x4.add(v128.load(to, 0), r30), 0);
    v128.store(to, f32x4.add(v128.load(to, 16), r31), 16);
    to += cRow;
    v128.store(to, f32x4.add(v128.load(to, 0), r40), 0);
    v128.store(to, f32x4.add(v128.load(to, 16), r41), 16);
    to += cRow;
    v128.store(to, f32x4.add(v128.load(to, 0), r50), 0);
    v128.store(to, f32x4.add(v128.load(to, 16), r51), 16);
  } else {
    v128.store(to, r00, 0);
    v128.store(to, r01, 16);
    to += cRow;
    v128.store(to, r10, 0);
    v128.store(to, r11, 16);
    to += cRow;
    v128.store(to, r20, 0);
    v128.store(to, r21, 16);
    to += cRow;
    v128.store(to, r30, 0);
    v128.store(to, r31, 16);
    to += cRow;
    v128.store(to, r40, 0);
    v128.store(to, r41, 16);
    to += cRow;
    v128.store(to, r50, 0);
    v128.store(to, r51, 16);
  }
}

export function micro5x8(depth: i32, a: usize, b: usize, c: usize, cRow: usize, start: usize, add: bool): void {
  let r00 = v128.load32_splat(start, 0);
  let r01 = r00;
  let r10 = v128.load32_splat(start, 4);
  let r11 = r10;
  let r20 = v128.load32_splat(start, 8);
  let r21 = r20;
  let r30 = v128.load32_splat(start, 12);
  let r31 = r30;
  let r40 = v128.load32_splat(start, 16);
  let r41 = r40;
  for (const end = b + <usize>depth * 32; b < end; a += 20, b += 32) {
    const b0 = v128.load(b, 0);
    const b1 = v128.load(b, 16);
    const a0 = v128.load32_splat(a, 0);
    r00 = madd(a0, b0, r00);
    r01 = madd(a0, b1, r01);
    const a1 = v128.load32_splat(a, 4);
    r10 = madd(a1, b0, r10);
    r11 = madd(a1, b1, r11);
    const a2 = v128.load32_splat(a, 8);
    r20 = madd(a2, b0, r20);
    r21 = madd(a2, b1, r21);
    const a3 = v128.load32_splat(a, 12);
    r30 = madd(a3, b0, r30);
    r31 = madd(a3, b1, r31);
    const a4 = v128.load32_splat(a, 16);
    r40 = madd(a4, b0, r40);
    r41 = madd(a4, b1, r41);
  }
  let to = c;
  if (add) {
    v128.store(to, f32x4.add(v128.load(to, 0), r00), 0);
    v128.store(to, f32x4.add(v128.load(to, 16), r01), 16);
    to += cRow;
    v128.store(to, f32x4.add(v128.load(to, 0), r10), 0);
    v128.store(to, f32x4.add(v128.load(to, 16), r11), 16);
    to += cRow;
    v128.store(to, f32x4.add(v128.load(to, 0), r20), 0);
    v128.store(to, f32x4.add(v128.load(to, 16), r21), 16);
    to += cRow;
    v128.store(to, f32x4.add(v128.load(to, 0), r30), 0);
    v128.store(to, f32x4.add(v128.load(to, 16), r31), 16);
    to += cRow;
    v128.store(to, f32x4.add(v128.load(to, 0), r40), 0);
    v128.store(to, f32x4.add(v128.load(to, 16), r41), 16);
  } else {
    v128.store(to, r00, 0);
    v128.store(to, r01, 16);
    to += cRow;
    v128.store(to, r10, 0);
    v128.store(to, r11, 16);
    to += cRow;
    v128.store(to, r20, 0);
    v128.store(to, r21, 16);
    to += cRow;
    v128.store(to, r30, 0);
    v128.store(to, r31, 16);
    to += cRow;
    v128.store(to, r40, 0);
    v128.store(to, r41, 16);
  }
}

export function micro4x8(depth: i32, a: usize, b: usize, c: usize, cRow: usize, start: usize, add: bool): void {
  let r00 = v128.load32_splat(start, 0);
  let r01 = r00;
  let r10 = v128.load32_splat(start, 4);
  let r11 = r10;
  let r20 = v128.load32_splat(start, 8);
  let r21 = r20;
  let r30 = v128.load32_splat(start, 12);
  let r31 = r30;
  for (const end = b + <usize>depth * 32; b < end; a += 16, b += 32) {
    const b0 = v128.load(b, 0);
    const b1 = v128.load(b, 16);
    const a0 = v128.load32_splat(a, 0);
    r00 = madd(a0, b0, r00);
    r01 = madd(a0, b1, r01);
    const a1 = v128.load32_splat(a, 4);
    r10 = madd(a1, b0, r10);
    r11 = madd(a1, b1, r11);
    const a2 = v128.load32_splat(a, 8);
    r20 = madd(a2, b0, r20);
    r21 = madd(a2, b1, r21);
    const a3 = v128.load32_splat(a, 12);
    r30 = madd(a3, b0, r30);
    r31 = madd(a3, b1, r31);
  }
  let to = c;
  if (add) {
    v128.store(to, f32x4.add(v128.load(to, 0), r00), 0);
    v128.store(to, f32x4.add(v128.load(to, 16), r01), 16);
    to += cRow;
    v128.store(to, f32x4.add(v128.load(to, 0), r10), 0);
    v128.store(to, f32x4.add(v128.load(to, 16), r11), 16);
    to += cRow;
    v128.store(to, f32x4.add(v128.load(to, 0), r20), 0);
    v128.store(to, f32x4.add(v128.load(to, 16), r21), 16);
    to += cRow;
    v128.store(to, f32x4.add(v128.load(to, 0), r30), 0);
    v128.store(to, f32x4.add(v128.load(to, 16), r31), 16);
  } else {
    v128.store(to, r00, 0);
    v128.store(to, r01, 16);
    to += cRow;
    v128.store(to, r10, 0);
    v128.store(to, r11, 16);
    to += cRow;
    v128.store(to, r20, 0);
    v128.store(to, r21, 16);
    to += cRow;
    v128.store(to, r30, 0);
    v128.store(to, r31, 16);
  }
}
