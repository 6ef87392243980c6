// Which way of convolving is fastest for which sizes.

import type { Layout } from './conv-layout.js';
const force = (): string | undefined => (globalThis as { conv?: string }).conv;

export function isWinograd(sizes: Layout): boolean {
  if (force()) return force() === 'winograd';
  return isTiled(sizes) && tiledCost(sizes) < productCost(sizes);
}

export function isWinogradGrad(sizes: Layout): boolean {
  if (force()) return force() === 'winograd';
  return isTiled(sizes) && tiledCost(sizes) < productCost(sizes);
}

function isTiled({ kernelHeight, kernelWidth, stride, dilation }: Layout): boolean {
  return kernelHeight === 3 && kernelWidth === 3 && stride[0] * stride[1] * dilation[0] * dilation[1] === 1;
}

function tiledCost({ batch, perGroup, filters, outHeight, outWidth }: Layout): number {
  const tiles = batch * Math.ceil(outHeight / 4) * Math.ceil(outWidth / 4);
  return 36 * tiles * perGroup * filters + 480 * tiles * (perGroup + filters) + 500 * perGroup * filters;
}

function productCost({ batch, filters, taps, positions }: Layout): number {
  return batch * taps * positions * (filters + 8);
}

export function isDirect(sizes: Layout): boolean {
  if (force()) return force() === 'direct';
  return sizes.filters === 1;
}

export function isDirectGrad(sizes: Layout): boolean {
  if (force()) return force() === 'direct';
  return sizes.filters === 1;
}

// What an element takes to pack, or to write and fold, in multiplications of the product.
const PACKING_COST = 12;
const FOLDING_COST = 30;

/**
 * Whether the gradient of x, with stride 1, is cheaper as a convolution of that of y than by folding. Few channels, or an
 * image much larger than the result, make folding cheaper.
 */
export function isUnfolded(sizes: Layout): boolean {
  const { filters, perGroup, kernelHeight, kernelWidth, height, width, taps, positions } = sizes;
  const unfolded = filters * kernelHeight * kernelWidth * height * width;
  return unfolded * (perGroup + PACKING_COST) < taps * positions * (filters + FOLDING_COST);
}
