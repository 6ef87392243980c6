// The matrix product without packing, for matrices so small that packing would take longer than the product.

import { madd, sumLanes } from './simd';

/** C [m, n] = A [m, k] · B [k, n], any strides of A and B; rows of C are `cRow` apart. */
export function gemmSmall(
  m: i32, n: i32, k: i32, a: usize, aRow: i32, aDepth: i32, b: usize, bDepth: i32, bColumn: i32,
  c: usize, cRow: i32,
): void {
  const aStep = <usize>aDepth << 2;
  const bStep = <usize>bDepth << 2;
  const column = <usize>bColumn << 2;
  const byColumns = bColumn == 1;
  const byDots = bDepth == 1 && aDepth == 1 && k >= 4;
  for (let i = 0; i < m; i++, a += <usize>aRow << 2, c += <usize>cRow << 2) {
    let j = 0;
    if (byColumns) {
      for (; j <= n - 16; j += 16) row16(k, a, aStep, b + (<usize>j << 2), bStep, c + (<usize>j << 2));
      for (; j <= n - 4; j += 4) row4(k, a, aStep, b + (<usize>j << 2), bStep, c + (<usize>j << 2));
    } else if (byDots) {
      for (; j < n; j++) store<f32>(c + (<usize>j << 2), dot(k, a, b + <usize>j * column));
    }
    for (; j < n; j++) {
      let sum: f32 = 0;
      let p = a;
      let q = b + <usize>j * column;
      for (let t = 0; t < k; t++, p += aStep, q += bStep) sum += load<f32>(p) * load<f32>(q);
      store<f32>(c + (<usize>j << 2), sum);
    }
  }
}

function row16(k: i32, a: usize, aStep: usize, b: usize, bStep: usize, c: usize): void {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (let t = 0; t < k; t++, a += aStep, b += bStep) {
    const x = v128.load32_splat(a);
    s0 = madd(x, v128.load(b), s0);
    s1 = madd(x, v128.load(b, 16), s1);
    s2 = madd(x, v128.load(b, 32), s2);
    s3 = madd(x, v128.load(b, 48), s3);
  }
  v128.store(c, s0);
  v128.store(c, s1, 16);
  v128.store(c, s2, 32);
  v128.store(c, s3, 48);
}

function row4(k: i32, a: usize, aStep: usize, b: usize, bStep: usize, c: usize): void {
  let sum = f32x4.splat(0);
  for (let t = 0; t < k; t++, a += aStep, b += bStep) sum = madd(v128.load32_splat(a), v128.load(b), sum);
  v128.store(c, sum);
}

/** Σ a[i] b[i] over k neighbours. */
export function dot(k: i32, a: usize, b: usize): f32 {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let t = 0;
  for (; t <= k - 8; t += 8, a += 32, b += 32) {
    s0 = madd(v128.load(a), v128.load(b), s0);
    s1 = madd(v128.load(a, 16), v128.load(b, 16), s1);
  }
  for (; t <= k - 4; t += 4, a += 16, b += 16) s0 = madd(v128.load(a), v128.load(b), s0);
  let sum = sumLanes(f32x4.add(s0, s1));
  for (; t < k; t++, a += 4, b += 4) sum += load<f32>(a) * load<f32>(b);
  return sum;
}
