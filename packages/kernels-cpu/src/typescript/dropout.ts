// Dropout: the product with a random mask, which is drawn on the way.

import { dropElements, Generator } from '@dl/autograd';
import { kernel } from './kernel.js';

export const dropElementsKernel = kernel(dropElements, ({ x, y }, { p, seed, position }) => {
  const random = new Generator(seed).skip(position);
  const scale = p === 1 ? 0 : 1 / (1 - p);
  // The mask has the precision of the tensor, as if it had been one.
  const kept = x.data instanceof Float32Array ? Math.fround(scale) : scale;
  for (let i = 0; i < y.size; i++) y.data[i] = x.data[i]! * (random.uniform() < p ? 0 : kept);
});
