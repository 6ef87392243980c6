// Which way of convolving is fastest for which sizes. Costs are in multiplications of the packed matrix product, about 24 of
// which take a nanosecond; the other constants are what transforms and copies took, measured alone (1 thread, relaxed SIMD,
// Zen 4). With them the choice agrees with the times of all three ways; "product" and so on are milliseconds:
//
// | x, filters                              | product | Winograd | straight from the image |
// | --------------------------------------- | ------: | -------: | ----------------------: |
// | [8, 64, 56, 56], 64 of 3x3              |    45.4 |     17.1 |                         |
// | [1, 128, 28, 28], 128 of 3x3            |    4.96 |     2.05 |                         |
// | [1, 256, 14, 14], 256 of 3x3            |    7.06 |     4.23 |                         |
// | [1, 512, 7, 7], 512 of 3x3              |    6.36 |     14.8 |                         |
// | [8, 512, 7, 7], 512 of 3x3              |    62.4 |     36.1 |                         |
// | [8, 16, 32, 32], 32 of 3x3              |    1.80 |     0.86 |                         |
// | [1, 3, 224, 224], 64 of 3x3             |    4.87 |     7.44 |                         |
// | [8, 128, 28, 28], 128 of 3x3, 32 groups |    4.16 |     2.96 |                    1.87 |
// | [8, 32, 32, 32], 32 of 3x3, depthwise   |    2.14 |          |                    0.34 |
// | [64, 1, 28, 28], 6 of 5x5               |    0.63 |          |                    0.54 |
// | [64, 6, 14, 14], 16 of 5x5              |    1.26 |          |                    1.15 |
// | [16, 64, 1, 256], 64 of 1x5             |    7.81 |          |                    9.90 |

import type { Layout } from './conv-layout.js';

// What a tile costs for each channel and each filter to transform, and a filter for each channel.
const TILE_COST = 480;
const FILTER_COST = 500;
// What an element of the unfolded image costs to pack, or to write and fold.
const PACKING_COST = 8;
const FOLDING_COST = 30;
// A multiplication straight from the image; with a filter or two at a time, and for the gradient of filters, more.
const DIRECT_COST = 1.4;
const DIRECT_ROW_COST = 4;
const DIRECT_GRAD_COST = 3.5;

/** 3x3 by Winograd's tiles: the fewest multiplications, but transforms of tiles and filters. */
export function isWinograd(sizes: Layout): boolean {
  return isTiled(sizes) && tiledCost(sizes) < Math.min(productCost(sizes), directCost(sizes));
}

/** Straight from the image, without packing: few filters in a group. */
export function isDirect(sizes: Layout): boolean {
  return sizes.filters <= 16 && !sizes.isPointwise && directCost(sizes) < productCost(sizes);
}

export function isWinogradGrad(sizes: Layout): boolean {
  return isTiled(sizes) && tiledCost(sizes) < Math.min(productCost(sizes), directGradCost(sizes));
}

export function isDirectGrad(sizes: Layout): boolean {
  return directGradCost(sizes) < productCost(sizes);
}

/**
 * Whether the gradient of x, with stride 1, is cheaper as a product with the unfolded gradient of y than by folding. Few
 * channels, or an image much larger than the result, make folding cheaper.
 */
export function isUnfolded(sizes: Layout): boolean {
  const { filters, perGroup, kernelHeight, kernelWidth, height, width, taps, positions } = sizes;
  const unfolded = filters * kernelHeight * kernelWidth * height * width;
  return unfolded * (perGroup + PACKING_COST) < taps * positions * (filters + FOLDING_COST);
}

function isTiled({ kernelHeight, kernelWidth, stride, dilation }: Layout): boolean {
  return kernelHeight === 3 && kernelWidth === 3 && stride[0] * stride[1] * dilation[0] * dilation[1] === 1;
}

// Of a group of the whole batch:

/** Panels are of 8 tiles and 6 filters (4 in plain SIMD). */
function tiledCost({ batch, perGroup, filters, outHeight, outWidth }: Layout): number {
  const tiles = batch * Math.ceil(outHeight / 4) * Math.ceil(outWidth / 4);
  const products = 36 * roundUp(tiles, 8) * perGroup * roundUp(filters, 6);
  return products + TILE_COST * tiles * (perGroup + filters) + FILTER_COST * perGroup * filters;
}

function productCost({ batch, filters, taps, positions }: Layout): number {
  return batch * taps * positions * (roundUp(filters, 6) + PACKING_COST);
}

function directCost({ batch, filters, taps, positions }: Layout): number {
  const rows = filters > 2 ? DIRECT_COST * roundUp(filters, 4) : DIRECT_ROW_COST * filters;
  return batch * taps * positions * rows;
}

function directGradCost({ batch, filters, taps, positions }: Layout): number {
  return batch * taps * positions * DIRECT_GRAD_COST * filters;
}

function roundUp(n: number, unit: number): number {
  return Math.ceil(n / unit) * unit;
}
