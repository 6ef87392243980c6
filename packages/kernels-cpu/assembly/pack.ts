// Packing: MR rows of the left factor, or NR columns of the right one, side by side for each step along the depth.
// Lines that are missing in the last panel are 0.

import { MR, NR, wholeRows } from './tiles';
import { storeTransposed } from './simd';

/** Packs `rows` rows of A. */
export function packLeft(to: usize, a: usize, rows: i32, depth: i32, rowStride: i32, depthStride: i32): void {
  const row = <usize>rowStride << 2;
  const step = <usize>depthStride << 2;
  for (let i = 0; i < rows; i += MR, a += row * MR) {
    if (rows - i < MR) packEdge(to, a, rows - i, MR, depth, row, step);
    else if (depthStride == 1) packRows(to, a, depth, row);
    else if (rowStride == 1) packColumns(to, a, depth, step);
    else packEdge(to, a, MR, MR, depth, row, step);
    to += <usize>(MR * depth) << 2;
  }
}

/** A full panel of rows that lie along the depth: blocks are transposed. */
function packRows(to: usize, a: usize, depth: i32, row: usize): void {
  const width: usize = MR << 2;
  let k = 0;
  for (; k <= depth - 4; k += 4, a += 16, to += 4 * width) {
    storeTransposed(v128.load(a), v128.load(a + row), v128.load(a + 2 * row), v128.load(a + 3 * row), to, width);
    if (MR == 6) {
      const r4 = v128.load(a + 4 * row);
      const r5 = v128.load(a + 5 * row);
      const low = f32x4.shuffle(r4, r5, 0, 4, 1, 5);
      const high = f32x4.shuffle(r4, r5, 2, 6, 3, 7);
      v128.store64_lane(to, low, 0, 16);
      v128.store64_lane(to + width, low, 1, 16);
      v128.store64_lane(to + 2 * width, high, 0, 16);
      v128.store64_lane(to + 3 * width, high, 1, 16);
    }
  }
  packEdge(to, a, MR, MR, depth - k, row, 4);
}

/** A full panel of rows that lie side by side: A is transposed. */
function packColumns(to: usize, a: usize, depth: i32, step: usize): void {
  for (let k = 0; k < depth; k++, a += step, to += MR << 2) {
    v128.store(to, v128.load(a));
    if (MR == 6) store<u64>(to, load<u64>(a, 16), 16);
  }
}

/** Any panel, element by element. */
function packEdge(to: usize, from: usize, lines: i32, panel: i32, depth: i32, line: usize, step: usize): void {
  for (let k = 0; k < depth; k++, from += step, to += <usize>panel << 2) {
    let at = from;
    for (let i = 0; i < panel; i++, at += line) store<f32>(to + (<usize>i << 2), i < lines ? load<f32>(at) : 0);
  }
}

/** Packs `columns` columns of B. */
export function packRight(to: usize, b: usize, columns: i32, depth: i32, depthStride: i32, columnStride: i32): void {
  const column = <usize>columnStride << 2;
  const step = <usize>depthStride << 2;
  for (let j = 0; j < columns; j += NR, b += column * NR) {
    if (columns - j < NR) {
      packEdge(to, b, columns - j, NR, depth, column, step);
    } else if (columnStride == 1) {
      let at = to;
      let from = b;
      for (let k = 0; k < depth; k++, from += step, at += NR << 2) {
        v128.store(at, v128.load(from));
        v128.store(at, v128.load(from, 16), 16);
      }
    } else if (depthStride == 1) {
      packLines(to, b, depth, column);
    } else {
      packEdge(to, b, NR, NR, depth, column, step);
    }
    to += <usize>(NR * depth) << 2;
  }
}

/** A full panel of columns that lie along the depth. */
function packLines(to: usize, b: usize, depth: i32, column: usize): void {
  const width: usize = NR << 2;
  const half = b + 4 * column;
  let k = 0;
  let at: usize = 0;
  for (; k <= depth - 4; k += 4, at += 16, to += 4 * width) {
    storeTransposed(
      v128.load(b + at), v128.load(b + column + at), v128.load(b + 2 * column + at), v128.load(b + 3 * column + at),
      to, width,
    );
    storeTransposed(
      v128.load(half + at), v128.load(half + column + at), v128.load(half + 2 * column + at),
      v128.load(half + 3 * column + at),
      to + 16, width,
    );
  }
  packEdge(to, b + at, NR, NR, depth - k, column, 4);
}

/** Packs columns of a matrix that is given by offsets: element (k, j) is at b + depths[k] + columns[j]. */
export function packIndexed(to: usize, b: usize, depths: usize, columns: usize, count: i32, depth: i32): void {
  for (let j = 0; j < count; j += NR, columns += NR << 2) {
    const width = min(NR, count - j);
    if (width == NR && isRun(columns, NR)) packRun(to, b + load<u32>(columns), depths, depth);
    else packOffsets(to, b, depths, columns, width, depth);
    to += <usize>(NR * depth) << 2;
  }
}

/** Whether `count` offsets are those of neighbours. */
// @ts-ignore: decorator
@inline
function isRun(offsets: usize, count: i32): bool {
  // Offsets never decrease by more than they advance, so the ends and the middle tell.
  const first = load<u32>(offsets);
  for (let i: u32 = 1; i < <u32>count; i++) if (load<u32>(offsets + (<usize>i << 2)) != first + 4 * i) return false;
  return true;
}

function packRun(to: usize, b: usize, depths: usize, depth: i32): void {
  for (const end = depths + (<usize>depth << 2); depths < end; depths += 4, to += NR << 2) {
    const from = b + load<u32>(depths);
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
  }
}

function packOffsets(to: usize, b: usize, depths: usize, columns: usize, width: i32, depth: i32): void {
  const row: usize = NR << 2;
  if (width < NR) memory.fill(to, 0, row * <usize>depth);
  let k = 0;
  for (; k <= depth - 4; k += 4, depths += 16, to += 4 * row) {
    if (isRun(depths, 4)) {
      const from = b + load<u32>(depths);
      let j = 0;
      for (; j <= width - 4; j += 4) {
        const at = columns + (<usize>j << 2);
        storeTransposed(
          v128.load(from + load<u32>(at)), v128.load(from + load<u32>(at, 4)),
          v128.load(from + load<u32>(at, 8)), v128.load(from + load<u32>(at, 12)),
          to + (<usize>j << 2), row,
        );
      }
      for (; j < width; j++) {
        const at = from + load<u32>(columns + (<usize>j << 2));
        const cell = to + (<usize>j << 2);
        store<f32>(cell, load<f32>(at));
        store<f32>(cell + row, load<f32>(at, 4));
        store<f32>(cell + 2 * row, load<f32>(at, 8));
        store<f32>(cell + 3 * row, load<f32>(at, 12));
      }
    } else {
      for (let i: usize = 0; i < 4; i++) packOffsetRow(to + i * row, b + load<u32>(depths + (i << 2)), columns, width);
    }
  }
  for (; k < depth; k++, depths += 4, to += row) packOffsetRow(to, b + load<u32>(depths), columns, width);
}

// @ts-ignore: decorator
@inline
function packOffsetRow(to: usize, from: usize, columns: usize, width: i32): void {
  for (let j: usize = 0; j < <usize>width << 2; j += 4) store<f32>(to + j, load<f32>(from + load<u32>(columns + j)));
}

/** Panels of five rows that lie along the depth; those that are missing are the last one again, and nobody looks at them. */
export function packFives(to: usize, a: usize, rows: i32, depth: i32, line: usize): void {
  for (let i = 0; i < rows; i += 5, a += 5 * line) {
    const last = <usize>(min(5, rows - i) - 1);
    const a1 = a + min<usize>(1, last) * line;
    const a2 = a + min<usize>(2, last) * line;
    const a3 = a + min<usize>(3, last) * line;
    const a4 = a + min<usize>(4, last) * line;
    let k: usize = 0;
    const end = <usize>depth << 2;
    for (; k + 16 <= end; k += 16, to += 80) {
      storeTransposed(v128.load(a + k), v128.load(a1 + k), v128.load(a2 + k), v128.load(a3 + k), to, 20);
      const r4 = v128.load(a4 + k);
      v128.store32_lane(to, r4, 0, 16);
      v128.store32_lane(to, r4, 1, 36);
      v128.store32_lane(to, r4, 2, 56);
      v128.store32_lane(to, r4, 3, 76);
    }
    for (; k < end; k += 4, to += 20) {
      store<f32>(to, load<f32>(a + k));
      store<f32>(to, load<f32>(a1 + k), 4);
      store<f32>(to, load<f32>(a2 + k), 8);
      store<f32>(to, load<f32>(a3 + k), 12);
      store<f32>(to, load<f32>(a4 + k), 16);
    }
  }
}

/** Packs the columns of A [depth, …] as rows: whole panels, and the rest in fives (see `wholeRows`). */
export function packAcross(to: usize, a: usize, rows: i32, depth: i32, depthStride: i32): void {
  const whole = wholeRows(rows);
  packLeft(to, a, whole, depth, 1, depthStride);
  to += <usize>(whole * depth) << 2;
  a += <usize>whole << 2;
  const step = <usize>depthStride << 2;
  for (let i = whole; i < rows; i += 5, a += 20) {
    if (rows - i < 5) {
      packEdge(to, a, rows - i, 5, depth, 4, step);
      return;
    }
    let from = a;
    for (let k = 0; k < depth; k++, from += step, to += 20) {
      v128.store(to, v128.load(from));
      store<f32>(to, load<f32>(from, 16), 16);
    }
  }
}
