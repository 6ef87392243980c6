// Logic on bytes of 0 and 1, by rows as in binary.ts.

enum Logic { and, or, xor }

// @ts-ignore: decorator
@inline
function apply(op: Logic, a: v128, b: v128): v128 {
  if (op == Logic.and) return v128.and(a, b);
  if (op == Logic.or) return v128.or(a, b);
  return v128.xor(a, b);
}

// @ts-ignore: decorator
@inline
function each(
  op: Logic, rows: i32, n: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32, y: usize,
): void {
  for (let i = 0; i < rows; i++, a += aRow, b += bRow, y += n) {
    let j = 0;
    for (; j <= n - 16; j += 16) {
      const left = aStep ? v128.load(a + j) : v128.load8_splat(a);
      const right = bStep ? v128.load(b + j) : v128.load8_splat(b);
      v128.store(y + j, apply(op, left, right));
    }
    for (; j < n; j++) {
      v128.store8_lane(y + j, apply(op, v128.load8_splat(a + aStep * j), v128.load8_splat(b + bStep * j)), 0);
    }
  }
}

export function logicalAnd(
  rows: i32, n: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32, y: usize,
): void {
  each(Logic.and, rows, n, a, aRow, aStep, b, bRow, bStep, y);
}
export function logicalOr(
  rows: i32, n: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32, y: usize,
): void {
  each(Logic.or, rows, n, a, aRow, aStep, b, bRow, bStep, y);
}
export function logicalXor(
  rows: i32, n: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32, y: usize,
): void {
  each(Logic.xor, rows, n, a, aRow, aStep, b, bRow, bStep, y);
}

export function logicalNot(x: usize, y: usize, n: i32): void {
  const one = i8x16.splat(1);
  const end = y + <usize>n;
  for (; y + 16 <= end; x += 16, y += 16) v128.store(y, v128.xor(v128.load(x), one));
  for (; y < end; x++, y++) store<u8>(y, load<u8>(x) ^ 1);
}
