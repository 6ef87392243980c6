// The gradients of attention, query by query, from the log-sum-exp of each one's scores.

import { scaledDotProductAttentionBiasGrad, scaledDotProductAttentionGrad } from '@dl/autograd';
import { dotAt, type Query, queriesOf } from './attention-scores.js';
import { kernel, type Values } from './kernel.js';

interface Back {
  readonly dy: Values;
  readonly v: Values;
  readonly y: Values;
  readonly lse: Values;
}

/** Calls `body` for each key that a query looks at, with its weight before dropout and the gradient of its score. */
function forEachKey(
  { dy, v, y, lse }: Back,
  { row, keyRow, seen, scores, kept }: Query,
  body: (j: number, weight: number, ds: number) => void,
): void {
  const width = v.shape[3]!;
  const mean = dotAt(dy, row * width, y, row * width, width);
  // Without keys all weights are 0: e^-∞, and not e^(-∞ + ∞).
  const level = lse.data[row] === -Infinity ? Infinity : lse.data[row]!;
  for (const j of seen) {
    const weight = Math.exp(scores[j]! - level);
    const each = kept[j] === 0 ? 0 : kept[j]! * dotAt(dy, row * width, v, (keyRow + j) * width, width);
    body(j, weight, weight * (each - mean));
  }
}

export const scaledDotProductAttentionGradKernel = kernel(scaledDotProductAttentionGrad, (tensors, attrs) => {
  const { dy, q, k, v, dq, dk, dv } = tensors;
  const [features, width] = [q.shape[3]!, v.shape[3]!];
  const [toQ, toK, toV] = [dq, dk, dv].map(({ size }) => new Float64Array(size)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (const query of queriesOf(tensors, attrs)) {
    const { row, keyRow, slopes, kept } = query;
    forEachKey(tensors, query, (j, weight, ds) => {
      const [own, key] = [row * features, (keyRow + j) * features];
      const g = ds * slopes[j]! * attrs.scale;
      for (let f = 0; f < features; f++) {
        toQ[own + f]! += g * k.data[key + f]!;
        toK[key + f]! += g * q.data[own + f]!;
      }
      for (let f = 0; f < width; f++) toV[(keyRow + j) * width + f]! += weight * kept[j]! * dy.data[row * width + f]!;
    });
  }
  dq.data.set(toQ);
  dk.data.set(toK);
  dv.data.set(toV);
});

export const scaledDotProductAttentionBiasGradKernel = kernel(scaledDotProductAttentionBiasGrad, (tensors, attrs) => {
  const { dbias } = tensors;
  const sums = new Float64Array(dbias.size);
  for (const query of queriesOf(tensors, attrs)) {
    const { at, step } = query.placeIn(dbias.shape);
    forEachKey(tensors, query, (j, _, ds) => {
      sums[at + j * step]! += ds;
    });
  }
  dbias.data.set(sums);
});
