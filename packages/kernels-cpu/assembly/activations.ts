// Functions of one number that take more than a line, element by element, as in unary.ts.

import { expm14, geluTanh4, log1p4, silu4, softplus4, softplusBeta4 } from './exponentials';
import { erf4, gelu4 } from './normal';
import { cos4, sin4 } from './trigonometry';

enum Function { expm1, log1p, sin, cos, erf, gelu, geluTanh, silu, elu, softplus, softplusBeta }

// @ts-ignore: decorator
@inline
function apply(op: Function, x: v128, p: f64, q: f64): v128 {
  if (op == Function.expm1) return expm14(x);
  if (op == Function.log1p) return log1p4(x);
  if (op == Function.sin) return sin4(x);
  if (op == Function.cos) return cos4(x);
  if (op == Function.erf) return erf4(x);
  if (op == Function.gelu) return gelu4(x);
  if (op == Function.geluTanh) return geluTanh4(x);
  if (op == Function.silu) return silu4(x);
  if (op == Function.softplus) return softplus4(x);
  if (op == Function.softplusBeta) return softplusBeta4(x, p);
  // elu, and selu, which is elu times a number.
  const below = f32x4.mul(expm14(x), f32x4.splat(<f32>p));
  return v128.bitselect(f32x4.mul(x, f32x4.splat(<f32>q)), below, f32x4.gt(x, f32x4.splat(0)));
}

// @ts-ignore: decorator
@inline
function each(op: Function, x: usize, y: usize, n: i32, p: f64 = 0, q: f64 = 0): void {
  const end = y + (<usize>n << 2);
  for (; y + 16 <= end; x += 16, y += 16) v128.store(y, apply(op, v128.load(x), p, q));
  if (y == end) return;
  // One to three at the end, in the first lanes of one vector.
  let last = v128.load32_splat(x);
  if (y + 4 < end) last = v128.load32_lane(x + 4, last, 1);
  if (y + 8 < end) last = v128.load32_lane(x + 8, last, 2);
  last = apply(op, last, p, q);
  v128.store32_lane(y, last, 0);
  if (y + 4 < end) v128.store32_lane(y + 4, last, 1);
  if (y + 8 < end) v128.store32_lane(y + 8, last, 2);
}

export function unaryExpm1(x: usize, y: usize, n: i32): void {
  each(Function.expm1, x, y, n);
}
export function unaryLog1p(x: usize, y: usize, n: i32): void {
  each(Function.log1p, x, y, n);
}
export function unarySin(x: usize, y: usize, n: i32): void {
  each(Function.sin, x, y, n);
}
export function unaryCos(x: usize, y: usize, n: i32): void {
  each(Function.cos, x, y, n);
}
export function unaryErf(x: usize, y: usize, n: i32): void {
  each(Function.erf, x, y, n);
}
export function unaryGelu(x: usize, y: usize, n: i32): void {
  each(Function.gelu, x, y, n);
}
export function unaryGeluTanh(x: usize, y: usize, n: i32): void {
  each(Function.geluTanh, x, y, n);
}
export function unarySilu(x: usize, y: usize, n: i32): void {
  each(Function.silu, x, y, n);
}
/** scale · x above 0, below · (e^x - 1) elsewhere. */
export function unaryElu(x: usize, y: usize, n: i32, below: f64, scale: f64): void {
  each(Function.elu, x, y, n, below, scale);
}
export function unarySoftplus(x: usize, y: usize, n: i32, beta: f64): void {
  if (beta == 1) each(Function.softplus, x, y, n);
  else each(Function.softplusBeta, x, y, n, beta);
}
