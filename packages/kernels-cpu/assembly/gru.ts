// The gated recurrent unit over whole sequences, with its reset after the recurrent product or before it.

import { gate4, squash4 } from './gates';
import { multiplyPacked, packedScratchBytes } from './packed';
import { counts, get, isFirst, placeOf, put, slopeOfSigmoid, slopeOfTanh } from './sequence';
import { madd } from './simd';

/** Bytes of scratch for some rows: a product under way, its sums, and what the reset leaves of the state, or gets. */
export function gruBytes(rows: i32, hidden: i32): i32 {
  return packedScratchBytes(rows) + 4 * rows * 5 * hidden;
}

// @ts-ignore: decorator
@inline
function withBias(x: v128, bias: usize, isOne: bool): v128 {
  return bias ? f32x4.add(x, get(bias, isOne)) : x;
}

/** r and z, in place of what the product gave for them; with `left`, r ⊙ h there. */
// @ts-ignore: decorator
@inline
function outer(gates: usize, sums: usize, bias: usize, h: usize, left: usize, line: usize, isOne: bool): void {
  const r = gate4(f32x4.add(get(gates, isOne), withBias(get(sums, isOne), bias, isOne)));
  const fromSums = withBias(get(sums + line, isOne), bias ? bias + line : 0, isOne);
  put(sums, r, isOne);
  put(sums + line, gate4(f32x4.add(get(gates + line, isOne), fromSums)), isOne);
  if (left) put(left, f32x4.mul(r, get(h, isOne)), isOne);
}

/** The new state, from r and z and what the product gave for n. */
// @ts-ignore: decorator
@inline
function inner(
  gates: usize, sums: usize, product: usize, bias: usize, h: usize, y: usize, kept: usize, line: usize, isAfter: bool,
  takes: bool, isOne: bool,
): void {
  const r = get(sums, isOne);
  const z = get(sums + line, isOne);
  const u = withBias(get(product, isOne), bias, isOne);
  const x = get(gates, isOne);
  const n = squash4(isAfter ? madd(r, u, x) : f32x4.add(x, u));
  const former = get(h, isOne);
  const next = takes ? madd(z, f32x4.sub(n, former), former) : madd(z, f32x4.sub(former, n), n);
  put(h, next, isOne);
  put(y, next, isOne);
  if (kept) {
    put(kept, r, isOne);
    put(kept + line, z, isOne);
    put(kept + 2 * line, n, isOne);
    if (isAfter) put(kept + 3 * line, u, isOne);
  }
}

function rowOfOuter(hidden: i32, gates: usize, sums: usize, bias: usize, h: usize, left: usize): void {
  const line = <usize>hidden << 2;
  let at: usize = 0;
  for (; at + 16 <= line; at += 16) {
    outer(gates + at, sums + at, bias ? bias + at : 0, h + at, left ? left + at : 0, line, false);
  }
  for (; at < line; at += 4) {
    outer(gates + at, sums + at, bias ? bias + at : 0, h + at, left ? left + at : 0, line, true);
  }
}

function rowOfInner(
  hidden: i32, gates: usize, sums: usize, product: usize, bias: usize, h: usize, y: usize, kept: usize, isAfter: bool,
  takes: bool,
): void {
  const line = <usize>hidden << 2;
  let at: usize = 0;
  for (; at + 16 <= line; at += 16) {
    inner(
      gates + at, sums + at, product + at, bias ? bias + at : 0, h + at, y + at, kept ? kept + at : 0, line, isAfter,
      takes, false,
    );
  }
  for (; at < line; at += 4) {
    inner(
      gates + at, sums + at, product + at, bias ? bias + at : 0, h + at, y + at, kept ? kept + at : 0, line, isAfter,
      takes, true,
    );
  }
}

/**
 * Some rows of a batch. `h` holds the first states and in the end the last; `kept` is what backward needs, or 0. Of a reset after the product `weight` is all of
 * it, packed, and `candidate` 0; of one before it they are the two parts.
 */
export function gruForward(
  rows: i32, time: i32, hidden: i32, gates: usize, weight: usize, candidate: usize, bias: usize, h: usize, y: usize,
  kept: usize, takes: bool, lengths: usize, reverse: bool, scratch: usize,
): void {
  const isAfter = candidate == 0;
  const width = isAfter ? 3 * hidden : 2 * hidden;
  const sums = scratch + packedScratchBytes(rows);
  const left = sums + (<usize>(3 * rows * hidden) << 2);
  const product = left + (<usize>(rows * hidden) << 2);
  const line = <usize>hidden << 2;
  const per = isAfter ? 4 : 3;
  for (let s = 0; s < time; s++) {
    const step = reverse ? time - 1 - s : s;
    multiplyPacked(rows, width, hidden, h, hidden, weight, sums, false, scratch);
    if (!isAfter) {
      for (let row = 0; row < rows; row++) {
        const state = <usize>row * line;
        rowOfOuter(
          hidden, placeOf(gates, row, step, time, 3 * hidden), sums + 2 * state, bias, h + state, left + state,
        );
      }
      multiplyPacked(rows, hidden, hidden, left, hidden, candidate, product, false, scratch);
    }
    for (let row = 0; row < rows; row++) {
      const yAt = placeOf(y, row, step, time, hidden);
      const keptAt = kept ? placeOf(kept, row, step, time, per * hidden) : 0;
      if (!counts(lengths, row, step)) {
        memory.fill(yAt, 0, line);
        if (kept) memory.fill(keptAt, 0, per * line);
        continue;
      }
      const state = <usize>row * line;
      const own = sums + ((<usize>(row * width)) << 2);
      const from = placeOf(gates, row, step, time, 3 * hidden);
      if (isAfter) rowOfOuter(hidden, from, own, bias, h + state, 0);
      rowOfInner(
        hidden, from + 2 * line, own, isAfter ? own + 2 * line : product + state, bias ? bias + 2 * line : 0, h + state,
        yAt, keptAt, isAfter, takes,
      );
    }
  }
}

/** The gradients of z and n and what comes to the former state by z; with the reset after the product that of r, too. */
// @ts-ignore: decorator
@inline
function grads(
  gY: usize, gH: usize, kept: usize, former: usize, gGates: usize, gRecurrent: usize, line: usize, isAfter: bool,
  takes: bool, isOne: bool,
): void {
  const g = f32x4.add(get(gY, isOne), get(gH, isOne));
  const r = get(kept, isOne);
  const z = get(kept + line, isOne);
  const n = get(kept + 2 * line, isOne);
  const h = get(former, isOne);
  const rest = f32x4.sub(f32x4.splat(1), z);
  const gn = f32x4.mul(f32x4.mul(g, takes ? z : rest), slopeOfTanh(n));
  const gz = f32x4.mul(f32x4.mul(g, takes ? f32x4.sub(n, h) : f32x4.sub(h, n)), slopeOfSigmoid(z));
  put(gH, f32x4.mul(g, takes ? rest : z), isOne);
  put(gGates + line, gz, isOne);
  put(gGates + 2 * line, gn, isOne);
  put(gRecurrent + line, gz, isOne);
  put(gRecurrent + 2 * line, isAfter ? f32x4.mul(gn, r) : gn, isOne);
  if (isAfter) {
    const gr = f32x4.mul(f32x4.mul(gn, get(kept + 3 * line, isOne)), slopeOfSigmoid(r));
    put(gGates, gr, isOne);
    put(gRecurrent, gr, isOne);
  }
}

/** With the reset before the product: the gradient of r, and what comes to the former state by it, from what came through the product. */
// @ts-ignore: decorator
@inline
function resetGrads(by: usize, gH: usize, kept: usize, former: usize, gGates: usize, gRecurrent: usize, isOne: bool): void {
  const g = get(by, isOne);
  const r = get(kept, isOne);
  const gr = f32x4.mul(f32x4.mul(g, get(former, isOne)), slopeOfSigmoid(r));
  put(gGates, gr, isOne);
  put(gRecurrent, gr, isOne);
  put(gH, madd(g, r, get(gH, isOne)), isOne);
}

function rowOfGrads(
  hidden: i32, gY: usize, gH: usize, kept: usize, former: usize, gGates: usize, gRecurrent: usize, isAfter: bool,
  takes: bool,
): void {
  const line = <usize>hidden << 2;
  let at: usize = 0;
  for (; at + 16 <= line; at += 16) {
    grads(gY + at, gH + at, kept + at, former + at, gGates + at, gRecurrent + at, line, isAfter, takes, false);
  }
  for (; at < line; at += 4) {
    grads(gY + at, gH + at, kept + at, former + at, gGates + at, gRecurrent + at, line, isAfter, takes, true);
  }
}

function rowOfResetGrads(
  hidden: i32, by: usize, gH: usize, kept: usize, former: usize, gGates: usize, gRecurrent: usize,
): void {
  const line = <usize>hidden << 2;
  let at: usize = 0;
  for (; at + 16 <= line; at += 16) resetGrads(by + at, gH + at, kept + at, former + at, gGates + at, gRecurrent + at, false);
  for (; at < line; at += 4) resetGrads(by + at, gH + at, kept + at, former + at, gGates + at, gRecurrent + at, true);
}

/** The way back. `gH` holds the gradient of the last state and in the end that of the first; the matrices are packed the other way. */
export function gruBackward(
  rows: i32, time: i32, hidden: i32, gY: usize, gH: usize, weight: usize, candidate: usize, h0: usize, y: usize,
  kept: usize, takes: bool, lengths: usize, reverse: bool, gGates: usize, gRecurrent: usize, scratch: usize,
): void {
  const isAfter = candidate == 0;
  const product = scratch + packedScratchBytes(rows);
  const line = <usize>hidden << 2;
  const per = isAfter ? 4 : 3;
  const width = 3 * hidden;
  for (let s = time - 1; s >= 0; s--) {
    const step = reverse ? time - 1 - s : s;
    for (let row = 0; row < rows; row++) {
      const place = placeOf(0, row, step, time, width);
      if (!counts(lengths, row, step)) {
        memory.fill(gGates + place, 0, 3 * line);
        memory.fill(gRecurrent + place, 0, 3 * line);
        continue;
      }
      rowOfGrads(
        hidden, placeOf(gY, row, step, time, hidden), gH + <usize>row * line, placeOf(kept, row, step, time, per * hidden),
        formerOf(y, h0, row, step, time, hidden, lengths, reverse), gGates + place, gRecurrent + place, isAfter, takes,
      );
    }
    const from = placeOf(gRecurrent, 0, step, time, width);
    if (!isAfter) {
      multiplyPacked(rows, hidden, hidden, from + 2 * line, time * width, candidate, product, false, scratch);
      for (let row = 0; row < rows; row++) {
        if (!counts(lengths, row, step)) continue;
        const place = placeOf(0, row, step, time, width);
        rowOfResetGrads(
          hidden, product + <usize>row * line, gH + <usize>row * line, placeOf(kept, row, step, time, per * hidden),
          formerOf(y, h0, row, step, time, hidden, lengths, reverse), gGates + place, gRecurrent + place,
        );
      }
    }
    multiplyPacked(
      rows, hidden, isAfter ? width : 2 * hidden, from, time * width, weight, lengths ? product : gH, !lengths, scratch,
    );
    if (lengths) addActive(product, gH, rows, hidden, lengths, step);
  }
}

function formerOf(
  y: usize, h0: usize, row: i32, step: i32, time: i32, hidden: i32, lengths: usize, reverse: bool,
): usize {
  if (isFirst(lengths, row, step, time, reverse)) return h0 + (<usize>(row * hidden) << 2);
  return placeOf(y, row, reverse ? step + 1 : step - 1, time, hidden);
}

/** Adds what a step has to the state of the rows that count. */
function addActive(from: usize, to: usize, rows: i32, size: i32, lengths: usize, step: i32): void {
  const line = <usize>size << 2;
  for (let row = 0; row < rows; row++) {
    if (!counts(lengths, row, step)) continue;
    const a = from + <usize>row * line;
    const b = to + <usize>row * line;
    let at: usize = 0;
    for (; at + 16 <= line; at += 16) v128.store(b + at, f32x4.add(v128.load(b + at), v128.load(a + at)));
    for (; at < line; at += 4) store<f32>(b + at, load<f32>(b + at) + load<f32>(a + at));
  }
}
