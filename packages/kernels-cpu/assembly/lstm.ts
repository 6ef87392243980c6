// Long short-term memory over whole sequences: in each step one product by the packed weight, and the gates in one pass behind it.

import { gate4, squash4 } from './gates';
import { multiplyPacked, packedScratchBytes } from './packed';
import { counts, get, isFirst, keepActive, placeOf, put, slopeOfSigmoid, slopeOfTanh } from './sequence';
import { madd } from './simd';

/** Bytes of scratch for some rows: a product under way, its sums, and what stands on either side of a projection. */
export function lstmBytes(rows: i32, hidden: i32, size: i32): i32 {
  return packedScratchBytes(rows) + 4 * rows * (5 * hidden + 2 * size);
}

// @ts-ignore: decorator
@inline
function cells(
  gates: usize, sums: usize, c: usize, h: usize, kept: usize, cell: usize, peepholes: usize, line: usize, isOne: bool,
): void {
  const former = get(c, isOne);
  let zi = f32x4.add(get(gates, isOne), get(sums, isOne));
  let zf = f32x4.add(get(gates + line, isOne), get(sums + line, isOne));
  let zo = f32x4.add(get(gates + 3 * line, isOne), get(sums + 3 * line, isOne));
  if (peepholes) {
    zi = madd(get(peepholes, isOne), former, zi);
    zf = madd(get(peepholes + line, isOne), former, zf);
  }
  const i = gate4(zi);
  const f = gate4(zf);
  const g = squash4(f32x4.add(get(gates + 2 * line, isOne), get(sums + 2 * line, isOne)));
  const next = madd(f, former, f32x4.mul(i, g));
  if (peepholes) zo = madd(get(peepholes + 2 * line, isOne), next, zo);
  const o = gate4(zo);
  put(c, next, isOne);
  put(h, f32x4.mul(o, squash4(next)), isOne);
  if (kept) {
    put(kept, i, isOne);
    put(kept + line, f, isOne);
    put(kept + 2 * line, g, isOne);
    put(kept + 3 * line, o, isOne);
    put(cell, next, isOne);
  }
}

function rowOfCells(
  hidden: i32, gates: usize, sums: usize, c: usize, h: usize, kept: usize, cell: usize, peepholes: usize,
): void {
  const line = <usize>hidden << 2;
  let at: usize = 0;
  for (; at + 16 <= line; at += 16) {
    cells(
      gates + at, sums + at, c + at, h + at, kept ? kept + at : 0, cell + at, peepholes ? peepholes + at : 0, line, false,
    );
  }
  for (; at < line; at += 4) {
    cells(
      gates + at, sums + at, c + at, h + at, kept ? kept + at : 0, cell + at, peepholes ? peepholes + at : 0, line, true,
    );
  }
}

/**
 * Some rows of a batch. `h` and `c` hold the first states and in the end the last; `kept` and `cell` are what backward needs, or 0; `weight` and
 * `projection` (or 0) are packed; `lengths` is float32, or 0.
 */
export function lstmForward(
  rows: i32, time: i32, hidden: i32, size: i32, gates: usize, weight: usize, h: usize, c: usize, y: usize, kept: usize,
  cell: usize, peepholes: usize, projection: usize, lengths: usize, reverse: bool, scratch: usize,
): void {
  const sums = scratch + packedScratchBytes(rows);
  const out = sums + (<usize>(4 * rows * hidden) << 2);
  const next = out + (<usize>(rows * hidden) << 2);
  for (let s = 0; s < time; s++) {
    const step = reverse ? time - 1 - s : s;
    multiplyPacked(rows, 4 * hidden, size, h, size, weight, sums, false, scratch);
    for (let row = 0; row < rows; row++) {
      const keptAt = kept ? placeOf(kept, row, step, time, 4 * hidden) : 0;
      const cellAt = cell ? placeOf(cell, row, step, time, hidden) : 0;
      const yAt = placeOf(y, row, step, time, size);
      if (!counts(lengths, row, step)) {
        memory.fill(yAt, 0, <usize>size << 2);
        if (kept) {
          memory.fill(keptAt, 0, <usize>hidden << 4);
          memory.fill(cellAt, 0, <usize>hidden << 2);
        }
        continue;
      }
      const to = (projection ? out : h) + (<usize>(row * hidden) << 2);
      rowOfCells(
        hidden, placeOf(gates, row, step, time, 4 * hidden), sums + (<usize>(row * hidden) << 4),
        c + (<usize>(row * hidden) << 2), to, keptAt, cellAt, peepholes,
      );
      if (!projection) memory.copy(yAt, to, <usize>hidden << 2);
    }
    if (projection) {
      multiplyPacked(rows, size, hidden, out, hidden, projection, next, false, scratch);
      keepActive(next, h, rows, size, lengths, step);
      for (let row = 0; row < rows; row++) {
        if (!counts(lengths, row, step)) continue;
        memory.copy(placeOf(y, row, step, time, size), h + (<usize>(row * size) << 2), <usize>size << 2);
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function cellGrads(
  gOut: v128, gCell: usize, kept: usize, cell: usize, former: usize, peepholes: usize, gGates: usize, line: usize,
  isOne: bool,
): void {
  const i = get(kept, isOne);
  const f = get(kept + line, isOne);
  const g = get(kept + 2 * line, isOne);
  const o = get(kept + 3 * line, isOne);
  const now = squash4(get(cell, isOne));
  const go = f32x4.mul(f32x4.mul(gOut, now), slopeOfSigmoid(o));
  let gc = madd(f32x4.mul(gOut, o), slopeOfTanh(now), get(gCell, isOne));
  if (peepholes) gc = madd(go, get(peepholes + 2 * line, isOne), gc);
  const gi = f32x4.mul(f32x4.mul(gc, g), slopeOfSigmoid(i));
  const gf = f32x4.mul(f32x4.mul(gc, get(former, isOne)), slopeOfSigmoid(f));
  let gFormer = f32x4.mul(gc, f);
  if (peepholes) gFormer = madd(gi, get(peepholes, isOne), madd(gf, get(peepholes + line, isOne), gFormer));
  put(gCell, gFormer, isOne);
  put(gGates, gi, isOne);
  put(gGates + line, gf, isOne);
  put(gGates + 2 * line, f32x4.mul(f32x4.mul(gc, i), slopeOfTanh(g)), isOne);
  put(gGates + 3 * line, go, isOne);
}

/** What comes to the outputs is g, and with `more` the sum of both. */
function rowOfGrads(
  hidden: i32, g: usize, more: usize, gCell: usize, kept: usize, cell: usize, former: usize, peepholes: usize,
  gGates: usize,
): void {
  const line = <usize>hidden << 2;
  let at: usize = 0;
  for (; at + 16 <= line; at += 16) {
    const gOut = v128.load(g + at);
    cellGrads(
      more ? f32x4.add(gOut, v128.load(more + at)) : gOut, gCell + at, kept + at, cell + at, former + at,
      peepholes ? peepholes + at : 0, gGates + at, line, false,
    );
  }
  for (; at < line; at += 4) {
    const gOut = v128.load32_splat(g + at);
    cellGrads(
      more ? f32x4.add(gOut, v128.load32_splat(more + at)) : gOut, gCell + at, kept + at, cell + at, former + at,
      peepholes ? peepholes + at : 0, gGates + at, line, true,
    );
  }
}

/** The way back. `gH` and `gC` hold the gradients of the last states and in the end those of the first; both matrices are packed the other way. */
export function lstmBackward(
  rows: i32, time: i32, hidden: i32, size: i32, gY: usize, gH: usize, gC: usize, weight: usize, c0: usize, kept: usize,
  cell: usize, peepholes: usize, projection: usize, lengths: usize, reverse: bool, gGates: usize, scratch: usize,
): void {
  const product = scratch + packedScratchBytes(rows);
  const out = product + (<usize>(4 * rows * hidden) << 2);
  const next = out + (<usize>(rows * hidden) << 2);
  for (let s = time - 1; s >= 0; s--) {
    const step = reverse ? time - 1 - s : s;
    if (projection) {
      for (let row = 0; row < rows; row++) {
        addRows(placeOf(gY, row, step, time, size), gH + (<usize>(row * size) << 2), next + (<usize>(row * size) << 2), size);
      }
      multiplyPacked(rows, hidden, size, next, size, projection, out, false, scratch);
    }
    for (let row = 0; row < rows; row++) {
      const to = placeOf(gGates, row, step, time, 4 * hidden);
      const state = <usize>(row * hidden) << 2;
      if (!counts(lengths, row, step)) {
        memory.fill(to, 0, <usize>hidden << 4);
        continue;
      }
      const former = isFirst(lengths, row, step, time, reverse)
        ? c0 + state
        : placeOf(cell, row, reverse ? step + 1 : step - 1, time, hidden);
      rowOfGrads(
        hidden, projection ? out + state : placeOf(gY, row, step, time, hidden), projection ? 0 : gH + state, gC + state,
        placeOf(kept, row, step, time, 4 * hidden), placeOf(cell, row, step, time, hidden), former, peepholes, to,
      );
    }
    const from = placeOf(gGates, 0, step, time, 4 * hidden);
    const line = time * 4 * hidden;
    multiplyPacked(rows, size, 4 * hidden, from, line, weight, lengths ? product : gH, false, scratch);
    if (lengths) keepActive(product, gH, rows, size, lengths, step);
  }
}

function addRows(a: usize, b: usize, to: usize, n: i32): void {
  const line = <usize>n << 2;
  let at: usize = 0;
  for (; at + 16 <= line; at += 16) v128.store(to + at, f32x4.add(v128.load(a + at), v128.load(b + at)));
  for (; at < line; at += 4) store<f32>(to + at, load<f32>(a + at) + load<f32>(b + at));
}
