// Dropout: random elements become 0, and the others larger.

import { dropElements, Generator } from '@dl/autograd';
import { kernel } from './kernel.js';

export const dropElementsKernel = kernel(dropElements, ({ x, y }, { p, seed, position }) => {
  const random = new Generator(seed).skip(position);
  const scale = p === 1 ? 0 : 1 / (1 - p);
  // In the precision of the tensor, as if it had been one.
  const kept = x.data instanceof Float32Array ? Math.fround(scale) : scale;
  for (let i = 0; i < y.size; i++) y.data[i] = random.uniform() < p ? 0 : x.data[i]! * kept;
});
