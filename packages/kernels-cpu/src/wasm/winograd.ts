// 3x3 convolution with stride 1 by Winograd's F(4x4, 3x3): see assembly/winograd.ts.

import type { ConvSizes } from './conv-sizes.js';
import type { WasmEngine } from './engine.js';

// What the transformed tiles and their products of a block may take: most of a second-level cache.
const BLOCK_BYTES = 640 * 1024;
// What transformed filters may take at once.
const FILTER_BYTES = 1 << 24;
// Fewest quads of filters, and multiplications of tiles, that are worth a thread.
const QUADS_GRAIN = 16;
const WORK_GRAIN = 500_000;
// Tiles of a block of the filters' gradient, and what their transformed form may take.
const GRADIENT_TILES = 96;
const GRADIENT_BYTES = 1 << 23;
// Transforms of four that are worth a thread.
const TRANSFORM_GRAIN = 256;
// Tiles that are multiplied together.
const PANEL = 8;

/** How a Winograd convolution reads its filters: strides count elements. */
interface Filters {
  readonly filterStride: number;
  readonly depthStride: number;
  readonly flipped: boolean;
}

/** y = x ∗ weight for each group. `sizes` are those of this convolution, which may be an input's gradient. */
export function convolveWinograd(
  engine: WasmEngine,
  sizes: ConvSizes,
  x: number,
  weight: number,
  { filterStride, depthStride, flipped }: Filters,
  bias: number,
  y: number,
): void {
  const { wasm } = engine;
  const { batch, groups, perGroup, filters, height, width, outHeight, outWidth, padding, positions } = sizes;
  const [tilesY, tilesX] = [Math.ceil(outHeight / 4), Math.ceil(outWidth / 4)];
  const tiles = batch * tilesY * tilesX;
  const chunk = Math.min(filters, Math.max(24, 24 * Math.floor(FILTER_BYTES / (36 * 4 * 24 * perGroup))));
  const transformed = engine.scratch('weights', wasm.winogradFilterBytes(chunk, perGroup));
  const block = blockOf(perGroup + chunk);
  const panels = Math.ceil(tiles / PANEL);
  const tasks = engine.tasks(panels, Math.ceil(WORK_GRAIN / (PANEL * 36 * perGroup * chunk)));
  const filterTasks = engine.tasks(Math.ceil(chunk / 4), QUADS_GRAIN);
  const bytes = wasm.winogradBytes(perGroup, chunk, tilesX, block);
  const room = engine.scratch('columns', Math.max(tasks, filterTasks) * bytes);
  for (let group = 0; group < groups; group++) {
    const from = x + group * sizes.imageBytes;
    const weights = weight + group * sizes.weightBytes;
    for (let f = 0; f < filters; f += chunk) {
      const count = Math.min(chunk, filters - f);
      const quads = Math.ceil(count / 4);
      engine.split(quads, Math.min(quads, filterTasks), (wasm, first, end, task) => {
        const [scratch, some] = [room + task * bytes, weights + 4 * f * filterStride];
        wasm.winogradFilters(
          ...([transformed, some, count, perGroup, filterStride, depthStride, flipped ? 1 : 0] as const),
          ...([first, end, scratch] as const),
        );
      });
      const to = y + group * sizes.resultBytes + 4 * f * positions;
      const start = bias === 0 ? 0 : bias + 4 * (group * filters + f);
      engine.split(panels, tasks, (wasm, first, end, task) =>
        wasm.winogradTiles(
          ...([from, transformed, start, to] as const),
          ...([perGroup, height, width, groups * perGroup * height * width] as const),
          ...([count, outHeight, outWidth, groups * filters * positions] as const),
          ...([padding[0], padding[2], tilesY, tilesX] as const),
          ...([PANEL * first, Math.min(PANEL * end, tiles), block, room + task * bytes] as const),
        ),
      );
    }
  }
}

/** The filters' gradient: y [filters, channels, 3, 3] from x and the result's gradient g. */
export function weightGradWinograd(engine: WasmEngine, sizes: ConvSizes, x: number, g: number, y: number): void {
  const { wasm } = engine;
  const { batch, groups, perGroup, filters, height, width, outHeight, outWidth, padding, positions } = sizes;
  const [tilesY, tilesX] = [Math.ceil(outHeight / 4), Math.ceil(outWidth / 4)];
  const tiles = batch * tilesY * tilesX;
  const block = Math.min(
    GRADIENT_TILES,
    tiles,
    Math.max(8, Math.floor(GRADIENT_BYTES / (36 * 4 * (perGroup + filters)))),
  );
  const image = engine.scratch('columns', wasm.winogradGradBlockBytes(perGroup, filters, block));
  const gradient = image + wasm.winogradGradBlockBytes(perGroup, 0, block);
  const sums = engine.scratch('weights', wasm.winogradGradSumBytes(perGroup, filters));
  const [channelQuads, filterQuads] = [Math.ceil(perGroup / 4), Math.ceil(filters / 4)];
  const quads = channelQuads + filterQuads;
  const transformTasks = engine.tasks(quads, Math.ceil(TRANSFORM_GRAIN / block));
  const products = 36 * wasm.winogradGradPanels(filters);
  const productTasks = engine.tasks(products, Math.ceil(WORK_GRAIN / (6 * block * perGroup)));
  const tapTasks = engine.tasks(filters, Math.ceil(TRANSFORM_GRAIN / perGroup));
  const bytes = wasm.winogradGradBytes(tilesX, block);
  const room = engine.scratch('image', Math.max(transformTasks, productTasks, tapTasks) * bytes);
  for (let group = 0; group < groups; group++) {
    const [from, by] = [x + group * sizes.imageBytes, g + group * sizes.resultBytes];
    for (let t0 = 0; t0 < tiles; t0 += block) {
      const count = Math.min(block, tiles - t0);
      const some = [tilesY, tilesX, t0, count, block] as const;
      // Quads of channels, then quads of filters.
      engine.split(quads, transformTasks, (wasm, first, end, task) => {
        const scratch = room + task * bytes;
        if (first < channelQuads) {
          const imageStride = groups * perGroup * height * width;
          wasm.winogradGradImage(
            ...([image, from, perGroup, height, width, imageStride, padding[0], padding[2]] as const),
            ...([...some, first, Math.min(end, channelQuads), scratch] as const),
          );
        }
        if (end > channelQuads) {
          wasm.winogradGradResult(
            ...([gradient, by, filters, outHeight, outWidth, groups * filters * positions] as const),
            ...([...some, Math.max(first - channelQuads, 0), end - channelQuads, scratch] as const),
          );
        }
      });
      engine.split(products, productTasks, (wasm, first, end, task) =>
        wasm.winogradGradMultiply(
          ...([sums, image, gradient, perGroup, filters, count, block] as const),
          ...([t0 > 0 ? 1 : 0, first, end, room + task * bytes] as const),
        ),
      );
    }
    const to = y + group * sizes.weightBytes;
    engine.split(filters, tapTasks, (wasm, first, end, task) =>
      wasm.winogradGradTaps(to, sums, perGroup, filters, first, end, room + task * bytes),
    );
  }
}

/** How many tiles are worked on together: as many as fit, in whole panels. */
function blockOf(planes: number): number {
  return PANEL * Math.max(1, Math.min(12, Math.floor(BLOCK_BYTES / (36 * 4 * planes * PANEL))));
}
