// The matrix product: each element sums the products of a row and a column. Places of threads are whole numbers where they stand,
// and floats once they have names; so they have none in this loop.

import {
  broadcastStrides,
  defineKernel,
  type KernelEntry,
  type KernelTensor,
  matmul,
  type Shape,
  sizeOf,
} from '@dl/autograd';
import { bufferOf } from '../buffer.js';
import { variants } from '../kernels/shared.js';
import { walk } from '../kernels/walk.js';
import { Workspace } from '../workspace.js';
import { gpuJsProgram, runGpuJs } from './program.js';

const matmulProgram = variants((transposes: 'none' | 'a' | 'b' | 'ab') =>
  gpuJsProgram(
    `matmul in gpu.js:${transposes}`,
    { textures: ['a', 'b'], ints: ['inner', 'stepA', 'stepB'] },
    `function (a, b, inner, stepA, stepB) {
      let sum = 0;
      for (let k = 0; k < inner; k++) {
        const left = this.constants.transposeA === 1
          ? a[this.thread.z * stepA][k][this.thread.y]
          : a[this.thread.z * stepA][this.thread.y][k];
        const right = this.constants.transposeB === 1
          ? b[this.thread.z * stepB][this.thread.x][k]
          : b[this.thread.z * stepB][k][this.thread.x];
        sum += left * right;
      }
      return sum;
    }`,
    { transposeA: Number(transposes.includes('a')), transposeB: Number(transposes.includes('b')) },
  ),
);

/** A factor with the whole batch written out, unless it has it, or but one matrix for all. */
function inBatch(x: KernelTensor, batch: Shape, work: Workspace): KernelTensor {
  const own = sizeOf(x.shape.slice(0, -2));
  if (own === sizeOf(batch) || own === 1) return x;
  const shape = [...batch, ...x.shape.slice(-2)];
  const size = sizeOf(shape);
  const whole = { dtype: x.dtype, shape, size, handle: work.take(size) };
  walk(x, whole, broadcastStrides(x.shape, shape));
  return whole;
}

function runMatmul(a: KernelTensor, b: KernelTensor, y: KernelTensor, transposeA: boolean, transposeB: boolean): void {
  if (y.size === 0) return;
  const inner = a.shape.at(transposeA ? -2 : -1)!;
  const { backend } = bufferOf(y);
  if (inner === 0) {
    backend.write(bufferOf(y), new Float32Array(y.size));
    return;
  }
  using work = new Workspace(backend);
  const batch = y.shape.slice(0, -2);
  const factors = [inBatch(a, batch, work), inBatch(b, batch, work)];
  // One matrix that all share is not stepped through.
  const steps = factors.map(({ shape }) => (sizeOf(shape.slice(0, -2)) === 1 ? 0 : 1));
  const key = transposeA ? (transposeB ? 'ab' : 'a') : transposeB ? 'b' : 'none';
  runGpuJs(matmulProgram(key), y, factors, [inner, ...steps]);
}

export const matmulKernels: readonly KernelEntry[] = [
  defineKernel(matmul, ({ a, b, y }, { transposeA, transposeB }) => runMatmul(a, b, y, transposeA, transposeB)),
];
