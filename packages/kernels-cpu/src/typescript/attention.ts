// Attention, query by query.

import { scaledDotProductAttention } from '@dl/autograd';
import { queriesOf } from './attention-scores.js';
import { kernel } from './kernel.js';

export const scaledDotProductAttentionKernel = kernel(scaledDotProductAttention, (tensors, attrs) => {
  const { v, y, lse } = tensors;
  const width = v.shape[3]!;
  const sums = new Float64Array(width);
  for (const { row, keyRow, seen, scores, kept } of queriesOf(tensors, attrs)) {
    let top = -Infinity;
    let isEmpty = true;
    for (const j of seen) {
      if (scores[j] !== -Infinity) isEmpty = false;
      if (scores[j]! > top) top = scores[j]!;
    }
    if (isEmpty) {
      y.data.fill(0, row * width, (row + 1) * width);
      if (lse !== undefined) lse.data[row] = -Infinity;
      continue;
    }
    let total = 0;
    sums.fill(0);
    for (const j of seen) {
      const weight = Math.exp(scores[j]! - top);
      total += weight;
      for (let f = 0; f < width; f++) sums[f]! += weight * kept[j]! * v.data[(keyRow + j) * width + f]!;
    }
    for (let f = 0; f < width; f++) y.data[row * width + f] = sums[f]! / total;
    if (lse !== undefined) lse.data[row] = top + Math.log(total);
  }
});
