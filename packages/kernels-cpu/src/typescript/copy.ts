// Copies, and conversions between dtypes.

import { cast, clone, defineKernel, halfBits, halfValues, isBoolean, isHalf } from '@dl/autograd';
import { bufferOf } from '../buffer.js';
import { unary } from './kernel.js';

export const cloneKernel = unary(clone, (x, y) => y.set(x));
export const castKernel = defineKernel(cast, ({ x, y }, { dtype }) => {
  const { values } = bufferOf(x.handle);
  const from = isHalf(x.dtype) ? halfValues(values, x.dtype) : values;
  const to = bufferOf(y.handle).values;
  if (isHalf(dtype)) to.set(halfBits(from, dtype));
  else if (isBoolean(dtype)) for (let i = 0; i < y.size; i++) to[i] = from[i] === 0 ? 0 : 1;
  else for (let i = 0; i < y.size; i++) to[i] = from[i]!;
});
