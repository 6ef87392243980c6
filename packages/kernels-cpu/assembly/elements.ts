// updateElements: a short program of element-wise steps, run on blocks that stay in the first-level cache, so that tensors
// are read and written once whatever the program has of steps. The steps and their order are those of wasm/update-elements.ts.

import { madd } from './simd';

/** Bytes of a block. */
const BLOCK: usize = 2048;
/** Room for addresses of registers, and for the odd elements of tensors at the end. */
const REGISTERS: usize = 256;
const TAILS: usize = 128;

enum Op {
  add, sub, mul, div, maximum, minimum, less, lessEqual, equal, neg, abs, sign, square, sqrt, where, madd, copy,
}

/** Bytes of scratch for so many values in between. */
export function elementRoom(values: i32): usize {
  return REGISTERS + TAILS + <usize>values * BLOCK;
}

// The operation is a constant where this is inlined, so that one line of it stays.
// @ts-ignore: decorator
@inline
function one(op: Op, x: v128): v128 {
  if (op == Op.neg) return f32x4.neg(x);
  if (op == Op.abs) return f32x4.abs(x);
  if (op == Op.square) return f32x4.mul(x, x);
  if (op == Op.sqrt) return f32x4.sqrt(x);
  if (op == Op.copy) return x;
  // One with the sign of x; what is not above or below 0 stays: zeros and NaN.
  const signed = v128.or(f32x4.splat(1), v128.and(x, i32x4.splat(0x80000000)));
  return v128.bitselect(signed, x, f32x4.gt(f32x4.abs(x), f32x4.splat(0)));
}

// @ts-ignore: decorator
@inline
function two(op: Op, a: v128, b: v128): v128 {
  if (op == Op.add) return f32x4.add(a, b);
  if (op == Op.sub) return f32x4.sub(a, b);
  if (op == Op.mul) return f32x4.mul(a, b);
  if (op == Op.div) return f32x4.div(a, b);
  if (op == Op.maximum) return f32x4.max(a, b);
  if (op == Op.minimum) return f32x4.min(a, b);
  const ones = f32x4.splat(1);
  if (op == Op.less) return v128.and(f32x4.lt(a, b), ones);
  if (op == Op.lessEqual) return v128.and(f32x4.le(a, b), ones);
  return v128.and(f32x4.eq(a, b), ones);
}

// @ts-ignore: decorator
@inline
function three(op: Op, a: v128, b: v128, c: v128): v128 {
  if (op == Op.madd) return madd(a, b, c);
  return v128.bitselect(b, c, f32x4.ne(a, f32x4.splat(0)));
}

// Two vectors at a time; y may be one of the others.
// @ts-ignore: decorator
@inline
function line1(op: Op, y: usize, end: usize, a: usize, aStep: usize): void {
  for (; y + 32 <= end; y += 32) {
    const first = one(op, v128.load(a));
    const second = one(op, v128.load(a + aStep));
    v128.store(y, first);
    v128.store(y, second, 16);
    a += aStep << 1;
  }
  if (y < end) v128.store(y, one(op, v128.load(a)));
}

// @ts-ignore: decorator
@inline
function line2(op: Op, y: usize, end: usize, a: usize, aStep: usize, b: usize, bStep: usize): void {
  for (; y + 32 <= end; y += 32) {
    const first = two(op, v128.load(a), v128.load(b));
    const second = two(op, v128.load(a + aStep), v128.load(b + bStep));
    v128.store(y, first);
    v128.store(y, second, 16);
    a += aStep << 1;
    b += bStep << 1;
  }
  if (y < end) v128.store(y, two(op, v128.load(a), v128.load(b)));
}

// @ts-ignore: decorator
@inline
function line3(
  op: Op, y: usize, end: usize, a: usize, aStep: usize, b: usize, bStep: usize, c: usize, cStep: usize,
): void {
  for (; y + 32 <= end; y += 32) {
    const first = three(op, v128.load(a), v128.load(b), v128.load(c));
    const second = three(op, v128.load(a + aStep), v128.load(b + bStep), v128.load(c + cStep));
    v128.store(y, first);
    v128.store(y, second, 16);
    a += aStep << 1;
    b += bStep << 1;
    c += cStep << 1;
  }
  if (y < end) v128.store(y, three(op, v128.load(a), v128.load(b), v128.load(c)));
}

// @ts-ignore: decorator
@inline
function at(registers: usize, program: usize): usize {
  return load<u32>(registers + (<usize>load<f32>(program) << 2));
}

/** Constants stand still: they are the registers from `first` on, of four equal numbers each. */
// @ts-ignore: decorator
@inline
function stepOf(program: usize, first: f32): usize {
  return load<f32>(program) < first ? 16 : 0;
}

/** Runs the steps, each [op, y, a, b, c] with the numbers of registers, on so many bytes of each. */
function runSteps(registers: usize, program: usize, steps: i32, firstConstant: f32, bytes: usize): void {
  for (let i = 0; i < steps; i++, program += 20) {
    const y = at(registers, program + 4);
    const end = y + bytes;
    const a = at(registers, program + 8);
    const b = at(registers, program + 12);
    const c = at(registers, program + 16);
    const da = stepOf(program + 8, firstConstant);
    const db = stepOf(program + 12, firstConstant);
    const dc = stepOf(program + 16, firstConstant);
    switch (<Op>load<f32>(program)) {
      case Op.add: line2(Op.add, y, end, a, da, b, db); break;
      case Op.sub: line2(Op.sub, y, end, a, da, b, db); break;
      case Op.mul: line2(Op.mul, y, end, a, da, b, db); break;
      case Op.div: line2(Op.div, y, end, a, da, b, db); break;
      case Op.maximum: line2(Op.maximum, y, end, a, da, b, db); break;
      case Op.minimum: line2(Op.minimum, y, end, a, da, b, db); break;
      case Op.less: line2(Op.less, y, end, a, da, b, db); break;
      case Op.lessEqual: line2(Op.lessEqual, y, end, a, da, b, db); break;
      case Op.equal: line2(Op.equal, y, end, a, da, b, db); break;
      case Op.neg: line1(Op.neg, y, end, a, da); break;
      case Op.abs: line1(Op.abs, y, end, a, da); break;
      case Op.sign: line1(Op.sign, y, end, a, da); break;
      case Op.square: line1(Op.square, y, end, a, da); break;
      case Op.sqrt: line1(Op.sqrt, y, end, a, da); break;
      case Op.where: line3(Op.where, y, end, a, da, b, db, c, dc); break;
      case Op.madd: line3(Op.madd, y, end, a, da, b, db, c, dc); break;
      default: line1(Op.copy, y, end, a, da);
    }
  }
}

/**
 * n elements of up to eight tensors, of which the first `targets` change. Registers are the tensors, then `values` in between, then
 * the constants, which stand in front of the program, four times each. `room` is scratch of this call alone.
 */
export function updateElements(
  n: i32, tensors: i32, targets: i32, values: i32, constants: i32, program: usize, steps: i32, room: usize,
  t0: usize, t1: usize, t2: usize, t3: usize, t4: usize, t5: usize, t6: usize, t7: usize,
): void {
  store<u32>(room, <u32>t0);
  store<u32>(room, <u32>t1, 4);
  store<u32>(room, <u32>t2, 8);
  store<u32>(room, <u32>t3, 12);
  store<u32>(room, <u32>t4, 16);
  store<u32>(room, <u32>t5, 20);
  store<u32>(room, <u32>t6, 24);
  store<u32>(room, <u32>t7, 28);
  const tails = room + REGISTERS;
  for (let i = 0; i < values; i++) {
    store<u32>(room + (<usize>(tensors + i) << 2), <u32>(tails + TAILS + <usize>i * BLOCK));
  }
  for (let i = 0; i < constants; i++) {
    store<u32>(room + (<usize>(tensors + values + i) << 2), <u32>(program + (<usize>i << 4)));
  }
  program += <usize>constants << 4;
  const first = <f32>(tensors + values);
  const size = <usize>n << 2;
  const whole = size & ~15;
  let done: usize = 0;
  while (done < whole) {
    const bytes = min(BLOCK, whole - done);
    runSteps(room, program, steps, first, bytes);
    done += bytes;
    for (let i = 0; i < tensors; i++) {
      const register = room + (<usize>i << 2);
      store<u32>(register, load<u32>(register) + <u32>bytes);
    }
  }
  const rest = size - whole;
  if (!rest) return;
  // Odd elements go through a copy, by the same code, so that results do not depend on where the pieces are cut.
  for (let i = 0; i < tensors; i++) {
    const register = room + (<usize>i << 2);
    const tail = tails + (<usize>i << 4);
    const from = load<u32>(register);
    memory.copy(tail, from, rest);
    store<u32>(register, <u32>tail);
    // Where the elements are, for later.
    store<u32>(room + REGISTERS - 32 + (<usize>i << 2), from);
  }
  runSteps(room, program, steps, first, 16);
  for (let i = 0; i < targets; i++) {
    memory.copy(load<u32>(room + REGISTERS - 32 + (<usize>i << 2)), tails + (<usize>i << 4), rest);
  }
}
