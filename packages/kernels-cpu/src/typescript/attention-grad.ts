// The gradients of attention, query by query, from the log-sum-exp of each one's scores.

import { scaledDotProductAttentionBiasGrad, scaledDotProductAttentionGrad } from '@dl/autograd';
import { differentiate, forEachKey } from './attention-rows.js';
import { queriesOf } from './attention-scores.js';
import { kernel } from './kernel.js';

export const scaledDotProductAttentionGradKernel = kernel(scaledDotProductAttentionGrad, (tensors, attrs) => {
  differentiate(tensors, attrs, { ofQueries: () => true, ofKeys: () => true, ofGroups: () => true });
});

export const scaledDotProductAttentionBiasGradKernel = kernel(scaledDotProductAttentionBiasGrad, (tensors, attrs) => {
  const { dbias } = tensors;
  const sums = new Float64Array(dbias.size);
  for (const query of queriesOf(tensors, attrs)) {
    const { at, step } = query.placeIn(dbias.shape);
    if (query.isBroken) {
      for (const j of query.seen) sums[at + j * step] = Number.NaN;
      continue;
    }
    forEachKey(tensors, query, (j, _, ds) => {
      sums[at + j * step]! += ds;
    });
  }
  dbias.data.set(sums);
});
