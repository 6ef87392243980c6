// Attention, query by query: a key with a score of -∞ is not looked at, and reaches nothing.

import { scaledDotProductAttention } from '@dl/autograd';
import { queriesOf } from './attention-scores.js';
import { kernel } from './kernel.js';

export const scaledDotProductAttentionKernel = kernel(scaledDotProductAttention, (tensors, attrs) => {
  const { v, y, lse } = tensors;
  const width = v.shape[3]!;
  const sums = new Float64Array(width);
  for (const { row, keyRow, scores, kept } of queriesOf(tensors, attrs)) {
    let top = -Infinity;
    for (const score of scores) if (score > top) top = score;
    let total = 0;
    sums.fill(0);
    for (let j = 0; j < scores.length; j++) {
      if (scores[j] === -Infinity) continue;
      const weight = Math.exp(scores[j]! - top);
      total += weight;
      if (kept[j] === 0) continue;
      for (let f = 0; f < width; f++) sums[f]! += weight * kept[j]! * v.data[(keyRow + j) * width + f]!;
    }
    for (let f = 0; f < width; f++) y.data[row * width + f] = total === 0 ? 0 : sums[f]! / total;
    if (lse !== undefined) lse.data[row] = total === 0 ? -Infinity : top + Math.log(total);
  }
});
