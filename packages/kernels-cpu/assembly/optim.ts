// The updates of the optimisers, for one parameter or a piece of one. Odd elements at the end go through the same vector
// code, so that results do not depend on where the pieces are cut.

import { flush, LEAST_NORMAL, madd } from './simd';

// @ts-ignore: decorator
@inline
function load(at: usize, whole: bool): v128 {
  return whole ? v128.load(at) : v128.load32_splat(at);
}

// @ts-ignore: decorator
@inline
function store(at: usize, value: v128, whole: bool): void {
  if (whole) v128.store(at, value);
  else v128.store32_lane(at, value, 0);
}

enum Momentum { none, plain, nesterov }

// @ts-ignore: decorator
@inline
function sgdAt(
  kind: Momentum, whole: bool, isNew: bool, decays: bool, at: usize, grad: usize, buffer: usize,
  sign: v128, decay: v128, stays: v128, comes: v128, step: v128,
): void {
  const param = load(at, whole);
  let g = f32x4.mul(load(grad, whole), sign);
  // Not always, because nothing times an infinite parameter is NaN; the same for a new buffer of any content.
  if (decays) g = madd(param, decay, g);
  if (kind != Momentum.none) {
    const sum = isNew ? g : madd(load(buffer, whole), stays, f32x4.mul(g, comes));
    const direction = flush(sum, f32x4.splat(LEAST_NORMAL));
    store(buffer, direction, whole);
    g = kind == Momentum.nesterov ? madd(direction, stays, g) : direction;
  }
  store(at, madd(g, step, param), whole);
}

/** Two vectors at a time; returns where it stopped. */
// @ts-ignore: decorator
@inline
function sgdPairs(
  kind: Momentum, decays: bool, size: usize, param: usize, grad: usize, buffer: usize,
  sign: v128, decay: v128, stays: v128, comes: v128, step: v128,
): usize {
  let at: usize = 0;
  for (; at + 32 <= size; at += 32) {
    const next = at + 16;
    sgdAt(kind, true, false, decays, param + at, grad + at, buffer + at, sign, decay, stays, comes, step);
    sgdAt(kind, true, false, decays, param + next, grad + next, buffer + next, sign, decay, stays, comes, step);
  }
  return at;
}

// @ts-ignore: decorator
@inline
function sgdLine(
  kind: Momentum, n: i32, param: usize, grad: usize, buffer: usize, isNew: bool,
  sign: f32, weightDecay: f32, momentum: f32, share: f32, lr: f32,
): void {
  const signs = f32x4.splat(sign);
  const decay = f32x4.splat(weightDecay);
  const stays = f32x4.splat(momentum);
  const comes = f32x4.splat(share);
  const step = f32x4.splat(-lr);
  const decays = weightDecay != 0;
  const size = <usize>n << 2;
  let at: usize = 0;
  // All steps but the first: with constants, because tests inside would make the loop half as long again.
  if (!isNew && decays) at = sgdPairs(kind, true, size, param, grad, buffer, signs, decay, stays, comes, step);
  else if (!isNew) at = sgdPairs(kind, false, size, param, grad, buffer, signs, decay, stays, comes, step);
  for (; at + 16 <= size; at += 16) {
    sgdAt(kind, true, isNew, decays, param + at, grad + at, buffer + at, signs, decay, stays, comes, step);
  }
  for (; at < size; at += 4) {
    sgdAt(kind, false, isNew, decays, param + at, grad + at, buffer + at, signs, decay, stays, comes, step);
  }
}

/** `buffer` is 0 without momentum; `share` is 1 - dampening. */
export function sgd(
  n: i32, param: usize, grad: usize, buffer: usize, isNew: bool, nesterov: bool,
  sign: f32, weightDecay: f32, momentum: f32, share: f32, lr: f32,
): void {
  if (!buffer) sgdLine(Momentum.none, n, param, grad, 0, false, sign, weightDecay, 0, 0, lr);
  else if (nesterov) sgdLine(Momentum.nesterov, n, param, grad, buffer, isNew, sign, weightDecay, momentum, share, lr);
  else sgdLine(Momentum.plain, n, param, grad, buffer, isNew, sign, weightDecay, momentum, share, lr);
}

// @ts-ignore: decorator
@inline
function adamAt(
  whole: bool, decays: bool, keepsLargest: bool, at: usize, grad: usize, mean: usize, square: usize, largest: usize,
  sign: v128, decay: v128, shrink: v128, stays1: v128, comes1: v128, stays2: v128, comes2: v128,
  narrow: v128, eps: v128, length: v128, least: v128, leastGrad: v128,
): void {
  const param = load(at, whole);
  let g = f32x4.mul(load(grad, whole), sign);
  if (decays) g = madd(param, decay, g);
  const m = flush(madd(load(mean, whole), stays1, f32x4.mul(g, comes1)), least);
  g = flush(g, leastGrad);
  let v = flush(madd(load(square, whole), stays2, f32x4.mul(f32x4.mul(g, g), comes2)), least);
  store(mean, m, whole);
  store(square, v, whole);
  if (keepsLargest) {
    v = f32x4.max(load(largest, whole), v);
    store(largest, v, whole);
  }
  const spread = madd(f32x4.sqrt(v), narrow, eps);
  store(at, madd(param, shrink, f32x4.mul(f32x4.div(m, spread), length)), whole);
}

// @ts-ignore: decorator
@inline
function adamLine(
  decays: bool, keepsLargest: bool, n: i32, param: usize, grad: usize, mean: usize, square: usize, largest: usize,
  sign: f32, weightDecay: f32, shrink: f32, beta1: f32, share1: f32, beta2: f32, share2: f32,
  narrow: f32, eps: f32, length: f32,
): void {
  const signs = f32x4.splat(sign);
  const decay = f32x4.splat(weightDecay);
  const shrinks = f32x4.splat(shrink);
  const stays1 = f32x4.splat(beta1);
  const comes1 = f32x4.splat(share1);
  const stays2 = f32x4.splat(beta2);
  const comes2 = f32x4.splat(share2);
  const narrows = f32x4.splat(narrow);
  const tiny = f32x4.splat(eps);
  const back = f32x4.splat(-length);
  // Beside an eps of any use, what lies below is nothing.
  const least = f32x4.splat(eps < 1e-15 ? 0 : LEAST_NORMAL);
  const leastGrad = f32x4.splat(eps < 1e-15 ? 0 : <f32>Math.sqrt(LEAST_NORMAL / share2));
  const size = <usize>n << 2;
  let at: usize = 0;
  for (; at + 16 <= size; at += 16) {
    adamAt(
      true, decays, keepsLargest, param + at, grad + at, mean + at, square + at, largest + at,
      signs, decay, shrinks, stays1, comes1, stays2, comes2, narrows, tiny, back, least, leastGrad,
    );
  }
  for (; at < size; at += 4) {
    adamAt(
      false, decays, keepsLargest, param + at, grad + at, mean + at, square + at, largest + at,
      signs, decay, shrinks, stays1, comes1, stays2, comes2, narrows, tiny, back, least, leastGrad,
    );
  }
}

/** `largest` is 0 without amsgrad; the shares are 1 - beta; `narrow` and `length` make up for means that began as zeros. */
export function adam(
  n: i32, param: usize, grad: usize, mean: usize, square: usize, largest: usize,
  sign: f32, weightDecay: f32, shrink: f32, beta1: f32, share1: f32, beta2: f32, share2: f32,
  narrow: f32, eps: f32, length: f32,
): void {
  const decays = weightDecay != 0;
  if (largest) {
    adamLine(
      decays, true, n, param, grad, mean, square, largest,
      sign, weightDecay, shrink, beta1, share1, beta2, share2, narrow, eps, length,
    );
  } else {
    adamLine(
      decays, false, n, param, grad, mean, square, 0,
      sign, weightDecay, shrink, beta1, share1, beta2, share2, narrow, eps, length,
    );
  }
}
