// Reading and adding by index, on tensors seen as [outer, length, inner]. Indices are checked beforehand.

import { copyRun } from './blocks';

/** Whether n indices lie from 0 to length - 1. */
export function indicesInRange(index: usize, n: i32, length: i32): bool {
  const end = index + (<usize>n << 2);
  let outside = i32x4.splat(0);
  const limit = i32x4.splat(length);
  for (; index + 16 <= end; index += 16) outside = v128.or(outside, i32x4.ge_u(v128.load(index), limit));
  for (; index < end; index += 4) outside = v128.or(outside, i32x4.ge_u(v128.load32_splat(index), limit));
  return !v128.any_true(outside);
}

// @ts-ignore: decorator
@inline
function indexAt(index: usize, k: i32): usize {
  return <usize>load<u32>(index + (<usize>k << 2));
}

/**
 * y[o, k] = x[o, index[k]], whole rows of `inner` bytes: rows `first` to `end` of the result's outer · count.
 */
export function selectRows(
  y: usize, x: usize, index: usize, count: i32, length: i32, inner: i32, first: i32, end: i32,
): void {
  const row = <usize>inner;
  const plane = <usize>length * row;
  let k = first % count;
  x += <usize>(first / count) * plane;
  y += <usize>first * row;
  while (first < end) {
    const last = min(count, k + end - first);
    first += last - k;
    if (inner == 4) {
      for (; k < last; k++, y += 4) store<u32>(y, load<u32>(x + (indexAt(index, k) << 2)));
    } else {
      for (; k < last; k++, y += row) copyRun(y, x + indexAt(index, k) * row, row);
    }
    k = 0;
    x += plane;
  }
}

/**
 * y[o, index[k]] += g[o, k] in the order of k, for `columns` of the rows of `inner` elements and planes `first` to `end` of
 * y, which is set to 0 before.
 */
export function addSelected(
  y: usize, g: usize, index: usize, count: i32, length: i32, inner: i32, first: i32, end: i32, column: i32, columns: i32,
): void {
  const row = <usize>inner << 2;
  const run = <usize>columns << 2;
  const from = <usize>column << 2;
  for (let o = first; o < end; o++) {
    const to = y + <usize>o * <usize>length * row + from;
    if (column == 0 && columns == inner) memory.fill(to, 0, <usize>length * row);
    else for (let l = 0; l < length; l++) memory.fill(to + <usize>l * row, 0, run);
    let by = g + <usize>o * <usize>count * row + from;
    for (let k = 0; k < count; k++, by += row) {
      const at = to + indexAt(index, k) * row;
      let i: usize = 0;
      for (; i + 16 <= run; i += 16) v128.store(at + i, f32x4.add(v128.load(at + i), v128.load(by + i)));
      for (; i < run; i += 4) store<f32>(at + i, load<f32>(at + i) + load<f32>(by + i));
    }
  }
}

/**
 * y[o, k, i] = x[o, index[o, k, i], i] for rows `first` to `end` of the result's outer · count; rows of x are `xInner` elements
 * long.
 */
// @ts-ignore: decorator
@inline
function gatherOf<T>(
  y: usize, x: usize, index: usize, count: i32, inner: i32, length: i32, xInner: i32, first: i32, end: i32,
): void {
  const size = sizeof<T>();
  const row = <usize>xInner * size;
  const skipped = <usize>first * <usize>inner;
  y += skipped * size;
  index += skipped << 2;
  x += <usize>(first / count) * <usize>length * row;
  for (let k = first % count; first < end; first++) {
    let column = x;
    for (let i = 0; i < inner; i++, y += size, index += 4, column += size) {
      store<T>(y, load<T>(column + <usize>load<u32>(index) * row));
    }
    if (++k == count) {
      k = 0;
      x += <usize>length * row;
    }
  }
}

export function gatherAt(
  y: usize, x: usize, index: usize, count: i32, inner: i32, length: i32, xInner: i32, first: i32, end: i32, size: i32,
): void {
  if (size == 4) gatherOf<u32>(y, x, index, count, inner, length, xInner, first, end);
  else if (size == 8) gatherOf<u64>(y, x, index, count, inner, length, xInner, first, end);
  else if (size == 2) gatherOf<u16>(y, x, index, count, inner, length, xInner, first, end);
  else gatherOf<u8>(y, x, index, count, inner, length, xInner, first, end);
}

/**
 * y[o, index[o, k, i], i] += source[o, k, i] in the order of k, for planes `first` to `end` and columns from `column` to
 * `last`; rows of y are `yInner` elements long.
 */
export function scatterAddAt(
  y: usize, source: usize, index: usize, count: i32, inner: i32, length: i32, yInner: i32, first: i32, end: i32,
  column: i32, last: i32,
): void {
  const row = <usize>yInner << 2;
  for (let o = first; o < end; o++) {
    const plane = y + <usize>o * <usize>length * row;
    for (let k = 0; k < count; k++) {
      const start = <usize>(o * count + k) * <usize>inner;
      for (let i = column; i < last; i++) {
        const from = (start + i) << 2;
        const at = plane + <usize>load<u32>(index + from) * row + (<usize>i << 2);
        store<f32>(at, load<f32>(at) + load<f32>(source + from));
      }
    }
  }
}
