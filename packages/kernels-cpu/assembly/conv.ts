// What convolutions need around the matrix product. An image with its padding around it, unfolded, is a matrix whose
// element (tap, position) stands at taps[tap] + positions[position]: two tables of offsets instead of a copy.

/** Offsets of a grid `planes` × `rows` × `columns`, in bytes; the steps count elements. */
export function gridOffsets(
  to: usize, planes: i32, rows: i32, columns: i32, planeStep: i32, rowStep: i32, columnStep: i32,
): void {
  for (let c = 0; c < planes; c++) {
    for (let u = 0; u < rows; u++) {
      for (let v = 0; v < columns; v++, to += 4) store<i32>(to, (c * planeStep + u * rowStep + v * columnStep) << 2);
    }
  }
}

/** Planes of height × width with zeros around them. */
export function padPlanes(
  to: usize, x: usize, planes: i32, height: i32, width: i32, top: i32, bottom: i32, left: i32, right: i32,
): void {
  const padded = left + width + right;
  const line = <usize>width << 2;
  for (let c = 0; c < planes; c++) {
    const above = <usize>(top * padded + left) << 2;
    memory.fill(to, 0, above);
    to += above;
    for (let i = 0; i < height; i++, x += line) {
      memory.copy(to, x, line);
      to += line;
      // The right of this row, and the left of the next.
      const gap = <usize>(i < height - 1 ? left + right : right) << 2;
      memory.fill(to, 0, gap);
      to += gap;
    }
    const below = <usize>(bottom * padded) << 2;
    memory.fill(to, 0, below);
    to += below;
  }
}

/** The middle of padded planes: what padPlanes put there. */
export function cropPlanes(
  to: usize, x: usize, planes: i32, height: i32, width: i32, top: i32, bottom: i32, left: i32, right: i32,
): void {
  const padded = <usize>(left + width + right) << 2;
  const line = <usize>width << 2;
  for (let c = 0; c < planes; c++) {
    x += <usize>top * padded + (<usize>left << 2);
    for (let i = 0; i < height; i++, x += padded, to += line) memory.copy(to, x, line);
    x += <usize>bottom * padded - (<usize>left << 2);
  }
}

/** Adds a matrix [taps, positions] to the places that its elements were unfolded from. */
export function foldAdd(
  to: usize, matrix: usize, taps: usize, tapCount: i32, positions: usize, positionCount: i32,
): void {
  for (let r = 0; r < tapCount; r++) {
    const base = to + load<u32>(taps + (<usize>r << 2));
    const end = positions + (<usize>positionCount << 2);
    let p = positions;
    while (p < end) {
      const at = base + load<u32>(p);
      if (p + 16 <= end && load<u32>(p, 12) == load<u32>(p) + 12) {
        v128.store(at, f32x4.add(v128.load(at), v128.load(matrix)));
        p += 16;
        matrix += 16;
      } else {
        store<f32>(at, load<f32>(at) + load<f32>(matrix));
        p += 4;
        matrix += 4;
      }
    }
  }
}

/** Filters [filters, channels, taps] flipped: [channels, filters, taps] with the taps in reverse order. */
export function flipFilters(to: usize, weight: usize, filters: i32, channels: i32, taps: i32): void {
  for (let c = 0; c < channels; c++) {
    for (let f = 0; f < filters; f++) {
      let from = weight + (<usize>((f * channels + c + 1) * taps) << 2);
      for (let t = 0; t < taps; t++, to += 4) {
        from -= 4;
        store<f32>(to, load<f32>(from));
      }
    }
  }
}
