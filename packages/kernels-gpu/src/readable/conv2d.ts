// Convolution and its two gradients, each straight from its formula. Images are seen as [images · channels, rows, columns]. Zeros
// around an image are multiplied as others are: an infinite weight makes them NaN.

import {
  type ConvGeometry,
  conv2d,
  conv2dInputGrad,
  conv2dWeightGrad,
  defineKernel,
  type KernelEntry,
  type Shape,
} from '@dl/autograd';
import { fillZeros, variants } from '../kernels/shared.js';
import { gpuJsProgram, runGpuJs } from './program.js';

const ints = [
  // Channels of the image in one group, filters in one group, and groups.
  ...['channels', 'filters', 'groups'],
  ...['height', 'width', 'outHeight', 'outWidth', 'kernelHeight', 'kernelWidth'],
  ...['strideY', 'strideX', 'top', 'left', 'dilationY', 'dilationX'],
];

function numbersOf(image: Shape, weight: Shape, result: Shape, g: ConvGeometry): number[] {
  return [
    ...[weight[1]!, weight[0]! / g.groups, g.groups],
    ...[...image.slice(2), ...result.slice(2), ...weight.slice(2)],
    ...[...g.stride, g.padding[0], g.padding[2], ...g.dilation],
  ];
}

// Quotients of whole numbers are taken half a unit up: a division may be off by its last bit.

const convProgram = variants((bias: 'bias' | 'none') =>
  gpuJsProgram(
    `conv2d in gpu.js:${bias}`,
    { textures: ['x', 'weight', 'bias'], ints },
    `function (x, weight, bias, ${ints.join(', ')}) {
      const image = Math.floor((this.thread.z + 0.5) / (filters * groups));
      const filter = this.thread.z - image * filters * groups;
      const group = Math.floor((filter + 0.5) / filters);
      let sum = this.constants.hasBias === 1 ? bias[filter] : 0;
      for (let channel = 0; channel < channels; channel++) {
        const plane = (image * groups + group) * channels + channel;
        for (let u = 0; u < kernelHeight; u++) {
          const row = this.thread.y * strideY - top + u * dilationY;
          for (let v = 0; v < kernelWidth; v++) {
            const column = this.thread.x * strideX - left + v * dilationX;
            const isInside = row >= 0 && row < height && column >= 0 && column < width;
            const pixel = isInside ? x[plane][row][column] : 0;
            sum += pixel * weight[filter * channels + channel][u][v];
          }
        }
      }
      return sum;
    }`,
    { hasBias: Number(bias === 'bias') },
  ),
);

/** A pixel receives from each result that looked at it: at row r the tap u saw row r · stride - top + u · dilation. */
const inputGradProgram = gpuJsProgram(
  'conv2dInputGrad in gpu.js',
  { textures: ['g', 'weight'], ints },
  `function (g, weight, ${ints.join(', ')}) {
    const image = Math.floor((this.thread.z + 0.5) / (channels * groups));
    const ofImage = this.thread.z - image * channels * groups;
    const group = Math.floor((ofImage + 0.5) / channels);
    const channel = ofImage - group * channels;
    let sum = 0;
    for (let i = 0; i < filters; i++) {
      const filter = group * filters + i;
      for (let u = 0; u < kernelHeight; u++) {
        const down = this.thread.y + top - u * dilationY;
        const row = Math.floor((down + 0.5) / strideY);
        if (row >= 0 && row < outHeight && row * strideY === down) {
          for (let v = 0; v < kernelWidth; v++) {
            const along = this.thread.x + left - v * dilationX;
            const column = Math.floor((along + 0.5) / strideX);
            if (column >= 0 && column < outWidth && column * strideX === along) {
              sum += g[image * filters * groups + filter][row][column] * weight[filter * channels + channel][u][v];
            }
          }
        }
      }
    }
    return sum;
  }`,
);

/** A tap's weight met a pixel at each place of the result, in each image. Sums of rows are summed: short sums lose few digits. */
const weightGradProgram = gpuJsProgram(
  'conv2dWeightGrad in gpu.js',
  { textures: ['x', 'g'], ints: ['images', ...ints] },
  `function (x, g, images, ${ints.join(', ')}) {
    const filter = Math.floor((this.thread.z + 0.5) / channels);
    const channel = this.thread.z - filter * channels;
    const group = Math.floor((filter + 0.5) / filters);
    let sum = 0;
    for (let image = 0; image < images; image++) {
      const from = (image * groups + group) * channels + channel;
      const to = image * filters * groups + filter;
      let ofImage = 0;
      for (let outRow = 0; outRow < outHeight; outRow++) {
        const row = outRow * strideY - top + this.thread.y * dilationY;
        let ofRow = 0;
        for (let outColumn = 0; outColumn < outWidth; outColumn++) {
          const column = outColumn * strideX - left + this.thread.x * dilationX;
          const isInside = row >= 0 && row < height && column >= 0 && column < width;
          const pixel = isInside ? x[from][row][column] : 0;
          ofRow += pixel * g[to][outRow][outColumn];
        }
        ofImage += ofRow;
      }
      sum += ofImage;
    }
    return sum;
  }`,
);

export const conv2dKernels: readonly KernelEntry[] = [
  defineKernel(conv2d, ({ x, weight, bias, y }, geometry) => {
    const what = convProgram(bias === undefined ? 'none' : 'bias');
    const numbers = numbersOf(x.shape, weight.shape, y.shape, geometry);
    runGpuJs(what, y, [x, weight, bias ?? weight], numbers);
  }),
  defineKernel(conv2dInputGrad, ({ g, weight, y }, geometry) => {
    if (g.size === 0) fillZeros(y);
    else runGpuJs(inputGradProgram, y, [g, weight], numbersOf(y.shape, weight.shape, g.shape, geometry));
  }),
  defineKernel(conv2dWeightGrad, ({ x, g, y }, geometry) => {
    if (g.size === 0 || x.size === 0) fillZeros(y);
    else runGpuJs(weightGradProgram, y, [x, g], [x.shape[0]!, ...numbersOf(x.shape, y.shape, g.shape, geometry)]);
  }),
];
