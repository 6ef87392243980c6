// Parts of tensors, and their gradient.

import { defineKernel, type KernelEntry, type Shape, slice, sliceGrad, stridesOf } from '@dl/autograd';
import { inheritRange } from '../ranges.js';
import { place, walk } from './walk.js';

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
];
