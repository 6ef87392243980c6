// Pooling over windows of an image, and back. Images are seen as [images · channels, rows, columns].

import {
  avgPool2d,
  avgPool2dGrad,
  defineKernel,
  type KernelEntry,
  maxPool2dGrad,
  maxPool2dWithIndices,
} from '@dl/autograd';
import { checkIndices } from '../kernels/indexing.js';
import { anywhere, numbersOf } from '../kernels/pool2d.js';
import { variants } from '../kernels/shared.js';
import { gpuJsProgram, runGpuJs } from './program.js';

const ints = [
  ...['height', 'width', 'outHeight', 'outWidth'],
  ...['kernelHeight', 'kernelWidth', 'strideY', 'strideX', 'top', 'left'],
];

/** Where the largest element of each window is, in its plane. The first NaN is larger than all, and only NaN differs from itself. */
const largestProgram = gpuJsProgram(
  'maxPool2d in gpu.js',
  { textures: ['x'], ints },
  `function (x, ${ints.join(', ')}) {
    const plane = this.thread.z;
    const firstRow = this.thread.y * strideY - top;
    const firstColumn = this.thread.x * strideX - left;
    let bestRow = Math.max(firstRow, 0);
    let bestColumn = Math.max(firstColumn, 0);
    let most = x[plane][bestRow][bestColumn];
    for (let u = 0; u < kernelHeight; u++) {
      const row = firstRow + u;
      if (row >= 0 && row < height) {
        for (let v = 0; v < kernelWidth; v++) {
          const column = firstColumn + v;
          if (column >= 0 && column < width) {
            const value = x[plane][row][column];
            if ((value > most || value !== value) && most === most) {
              most = value;
              bestRow = row;
              bestColumn = column;
            }
          }
        }
      }
    }
    return bestRow * width + bestColumn;
  }`,
);

const pickProgram = gpuJsProgram(
  'maxPool2d in gpu.js:pick',
  { textures: ['x', 'places'], ints: ['width'] },
  `function (x, places, width) {
    const place = places[this.thread.z][this.thread.y][this.thread.x];
    const row = Math.floor((place + 0.5) / width);
    return x[this.thread.z][row][place - row * width];
  }`,
);

/** The windows that look at a pixel: so many `rows` and `columns` of results, from `firstRow` and `firstColumn` on. */
const windowsOfPixel = `
    const firstRow = Math.max(Math.ceil((this.thread.y + top - kernelHeight + 0.5) / strideY), 0);
    const firstColumn = Math.max(Math.ceil((this.thread.x + left - kernelWidth + 0.5) / strideX), 0);
    const rows = Math.min(Math.floor((this.thread.y + top + 0.5) / strideY) + 1, outHeight) - firstRow;
    const columns = Math.min(Math.floor((this.thread.x + left + 0.5) / strideX) + 1, outWidth) - firstColumn;`;

const largestGradProgram = gpuJsProgram(
  'maxPool2dGrad in gpu.js',
  { textures: ['g', 'places'], ints, floats: ['nan'] },
  `function (g, places, ${ints.join(', ')}, nan) {
    ${windowsOfPixel}
    const here = this.thread.y * width + this.thread.x;
    let sum = 0;
    let isWrong = 0;
    for (let u = 0; u < rows; u++) {
      const row = firstRow + u;
      for (let v = 0; v < columns; v++) {
        const column = firstColumn + v;
        const place = places[this.thread.z][row][column];
        if (place >= 0 && place < height * width) {
          if (place === here) {
            sum += g[this.thread.z][row][column];
          }
        } else {
          isWrong = 1;
        }
      }
    }
    return isWrong === 1 ? nan : sum;
  }`,
);

type CountPad = 'padding' | 'image';

const constantsOf = (counts: CountPad) => ({ countPad: Number(counts === 'padding') });

/** Divides by the elements that a window counts: those of the image, or of the padding too, and never those beyond both. */
const meanProgram = variants((counts: CountPad) =>
  gpuJsProgram(
    `avgPool2d in gpu.js:${counts}`,
    { textures: ['x'], ints },
    `function (x, ${ints.join(', ')}) {
      const firstRow = this.thread.y * strideY - top;
      const firstColumn = this.thread.x * strideX - left;
      let sum = 0;
      for (let u = 0; u < kernelHeight; u++) {
        const row = firstRow + u;
        if (row >= 0 && row < height) {
          for (let v = 0; v < kernelWidth; v++) {
            const column = firstColumn + v;
            if (column >= 0 && column < width) {
              sum += x[this.thread.z][row][column];
            }
          }
        }
      }
      const edgeY = this.constants.countPad * top;
      const edgeX = this.constants.countPad * left;
      const rows = Math.min(firstRow + kernelHeight, height + edgeY) - Math.max(firstRow, -edgeY);
      const columns = Math.min(firstColumn + kernelWidth, width + edgeX) - Math.max(firstColumn, -edgeX);
      return sum / (rows * columns);
    }`,
    constantsOf(counts),
  ),
);

const meanGradProgram = variants((counts: CountPad) =>
  gpuJsProgram(
    `avgPool2dGrad in gpu.js:${counts}`,
    { textures: ['g'], ints },
    `function (g, ${ints.join(', ')}) {
      ${windowsOfPixel}
      const edgeY = this.constants.countPad * top;
      const edgeX = this.constants.countPad * left;
      let sum = 0;
      for (let u = 0; u < rows; u++) {
        const row = firstRow + u;
        const start = row * strideY - top;
        const high = Math.min(start + kernelHeight, height + edgeY) - Math.max(start, -edgeY);
        for (let v = 0; v < columns; v++) {
          const column = firstColumn + v;
          const begin = column * strideX - left;
          const wide = Math.min(begin + kernelWidth, width + edgeX) - Math.max(begin, -edgeX);
          sum += g[this.thread.z][row][column] / (high * wide);
        }
      }
      return sum;
    }`,
    constantsOf(counts),
  ),
);

export const pool2dKernels: readonly KernelEntry[] = [
  defineKernel(maxPool2dWithIndices, ({ x, y, indices }, geometry) => {
    runGpuJs(largestProgram, indices, [x], numbersOf(x.shape, y.shape, geometry));
    runGpuJs(pickProgram, y, [x, indices], [x.shape[3]!]);
  }),
  defineKernel(maxPool2dGrad, ({ g, indices, y }, { geometry }) => {
    checkIndices('maxPool2dGrad', indices, y.shape[2]! * y.shape[3]!);
    const numbers = numbersOf(y.shape, g.shape, geometry ?? anywhere(y.shape, g.shape));
    runGpuJs(largestGradProgram, y, [g, indices], numbers, [Number.NaN]);
  }),
  defineKernel(avgPool2d, ({ x, y }, attrs) =>
    runGpuJs(meanProgram(attrs.countIncludePad ? 'padding' : 'image'), y, [x], numbersOf(x.shape, y.shape, attrs)),
  ),
  defineKernel(avgPool2dGrad, ({ g, y }, attrs) =>
    runGpuJs(meanGradProgram(attrs.countIncludePad ? 'padding' : 'image'), y, [g], numbersOf(y.shape, g.shape, attrs)),
  ),
];
