// Functions of two numbers, by rows: row i of an operand starts `row` elements after the one before, and its elements are
// `step` apart, 1 or 0 for one number that is repeated.

enum Binary { add, sub, mul, div, maximum, minimum, equal, notEqual, less, lessEqual }

// @ts-ignore: decorator
@inline
function apply(op: Binary, a: v128, b: v128): v128 {
  if (op == Binary.add) return f32x4.add(a, b);
  if (op == Binary.sub) return f32x4.sub(a, b);
  if (op == Binary.mul) return f32x4.mul(a, b);
  if (op == Binary.div) return f32x4.div(a, b);
  if (op == Binary.maximum) return f32x4.max(a, b);
  if (op == Binary.minimum) return f32x4.min(a, b);
  if (op == Binary.equal) return f32x4.eq(a, b);
  if (op == Binary.notEqual) return f32x4.ne(a, b);
  if (op == Binary.less) return f32x4.lt(a, b);
  return f32x4.le(a, b);
}

// @ts-ignore: decorator
@inline
function operand(at: usize, offset: usize, step: i32, repeated: v128): v128 {
  return step ? v128.load(at + offset) : repeated;
}

// @ts-ignore: decorator
@inline
function line(op: Binary, n: i32, a: usize, aStep: i32, b: usize, bStep: i32, y: usize): void {
  const as = v128.load32_splat(a);
  const bs = v128.load32_splat(b);
  const size = <usize>n << 2;
  let at: usize = 0;
  for (; at + 32 <= size; at += 32) {
    v128.store(y + at, apply(op, operand(a, at, aStep, as), operand(b, at, bStep, bs)));
    v128.store(y + at, apply(op, operand(a, at + 16, aStep, as), operand(b, at + 16, bStep, bs)), 16);
  }
  for (; at < size; at += 4) {
    const left = aStep ? v128.load32_splat(a + at) : as;
    const right = bStep ? v128.load32_splat(b + at) : bs;
    v128.store32_lane(y + at, apply(op, left, right), 0);
  }
}

/** The same for comparisons, whose results are bytes of 0 and 1. */
// @ts-ignore: decorator
@inline
function lineOfBytes(op: Binary, n: i32, a: usize, aStep: i32, b: usize, bStep: i32, y: usize): void {
  const as = v128.load32_splat(a);
  const bs = v128.load32_splat(b);
  const one = i8x16.splat(1);
  let at: usize = 0;
  let i = 0;
  for (; i <= n - 16; i += 16, at += 64) {
    const m0 = apply(op, operand(a, at, aStep, as), operand(b, at, bStep, bs));
    const m1 = apply(op, operand(a, at + 16, aStep, as), operand(b, at + 16, bStep, bs));
    const m2 = apply(op, operand(a, at + 32, aStep, as), operand(b, at + 32, bStep, bs));
    const m3 = apply(op, operand(a, at + 48, aStep, as), operand(b, at + 48, bStep, bs));
    const bytes = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(m0, m1), i16x8.narrow_i32x4_s(m2, m3));
    v128.store(y + i, v128.and(bytes, one));
  }
  for (; i < n; i++, at += 4) {
    const left = aStep ? v128.load32_splat(a + at) : as;
    const right = bStep ? v128.load32_splat(b + at) : bs;
    v128.store8_lane(y + i, v128.and(apply(op, left, right), one), 0);
  }
}

// @ts-ignore: decorator
@inline
function each(
  op: Binary, rows: i32, n: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32, y: usize,
): void {
  const aNext = <usize>aRow << 2;
  const bNext = <usize>bRow << 2;
  const isTest = op >= Binary.equal;
  const yNext = isTest ? <usize>n : <usize>n << 2;
  for (let i = 0; i < rows; i++, a += aNext, b += bNext, y += yNext) {
    if (isTest) {
      if (!aStep) lineOfBytes(op, n, a, 0, b, 1, y);
      else if (!bStep) lineOfBytes(op, n, a, 1, b, 0, y);
      else lineOfBytes(op, n, a, 1, b, 1, y);
    } else {
      if (!aStep) line(op, n, a, 0, b, 1, y);
      else if (!bStep) line(op, n, a, 1, b, 0, y);
      else line(op, n, a, 1, b, 1, y);
    }
  }
}

export function binaryAdd(
  rows: i32, n: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32, y: usize,
): void {
  each(Binary.add, rows, n, a, aRow, aStep, b, bRow, bStep, y);
}
export function binarySub(
  rows: i32, n: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32, y: usize,
): void {
  each(Binary.sub, rows, n, a, aRow, aStep, b, bRow, bStep, y);
}
export function binaryMul(
  rows: i32, n: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32, y: usize,
): void {
  each(Binary.mul, rows, n, a, aRow, aStep, b, bRow, bStep, y);
}
export function binaryDiv(
  rows: i32, n: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32, y: usize,
): void {
  each(Binary.div, rows, n, a, aRow, aStep, b, bRow, bStep, y);
}
export function binaryMaximum(
  rows: i32, n: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32, y: usize,
): void {
  each(Binary.maximum, rows, n, a, aRow, aStep, b, bRow, bStep, y);
}
export function binaryMinimum(
  rows: i32, n: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32, y: usize,
): void {
  each(Binary.minimum, rows, n, a, aRow, aStep, b, bRow, bStep, y);
}
export function compareEqual(
  rows: i32, n: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32, y: usize,
): void {
  each(Binary.equal, rows, n, a, aRow, aStep, b, bRow, bStep, y);
}
export function compareNotEqual(
  rows: i32, n: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32, y: usize,
): void {
  each(Binary.notEqual, rows, n, a, aRow, aStep, b, bRow, bStep, y);
}
export function compareLess(
  rows: i32, n: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32, y: usize,
): void {
  each(Binary.less, rows, n, a, aRow, aStep, b, bRow, bStep, y);
}
export function compareLessEqual(
  rows: i32, n: i32, a: usize, aRow: i32, aStep: i32, b: usize, bRow: i32, bStep: i32, y: usize,
): void {
  each(Binary.lessEqual, rows, n, a, aRow, aStep, b, bRow, bStep, y);
}
