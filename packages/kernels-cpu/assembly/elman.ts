// Elman's recurrent network over whole sequences.

import { squash4 } from './gates';
import { multiplyPacked, packedScratchBytes } from './packed';
import { counts, get, keepActive, placeOf, put, slopeOfTanh } from './sequence';

/** Bytes of scratch for some rows. */
export function elmanBytes(rows: i32, hidden: i32): i32 {
  return packedScratchBytes(rows) + 4 * rows * hidden;
}

// @ts-ignore: decorator
@inline
function states(gates: usize, sums: usize, h: usize, y: usize, isRelu: bool, isOne: bool): void {
  const z = f32x4.add(get(gates, isOne), get(sums, isOne));
  // This order of operands lets NaN through.
  const state = isRelu ? f32x4.pmax(z, f32x4.splat(0)) : squash4(z);
  put(h, state, isOne);
  put(y, state, isOne);
}

/** Some rows of a batch. `h` holds the first states and in the end the last; `weight` is packed; `lengths` is float32, or 0. */
export function elmanForward(
  rows: i32, time: i32, hidden: i32, gates: usize, weight: usize, h: usize, y: usize, isRelu: bool, lengths: usize,
  reverse: bool, scratch: usize,
): void {
  const sums = scratch + packedScratchBytes(rows);
  const line = <usize>hidden << 2;
  for (let s = 0; s < time; s++) {
    const step = reverse ? time - 1 - s : s;
    multiplyPacked(rows, hidden, hidden, h, hidden, weight, sums, false, scratch);
    for (let row = 0; row < rows; row++) {
      const place = placeOf(0, row, step, time, hidden);
      const state = <usize>row * line;
      if (!counts(lengths, row, step)) {
        memory.fill(y + place, 0, line);
        continue;
      }
      let at: usize = 0;
      for (; at + 16 <= line; at += 16) {
        states(gates + place + at, sums + state + at, h + state + at, y + place + at, isRelu, false);
      }
      for (; at < line; at += 4) {
        states(gates + place + at, sums + state + at, h + state + at, y + place + at, isRelu, true);
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function stateGrads(gY: usize, gH: usize, y: usize, gGates: usize, isRelu: bool, isOne: bool): void {
  const g = f32x4.add(get(gY, isOne), get(gH, isOne));
  const state = get(y, isOne);
  // What is compared with NaN is passed on.
  const gz = isRelu ? v128.andnot(g, f32x4.le(state, f32x4.splat(0))) : f32x4.mul(g, slopeOfTanh(state));
  put(gGates, gz, isOne);
}

/** The way back. `gH` holds the gradient of the last state and in the end that of the first; `weight` is packed the other way. */
export function elmanBackward(
  rows: i32, time: i32, hidden: i32, gY: usize, gH: usize, weight: usize, y: usize, isRelu: bool, lengths: usize,
  reverse: bool, gGates: usize, scratch: usize,
): void {
  const product = scratch + packedScratchBytes(rows);
  const line = <usize>hidden << 2;
  for (let s = time - 1; s >= 0; s--) {
    const step = reverse ? time - 1 - s : s;
    for (let row = 0; row < rows; row++) {
      const place = placeOf(0, row, step, time, hidden);
      const state = <usize>row * line;
      if (!counts(lengths, row, step)) {
        memory.fill(gGates + place, 0, line);
        continue;
      }
      let at: usize = 0;
      for (; at + 16 <= line; at += 16) {
        stateGrads(gY + place + at, gH + state + at, y + place + at, gGates + place + at, isRelu, false);
      }
      for (; at < line; at += 4) {
        stateGrads(gY + place + at, gH + state + at, y + place + at, gGates + place + at, isRelu, true);
      }
    }
    const from = placeOf(gGates, 0, step, time, hidden);
    multiplyPacked(rows, hidden, hidden, from, time * hidden, weight, lengths ? product : gH, false, scratch);
    if (lengths) keepActive(product, gH, rows, hidden, lengths, step);
  }
}
