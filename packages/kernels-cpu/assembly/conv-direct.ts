// Convolution without a matrix product of its own: filters are laid over the image, a tile of filters × positions at a time,
// whose sums stay in registers. For depthwise convolution and groups of few filters, and for filters of few taps, where
// packing an unfolded image would take longer than it saves.
//
// The image is copied with its padding, and columns that a stride keeps apart are sorted (every second one, then the
// others, for stride 2), so that neighbours in the result read neighbours in the image.

import { madd } from './simd';

/** Filters of a tile: 4, 2 or 1. With 6, sums would not stay in registers. */
// @ts-ignore: decorator
@inline
function tileRows(filters: i32): i32 {
  return filters > 2 ? 4 : filters;
}

/** How many tiles it takes for so many filters. */
export function directTiles(filters: i32): i32 {
  let tiles = 0;
  for (; filters > 0; filters -= tileRows(filters)) tiles++;
  return tiles;
}

/** Bytes of the filters of all groups, sorted. */
export function directFilterBytes(groups: i32, filters: i32, channels: i32, taps: i32): i32 {
  return groups * (filters + 1) * channels * taps << 2;
}

/** Sorts filters as tiles need them: [tile][channel][tap][row]. Strides are in elements; flipped filters begin at their last tap. */
export function directFilters(
  to: usize, weight: usize, groups: i32, filters: i32, channels: i32, taps: i32,
  groupStride: i32, filterStride: i32, channelStride: i32, flipped: bool,
): void {
  for (let group = 0; group < groups; group++) {
    const bytes = <usize>directFilterBytes(1, filters, channels, taps);
    let at = to + <usize>group * bytes;
    for (let f = 0; f < filters; ) {
      const rows = tileRows(filters - f);
      for (let c = 0; c < channels; c++) {
        for (let t = 0; t < taps; t++) {
          for (let r = 0; r < rows; r++, at += 4) {
            // Filters that are missing repeat the last one.
            const filter = min(f + r, filters - 1);
            const tap = flipped ? taps - 1 - t : t;
            const place = group * groupStride + filter * filterStride + c * channelStride + tap;
            store<f32>(at, load<f32>(weight + (<usize>place << 2)));
          }
        }
      }
      f += rows;
    }
  }
}

/**
 * Copies planes [height, width] to where their neighbours in x are `spreadHeight` and `spreadWidth` apart, in the middle of
 * zeros: planes [rows, phases, pitch]. Column p stands at [p mod phases, p / phases].
 */
export function spreadPlanes(
  to: usize, x: usize, planes: i32, height: i32, width: i32, rows: i32, pitch: i32, phases: i32,
  top: i32, left: i32, spreadHeight: i32, spreadWidth: i32,
): void {
  const rowBytes = <usize>(phases * pitch) << 2;
  memory.fill(to, 0, <usize>(planes * rows) * rowBytes);
  for (let c = 0; c < planes; c++, to += <usize>rows * rowBytes) {
    for (let i = 0; i < height; i++, x += <usize>width << 2) {
      const line = to + <usize>(top + i * spreadHeight) * rowBytes;
      if (phases == 1 && spreadWidth == 1) {
        copyLine(line + (<usize>left << 2), x, width);
      } else if (phases == 2 && spreadWidth == 1) {
        sortLine(line, x, width, left, <usize>pitch << 2);
      } else {
        for (let j = 0; j < width; j++) {
          const p = left + j * spreadWidth;
          store<f32>(line + (<usize>((p % phases) * pitch + p / phases) << 2), load<f32>(x + (<usize>j << 2)));
        }
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function copyLine(to: usize, from: usize, length: i32): void {
  let j = 0;
  for (; j <= length - 4; j += 4, to += 16, from += 16) v128.store(to, v128.load(from));
  for (; j < length; j++, to += 4, from += 4) store<f32>(to, load<f32>(from));
}

/** Even and odd columns, of a line that begins at column `left`. */
function sortLine(line: usize, from: usize, width: i32, left: i32, pitch: usize): void {
  let even = line + (<usize>(left >> 1) << 2);
  let odd = even + pitch;
  if (left & 1) {
    store<f32>(odd, load<f32>(from));
    from += 4;
    width--;
    even += 4;
    odd += 4;
  }
  let j = 0;
  for (; j <= width - 8; j += 8, from += 32, even += 16, odd += 16) {
    const a = v128.load(from);
    const b = v128.load(from, 16);
    v128.store(even, f32x4.shuffle(a, b, 0, 2, 4, 6));
    v128.store(odd, f32x4.shuffle(a, b, 1, 3, 5, 7));
  }
  for (; j <= width - 2; j += 2, from += 8, even += 4, odd += 4) {
    store<f32>(even, load<f32>(from));
    store<f32>(odd, load<f32>(from, 4));
  }
  if (j < width) store<f32>(even, load<f32>(from));
}

/** Offsets of taps in planes that spreadPlanes made, in bytes. */
export function directTaps(
  to: usize, channels: i32, kernelHeight: i32, kernelWidth: i32, dilationHeight: i32, dilationWidth: i32,
  rows: i32, pitch: i32, phases: i32,
): void {
  for (let c = 0; c < channels; c++) {
    for (let u = 0; u < kernelHeight; u++) {
      for (let v = 0; v < kernelWidth; v++, to += 4) {
        const p = v * dilationWidth;
        store<i32>(to, (((c * rows + u * dilationHeight) * phases + (p % phases)) * pitch + p / phases) << 2);
      }
    }
  }
}

/**
 * Convolves: units are tiles of filters of the groups of the images, from `first` to `end`. Scratch holds the planes of one
 * group, and 64 bytes beyond.
 */
export function directConv(
  x: usize, weight: usize, bias: usize, y: usize, taps: usize,
  groups: i32, channels: i32, height: i32, width: i32, filters: i32, outHeight: i32, outWidth: i32, tapCount: i32,
  rows: i32, pitch: i32, phases: i32, top: i32, left: i32, spreadHeight: i32, spreadWidth: i32, strideHeight: i32,
  first: i32, end: i32, scratch: usize,
): void {
  const tiles = directTiles(filters);
  const depth = channels * tapCount;
  const groupBytes = <usize>directFilterBytes(1, filters, channels, tapCount);
  const step = <usize>(strideHeight * phases * pitch) << 2;
  const plane = <usize>(outHeight * outWidth) << 2;
  let copied = -1;
  for (let unit = first; unit < end; unit++) {
    const index = unit / tiles;
    if (index != copied) {
      const image = x + (<usize>(index * channels * height * width) << 2);
      spreadPlanes(
        scratch, image, channels, height, width, rows, pitch, phases, top, left, spreadHeight, spreadWidth,
      );
      copied = index;
    }
    const group = index % groups;
    const f = tileStart(unit % tiles, filters);
    const count = min(filters - f, tileRows(filters - f));
    const filter = weight + <usize>group * groupBytes + (<usize>(f * depth) << 2);
    const start = bias ? bias + (<usize>(group * filters + f) << 2) : 0;
    let to = y + <usize>(index * filters + f) * plane;
    let from = scratch;
    for (let i = 0; i < outHeight; i++, from += step, to += <usize>outWidth << 2) {
      directRow(tileRows(filters - f), count, depth, taps, from, filter, start, to, plane, outWidth);
    }
  }
}

/** The first filter of a tile: all before it are full. */
// @ts-ignore: decorator
@inline
function tileStart(tile: i32, filters: i32): i32 {
  let f = 0;
  for (; tile > 0; tile--) f += tileRows(filters - f);
  return f;
}

/** One row of the result of `count` filters. A last tile that would leave the row is moved back into it. */
// @ts-ignore: decorator
@inline
function directRow(
  rows: i32, count: i32, depth: i32, taps: usize, x: usize, filter: usize, bias: usize, y: usize, plane: usize,
  width: i32,
): void {
  if (width < 4) {
    for (let r = 0; r < count; r++, y += plane, filter += 4) {
      for (let j: usize = 0; j < <usize>width; j++) {
        let sum: f32 = bias ? load<f32>(bias + (<usize>r << 2)) : 0;
        let w = filter;
        for (let k: usize = 0; k < <usize>depth; k++, w += <usize>rows << 2) {
          sum += load<f32>(w) * load<f32>(x + (j << 2) + load<u32>(taps + (k << 2)));
        }
        store<f32>(y + (j << 2), sum);
      }
    }
    return;
  }
  let j = 0;
  while (j < width) {
    const left = width - j;
    if (rows == 1 && left >= 16) {
      row16(depth, taps, x + (<usize>j << 2), filter, bias, y + (<usize>j << 2));
      j += 16;
    } else if (left > 4 && width >= 8) {
      j = min(j, width - 8);
      const at = <usize>j << 2;
      if (rows == 4) tile4(count, depth, taps, x + at, filter, bias, y + at, plane);
      else if (rows == 2) tile2(depth, taps, x + at, filter, bias, y + at, plane);
      else row8(depth, taps, x + at, filter, bias, y + at);
      j += 8;
    } else {
      j = min(j, width - 4);
      const at = <usize>j << 2;
      half4(count, depth, taps, x + at, filter, <usize>rows << 2, bias, y + at, plane);
      j += 4;
    }
  }
}

// @ts-ignore: decorator
@inline
function startOf(bias: usize, row: i32, count: i32): v128 {
  return bias && row < count ? v128.load32_splat(bias + (<usize>row << 2)) : f32x4.splat(0);
}

function tile4(
  count: i32, depth: i32, taps: usize, x: usize, filter: usize, bias: usize, y: usize, plane: usize,
): void {
  let r00 = startOf(bias, 0, count);
  let r01 = r00;
  let r10 = startOf(bias, 1, count);
  let r11 = r10;
  let r20 = startOf(bias, 2, count);
  let r21 = r20;
  let r30 = startOf(bias, 3, count);
  let r31 = r30;
  for (const end = taps + (<usize>depth << 2); taps < end; taps += 4, filter += 16) {
    const from = x + load<u32>(taps);
    const b0 = v128.load(from);
    const b1 = v128.load(from, 16);
    const a0 = v128.load32_splat(filter);
    r00 = madd(a0, b0, r00);
    r01 = madd(a0, b1, r01);
    const a1 = v128.load32_splat(filter, 4);
    r10 = madd(a1, b0, r10);
    r11 = madd(a1, b1, r11);
    const a2 = v128.load32_splat(filter, 8);
    r20 = madd(a2, b0, r20);
    r21 = madd(a2, b1, r21);
    const a3 = v128.load32_splat(filter, 12);
    r30 = madd(a3, b0, r30);
    r31 = madd(a3, b1, r31);
  }
  storeRow(y, r00, r01);
  storeRow(y + plane, r10, r11);
  storeRow(y + 2 * plane, r20, r21);
  if (count == 4) storeRow(y + 3 * plane, r30, r31);
}

function tile2(depth: i32, taps: usize, x: usize, filter: usize, bias: usize, y: usize, plane: usize): void {
  let r00 = startOf(bias, 0, 2);
  let r01 = r00;
  let r10 = startOf(bias, 1, 2);
  let r11 = r10;
  for (const end = taps + (<usize>depth << 2); taps < end; taps += 4, filter += 8) {
    const from = x + load<u32>(taps);
    const b0 = v128.load(from);
    const b1 = v128.load(from, 16);
    const a0 = v128.load32_splat(filter);
    r00 = madd(a0, b0, r00);
    r01 = madd(a0, b1, r01);
    const a1 = v128.load32_splat(filter, 4);
    r10 = madd(a1, b0, r10);
    r11 = madd(a1, b1, r11);
  }
  storeRow(y, r00, r01);
  storeRow(y + plane, r10, r11);
}

function row16(depth: i32, taps: usize, x: usize, filter: usize, bias: usize, y: usize): void {
  let s0 = startOf(bias, 0, 1);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (const end = taps + (<usize>depth << 2); taps < end; taps += 4, filter += 4) {
    const from = x + load<u32>(taps);
    const w = v128.load32_splat(filter);
    s0 = madd(w, v128.load(from), s0);
    s1 = madd(w, v128.load(from, 16), s1);
    s2 = madd(w, v128.load(from, 32), s2);
    s3 = madd(w, v128.load(from, 48), s3);
  }
  storeRow(y, s0, s1);
  storeRow(y + 32, s2, s3);
}

function row8(depth: i32, taps: usize, x: usize, filter: usize, bias: usize, y: usize): void {
  let s0 = startOf(bias, 0, 1);
  let s1 = s0;
  for (const end = taps + (<usize>depth << 2); taps < end; taps += 4, filter += 4) {
    const from = x + load<u32>(taps);
    const w = v128.load32_splat(filter);
    s0 = madd(w, v128.load(from), s0);
    s1 = madd(w, v128.load(from, 16), s1);
  }
  storeRow(y, s0, s1);
}

/** Four positions of up to four filters, whose taps are `tap` bytes apart. */
function half4(
  count: i32, depth: i32, taps: usize, x: usize, filter: usize, tap: usize, bias: usize, y: usize, plane: usize,
): void {
  let r0 = startOf(bias, 0, count);
  let r1 = startOf(bias, 1, count);
  let r2 = startOf(bias, 2, count);
  let r3 = startOf(bias, 3, count);
  for (const end = taps + (<usize>depth << 2); taps < end; taps += 4, filter += tap) {
    const b = v128.load(x + load<u32>(taps));
    r0 = madd(v128.load32_splat(filter), b, r0);
    // Rows beyond the tile's read the next taps, and are not stored.
    r1 = madd(v128.load32_splat(filter, 4), b, r1);
    r2 = madd(v128.load32_splat(filter, 8), b, r2);
    r3 = madd(v128.load32_splat(filter, 12), b, r3);
  }
  v128.store(y, r0);
  if (count > 1) v128.store(y + plane, r1);
  if (count > 2) v128.store(y + 2 * plane, r2);
  if (count > 3) v128.store(y + 3 * plane, r3);
}

// @ts-ignore: decorator
@inline
function storeRow(to: usize, a: v128, b: v128): void {
  v128.store(to, a);
  v128.store(to, b, 16);
}
