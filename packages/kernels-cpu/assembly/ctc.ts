// Connectionist temporal classification: the forward and the backward algorithm in logarithms, four states at a time.
//
// A row holds a number for each state, with -∞ in the lanes around them. Those of a step are relative to the largest of
// the step before, and how far they are moved is kept in double precision: logarithms of hundreds lose no digits.

import { exp4, log4 } from './functions';

/** Below this a logarithm counts as that of 0. */
const NEVER: f32 = -1e30;
/** Lanes in front of a row, and at least so many behind. */
const AROUND: usize = 16;

function stateCount(labels: i32): i32 {
  return 2 * labels + 1;
}

/** Bytes of a row without those in front. */
function rowBytes(labels: i32): usize {
  return (<usize>(stateCount(labels) + 3) << 2) & ~15;
}

/** Bytes of the scratch: for each step a row and its shift, and five rows beside. */
export function ctcBytes(labels: i32, steps: i32): usize {
  return <usize>(steps + 5) * (rowBytes(labels) + 2 * AROUND) + (<usize>steps << 3);
}

/** log(e^a + e^b + e^c); -∞ where all three are, ∞ or NaN where one is. */
// @ts-ignore: decorator
@inline
function logSum4(a: v128, b: v128, c: v128): v128 {
  const most = f32x4.pmax(f32x4.pmax(a, b), c);
  const by = v128.andnot(most, f32x4.eq(f32x4.abs(most), f32x4.splat(Infinity)));
  const sum = f32x4.add(f32x4.add(share(f32x4.sub(a, by)), share(f32x4.sub(b, by))), share(f32x4.sub(c, by)));
  return f32x4.add(most, log4(sum));
}

/** Adds what is said to the paths that lead to it; where there are none, it does not matter. */
// @ts-ignore: decorator
@inline
function saying(paths: v128, said: v128): v128 {
  const never = f32x4.splat(-Infinity);
  return v128.bitselect(never, f32x4.add(paths, said), f32x4.eq(paths, never));
}

/** Below this e^x is a number that machines take a hundred times as long for, and nothing beside 1. */
const LEAST: f32 = -87;

// @ts-ignore: decorator
@inline
function share(x: v128): v128 {
  return exp4(f32x4.pmax(x, f32x4.splat(LEAST)));
}

/** The larger of each lane, where that is finite: what is not must not move the others. */
// @ts-ignore: decorator
@inline
function larger(a: v128, b: v128): v128 {
  return f32x4.pmax(a, v128.bitselect(f32x4.splat(-Infinity), b, f32x4.eq(b, f32x4.splat(Infinity))));
}

/** The largest of the lanes, or 0 where all are -∞. */
// @ts-ignore: decorator
@inline
function largest(x: v128): f32 {
  x = f32x4.pmax(x, i32x4.shuffle(x, x, 2, 3, 0, 1));
  const most = f32x4.extract_lane(f32x4.pmax(x, i32x4.shuffle(x, x, 1, 0, 3, 2)), 0);
  return most > -Infinity ? most : 0;
}

/** Room for rows, with -∞ around each. Returns where the first state of the first one is. */
function clearRows(to: usize, count: i32, labels: i32): usize {
  const never = f32x4.splat(-Infinity);
  const end = to + <usize>count * (rowBytes(labels) + 2 * AROUND);
  for (; to < end; to += 16) v128.store(to, never);
  return end - <usize>count * (rowBytes(labels) + 2 * AROUND) + AROUND;
}

// @ts-ignore: decorator
@inline
function saidBy(x: usize, label: i32): f32 {
  const value = load<f32>(x + (<usize>label << 2));
  return value <= NEVER ? -Infinity : value;
}

/** What each state says at a step. */
function say(x: usize, labels: usize, count: i32, blank: i32, to: usize): void {
  const pause = saidBy(x, blank);
  for (let i = 0; i < count; i++, labels += 4, to += 8) {
    store<f32>(to, pause);
    store<f32>(to, saidBy(x, <i32>load<f32>(labels)), 4);
  }
  store<f32>(to, pause);
}

/** All ones where a path may come to a state from the last but one: to a label that differs from the one before. */
function markJumps(labels: usize, count: i32, to: usize): void {
  memory.fill(to, 0, rowBytes(count) + AROUND);
  for (let i = 1; i < count; i++) {
    const differs = load<f32>(labels + (<usize>i << 2)) != load<f32>(labels + (<usize>(i - 1) << 2));
    if (differs) store<i32>(to + (<usize>(2 * i + 1) << 2), -1);
  }
}

/** The rows of the forward algorithm, one for each step, and their shifts. Returns the logarithm of the total probability. */
function forward(
  x: usize, step: usize, steps: i32, labels: usize, count: i32, blank: i32, rows: usize, shifts: usize, said: usize,
  jumps: usize,
): f64 {
  const bytes = rowBytes(count);
  const next = bytes + 2 * AROUND;
  const never = f32x4.splat(-Infinity);
  say(x, labels, count, blank, said);
  store<f32>(rows, load<f32>(said));
  if (count > 0) store<f32>(rows, load<f32>(said, 4), 4);
  store<f64>(shifts, 0);
  let most = largest(larger(never, v128.load(rows)));
  let shift: f64 = 0;
  for (let t = 1; t < steps; t++) {
    x += step;
    say(x, labels, count, blank, said);
    shift += <f64>most;
    store<f64>(shifts + (<usize>t << 3), shift);
    const down = f32x4.splat(most);
    let best = never;
    for (let s: usize = 0; s < bytes; s += 16) {
      const before = rows + s;
      const jump = v128.bitselect(v128.load(before - 8), never, v128.load(jumps + s));
      const led = logSum4(v128.load(before), v128.load(before - 4), jump);
      const row = saying(led, f32x4.sub(v128.load(said + s), down));
      v128.store(before + next, row);
      best = larger(best, row);
    }
    rows += next;
    most = largest(best);
  }
  const last = rows + (<usize>(stateCount(count) - 1) << 2);
  // Before the first state lies -∞.
  const total = logSum4(v128.load32_splat(last), v128.load32_splat(last - 4), never);
  return shift + <f64>f32x4.extract_lane(total, 0);
}

/** The loss of one sequence: steps are `step` bytes apart, `labels` are so many float32. */
export function ctcLoss(
  x: usize, step: usize, steps: i32, labels: usize, count: i32, blank: i32, y: usize, scratch: usize,
): void {
  const rows = clearRows(scratch, steps + 5, count);
  const next = rowBytes(count) + 2 * AROUND;
  const beside = rows + <usize>steps * next;
  const shifts = scratch + <usize>(steps + 5) * next;
  markJumps(labels, count, beside + next);
  store<f32>(y, <f32>-forward(x, step, steps, labels, count, blank, rows, shifts, beside, beside + next));
}

/** The gradient for one sequence: y is laid out like x, and has `time` steps of `classes` in all. */
export function ctcLossGrad(
  g: usize, x: usize, y: usize, step: usize, time: i32, steps: i32, classes: i32, labels: usize, count: i32,
  blank: i32, scratch: usize,
): void {
  for (let t = 0; t < time; t++) memory.fill(y + <usize>t * step, 0, <usize>classes << 2);
  const rows = clearRows(scratch, steps + 5, count);
  const bytes = rowBytes(count);
  const next = bytes + 2 * AROUND;
  const said = rows + <usize>steps * next;
  const jumps = said + next;
  const backward = jumps + next;
  const from = backward + next;
  const shares = from + next;
  const shifts = scratch + <usize>(steps + 5) * next;
  const never = f32x4.splat(-Infinity);
  markJumps(labels, count, jumps);
  const total = forward(x, step, steps, labels, count, blank, rows, shifts, said, jumps);
  // From each state to the end, without what it says itself.
  const last = backward + (<usize>(stateCount(count) - 1) << 2);
  store<f32>(last, 0);
  if (count > 0) store<f32>(last - 4, 0);
  const by = f32x4.splat(-load<f32>(g));
  let shift: f64 = 0;
  let most: f32 = 0;
  for (let t = steps - 1; t >= 0; t--) {
    const row = rows + <usize>t * next;
    const toTotal = f32x4.splat(<f32>(load<f64>(shifts + (<usize>t << 3)) + shift - total));
    for (let s: usize = 0; s < bytes; s += 16) {
      const before = v128.load(row + s);
      const after = v128.load(backward + s);
      const power = f32x4.add(f32x4.add(before, after), toTotal);
      const part = f32x4.mul(v128.andnot(share(power), f32x4.lt(power, f32x4.splat(LEAST))), by);
      // Where no path leads there, or on, nothing depends on the total, nor on g.
      v128.store(shares + s, v128.andnot(part, v128.or(f32x4.eq(before, never), f32x4.eq(after, never))));
    }
    addShares(shares, labels, count, blank, y + <usize>t * step);
    if (t == 0) break;
    say(x + <usize>t * step, labels, count, blank, said);
    shift += <f64>most;
    const down = f32x4.splat(most);
    for (let s: usize = 0; s < bytes; s += 16) {
      v128.store(from + s, saying(v128.load(backward + s), f32x4.sub(v128.load(said + s), down)));
    }
    let best = never;
    for (let s: usize = 0; s < bytes; s += 16) {
      const jump = v128.bitselect(v128.load(from + s, 8), never, v128.load(jumps + s, 8));
      const led = logSum4(v128.load(from + s), v128.load(from + s, 4), jump);
      v128.store(backward + s, led);
      best = larger(best, led);
    }
    most = largest(best);
  }
}

/** Adds what the states have to the classes that they say. */
function addShares(shares: usize, labels: usize, count: i32, blank: i32, y: usize): void {
  let pause = load<f32>(shares);
  for (let i = 0; i < count; i++, labels += 4, shares += 8) {
    const at = y + (<usize><i32>load<f32>(labels) << 2);
    store<f32>(at, load<f32>(at) + load<f32>(shares, 4));
    pause += load<f32>(shares, 8);
  }
  store<f32>(y + (<usize>blank << 2), pause);
}
