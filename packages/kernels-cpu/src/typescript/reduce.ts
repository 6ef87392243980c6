// Reductions.

import {
  all,
  any,
  argmax,
  argmin,
  broadcastStrides,
  type KernelEntry,
  max,
  mean,
  min,
  type OpInfo,
  prod,
  type Shape,
  sum,
  type TypedArray,
} from '@dl/autograd';
import { Scratch } from './gemm.js';
import { forEachLine, forEachRow, kernel } from './kernel.js';

/** What is accumulated, in double precision whatever the dtype. */
const accumulated = new Scratch();

/** Takes `n` neighbours of x, from `i` on, into one value. */
type Along = (soFar: number, x: TypedArray, i: number, n: number) => number;
/** Takes `n` neighbours of x, from `i` on, into as many values, from `o` on. */
type Across = (values: Float64Array, o: number, x: TypedArray, i: number, n: number) => void;

type ReduceOp = OpInfo<readonly ['x'], { axes: readonly number[]; keepDims: boolean }, readonly ['y']>;

/**
 * A reduction, by its two loops: reading x in order, a row is either reduced itself or goes into a row of the result.
 */
function reduction(
  op: ReduceOp,
  initial: number,
  along: Along,
  across: Across,
  finish: (values: Float64Array, y: TypedArray, n: number, count: number) => void = store,
): KernelEntry {
  return kernel(op, ({ x, y }, { axes }) => {
    const values = accumulated.take(y.size);
    values.fill(initial, 0, y.size);
    if (y.size === 1) {
      values[0] = along(initial, x.data, 0, x.size);
    } else {
      forEachRow(x.shape, [reducedStrides(x.shape, axes)], (i, n, o, step) => {
        if (step === 0) values[o] = along(values[o]!, x.data, i, n);
        else across(values, o, x.data, i, n);
      });
    }
    finish(values, y.data, y.size, x.size / y.size);
  });
}

/** How far apart in the result the places of neighbours in x are: 0 along the axes that are reduced. */
function reducedStrides(shape: Shape, axes: readonly number[]): number[] {
  const kept = shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
  return broadcastStrides(kept, shape);
}

function store(values: Float64Array, y: TypedArray, n: number): void {
  for (let i = 0; i < n; i++) y[i] = values[i]!;
}

const addAlong: Along = (soFar, x, i, n) => {
  for (const end = i + n; i < end; i++) soFar += x[i]!;
  return soFar;
};
const addAcross: Across = (values, o, x, i, n) => {
  for (const end = i + n; i < end; i++, o++) values[o]! += x[i]!;
};

export const sumKernel = reduction(sum, 0, addAlong, addAcross);
export const meanKernel = reduction(mean, 0, addAlong, addAcross, (values, y, n, count) => {
  for (let i = 0; i < n; i++) y[i] = values[i]! / count;
});
export const prodKernel = reduction(
  prod,
  1,
  (soFar, x, i, n) => {
    const end = i + n;
    if (x instanceof Int32Array) for (; i < end; i++) soFar = Math.imul(soFar, x[i]!);
    else for (; i < end; i++) soFar *= x[i]!;
    return soFar;
  },
  (values, o, x, i, n) => {
    const end = i + n;
    if (x instanceof Int32Array) for (; i < end; i++, o++) values[o] = Math.imul(values[o]!, x[i]!);
    else for (; i < end; i++, o++) values[o]! *= x[i]!;
  },
);
// Not "not above" but "not at most", so that NaN gets in; and nothing replaces it.
export const maxKernel = reduction(
  max,
  -Infinity,
  (soFar, x, i, n) => {
    for (const end = i + n; i < end; i++) if (!(x[i]! <= soFar) && !Number.isNaN(soFar)) soFar = x[i]!;
    return soFar;
  },
  (values, o, x, i, n) => {
    for (const end = i + n; i < end; i++, o++)
      if (!(x[i]! <= values[o]!) && !Number.isNaN(values[o])) values[o] = x[i]!;
  },
);
export const minKernel = reduction(
  min,
  Infinity,
  (soFar, x, i, n) => {
    for (const end = i + n; i < end; i++) if (!(x[i]! >= soFar) && !Number.isNaN(soFar)) soFar = x[i]!;
    return soFar;
  },
  (values, o, x, i, n) => {
    for (const end = i + n; i < end; i++, o++)
      if (!(x[i]! >= values[o]!) && !Number.isNaN(values[o])) values[o] = x[i]!;
  },
);
export const anyKernel = reduction(
  any,
  0,
  (soFar, x, i, n) => {
    for (const end = i + n; i < end && soFar === 0; i++) soFar = x[i]!;
    return soFar;
  },
  (values, o, x, i, n) => {
    for (const end = i + n; i < end; i++, o++) if (x[i] === 1) values[o] = 1;
  },
);
export const allKernel = reduction(
  all,
  1,
  (soFar, x, i, n) => {
    for (const end = i + n; i < end && soFar === 1; i++) soFar = x[i]!;
    return soFar;
  },
  (values, o, x, i, n) => {
    for (const end = i + n; i < end; i++, o++) if (x[i] === 0) values[o] = 0;
  },
);

/** Where in a line the extreme is. NaN is above everything; the first of equals stays. */
type FindExtreme = (x: TypedArray, start: number, length: number, step: number) => number;

function indexReduction(op: IndexOp, find: FindExtreme): KernelEntry {
  return kernel(op, ({ x, y }, { axis }) => {
    forEachLine(x, axis, (start, length, step, line) => {
      y.data[line] = find(x.data, start, length, step);
    });
  });
}
type IndexOp = OpInfo<readonly ['x'], { axis: number; keepDims: boolean }, readonly ['y']>;

export const argmaxKernel = indexReduction(argmax, (x, start, length, step) => {
  let [best, top] = [0, x[start]!];
  for (let k = 1, i = start + step; k < length; k++, i += step) {
    if (!(x[i]! <= top) && !Number.isNaN(top)) [best, top] = [k, x[i]!];
  }
  return best;
});
export const argminKernel = indexReduction(argmin, (x, start, length, step) => {
  let [best, low] = [0, x[start]!];
  for (let k = 1, i = start + step; k < length; k++, i += step) {
    if (!(x[i]! >= low) && !Number.isNaN(low)) [best, low] = [k, x[i]!];
  }
  return best;
});
