// Sums, means, largest and smallest elements along axes.

import {
  defineKernel,
  type KernelEntry,
  type KernelTensor,
  max,
  mean,
  min,
  type OpInfo,
  reductionSteps,
  sizeOf,
  sum,
} from '@dl/autograd';
import { bufferOf } from '../buffer.js';
import type { Program } from '../program.js';
import { Workspace } from '../workspace.js';
import { gpuJsProgram, runGpuJs, seenAs } from './program.js';

/** How many elements a thread takes. Sums of sums are the exact ones: a float that has grown large takes up no small terms. */
const STAGE = 64;

/** [outer, length, inner] → [outer, partials, inner], each part from 64 neighbours along the axis; times `scale`. */
const reduceProgram = (name: string, step: string): Program =>
  gpuJsProgram(
    `${name} in gpu.js`,
    { textures: ['x'], ints: ['length'], floats: ['scale'] },
    `function (x, length, scale) {
      const first = this.thread.y * this.constants.stage;
      const count = Math.min(this.constants.stage, length - first);
      let y = x[this.thread.z][first][this.thread.x];
      for (let k = 1; k < count; k++) {
        const value = x[this.thread.z][first + k][this.thread.x];
        y = ${step};
      }
      return y * scale;
    }`,
    { stage: STAGE },
  );

const sumProgram = reduceProgram('sum', 'y + value');
// NaN wins, and stays: only NaN differs from itself.
const maxProgram = reduceProgram('max', 'value > y || value !== value ? value : y');
const minProgram = reduceProgram('min', 'value < y || value !== value ? value : y');

function reduce(
  what: Program,
  whenEmpty: number,
  x: KernelTensor,
  y: KernelTensor,
  axes: readonly number[],
  scale = 1,
): void {
  if (y.size === 0) return;
  const { backend } = bufferOf(y);
  if (x.size === 0) {
    backend.write(bufferOf(y), new Float32Array(y.size).fill(whenEmpty * scale));
    return;
  }
  const reductions = reductionSteps(x.shape, axes);
  if (reductions.length === 0) reductions.push({ outer: 1, length: 1, inner: x.size });
  using work = new Workspace(backend);
  let from = x;
  for (const [i, { outer, length, inner }] of reductions.entries()) {
    from = seenAs(from, [outer, length, inner]);
    for (let left = length; ; ) {
      const partials = Math.ceil(left / STAGE);
      const isLast = partials === 1 && i === reductions.length - 1;
      const size = outer * partials * inner;
      const handle = isLast ? y.handle : work.take(size);
      const to = { dtype: y.dtype, handle, size, shape: [outer, partials, inner] };
      runGpuJs(what, to, [from], [left], [isLast ? scale : 1]);
      from = to;
      left = partials;
      if (partials === 1) break;
    }
  }
}

type ReductionOp = OpInfo<readonly ['x'], { axes: readonly number[]; keepDims: boolean }, readonly ['y']>;

const reduction = (op: ReductionOp, what: Program, whenEmpty: number): KernelEntry =>
  defineKernel(op, ({ x, y }, { axes }) => reduce(what, whenEmpty, x, y, axes));

export const reduceKernels: readonly KernelEntry[] = [
  reduction(sum, sumProgram, 0),
  reduction(max, maxProgram, -Infinity),
  reduction(min, minProgram, Infinity),
  defineKernel(mean, ({ x, y }, { axes }) =>
    reduce(sumProgram, 0, x, y, axes, 1 / sizeOf(axes.map((axis) => x.shape[axis]!))),
  ),
];
