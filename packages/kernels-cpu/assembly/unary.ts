// Functions of one number, element by element. Odd elements at the end go through the same vector code, so that a number
// has one result wherever it stands.

import { exp4, log4, sigmoid4, tanh4 } from './functions';

enum Unary { neg, abs, square, sqrt, rsqrt, reciprocal, relu, leakyRelu, clamp, exp, log, tanh, sigmoid }

// The operation is a constant where this is inlined, so that one line of it stays.
// @ts-ignore: decorator
@inline
function apply(op: Unary, x: v128, p: v128, q: v128): v128 {
  if (op == Unary.neg) return f32x4.neg(x);
  if (op == Unary.abs) return f32x4.abs(x);
  if (op == Unary.square) return f32x4.mul(x, x);
  if (op == Unary.sqrt) return f32x4.sqrt(x);
  if (op == Unary.rsqrt) return f32x4.div(f32x4.splat(1), f32x4.sqrt(x));
  if (op == Unary.reciprocal) return f32x4.div(f32x4.splat(1), x);
  // This order of operands lets NaN through.
  if (op == Unary.relu) return f32x4.pmax(x, f32x4.splat(0));
  if (op == Unary.leakyRelu) return v128.bitselect(x, f32x4.mul(x, p), f32x4.gt(x, f32x4.splat(0)));
  if (op == Unary.clamp) return f32x4.pmin(f32x4.pmax(x, p), q);
  if (op == Unary.exp) return exp4(x);
  if (op == Unary.log) return log4(x);
  if (op == Unary.tanh) return tanh4(x);
  return sigmoid4(x);
}

// @ts-ignore: decorator
@inline
function each(op: Unary, x: usize, y: usize, n: i32, p: f32 = 0, q: f32 = 0): void {
  const ps = f32x4.splat(p);
  const qs = f32x4.splat(q);
  const end = y + (<usize>n << 2);
  for (; y + 32 <= end; x += 32, y += 32) {
    const first = apply(op, v128.load(x), ps, qs);
    const second = apply(op, v128.load(x, 16), ps, qs);
    v128.store(y, first);
    v128.store(y, second, 16);
  }
  if (y + 16 <= end) {
    v128.store(y, apply(op, v128.load(x), ps, qs));
    x += 16;
    y += 16;
  }
  for (; y < end; x += 4, y += 4) v128.store32_lane(y, apply(op, v128.load32_splat(x), ps, qs), 0);
}

export function unaryNeg(x: usize, y: usize, n: i32): void {
  each(Unary.neg, x, y, n);
}
export function unaryAbs(x: usize, y: usize, n: i32): void {
  each(Unary.abs, x, y, n);
}
export function unarySquare(x: usize, y: usize, n: i32): void {
  each(Unary.square, x, y, n);
}
export function unarySqrt(x: usize, y: usize, n: i32): void {
  each(Unary.sqrt, x, y, n);
}
export function unaryRsqrt(x: usize, y: usize, n: i32): void {
  each(Unary.rsqrt, x, y, n);
}
export function unaryReciprocal(x: usize, y: usize, n: i32): void {
  each(Unary.reciprocal, x, y, n);
}
export function unaryRelu(x: usize, y: usize, n: i32): void {
  each(Unary.relu, x, y, n);
}
export function unaryLeakyRelu(x: usize, y: usize, n: i32, slope: f32): void {
  each(Unary.leakyRelu, x, y, n, slope);
}
export function unaryClamp(x: usize, y: usize, n: i32, low: f32, high: f32): void {
  each(Unary.clamp, x, y, n, low, high);
}
export function unaryExp(x: usize, y: usize, n: i32): void {
  each(Unary.exp, x, y, n);
}
export function unaryLog(x: usize, y: usize, n: i32): void {
  each(Unary.log, x, y, n);
}
export function unaryTanh(x: usize, y: usize, n: i32): void {
  each(Unary.tanh, x, y, n);
}
export function unarySigmoid(x: usize, y: usize, n: i32): void {
  each(Unary.sigmoid, x, y, n);
}
