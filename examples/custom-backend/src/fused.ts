// An op of one's own in one pass, as a fused kernel is: it changes one of its inputs, returns an output, and keeps for the
// gradient what it would otherwise compute anew.

import {
  add,
  DTypeError,
  defineKernel,
  defineOp,
  type KernelTensor,
  mean,
  mul,
  rsqrt,
  ShapeError,
  square,
  sub,
  type Tensor,
} from '@dl/autograd';
import { samples } from '@dl/autograd/samples';
import { bufferOf } from './backend.js';

const EPSILON = 1e-5;
const KEEP = 0.9;

/**
 * y = x · r with r = 1 / √(mean of x² in the row + 1e-5), rows [rows, features]: RMS normalisation (Zhang & Sennrich, 2019). On the way the
 * running mean of x², power [1], becomes 0.9 power + 0.1 (mean of all x²).
 *
 * dx = r (dy - y · mean of dy · y in the row). r is in reserve: a kernel is asked for it only when a gradient is recorded.
 */
export const trackedRms = defineOp({
  name: 'trackedRms',
  inputs: ['x', 'power'],
  outputs: ['y', 'r?'],
  mutates: ['power'],
  saves: ['y'],
  infer: ({ x, power }) => {
    if (x.shape.length !== 2 || `${power.shape}` !== '1') {
      throw new ShapeError(`trackedRms: x is [${x.shape}] and power [${power.shape}]; needs [rows, features] and [1]`);
    }
    if (!x.dtype.startsWith('float') || power.dtype !== x.dtype) {
      throw new DTypeError(`trackedRms: x is ${x.dtype} and power ${power.dtype}; needs floats of one dtype`);
    }
    return { y: { shape: x.shape, dtype: x.dtype }, r: { shape: [x.shape[0]!, 1], dtype: x.dtype } };
  },
  grad: ({ dy, y, r }) => ({
    x: (): Tensor => mul(r, sub(dy, mul(y, mean(mul(dy, y), 1, { keepDims: true })))),
    power: null,
  }),
  // What every other backend runs.
  compose: ({ x, power }) => {
    const squares = square(x);
    return {
      y: mul(x, rsqrt(add(mean(squares, 1, { keepDims: true }), EPSILON))),
      power: add(mul(power, KEEP), mul(mean(squares), 1 - KEEP)),
    };
  },
});

const valuesOf = ({ handle }: KernelTensor): number[] => bufferOf(handle).values;

export const trackedRmsKernel = defineKernel(trackedRms, ({ x, power, y, r }) => {
  const [rows, features] = x.shape as readonly [number, number];
  const [from, to, running] = [valuesOf(x), valuesOf(y), valuesOf(power)];
  const round = x.dtype === 'float32' ? Math.fround : Number;
  let total = 0;
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let i = row * features; i < (row + 1) * features; i++) sum += from[i]! ** 2;
    const scale = 1 / Math.sqrt(sum / features + EPSILON);
    for (let i = row * features; i < (row + 1) * features; i++) to[i] = round(from[i]! * scale);
    if (r !== undefined) valuesOf(r)[row] = round(scale);
    total += sum;
  }
  running[0] = round(KEEP * running[0]! + (1 - KEEP) * (total / (rows * features)));
});

export const trackedRmsSamples = () =>
  samples(trackedRms, [
    { inputs: { x: { shape: [3, 5] }, power: [2] } },
    { inputs: { x: { shape: [1, 4] }, power: [0] } },
  ]);
