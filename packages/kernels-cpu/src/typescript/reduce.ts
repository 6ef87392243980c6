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
  sort,
  stridesOf,
  sum,
  type TypedArray,
  topK,
} from '@dl/autograd';

import { aroundAxis, forEachRow, kernel, type Values } from './kernel.js';

/** Takes `n` more elements of x, from `i` on in steps of `step`, into what was accumulated so far. */
type Accumulate = (soFar: number, x: TypedArray, i: number, n: number, step: number) => number;

function reduceOver(
  x: Values,
  y: Values,
  axes: readonly number[],
  initial: number,
  accumulate: Accumulate,
  finish: (value: number) => number,
): void {
  const strides = stridesOf(x.shape);
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const lengths = axes.map((axis) => x.shape[axis]!);
  const steps = axes.map((axis) => strides[axis]!);
  // Rows of what is reduced, as offsets from the first element: the same for every element of the result.
  const rows: { offset: number; length: number; step: number }[] = [];
  forEachRow(lengths, [steps], (_, length, [offset], [step]) => rows.push({ offset: offset!, length, step: step! }));
  forEachRow(
    kept.map((axis) => x.shape[axis]!),
    [kept.map((axis) => strides[axis]!)],
    (start, length, [offset], [step]) => {
      for (let k = 0; k < length; k++) {
        let value = initial;
        const base = offset! + k * step!;
        for (const row of rows) value = accumulate(value, x.data, base + row.offset, row.length, row.step);
        y.data[start + k] = finish(value);
      }
    },
  );
}

type ReduceOp = OpInfo<readonly ['x'], { axes: readonly number[]; keepDims: boolean }, readonly ['y']>;

function reduction(
  op: ReduceOp,
  initial: number,
  accumulate: Accumulate,
  finish: (value: number, count: number) => number = (value) => value,
): KernelEntry {
  return kernel(op, ({ x, y }, { axes }) => {
    const count = axes.reduce((product, axis) => product * x.shape[axis]!, 1);
    reduceOver(x, y, axes, initial, accumulate, (value) => finish(value, count));
  });
}

const addUp: Accumulate = (soFar, x, i, n, step) => {
  for (; n > 0; n--, i += step) soFar += x[i]!;
  return soFar;
};

export const sumKernel = reduction(sum, 0, addUp);
export const meanKernel = reduction(mean, 0, addUp, (value, count) => value / count);
export const prodKernel = reduction(prod, 1, (soFar, x, i, n, step) => {
  for (; n > 0; n--, i += step) soFar *= x[i]!;
  return soFar;
});
export const maxKernel = reduction(max, -Infinity, (soFar, x, i, n, step) => {
  for (; n > 0; n--, i += step) if (x[i]! > soFar || Number.isNaN(x[i])) soFar = x[i]!;
  return soFar;
});
export const minKernel = reduction(min, Infinity, (soFar, x, i, n, step) => {
  for (; n > 0; n--, i += step) if (x[i]! < soFar || Number.isNaN(x[i])) soFar = x[i]!;
  return soFar;
});
export const anyKernel = reduction(any, 0, (soFar, x, i, n, step) => {
  for (; n > 0; n--, i += step) soFar |= x[i]!;
  return soFar;
});
export const allKernel = reduction(all, 1, (soFar, x, i, n, step) => {
  for (; n > 0; n--, i += step) soFar &= x[i]!;
  return soFar;
});

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
    (_, length, [offset], [step]) => {
      for (let k = 0; k < length; k++) places.push(offset! + k * step!);
    },
  );
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  forEachRow(
    kept.map((axis) => x.shape[axis]!),
    [kept.map((axis) => strides[axis]!)],
    (_, length, [offset], [step]) => {
      for (let k = 0; k < length; k++) {
        const base = offset! + k * step!;
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
