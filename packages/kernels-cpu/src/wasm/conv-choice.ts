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

import type { ConvSizes } from './conv-sizes.js';

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
const DIRECT_TAPS = 256;

/** Winograd's tiles (winograd.ts), straight from the image (conv-direct.ts), or matrix products (conv-product.ts). */
type Algorithm = 'tiles' | 'direct' | 'product' | 'folding';

/** Whether the numbers are such that tiles may be taken; asked only where they would be. */
type IsEven = () => boolean;

export function algorithmOfConvolution(sizes: ConvSizes, isEven: IsEven): Algorithm {
  if (sizes.isPointwise) return 'product';
  return cheapest({ tiles: tiledCost(sizes), direct: directCost(sizes), product: productCost(sizes) }, isEven);
}

export function algorithmOfWeightGrad(sizes: ConvSizes, isEven: IsEven): Algorithm {
  return cheapest({ tiles: tiledCost(sizes), direct: directGradCost(sizes), product: productCost(sizes) }, isEven);
}

/**
 * `reverse` is the convolution of the gradient of y that gives that of x, if there is one: with other strides than 1 it can
 * be done straight from the image only. A product with the filters that is folded back is always possible.
 */
export function algorithmOfInputGrad(sizes: ConvSizes, reverse: ConvSizes | undefined, isEven: IsEven): Algorithm {
  if (sizes.isPointwise || reverse === undefined) return 'folding';
  const isDense = sizes.stride[0] * sizes.stride[1] === 1;
  const costs = {
    tiles: isDense ? tiledCost(reverse) : Infinity,
    direct: directCost(reverse),
    product: isDense ? productCost(reverse) : Infinity,
    folding: foldingCost(sizes),
  };
  return cheapest(costs, isEven);
}

function cheapest(costs: Partial<Record<Algorithm, number>>, isEven: IsEven): Algorithm {
  const of = (all: typeof costs): Algorithm =>
    (Object.entries(all) as [Algorithm, number][]).reduce((a, b) => (b[1] < a[1] ? b : a))[0];
  const algorithm = of(costs);
  return algorithm !== 'tiles' || isEven() ? algorithm : of({ ...costs, tiles: Infinity });
}

function isTiled({ kernelHeight, kernelWidth, stride, dilation }: ConvSizes): boolean {
  return kernelHeight === 3 && kernelWidth === 3 && stride[0] * stride[1] * dilation[0] * dilation[1] === 1;
}

// Of a group of the whole batch:

/** Panels are of 8 tiles and 6 filters (4 in plain SIMD). */
function tiledCost(sizes: ConvSizes): number {
  if (!isTiled(sizes)) return Infinity;
  const { batch, perGroup, filters, outHeight, outWidth } = sizes;
  const tiles = batch * Math.ceil(outHeight / 4) * Math.ceil(outWidth / 4);
  const products = 36 * roundUp(tiles, 8) * perGroup * roundUp(filters, 6);
  return products + TILE_COST * tiles * (perGroup + filters) + FILTER_COST * perGroup * filters;
}

function productCost({ batch, filters, taps, positions }: ConvSizes): number {
  return batch * taps * positions * (roundUp(filters, 6) + PACKING_COST);
}

function foldingCost({ batch, filters, taps, positions }: ConvSizes): number {
  return batch * taps * positions * (filters + FOLDING_COST);
}

function directCost({ batch, filters, taps, positions }: ConvSizes): number {
  // More taps of more filters than a cache holds.
  if (filters > 4 && taps > DIRECT_TAPS) return Infinity;
  const rows = filters > 2 ? DIRECT_COST * roundUp(filters, 4) : DIRECT_ROW_COST * filters;
  return batch * taps * positions * rows;
}

function directGradCost({ batch, filters, taps, positions }: ConvSizes): number {
  return batch * taps * positions * DIRECT_GRAD_COST * filters;
}

function roundUp(n: number, unit: number): number {
  return Math.ceil(n / unit) * unit;
}
