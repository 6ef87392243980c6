// What the loops over sequences share: [batch, time, …] in memory, lengths as float32, and rows whose last numbers do not fill a vector.

/** Whether a step of a row counts; `lengths` is one number for each row, or 0. */
// @ts-ignore: decorator
@inline
export function counts(lengths: usize, row: i32, step: i32): bool {
  return !lengths || step < <i32>load<f32>(lengths + (<usize>row << 2));
}

/** Whether a step is the one that a row begins with. */
// @ts-ignore: decorator
@inline
export function isFirst(lengths: usize, row: i32, step: i32, time: i32, reverse: bool): bool {
  if (!reverse) return step == 0;
  return step == (lengths ? <i32>load<f32>(lengths + (<usize>row << 2)) : time) - 1;
}

/** Where a step of a row is, in [batch, time, size]. */
// @ts-ignore: decorator
@inline
export function placeOf(x: usize, row: i32, step: i32, time: i32, size: i32): usize {
  return x + (<usize>((row * time + step) * size) << 2);
}

/** Four numbers, or one in all lanes. */
// @ts-ignore: decorator
@inline
export function get(from: usize, isOne: bool): v128 {
  return isOne ? v128.load32_splat(from) : v128.load(from);
}

// @ts-ignore: decorator
@inline
export function put(to: usize, x: v128, isOne: bool): void {
  if (isOne) v128.store32_lane(to, x, 0);
  else v128.store(to, x);
}

/** Copies what a step has into the state of the rows that count. */
export function keepActive(
  from: usize, to: usize, rows: i32, size: i32, lengths: usize, step: i32,
): void {
  const line = <usize>size << 2;
  for (let row = 0; row < rows; row++) {
    const at = <usize>row * line;
    if (counts(lengths, row, step)) memory.copy(to + at, from + at, line);
  }
}

/** y (1 - y) */
// @ts-ignore: decorator
@inline
export function slopeOfSigmoid(y: v128): v128 {
  return f32x4.mul(y, f32x4.sub(f32x4.splat(1), y));
}

/** 1 - y² */
// @ts-ignore: decorator
@inline
export function slopeOfTanh(y: v128): v128 {
  return f32x4.sub(f32x4.splat(1), f32x4.mul(y, y));
}
