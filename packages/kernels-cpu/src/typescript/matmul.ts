// Batched matrix products.

import { matmul } from '@dl/autograd';
import { multiplyPacked, pack, packedLength, Scratch } from './gemm.js';
import { broadcastStrides, forEachRow, kernel } from './kernel.js';

const packedA = new Scratch();
const packedB = new Scratch();
// Below so many multiplications, packing costs more than it saves.
const SMALL = 4096;

export const matmulKernel = kernel(matmul, ({ a, b, y }, { transposeA, transposeB }) => {
  const [m, n] = y.shape.slice(-2) as [number, number];
  const depth = a.shape.at(transposeA ? -2 : -1)!;
  const [aRow, aDepth] = transposeA ? [1, m] : [depth, 1];
  const [bDepth, bColumn] = transposeB ? [1, depth] : [n, 1];
  const batch = y.shape.slice(0, -2);
  const strides = [a, b].map(({ shape }) => broadcastStrides(shape.slice(0, -2), batch));

  const [from, by, to] = [a.data, b.data, y.data];
  const multiply = (i: number, j: number, o: number): void => {
    if (to instanceof Int32Array || m * n * depth <= SMALL) {
      for (let row = 0; row < m; row++) {
        for (let column = 0; column < n; column++) {
          let sum = 0;
          let p = i + row * aRow;
          let q = j + column * bColumn;
          if (to instanceof Int32Array) {
            // The product of two int32 may not fit a double.
            for (let k = 0; k < depth; k++, p += aDepth, q += bDepth) sum = (sum + Math.imul(from[p]!, by[q]!)) | 0;
          } else {
            for (let k = 0; k < depth; k++, p += aDepth, q += bDepth) sum += from[p]! * by[q]!;
          }
          to[o + row * n + column] = sum;
        }
      }
      return;
    }
    const left = packedA.take(packedLength(m, depth));
    const right = packedB.take(packedLength(n, depth));
    pack(left, a.data, i, m, depth, aRow, aDepth);
    pack(right, b.data, j, n, depth, bColumn, bDepth);
    y.data.fill(0, o, o + m * n);
    multiplyPacked(left, right, y.data, o, m, n, depth);
  };

  forEachRow(batch, strides, (start, length, i, di, j, dj) => {
    for (let k = 0; k < length; k++) {
      multiply((i + k * di) * m * depth, (j + k * dj) * depth * n, (start + k) * m * n);
    }
  });
});
