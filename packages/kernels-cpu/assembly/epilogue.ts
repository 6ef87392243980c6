// What follows a matrix product while its block is still in the cache: a bias for each column, and an activation.

import { sigmoid4, tanh4 } from './functions';

export enum Activation { none, relu, tanh, sigmoid }

// @ts-ignore: decorator
@inline
function apply(activation: Activation, x: v128): v128 {
  // This order of operands lets NaN through.
  if (activation == Activation.relu) return f32x4.pmax(x, f32x4.splat(0));
  if (activation == Activation.tanh) return tanh4(x);
  if (activation == Activation.sigmoid) return sigmoid4(x);
  return x;
}

// @ts-ignore: decorator
@inline
function each(activation: Activation, c: usize, cRow: usize, rows: i32, columns: i32, bias: usize): void {
  const line = <usize>columns << 2;
  for (let i = 0; i < rows; i++, c += cRow) {
    let at: usize = 0;
    for (; at + 16 <= line; at += 16) {
      const x = v128.load(c + at);
      v128.store(c + at, apply(activation, bias ? f32x4.add(x, v128.load(bias + at)) : x));
    }
    for (; at < line; at += 4) {
      const x = v128.load32_splat(c + at);
      v128.store32_lane(c + at, apply(activation, bias ? f32x4.add(x, v128.load32_splat(bias + at)) : x), 0);
    }
  }
}

/** c = activation(c + bias), rows `cRow` bytes apart; `bias` is one number for each column, or 0. */
export function finish(c: usize, cRow: usize, rows: i32, columns: i32, bias: usize, activation: Activation): void {
  if (activation == Activation.relu) each(Activation.relu, c, cRow, rows, columns, bias);
  else if (activation == Activation.tanh) each(Activation.tanh, c, cRow, rows, columns, bias);
  else if (activation == Activation.sigmoid) each(Activation.sigmoid, c, cRow, rows, columns, bias);
  else if (bias) each(Activation.none, c, cRow, rows, columns, bias);
}
