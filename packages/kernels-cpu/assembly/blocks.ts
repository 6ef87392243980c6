// Copies of rows, whatever their elements are. Here strides and lengths count bytes; `size` is that of an element: 1, 2, 4 or 8.

import { fill } from './move';

export function copyBytes(to: usize, x: usize, bytes: usize): void {
  memory.copy(to, x, bytes);
}

/** The same for short runs, too, for which the machine's own copy takes long to start. */
// @ts-ignore: decorator
@inline
export function copyRun(to: usize, x: usize, bytes: usize): void {
  if (bytes > 256) {
    memory.copy(to, x, bytes);
    return;
  }
  const end = to + bytes;
  for (; to + 16 <= end; to += 16, x += 16) v128.store(to, v128.load(x));
  for (; to + 4 <= end; to += 4, x += 4) store<u32>(to, load<u32>(x));
  for (; to < end; to++, x++) store<u8>(to, load<u8>(x));
}

// @ts-ignore: decorator
@inline
function copySteps<T>(to: usize, toStep: i32, x: usize, xStep: i32, n: i32): void {
  for (let i = 0; i < n; i++, to += toStep, x += xStep) store<T>(to, load<T>(x));
}

/** n elements of four bytes in reverse. */
function copyReversed(to: usize, x: usize, n: i32): void {
  const end = to + (<usize>n << 2);
  for (; to + 16 <= end; to += 16, x -= 16) {
    const four = v128.load(x - 12);
    v128.store(to, i32x4.shuffle(four, four, 3, 2, 1, 0));
  }
  for (; to < end; to += 4, x -= 4) store<u32>(to, load<u32>(x));
}

/** Rows of n elements: they are `row` apart, their elements `step`, on either side. */
export function copyPlane(
  to: usize, toRow: i32, toStep: i32, x: usize, xRow: i32, xStep: i32, rows: i32, n: i32, size: i32,
): void {
  const isWhole = toStep == size && xStep == size;
  const isReversed = size == 4 && toStep == 4 && xStep == -4;
  for (let i = 0; i < rows; i++, to += toRow, x += xRow) {
    if (isWhole) copyRun(to, x, <usize>(n * size));
    else if (isReversed) copyReversed(to, x, n);
    else if (size == 4) copySteps<u32>(to, toStep, x, xStep, n);
    else if (size == 8) copySteps<u64>(to, toStep, x, xStep, n);
    else if (size == 2) copySteps<u16>(to, toStep, x, xStep, n);
    else copySteps<u8>(to, toStep, x, xStep, n);
  }
}

/**
 * Lines `first` to `end`, n elements each, of a result with the axes block, plane and row before its last: that of (b, p, r) is
 * read at x + b · blockStep + p · planeStep + r · rowStep. An element step of 0 repeats one element.
 */
export function copyLines(
  to: usize, first: i32, end: i32, n: i32, size: i32,
  x: usize, planes: i32, rows: i32, blockStep: i32, planeStep: i32, rowStep: i32, step: i32,
): void {
  const bytes = <usize>(n * size);
  let r = first % rows;
  let p = (first / rows) % planes;
  let plane = x + <usize>(first / rows / planes * blockStep + p * planeStep);
  let from = plane + <usize>(r * rowStep);
  for (let line = first; line < end; line++, to += bytes, from += rowStep) {
    if (step == size) copyRun(to, from, bytes);
    else if (size == 4 && step == 0) fill(to, n, load<f32>(from));
    else if (size == 4) copySteps<u32>(to, size, from, step, n);
    else if (size == 8) copySteps<u64>(to, size, from, step, n);
    else if (size == 2) copySteps<u16>(to, size, from, step, n);
    else copySteps<u8>(to, size, from, step, n);
    if (++r < rows) continue;
    r = 0;
    plane += planeStep;
    if (++p == planes) {
      p = 0;
      plane += blockStep - planes * planeStep;
    }
    from = plane - rowStep;
  }
}

/** What a number is in memory: its dtype by place in this list. Halves come as their bits. */
enum Kind { float32, int32, bool, float64, half }

/** Sixteen bytes of one value. */
function patternOf(kind: i32, value: f64): v128 {
  if (kind == Kind.float32) return f32x4.splat(<f32>value);
  if (kind == Kind.int32) return i32x4.splat(<i32>value);
  if (kind == Kind.bool) return i8x16.splat(<i8>value);
  if (kind == Kind.half) return i16x8.splat(<i16><i32>value);
  return f64x2.splat(value);
}

// @ts-ignore: decorator
@inline
function fillRun(to: usize, bytes: usize, pattern: v128): void {
  const end = to + bytes;
  for (; to + 16 <= end; to += 16) v128.store(to, pattern);
  for (; to + 4 <= end; to += 4) {
    v128.store32_lane(to, pattern, 0);
    // Elements of eight bytes come in pairs of halves.
    pattern = i32x4.shuffle(pattern, pattern, 1, 0, 3, 2);
  }
  for (; to < end; to++) {
    v128.store8_lane(to, pattern, 0);
    pattern = i8x16.shuffle(pattern, pattern, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
  }
}

export function fillValue(to: usize, bytes: usize, kind: i32, value: f64): void {
  fillRun(to, bytes, patternOf(kind, value));
}

/** Planes of height × width, width in bytes, with a value around them. */
export function padWith(
  to: usize, x: usize, planes: i32, height: i32, width: i32, top: i32, bottom: i32, left: i32, right: i32,
  kind: i32, value: f64,
): void {
  const pattern = patternOf(kind, value);
  const line = <usize>(left + width + right);
  for (let p = 0; p < planes; p++) {
    fillRun(to, <usize>top * line, pattern);
    to += <usize>top * line;
    for (let i = 0; i < height; i++, x += width) {
      fillRun(to, left, pattern);
      copyRun(to + left, x, width);
      fillRun(to + left + width, right, pattern);
      to += line;
    }
    fillRun(to, <usize>bottom * line, pattern);
    to += <usize>bottom * line;
  }
}

/**
 * Rows `first` to `end` of planes of `rows`, each of `columns` elements, with zeros on one side of a diagonal: above it, or
 * below where `isUpper`.
 */
export function triangle(
  to: usize, x: usize, first: i32, end: i32, rows: i32, columns: i32, diagonal: i32, isUpper: bool, size: i32,
): void {
  const line = <usize>(columns * size);
  to += <usize>first * line;
  x += <usize>first * line;
  const zero = i32x4.splat(0);
  for (let row = first % rows; first < end; first++, to += line, x += line) {
    // The first column that lies above the diagonal, or on it for the upper triangle.
    const column = min(max(row + diagonal + (isUpper ? 0 : 1), 0), columns);
    const cut = <usize>(column * size);
    if (isUpper) {
      fillRun(to, cut, zero);
      copyRun(to + cut, x + cut, line - cut);
    } else {
      copyRun(to, x, cut);
      fillRun(to + cut, line - cut, zero);
    }
    if (++row == rows) row = 0;
  }
}
