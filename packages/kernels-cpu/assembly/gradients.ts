// The gradients of activations for an upstream gradient g, element by element, and those of softmax and its kin over rows.

import { exp4, sigmoid4, tanh4 } from './functions';
import { madd, sumLanes } from './simd';
import { maxOfRow, sumOfExponentials } from './softmax';

enum Gradient { relu, tanh, sigmoid, silu, leakyRelu, elu, softplus, gelu, geluTanh }

// So many elements are summed in single precision before they join a sum in double precision.
const BLOCK: usize = 1024;

/** `x` is the activation's input, or its result for relu, tanh and sigmoid. */
// @ts-ignore: decorator
@inline
function apply(op: Gradient, g: v128, x: v128, p: v128): v128 {
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  if (op == Gradient.relu) return v128.andnot(g, f32x4.le(x, zero));
  if (op == Gradient.tanh) return f32x4.mul(g, f32x4.sub(one, f32x4.mul(x, x)));
  if (op == Gradient.sigmoid) return f32x4.mul(g, f32x4.mul(x, f32x4.sub(one, x)));
  if (op == Gradient.silu) {
    const s = sigmoid4(x);
    return f32x4.mul(g, f32x4.mul(s, madd(x, f32x4.sub(one, s), one)));
  }
  if (op == Gradient.leakyRelu) return v128.bitselect(g, f32x4.mul(g, p), f32x4.gt(x, zero));
  if (op == Gradient.elu) return v128.bitselect(g, f32x4.mul(g, f32x4.mul(exp4(x), p)), f32x4.gt(x, zero));
  if (op == Gradient.softplus) return f32x4.mul(g, sigmoid4(f32x4.mul(x, p)));
  if (op == Gradient.gelu) return f32x4.mul(g, geluSlope(x));
  return f32x4.mul(g, geluTanhSlope(x));
}

/**
 * Φ(x) + x φ(x). With e = e^(-x²/2), φ is e/√(2π), and the tail of Φ is e times a polynomial: Abramowitz & Stegun, Handbook
 * of Mathematical Functions, 7.1.26, within 7.5e-8.
 */
// @ts-ignore: decorator
@inline
function geluSlope(x: v128): v128 {
  const one = f32x4.splat(1);
  const size = f32x4.abs(x);
  const e = exp4(f32x4.mul(f32x4.mul(x, x), f32x4.splat(-0.5)));
  const t = f32x4.div(one, madd(size, f32x4.splat(0.3275911 * 0.70710678118654752), one));
  let p = f32x4.splat(1.061405429 / 2);
  p = madd(p, t, f32x4.splat(-1.453152027 / 2));
  p = madd(p, t, f32x4.splat(1.421413741 / 2));
  p = madd(p, t, f32x4.splat(-0.284496736 / 2));
  p = madd(p, t, f32x4.splat(0.254829592 / 2));
  const tail = f32x4.mul(f32x4.mul(p, t), e);
  const distribution = v128.bitselect(tail, f32x4.sub(one, tail), f32x4.lt(x, f32x4.splat(0)));
  return madd(f32x4.mul(x, e), f32x4.splat(0.398942280401432678), distribution);
}

/** The same for the approximation ½ x (1 + tanh u), u = √(2/π) (x + 0.044715 x³). */
// @ts-ignore: decorator
@inline
function geluTanhSlope(x: v128): v128 {
  const one = f32x4.splat(1);
  const half = f32x4.splat(0.5);
  const scale = f32x4.splat(0.797884560802865356);
  const x2 = f32x4.mul(x, x);
  const t = tanh4(f32x4.mul(f32x4.mul(x, madd(x2, f32x4.splat(0.044715), one)), scale));
  const slope = f32x4.mul(madd(x2, f32x4.splat(3 * 0.044715), one), scale);
  const sech2 = f32x4.sub(one, f32x4.mul(t, t));
  return f32x4.mul(half, madd(f32x4.mul(x, sech2), slope, f32x4.add(one, t)));
}

// @ts-ignore: decorator
@inline
function each(op: Gradient, g: usize, x: usize, dx: usize, n: i32, p: f32 = 0): void {
  const ps = f32x4.splat(p);
  const end = dx + (<usize>n << 2);
  for (; dx + 16 <= end; g += 16, x += 16, dx += 16) v128.store(dx, apply(op, v128.load(g), v128.load(x), ps));
  for (; dx < end; g += 4, x += 4, dx += 4) {
    v128.store32_lane(dx, apply(op, v128.load32_splat(g), v128.load32_splat(x), ps), 0);
  }
}

export function gradRelu(g: usize, y: usize, dx: usize, n: i32): void {
  each(Gradient.relu, g, y, dx, n);
}
export function gradTanh(g: usize, y: usize, dx: usize, n: i32): void {
  each(Gradient.tanh, g, y, dx, n);
}
export function gradSigmoid(g: usize, y: usize, dx: usize, n: i32): void {
  each(Gradient.sigmoid, g, y, dx, n);
}
export function gradSilu(g: usize, x: usize, dx: usize, n: i32): void {
  each(Gradient.silu, g, x, dx, n);
}
export function gradLeakyRelu(g: usize, x: usize, dx: usize, n: i32, slope: f32): void {
  each(Gradient.leakyRelu, g, x, dx, n, slope);
}
export function gradElu(g: usize, x: usize, dx: usize, n: i32, alpha: f32): void {
  each(Gradient.elu, g, x, dx, n, alpha);
}
export function gradSoftplus(g: usize, x: usize, dx: usize, n: i32, beta: f32): void {
  each(Gradient.softplus, g, x, dx, n, beta);
}
export function gradGelu(g: usize, x: usize, dx: usize, n: i32): void {
  each(Gradient.gelu, g, x, dx, n);
}
export function gradGeluTanh(g: usize, x: usize, dx: usize, n: i32): void {
  each(Gradient.geluTanh, g, x, dx, n);
}

/** dx = y (g - Σ g y) in each row. */
export function softmaxGradRows(g: usize, y: usize, dx: usize, rows: i32, n: i32): void {
  const line = <usize>n << 2;
  for (let i = 0; i < rows; i++, g += line, y += line, dx += line) {
    const dot = f32x4.splat(<f32>dotOfRows(g, y, line));
    let at: usize = 0;
    for (; at + 16 <= line; at += 16) {
      v128.store(dx + at, f32x4.mul(v128.load(y + at), f32x4.sub(v128.load(g + at), dot)));
    }
    for (; at < line; at += 4) {
      const rest = f32x4.sub(v128.load32_splat(g + at), dot);
      v128.store32_lane(dx + at, f32x4.mul(v128.load32_splat(y + at), rest), 0);
    }
  }
}

function dotOfRows(a: usize, b: usize, line: usize): f64 {
  let total: f64 = 0;
  let at: usize = 0;
  while (at + 16 <= line) {
    let sum = f32x4.splat(0);
    for (const last = min(at + BLOCK, line); at + 16 <= last; at += 16) {
      sum = madd(v128.load(a + at), v128.load(b + at), sum);
    }
    total += <f64>sumLanes(sum);
  }
  for (; at < line; at += 4) total += <f64>load<f32>(a + at) * <f64>load<f32>(b + at);
  return total;
}

/** dx = g - e^y Σ g in each row. */
export function logSoftmaxGradRows(g: usize, y: usize, dx: usize, rows: i32, n: i32): void {
  const line = <usize>n << 2;
  for (let i = 0; i < rows; i++, g += line, y += line, dx += line) {
    const sum = f32x4.splat(<f32>sumOfRow(g, line));
    let at: usize = 0;
    for (; at + 16 <= line; at += 16) {
      v128.store(dx + at, f32x4.sub(v128.load(g + at), f32x4.mul(exp4(v128.load(y + at)), sum)));
    }
    for (; at < line; at += 4) {
      const share = f32x4.mul(exp4(v128.load32_splat(y + at)), sum);
      v128.store32_lane(dx + at, f32x4.sub(v128.load32_splat(g + at), share), 0);
    }
  }
}

function sumOfRow(x: usize, line: usize): f64 {
  let total: f64 = 0;
  let at: usize = 0;
  while (at + 16 <= line) {
    let sum = f32x4.splat(0);
    for (const last = min(at + BLOCK, line); at + 16 <= last; at += 16) sum = f32x4.add(sum, v128.load(x + at));
    total += <f64>sumLanes(sum);
  }
  for (; at < line; at += 4) total += <f64>load<f32>(x + at);
  return total;
}

/** dx = g (softmax(logits) - 1 at the label) in each row, with one g for each. The labels must fit. */
export function crossEntropyGradRows(
  g: usize, logits: usize, labels: usize, dx: usize, rows: i32, classes: i32,
): void {
  const line = <usize>classes << 2;
  for (let i = 0; i < rows; i++, g += 4, logits += line, labels += 4, dx += line) {
    const upstream = load<f32>(g);
    const sum = sumOfExponentials(logits, dx, classes, maxOfRow(logits, classes));
    const place = dx + (<usize>load<u32>(labels) << 2);
    const ofLabel = <f32>((<f64>load<f32>(place) / sum - 1) * <f64>upstream);
    const share = f32x4.splat(<f32>(<f64>upstream / sum));
    let at: usize = 0;
    for (; at + 16 <= line; at += 16) v128.store(dx + at, f32x4.mul(v128.load(dx + at), share));
    for (; at < line; at += 4) v128.store32_lane(dx + at, f32x4.mul(v128.load32_splat(dx + at), share), 0);
    store<f32>(place, ofLabel);
  }
}
