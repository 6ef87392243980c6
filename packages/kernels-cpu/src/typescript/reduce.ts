// Reductions, running sums and order.

import {
  all,
  any,
  argmax,
  argmin,
  cumsum,
  type KernelEntry,
  max,
  mean,
  min,
  type OpInfo,
  prod,
  prodOfOthers,
  type Shape,
  sort,
  stridesOf,
  sum,
  type TypedArray,
  topK,
} from '@dl/autograd';

import { Scratch } from './gemm.js';
import { aroundAxis, broadcastStrides, forEachRow, kernel, type Values } from './kernel.js';

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
export const maxKernel = reduction(
  max,
  -Infinity,
  (soFar, x, i, n) => {
    for (const end = i + n; i < end; i++) if (x[i]! > soFar || Number.isNaN(x[i])) soFar = x[i]!;
    return soFar;
  },
  (values, o, x, i, n) => {
    for (const end = i + n; i < end; i++, o++) if (x[i]! > values[o]! || Number.isNaN(x[i])) values[o] = x[i]!;
  },
);
export const minKernel = reduction(
  min,
  Infinity,
  (soFar, x, i, n) => {
    for (const end = i + n; i < end; i++) if (x[i]! < soFar || Number.isNaN(x[i])) soFar = x[i]!;
    return soFar;
  },
  (values, o, x, i, n) => {
    for (const end = i + n; i < end; i++, o++) if (x[i]! < values[o]! || Number.isNaN(x[i])) values[o] = x[i]!;
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

/** Calls `line` for every line along an axis, with where it starts and the step between its elements. */
function forEachLine(
  x: Values,
  axis: number,
  line: (start: number, length: number, step: number, index: number) => void,
): void {
  const { outer, length, inner } = aroundAxis(x.shape, axis);
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < inner; i++) line(o * length * inner + i, length, inner, o * inner + i);
}

export const argmaxKernel = kernel(argmax, ({ x, y }, { axis }) => {
  const { data } = x;
  forEachLine(x, axis, (start, length, step, index) => {
    let best = 0;
    for (let k = 1; k < length; k++) if (isAbove(data[start + k * step]!, data[start + best * step]!)) best = k;
    y.data[index] = best;
  });
});
export const argminKernel = kernel(argmin, ({ x, y }, { axis }) => {
  const { data } = x;
  forEachLine(x, axis, (start, length, step, index) => {
    let best = 0;
    for (let k = 1; k < length; k++) if (isAbove(-data[start + k * step]!, -data[start + best * step]!)) best = k;
    y.data[index] = best;
  });
});

/** NaN is above everything, and the first NaN stays. */
function isAbove(value: number, best: number): boolean {
  return value > best || (Number.isNaN(value) && !Number.isNaN(best));
}

export const cumsumKernel = kernel(cumsum, ({ x, y }, { axis, reverse }) => {
  forEachLine(x, axis, (start, length, step) => {
    let running = 0;
    for (let k = 0; k < length; k++) {
      const at = start + (reverse ? length - 1 - k : k) * step;
      running += x.data[at]!;
      y.data[at] = running;
    }
  });
});

/** The order of a line: by value, NaN last, equals by where they stood. */
function orderOf(data: TypedArray, start: number, length: number, step: number, descending: boolean): Int32Array {
  const line = Float64Array.from({ length }, (_, k) => data[start + k * step]!);
  return Int32Array.from({ length }, (_, k) => k).sort((i, j) => {
    const [a, b] = [line[i]!, line[j]!];
    if (a === b) return i - j;
    const nanFirst = Number(Number.isNaN(a)) - Number(Number.isNaN(b));
    if (nanFirst !== 0) return descending ? -nanFirst : nanFirst;
    if (Number.isNaN(a)) return i - j;
    return descending ? b - a : a - b;
  });
}

export const sortKernel = kernel(sort, ({ x, values, indices }, { axis, descending }) => {
  forEachLine(x, axis, (start, length, step) => {
    const order = orderOf(x.data, start, length, step, descending);
    for (let k = 0; k < length; k++) {
      values.data[start + k * step] = x.data[start + order[k]! * step]!;
      indices.data[start + k * step] = order[k]!;
    }
  });
});

export const topKKernel = kernel(topK, ({ x, values, indices }, { axis, k, largest }) => {
  forEachLine(x, axis, (start, length, step) => {
    const order = orderOf(x.data, start, length, step, largest);
    // The lines of the result are k long instead of `length`.
    const to = Math.floor(start / (length * step)) * k * step + (start % step);
    for (let i = 0; i < k; i++) {
      values.data[to + i * step] = x.data[start + order[i]! * step]!;
      indices.data[to + i * step] = order[i]!;
    }
  });
});

export const prodOfOthersKernel = kernel(prodOfOthers, ({ x, y }, { axes }) => {
  const strides = stridesOf(x.shape);
  const places: number[] = [];
  forEachRow(
    axes.map((axis) => x.shape[axis]!),
    [axes.map((axis) => strides[axis]!)],
    (_, length, offset, step) => {
      for (let k = 0; k < length; k++) places.push(offset + k * step);
    },
  );
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  forEachRow(
    kept.map((axis) => x.shape[axis]!),
    [kept.map((axis) => strides[axis]!)],
    (_, length, offset, step) => {
      for (let k = 0; k < length; k++) {
        const base = offset + k * step;
        // The product of those before, from the front; then of those after, from the back.
        let before = 1;
        for (const place of places) {
          y.data[base + place] = before;
          before *= x.data[base + place]!;
        }
        let after = 1;
        for (const place of places.toReversed()) {
          y.data[base + place]! *= after;
          after *= x.data[base + place]!;
        }
      }
    },
  );
});
