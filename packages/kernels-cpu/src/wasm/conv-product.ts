// Convolution and its two gradients as matrix products. The unfolded image (im2col) is never stored: packing reads it
// through tables of offsets. A 1x1 filter with stride 1 needs no unfolding at all.

import type { ConvSizes } from './conv-sizes.js';
import type { WasmEngine } from './engine.js';
import type { WasmExports } from './exports.js';

// At most so many elements of a column matrix at once, where one cannot be avoided.
const COLUMN_ELEMENTS = 1 << 20;
// Rows and columns of a product are cut into whole tiles, of whatever size the build has.
const ROWS = 12;
const COLUMNS = 8;
// Fewest multiplications that are worth a thread.
const WORK_GRAIN = 500_000;

/** The tables of offsets into the padded image, for its taps and for the positions of the result. */
function offsetTables(engine: WasmEngine, sizes: ConvSizes): { taps: number; positions: number } {
  const { taps, positions, perGroup, kernelHeight, kernelWidth, outHeight, outWidth } = sizes;
  const { paddedHeight, paddedWidth, stride, dilation } = sizes;
  const { wasm } = engine;
  const tapTable = engine.scratch('tables', 4 * (taps + positions));
  const positionTable = tapTable + 4 * taps;
  const plane = paddedHeight * paddedWidth;
  wasm.gridOffsets(tapTable, perGroup, kernelHeight, kernelWidth, plane, dilation[0] * paddedWidth, dilation[1]);
  wasm.gridOffsets(positionTable, 1, outHeight, outWidth, 0, stride[0] * paddedWidth, stride[1]);
  return { taps: tapTable, positions: positionTable };
}

/** Room for each task: for a matrix product, and where it is needed for the padded form of a group of an image. */
function rooms(engine: WasmEngine, sizes: ConvSizes, tasks: number, isPadded = sizes.isPadded) {
  const gemmBytes = engine.wasm.gemmBytes();
  const gemm = engine.scratch('gemm', tasks * gemmBytes);
  const image = isPadded ? engine.scratch('image', tasks * sizes.paddedBytes) : 0;
  return {
    gemm: (task: number): number => gemm + task * gemmBytes,
    image: (task: number): number => image + task * sizes.paddedBytes,
  };
}

/** The padded form of a group of an image: a copy in scratch, or the image itself. */
function padded(wasm: WasmExports, image: number, scratch: number, sizes: ConvSizes): number {
  if (!sizes.isPadded) return image;
  wasm.padPlanes(scratch, image, sizes.perGroup, sizes.height, sizes.width, ...sizes.padding);
  return scratch;
}

/** Calls `each` for the items that `first` to `end` touch, when each is cut into `pieces`, with which of its pieces to do. */
function forEachItem(
  first: number,
  end: number,
  pieces: number,
  each: (item: number, from: number, to: number) => void,
): void {
  for (let at = first; at < end; ) {
    const item = Math.floor(at / pieces);
    const next = Math.min(end, (item + 1) * pieces);
    each(item, at - item * pieces, next - item * pieces);
    at = next;
  }
}

function tasksOf(engine: WasmEngine, pieces: number, work: number): number {
  return engine.tasks(pieces, Math.ceil((WORK_GRAIN * pieces) / work));
}

/** y [filters, positions] = weight [filters, taps] · unfolded image [taps, positions], for each group of each image. */
export function convolve(
  engine: WasmEngine,
  sizes: ConvSizes,
  x: number,
  weight: number,
  bias: number,
  y: number,
): void {
  const { batch, groups, filters, positions, taps, imageBytes, resultBytes, weightBytes, isPointwise } = sizes;
  const tables = isPointwise ? undefined : offsetTables(engine, sizes);
  // Products are cut along their longer side.
  const [unit, length] = positions >= filters ? [COLUMNS, positions] : [ROWS, filters];
  const pieces = Math.ceil(length / unit);
  const count = batch * groups * pieces;
  const tasks = tasksOf(engine, count, batch * groups * filters * positions * taps);
  const room = rooms(engine, sizes, tasks);
  engine.split(count, tasks, (wasm, first, end, task) =>
    forEachItem(first, end, pieces, (item, from, to) => {
      const group = item % groups;
      const [start, stop] = [from * unit, Math.min(to * unit, length)];
      const [f, p] = unit === ROWS ? [start, 0] : [0, start];
      const [m, n] = unit === ROWS ? [stop - start, positions] : [filters, stop - start];
      const a = weight + group * weightBytes + 4 * f * taps;
      const c = y + item * resultBytes + 4 * (f * positions + p);
      const rowStart = bias === 0 ? 0 : bias + 4 * (group * filters + f);
      const image = x + item * imageBytes;
      if (tables === undefined) {
        const by = image + 4 * p;
        wasm.gemm(m, n, taps, a, taps, 1, by, positions, 1, c, positions, rowStart, 0, room.gemm(task));
      } else {
        const by = padded(wasm, image, room.image(task), sizes);
        wasm.gemmIndexed(
          ...([m, n, taps, a, taps, 1, by, tables.taps, tables.positions + 4 * p] as const),
          ...([c, positions, rowStart, 0, room.gemm(task)] as const),
        );
      }
    }),
  );
}

/** dW [filters, taps] = Σ over images of G [filters, positions] · unfolded image [taps, positions]ᵀ, cut along the taps. */
export function weightGrad(engine: WasmEngine, sizes: ConvSizes, x: number, g: number, y: number): void {
  const { batch, groups, filters, positions, taps, imageBytes, resultBytes, weightBytes, isPointwise } = sizes;
  const tables = isPointwise ? undefined : offsetTables(engine, sizes);
  const pieces = Math.ceil(taps / COLUMNS);
  const tasks = tasksOf(engine, groups * pieces, batch * groups * filters * positions * taps);
  const room = rooms(engine, sizes, tasks);
  engine.split(groups * pieces, tasks, (wasm, first, end, task) =>
    forEachItem(first, end, pieces, (group, from, to) => {
      const [t, n] = [from * COLUMNS, Math.min(to * COLUMNS, taps) - from * COLUMNS];
      const c = y + group * weightBytes + 4 * t;
      for (let i = 0; i < batch; i++) {
        const item = i * groups + group;
        const [a, image, add] = [g + item * resultBytes, x + item * imageBytes, i > 0 ? 1 : 0];
        if (tables === undefined) {
          const by = image + 4 * t * positions;
          wasm.gemm(filters, n, positions, a, positions, 1, by, 1, positions, c, taps, 0, add, room.gemm(task));
        } else {
          const by = padded(wasm, image, room.image(task), sizes);
          wasm.gemmIndexed(
            ...([filters, n, positions, a, positions, 1, by, tables.positions, tables.taps + 4 * t] as const),
            ...([c, taps, 0, add, room.gemm(task)] as const),
          );
        }
      }
    }),
  );
}

/** dX [channels, positions] = Wᵀ · G for each group of each image. */
export function inputGradPointwise(engine: WasmEngine, sizes: ConvSizes, g: number, weight: number, y: number): void {
  const { batch, groups, filters, positions, taps, imageBytes, resultBytes, weightBytes } = sizes;
  const pieces = Math.ceil(positions / COLUMNS);
  const count = batch * groups * pieces;
  const tasks = tasksOf(engine, count, batch * groups * filters * positions * taps);
  const room = rooms(engine, sizes, tasks);
  engine.split(count, tasks, (wasm, first, end, task) =>
    forEachItem(first, end, pieces, (item, from, to) => {
      const [p, n] = [from * COLUMNS, Math.min(to * COLUMNS, positions) - from * COLUMNS];
      const a = weight + (item % groups) * weightBytes;
      const [b, c] = [g + item * resultBytes + 4 * p, y + item * imageBytes + 4 * p];
      wasm.gemm(taps, n, filters, a, 1, taps, b, positions, 1, c, positions, 0, 0, room.gemm(task));
    }),
  );
}

/** dX is the convolution of G with the filters flipped: `reverse` are the sizes of that convolution. */
export function inputGradByConvolution(
  engine: WasmEngine,
  reverse: ConvSizes,
  g: number,
  weight: number,
  y: number,
): void {
  const { groups, filters: channels, perGroup: filters, kernelHeight, kernelWidth, weightBytes } = reverse;
  const flipped = engine.scratch('weights', groups * weightBytes);
  for (let offset = 0; offset < groups * weightBytes; offset += weightBytes) {
    engine.wasm.flipFilters(flipped + offset, weight + offset, filters, channels, kernelHeight * kernelWidth);
  }
  convolve(engine, reverse, g, flipped, 0, y);
}

/** In general: Wᵀ · G gives the gradient of the unfolded image, in blocks of columns, and each is folded back. */
export function inputGradByFolding(engine: WasmEngine, sizes: ConvSizes, g: number, weight: number, y: number): void {
  const { batch, groups, filters, perGroup, kernelHeight, kernelWidth, positions, taps } = sizes;
  const { imageBytes, resultBytes, weightBytes, paddedBytes } = sizes;
  const tapCount = kernelHeight * kernelWidth;
  const tables = offsetTables(engine, sizes);
  const width = Math.min(positions, Math.max(8, Math.floor(COLUMN_ELEMENTS / taps)));
  const count = batch * groups * perGroup;
  const tasks = tasksOf(engine, count, batch * groups * filters * positions * taps);
  const room = rooms(engine, sizes, tasks, true);
  const columns = engine.scratch('columns', tasks * 4 * taps * width);
  engine.split(count, tasks, (wasm, first, end, task) =>
    forEachItem(first, end, perGroup, (item, from, to) => {
      const [channels, rows] = [to - from, (to - from) * tapCount];
      const [folded, matrix] = [room.image(task), columns + task * 4 * taps * width];
      const a = weight + (item % groups) * weightBytes + 4 * from * tapCount;
      wasm.fill(folded, (channels * paddedBytes) / perGroup / 4, 0);
      for (let p = 0; p < positions; p += width) {
        const n = Math.min(width, positions - p);
        const b = g + item * resultBytes + 4 * p;
        wasm.gemm(rows, n, filters, a, 1, taps, b, positions, 1, matrix, n, 0, 0, room.gemm(task));
        // The offsets of any channels are those of the first ones.
        wasm.foldAdd(folded, matrix, tables.taps, rows, tables.positions + 4 * p, n);
      }
      const dx = y + item * imageBytes + 4 * from * sizes.height * sizes.width;
      wasm.cropPlanes(dx, folded, channels, sizes.height, sizes.width, ...sizes.padding);
    }),
  );
}
