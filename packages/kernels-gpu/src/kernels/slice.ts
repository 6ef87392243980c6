// Parts of tensors, their gradient, and what is written over them.

import { defineKernel, type KernelEntry, type Shape, slice, sliceGrad, stridesOf, writeSlice } from '@dl/autograd';
import { inheritRange } from '../ranges.js';
import { place, putInto, walk } from './walk.js';

const stepsThrough = (shape: Shape, steps: readonly number[]): number[] =>
  stridesOf(shape).map((stride, axis) => stride * steps[axis]!);

export const sliceKernels: readonly KernelEntry[] = [
  defineKernel(slice, ({ x, y }, { starts, steps }) => {
    const strides = stridesOf(x.shape);
    const start = strides.reduce((at, stride, axis) => at + stride * starts[axis]!, 0);
    walk(x, y, stepsThrough(x.shape, steps), start);
    inheritRange(y, [x], 'part');
  }),
  defineKernel(sliceGrad, ({ g, y }, { starts, steps }) => place(g, y, starts, steps, 0)),
  defineKernel(writeSlice, ({ x, value }, { starts, steps }) => {
    if (value.size > 0) putInto(x, value, starts, steps);
  }),
];
