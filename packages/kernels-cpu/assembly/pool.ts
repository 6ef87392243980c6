// Pooling over windows of planes [height, width] to [outHeight, outWidth]. Windows are cut off at the image.

/** The largest of each window (NaN above all, of equals the first), and its place in the plane. */
export function maxPool(
  x: usize, y: usize, indices: usize, planes: i32, height: i32, width: i32, outHeight: i32, outWidth: i32,
  kernelHeight: i32, kernelWidth: i32, strideHeight: i32, strideWidth: i32, padTop: i32, padLeft: i32,
): void {
  for (let plane = 0; plane < planes; plane++, x += <usize>(height * width) << 2) {
    for (let i = 0; i < outHeight; i++) {
      const start = i * strideHeight - padTop;
      const top = max(start, 0);
      const bottom = min(start + kernelHeight, height);
      for (let j = 0; j < outWidth; j++, y += 4, indices += 4) {
        const first = j * strideWidth - padLeft;
        const left = max(first, 0);
        const right = min(first + kernelWidth, width);
        let place = top * width + left;
        let best = load<f32>(x + (<usize>place << 2));
        for (let row = top; row < bottom; row++) {
          for (let at = row * width + left; at < row * width + right; at++) {
            const value = load<f32>(x + (<usize>at << 2));
            // Above, or NaN where there was none; chosen without a branch, which would be a guess.
            const isBetter = !(value <= best) & (best == best);
            best = select(value, best, isBetter);
            place = select(at, place, isBetter);
          }
        }
        store<f32>(y, best);
        store<i32>(indices, place);
      }
    }
  }
}

/** The mean of each window; with `spread`, instead of it, what each mean's gradient in y adds to x. */
// @ts-ignore: decorator
@inline
function average(
  spread: bool, x: usize, y: usize, planes: i32, height: i32, width: i32, outHeight: i32, outWidth: i32,
  kernelHeight: i32, kernelWidth: i32, strideHeight: i32, strideWidth: i32, padTop: i32, padLeft: i32,
  countPadding: bool,
): void {
  for (let plane = 0; plane < planes; plane++, x += <usize>(height * width) << 2) {
    for (let i = 0; i < outHeight; i++) {
      const start = i * strideHeight - padTop;
      const top = max(start, 0);
      const bottom = min(start + kernelHeight, height);
      for (let j = 0; j < outWidth; j++, y += 4) {
        const first = j * strideWidth - padLeft;
        const left = max(first, 0);
        const right = min(first + kernelWidth, width);
        // What reaches over the padding, which ceil mode allows, is never counted.
        const count = countPadding
          ? (min(start + kernelHeight, height + padTop) - start) * (min(first + kernelWidth, width + padLeft) - first)
          : (bottom - top) * (right - left);
        const share: f32 = spread ? load<f32>(y) / <f32>count : 0;
        let sum: f32 = 0;
        for (let row = top; row < bottom; row++) {
          const end = x + (<usize>(row * width + right) << 2);
          for (let at = x + (<usize>(row * width + left) << 2); at < end; at += 4) {
            if (spread) store<f32>(at, load<f32>(at) + share);
            else sum += load<f32>(at);
          }
        }
        if (!spread) store<f32>(y, sum / <f32>count);
      }
    }
  }
}

export function avgPool(
  x: usize, y: usize, planes: i32, height: i32, width: i32, outHeight: i32, outWidth: i32,
  kernelHeight: i32, kernelWidth: i32, strideHeight: i32, strideWidth: i32, padTop: i32, padLeft: i32,
  countPadding: bool,
): void {
  average(
    false, x, y, planes, height, width, outHeight, outWidth, kernelHeight, kernelWidth, strideHeight, strideWidth,
    padTop, padLeft, countPadding,
  );
}

/** Writes the gradient of x from that of y. */
export function avgPoolGrad(
  x: usize, y: usize, planes: i32, height: i32, width: i32, outHeight: i32, outWidth: i32,
  kernelHeight: i32, kernelWidth: i32, strideHeight: i32, strideWidth: i32, padTop: i32, padLeft: i32,
  countPadding: bool,
): void {
  memory.fill(x, 0, <usize>(planes * height * width) << 2);
  average(
    true, x, y, planes, height, width, outHeight, outWidth, kernelHeight, kernelWidth, strideHeight, strideWidth,
    padTop, padLeft, countPadding,
  );
}
