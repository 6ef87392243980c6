// Rows of attention that are not finite, made anew in TypeScript.

import {
  scaledDotProductAttention,
  scaledDotProductAttentionBiasGrad,
  scaledDotProductAttentionGrad,
} from '@dl/autograd';
import { attend, biasSums, differentiate } from '../typescript/attention-rows.js';
import { notFinite, queriesOf } from '../typescript/attention-scores.js';
import { kernel } from '../typescript/kernel.js';

/**
 * Makes those rows of a result anew that have what is not finite. Kernels that go through all keys multiply what is hidden with weights of 0, which is
 * NaN where that is not finite; this one passes it over. Rows that are finite were right, and stay as they are to the bit.
 */
export const mendAttention = kernel(scaledDotProductAttention, (tensors, attrs) => {
  const broken = notFinite(tensors.y, tensors.y.shape[3]!);
  for (const query of queriesOf(tensors, attrs, (row) => broken[row]!)) attend(tensors, query);
});

/** Makes those rows of gradients anew that have what is not finite, as `mendAttention` does with results. */
export const mendAttentionGrad = kernel(scaledDotProductAttentionGrad, (tensors, attrs) => {
  const { q, k, v, dq, dk, dv } = tensors;
  const [features, width] = [q.shape[3]!, v.shape[3]!];
  const [brokenQ, brokenK, brokenV] = [notFinite(dq, features), notFinite(dk, features), notFinite(dv, width)];
  const keys = k.shape[2]!;
  const ofKeys = (key: number): boolean => brokenK[key]! || brokenV[key]!;
  const groups = Array.from({ length: brokenK.length / keys }, (_, group) => {
    for (let j = 0; j < keys; j++) if (ofKeys(group * keys + j)) return true;
    return false;
  });
  differentiate(tensors, attrs, {
    ofQueries: (row) => brokenQ[row]!,
    ofKeys,
    ofGroups: (keyRow) => groups[keyRow / keys]!,
  });
});

/** The same for the gradient of the bias, number by number. */
export const mendAttentionBiasGrad = kernel(scaledDotProductAttentionBiasGrad, (tensors, attrs) => {
  const { data } = tensors.dbias;
  const sums = biasSums(tensors, attrs);
  for (let i = 0; i < sums.length; i++) if (!Number.isFinite(data[i]!)) data[i] = sums[i]!;
});
