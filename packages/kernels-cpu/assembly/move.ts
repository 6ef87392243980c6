// Kernels that only move elements of four bytes.

/** Sets `n` elements. */
export function fill(to: usize, n: i32, value: f32): void {
  const all = f32x4.splat(value);
  const end = to + (<usize>n << 2);
  for (; to + 16 <= end; to += 16) v128.store(to, all);
  for (; to < end; to += 4) store<f32>(to, value);
}

/**
 * Rows of `n` elements: row i of the result comes from `x` + i · rowStep, its elements `step` apart. Step 0 repeats one
 * element.
 */
export function copyRows(to: usize, rows: i32, n: i32, x: usize, rowStep: i32, step: i32): void {
  const line = <usize>n << 2;
  const next = <usize>rowStep << 2;
  const apart = <usize>step << 2;
  for (let i = 0; i < rows; i++, x += next, to += line) {
    if (step == 1) {
      memory.copy(to, x, line);
    } else if (step == 0) {
      fill(to, n, load<f32>(x));
    } else {
      let from = x;
      for (let at = to; at < to + line; at += 4, from += apart) store<u32>(at, load<u32>(from));
    }
  }
}
