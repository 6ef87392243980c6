// Attention, query by query.

import { scaledDotProductAttention } from '@dl/autograd';
import { attend } from './attention-rows.js';
import { queriesOf } from './attention-scores.js';
import { kernel } from './kernel.js';

export const scaledDotProductAttentionKernel = kernel(scaledDotProductAttention, (tensors, attrs) => {
  for (const query of queriesOf(tensors, attrs)) attend(tensors, query);
});
