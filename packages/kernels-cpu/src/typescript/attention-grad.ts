// The gradients of attention, query by query, from the log-sum-exp of each one's scores.

import { scaledDotProductAttentionBiasGrad, scaledDotProductAttentionGrad } from '@dl/autograd';
import { biasSums, differentiate } from './attention-rows.js';
import { kernel } from './kernel.js';

export const scaledDotProductAttentionGradKernel = kernel(scaledDotProductAttentionGrad, (tensors, attrs) => {
  differentiate(tensors, attrs, { ofQueries: () => true, ofKeys: () => true, ofGroups: () => true });
});

export const scaledDotProductAttentionBiasGradKernel = kernel(scaledDotProductAttentionBiasGrad, (tensors, attrs) => {
  tensors.dbias.data.set(biasSums(tensors, attrs));
});
