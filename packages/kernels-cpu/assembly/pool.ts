// Pooling over windows of planes [height, width] to [outHeight, outWidth]. Windows are cut off at the image; four that lie
// side by side inside it are taken together.

import { sumLanes } from './simd';

/** The columns of windows j to j + 3 that are `tap` from their first, where there are four more beyond the last of them. */
// @ts-ignore: decorator
@inline
function columns(from: usize, stride: i32): v128 {
  if (stride == 1) return v128.load(from);
  if (stride == 2) return f32x4.shuffle(v128.load(from), v128.load(from, 16), 0, 2, 4, 6);
  const step = <usize>stride << 2;
  const first = v128.load32_lane(from + step, v128.load32_zero(from), 1);
  return v128.load32_lane(from + 3 * step, v128.load32_lane(from + 2 * step, first, 2), 3);
}

/** Whether the four windows from column `first` on lie in the row, and so does what `columns` reads. */
// @ts-ignore: decorator
@inline
function areInside(first: i32, width: i32, kernelWidth: i32, stride: i32): bool {
  return first >= 0 && first + 3 * stride + max(kernelWidth, stride == 2 ? kernelWidth + 1 : 0) <= width;
}

/** The first element at or after 0 of those that begin at `start` and are `step` apart. */
// @ts-ignore: decorator
@inline
function firstInside(start: i32, step: i32): i32 {
  return start < 0 ? start + (step - 1 - start) / step * step : start;
}

/**
 * The largest of each window (NaN above all, of equals the first), and its place in the plane. Elements of a window are
 * `down` rows and `along` columns apart.
 */
export function maxPool(
  x: usize, y: usize, indices: usize, planes: i32, height: i32, width: i32, outHeight: i32, outWidth: i32,
  kernelHeight: i32, kernelWidth: i32, strideHeight: i32, strideWidth: i32, padTop: i32, padLeft: i32,
  down: i32, along: i32,
): void {
  const spanHeight = down * (kernelHeight - 1) + 1;
  const spanWidth = along * (kernelWidth - 1) + 1;
  const steps = i32x4.mul(i32x4.splat(strideWidth), i32x4(0, 1, 2, 3));
  for (let plane = 0; plane < planes; plane++, x += <usize>(height * width) << 2) {
    for (let i = 0; i < outHeight; i++) {
      const start = i * strideHeight - padTop;
      const top = firstInside(start, down);
      const bottom = min(start + spanHeight, height);
      for (let j = 0; j < outWidth; ) {
        const first = j * strideWidth - padLeft;
        if (j + 4 <= outWidth && areInside(first, width, spanWidth, strideWidth)) {
          let place = i32x4.add(i32x4.splat(top * width + first), steps);
          let best = columns(x + (<usize>(top * width + first) << 2), strideWidth);
          for (let row = top; row < bottom; row += down) {
            const line = row * width + first;
            for (let v = 0; v < spanWidth; v += along) {
              const value = columns(x + (<usize>(line + v) << 2), strideWidth);
              // Above, or NaN where there was none.
              const isBetter = v128.andnot(f32x4.eq(best, best), f32x4.le(value, best));
              best = v128.bitselect(value, best, isBetter);
              place = v128.bitselect(i32x4.add(i32x4.splat(line + v), steps), place, isBetter);
            }
          }
          v128.store(y, best);
          v128.store(indices, place);
          j += 4;
          y += 16;
          indices += 16;
        } else {
          const left = firstInside(first, along);
          const right = min(first + spanWidth, width);
          let place = top * width + left;
          let best = load<f32>(x + (<usize>place << 2));
          for (let row = top; row < bottom; row += down) {
            for (let at = row * width + left; at < row * width + right; at += along) {
              const value = load<f32>(x + (<usize>at << 2));
              // Chosen without a branch, which would be a guess.
              const isBetter = !(value <= best) & (best == best);
              best = select(value, best, isBetter);
              place = select(at, place, isBetter);
            }
          }
          store<f32>(y, best);
          store<i32>(indices, place);
          j++;
          y += 4;
          indices += 4;
        }
      }
    }
  }
}

/** The gradient of x, planes of `size`, from that of the largest elements, planes of `count`, and their places. */
export function maxPoolGrad(g: usize, indices: usize, y: usize, planes: i32, count: i32, size: i32): void {
  memory.fill(y, 0, <usize>(planes * size) << 2);
  for (let plane = 0; plane < planes; plane++, y += <usize>size << 2) {
    for (const end = g + (<usize>count << 2); g < end; g += 4, indices += 4) {
      const at = y + (<usize>load<u32>(indices) << 2);
      store<f32>(at, load<f32>(at) + load<f32>(g));
    }
  }
}

/** What each mean is divided by: how many elements a window has, of n that begin at `start`, in a line of `length`. */
// @ts-ignore: decorator
@inline
function counted(start: i32, n: i32, length: i32, padding: i32, countPadding: bool): i32 {
  // What reaches over the padding, which ceil mode allows, is never counted.
  if (countPadding) return min(start + n, length + padding) - start;
  return min(start + n, length) - max(start, 0);
}

/** The mean of each window. */
export function avgPool(
  x: usize, y: usize, planes: i32, height: i32, width: i32, outHeight: i32, outWidth: i32,
  kernelHeight: i32, kernelWidth: i32, strideHeight: i32, strideWidth: i32, padTop: i32, padLeft: i32,
  countPadding: bool,
): void {
  for (let plane = 0; plane < planes; plane++, x += <usize>(height * width) << 2) {
    for (let i = 0; i < outHeight; i++) {
      const start = i * strideHeight - padTop;
      const top = max(start, 0);
      const bottom = min(start + kernelHeight, height);
      const tall = counted(start, kernelHeight, height, padTop, countPadding);
      for (let j = 0; j < outWidth; ) {
        const first = j * strideWidth - padLeft;
        if (j + 4 <= outWidth && areInside(first, width, kernelWidth, strideWidth)) {
          let sums = f32x4.splat(0);
          for (let row = top; row < bottom; row++) {
            let at = x + (<usize>(row * width + first) << 2);
            for (const end = at + (<usize>kernelWidth << 2); at < end; at += 4) {
              sums = f32x4.add(sums, columns(at, strideWidth));
            }
          }
          v128.store(y, f32x4.div(sums, f32x4.splat(<f32>(tall * kernelWidth))));
          j += 4;
          y += 16;
        } else {
          const left = max(first, 0);
          const right = min(first + kernelWidth, width);
          let sum: f32 = 0;
          if (right - left == width) {
            // Whole rows: one after the other in memory.
            sum = sumOf(x + (<usize>(top * width) << 2), (bottom - top) * width);
          } else {
            for (let row = top; row < bottom; row++) {
              sum += sumOf(x + (<usize>(row * width + left) << 2), right - left);
            }
          }
          store<f32>(y, sum / <f32>(tall * counted(first, kernelWidth, width, padLeft, countPadding)));
          j++;
          y += 4;
        }
      }
    }
  }
}

function sumOf(from: usize, n: i32): f32 {
  let sum: f32 = 0;
  let i = 0;
  if (n >= 8) {
    let sums = v128.load(from);
    for (i = 4; i <= n - 4; i += 4) sums = f32x4.add(sums, v128.load(from + (<usize>i << 2)));
    sum = sumLanes(sums);
  }
  for (; i < n; i++) sum += load<f32>(from + (<usize>i << 2));
  return sum;
}

/** Writes the gradient of x from that of y. */
export function avgPoolGrad(
  x: usize, y: usize, planes: i32, height: i32, width: i32, outHeight: i32, outWidth: i32,
  kernelHeight: i32, kernelWidth: i32, strideHeight: i32, strideWidth: i32, padTop: i32, padLeft: i32,
  countPadding: bool,
): void {
  memory.fill(x, 0, <usize>(planes * height * width) << 2);
  for (let plane = 0; plane < planes; plane++, x += <usize>(height * width) << 2) {
    for (let i = 0; i < outHeight; i++) {
      const start = i * strideHeight - padTop;
      const top = max(start, 0);
      const bottom = min(start + kernelHeight, height);
      const tall = counted(start, kernelHeight, height, padTop, countPadding);
      for (let j = 0; j < outWidth; ) {
        const first = j * strideWidth - padLeft;
        if (strideWidth == 2 && kernelWidth == 2 && first >= 0 && first + 8 <= width && j + 4 <= outWidth) {
          const shares = f32x4.div(v128.load(y), f32x4.splat(<f32>(tall * 2)));
          const low = f32x4.shuffle(shares, shares, 0, 0, 1, 1);
          const high = f32x4.shuffle(shares, shares, 2, 2, 3, 3);
          for (let row = top; row < bottom; row++) {
            const at = x + (<usize>(row * width + first) << 2);
            v128.store(at, f32x4.add(v128.load(at), low));
            v128.store(at, f32x4.add(v128.load(at, 16), high), 16);
          }
          j += 4;
          y += 16;
        } else {
          const left = max(first, 0);
          const right = min(first + kernelWidth, width);
          const share = load<f32>(y) / <f32>(tall * counted(first, kernelWidth, width, padLeft, countPadding));
          if (right - left == width) {
            addTo(x + (<usize>(top * width) << 2), (bottom - top) * width, share);
          } else {
            for (let row = top; row < bottom; row++) addTo(x + (<usize>(row * width + left) << 2), right - left, share);
          }
          j++;
          y += 4;
        }
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function addTo(to: usize, n: i32, share: f32): void {
  let i = 0;
  if (n >= 4) {
    const shares = f32x4.splat(share);
    for (; i <= n - 4; i += 4, to += 16) v128.store(to, f32x4.add(v128.load(to), shares));
  }
  for (; i < n; i++, to += 4) store<f32>(to, load<f32>(to) + share);
}
