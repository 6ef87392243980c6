// Copies, and conversions between dtypes.

import { cast, clone } from '@dl/autograd';
import { unary } from './kernel.js';

export const cloneKernel = unary(clone, (x, y) => y.set(x));
export const castKernel = unary(cast, (x, y, n, { dtype }) => {
  if (dtype === 'bool') for (let i = 0; i < n; i++) y[i] = x[i] === 0 ? 0 : 1;
  else for (let i = 0; i < n; i++) y[i] = x[i]!;
});
