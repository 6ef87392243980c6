// Attention of heads: what a mask, lengths, order and positions say, brought before the op.

import {
  add,
  attentionWeights,
  type Generator,
  matmul,
  scaledDotProductAttention,
  slice,
  type Tensor,
} from '@dl/autograd';
import type { VisibleKeys } from './options.js';
import type { AttentionPositions } from './positions.js';
import { type KeysInPlace, visibleIn } from './visible.js';

export interface Heads extends Omit<KeysInPlace, 'keys'> {
  /** [batch, heads, queries, headDim], turned by their positions. */
  readonly q: Tensor;
  /** [batch, keyHeads, keys, headDim], likewise. */
  readonly k: Tensor;
  readonly v: Tensor;
  /** Query i stands at key i + offset. */
  readonly offset: number;
}

export interface AttendOptions extends VisibleKeys {
  readonly scale?: number;
  readonly softcap?: number;
  readonly dropoutP: number;
  readonly generator?: Generator;
  readonly positions: AttentionPositions | undefined;
  readonly returnWeights: boolean;
}

/** The result of heads, [batch, heads, queries, headDim], and the weights. */
export function attend(
  { q, k, v, offset, filled, dropped }: Heads,
  { dropoutP, generator, positions, returnWeights, scale, softcap, ...visible }: AttendOptions,
): { readonly output: Tensor; readonly weights: Tensor | undefined } {
  const keys = k.shape[2]!;
  const place = { queries: q.shape[2]!, keys, offset };
  const { mask, bias } = visibleIn(visible, { keys, filled, dropped }, q);
  const byPosition = positions?.bias?.(q, place);
  const allBias = bias === undefined || byPosition === undefined ? (bias ?? byPosition) : add(bias, byPosition);
  const { causal, window } = visible;
  const isPlaced = causal === true || window !== undefined;
  const options = {
    ...(mask && { mask }),
    ...(allBias && { bias: allBias }),
    ...(causal && { causal }),
    ...(window !== undefined && { window }),
    ...(isPlaced && { offset }),
    ...(scale !== undefined && { scale }),
    ...(softcap !== undefined && { softcap }),
  };
  const inTraining = { ...options, dropoutP, ...(generator && { generator }) };
  let output: Tensor;
  if (positions?.values === undefined) output = scaledDotProductAttention(q, k, v, inTraining);
  else {
    const weights = attentionWeights(q, k, inTraining); // [batch, heads, queries, keys]
    output = add(matmul(weights, perHead(v, q.shape[1]!)), positions.values(weights, place));
  }
  if (!returnWeights) return { output, weights: undefined };
  const weights = attentionWeights(q, k, options);
  return { output, weights: filled === keys ? weights : slice(weights, [null, null, null, [0, filled]]) };
}

/** Values that neighbouring heads share, once for each head. */
function perHead(v: Tensor, heads: number): Tensor {
  const [batch, keyHeads, keys, size] = v.shape as readonly [number, number, number, number];
  if (heads === keyHeads) return v;
  const shared = v.reshape([batch, keyHeads, 1, keys, size]).expand([batch, keyHeads, heads / keyHeads, keys, size]);
  return shared.reshape([batch, heads, keys, size]);
}
