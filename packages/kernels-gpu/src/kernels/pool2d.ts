// Pooling over windows of an image, and back.

import {
  avgPool2d,
  avgPool2dGrad,
  defineKernel,
  type KernelEntry,
  maxPool2dGrad,
  maxPool2dWithIndices,
  type PoolGeometry,
  type Shape,
} from '@dl/autograd';
import { glslProgram } from '../program.js';
import { checkIndices, insideGlsl } from './indexing.js';
import { run } from './shared.js';

const sizes = ['height', 'width', 'outHeight', 'outWidth'];
const windows = ['kernelHeight', 'kernelWidth', 'strideY', 'strideX', 'padY', 'padX'];

export function numbersOf(image: Shape, pooled: Shape, { kernel, stride, padding }: PoolGeometry): number[] {
  return [...image.slice(2), ...pooled.slice(2), ...kernel, ...stride, ...padding];
}

/** The window of result i: its plane, and the rows and columns of the image that it covers. */
const windowGlsl = `
  int line = i / $outWidth;
  int plane = line / $outHeight;
  int top = (line - plane * $outHeight) * $strideY - $padY;
  int left = (i - line * $outWidth) * $strideX - $padX;
  int bottom = top + $kernelHeight;
  int right = left + $kernelWidth;
`;

/** Where the largest element of each window is, in its plane. */
const largestProgram = glslProgram(
  'maxPool',
  { textures: ['x'], ints: [...sizes, ...windows] },
  `float element(int i) {
    ${windowGlsl}
    int best = (top < 0 ? 0 : top) * $width + (left < 0 ? 0 : left);
    float most = x_at(plane * $height * $width + best);
    LOOP(u, $kernelHeight) {
      int y = top + u;
      if (y < 0 || y >= $height) continue;
      LOOP(v, $kernelWidth) {
        int x = left + v;
        if (x < 0 || x >= $width) continue;
        float value = x_at((plane * $height + y) * $width + x);
        if ((value > most || value != value) && most == most) { most = value; best = y * $width + x; }
      }
    }
    return float(best);
  }`,
);

const pickProgram = glslProgram(
  'pickFromPlane',
  { textures: ['x', 'places'], ints: ['planeSize', 'outSize'] },
  'float element(int i) { return x_at(i / $outSize * $planeSize + int(places_at(i))); }',
);

/** The windows that pixel i lies in: `outRow` from `firstRow` to `lastRow`, and so for columns. */
const windowsOfPixelGlsl = `
  int line = i / $width;
  int plane = line / $height;
  int row = line - plane * $height;
  int column = i - line * $width;
  int firstRow = row + $padY - $kernelHeight + $strideY;
  firstRow = firstRow < 0 ? 0 : firstRow / $strideY;
  int firstColumn = column + $padX - $kernelWidth + $strideX;
  firstColumn = firstColumn < 0 ? 0 : firstColumn / $strideX;
  int rows = (row + $padY) / $strideY - firstRow + 1;
  int columns = (column + $padX) / $strideX - firstColumn + 1;
  if (rows > $outHeight - firstRow) rows = $outHeight - firstRow;
  if (columns > $outWidth - firstColumn) columns = $outWidth - firstColumn;
`;

const largestGradProgram = glslProgram(
  'maxPoolGrad',
  { textures: ['g', 'places'], ints: [...sizes, ...windows], floats: ['nan'] },
  `${insideGlsl}
  float element(int i) {
    ${windowsOfPixelGlsl}
    float y = 0.0;
    float here = float(row * $width + column);
    LOOP(u, rows) {
      LOOP(v, columns) {
        int at = (plane * $outHeight + firstRow + u) * $outWidth + firstColumn + v;
        float place = places_at(at);
        if (!isInside(place, $height * $width)) y = $nan;
        else if (place == here) y += g_at(at);
      }
    }
    return y;
  }`,
);

/** How much of one axis a window covers, with the padding or without; what reaches over the padding is never counted. */
const coveredGlsl = `
float covered(int start, int kernelSize, int size, int pad) {
  int first = $countPad == 1 || start > 0 ? start : 0;
  int limit = $countPad == 1 ? size + pad : size;
  int last = start + kernelSize < limit ? start + kernelSize : limit;
  return float(last - first);
}
`;

const meanProgram = glslProgram(
  'avgPool',
  { textures: ['x'], ints: [...sizes, ...windows, 'countPad'] },
  `${coveredGlsl}
  float element(int i) {
    ${windowGlsl}
    float total = 0.0;
    LOOP(u, $kernelHeight) {
      int y = top + u;
      if (y < 0 || y >= $height) continue;
      LOOP(v, $kernelWidth) {
        int x = left + v;
        if (x >= 0 && x < $width) total += x_at((plane * $height + y) * $width + x);
      }
    }
    return total / (covered(top, $kernelHeight, $height, $padY) * covered(left, $kernelWidth, $width, $padX));
  }`,
);

const meanGradProgram = glslProgram(
  'avgPoolGrad',
  { textures: ['g'], ints: [...sizes, ...windows, 'countPad'] },
  `${coveredGlsl}
  float element(int i) {
    ${windowsOfPixelGlsl}
    float y = 0.0;
    LOOP(u, rows) {
      int outRow = firstRow + u;
      float high = covered(outRow * $strideY - $padY, $kernelHeight, $height, $padY);
      LOOP(v, columns) {
        int outColumn = firstColumn + v;
        float wide = covered(outColumn * $strideX - $padX, $kernelWidth, $width, $padX);
        y += g_at((plane * $outHeight + outRow) * $outWidth + outColumn) / (high * wide);
      }
    }
    return y;
  }`,
);

/** Windows so large that every one holds every pixel: where to look when nothing is known. */
export function anywhere(image: Shape, pooled: Shape): PoolGeometry {
  const [height, width] = image.slice(2) as [number, number];
  const [rows, columns] = pooled.slice(2) as [number, number];
  return { kernel: [height + rows, width + columns], stride: [1, 1], padding: [rows, columns], ceilMode: false };
}

export const pool2dKernels: readonly KernelEntry[] = [
  defineKernel(maxPool2dWithIndices, ({ x, y, indices }, geometry) => {
    run(largestProgram, indices, [x], numbersOf(x.shape, y.shape, geometry));
    const [planeSize, outSize] = [x.shape[2]! * x.shape[3]!, y.shape[2]! * y.shape[3]!];
    run(pickProgram, y, [x, indices], [planeSize, outSize]);
  }),
  defineKernel(maxPool2dGrad, ({ g, indices, y }, { geometry }) => {
    checkIndices('maxPool2dGrad', indices, y.shape[2]! * y.shape[3]!);
    const numbers = numbersOf(y.shape, g.shape, geometry ?? anywhere(y.shape, g.shape));
    run(largestGradProgram, y, [g, indices], numbers, [Number.NaN]);
  }),
  defineKernel(avgPool2d, ({ x, y }, attrs) =>
    run(meanProgram, y, [x], [...numbersOf(x.shape, y.shape, attrs), Number(attrs.countIncludePad)]),
  ),
  defineKernel(avgPool2dGrad, ({ g, y }, attrs) =>
    run(meanGradProgram, y, [g], [...numbersOf(y.shape, g.shape, attrs), Number(attrs.countIncludePad)]),
  ),
];
