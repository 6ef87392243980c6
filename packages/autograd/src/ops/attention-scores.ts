// What attention and its gradients have in common: attributes, the check of shapes, and the scores of queries and keys.

import { required, type Spec } from '../dispatch/define-op.js';
import { ShapeError } from '../errors.js';
import { filledTensor } from '../tensor/allocate.js';
import { formatShape, type Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, mul } from './arithmetic.js';
import { needDType, needFloat, needRank, needSameDType } from './checks.js';
import { logicalAnd } from './compare.js';
import { dropElements } from './dropout.js';
import { tanh } from './elementwise.js';
import { tril, triu } from './join.js';
import { matmul } from './matmul.js';
import { reshape } from './reshape.js';
import { where } from './where.js';

export const attrs = {
  /** What the scores are multiplied by. */
  scale: required<number>(),
  /** Whether the query at position p, which is i + offset for query i, looks at keys 0 … p only. */
  causal: false,
  offset: 0,
  /** The query at position p looks at keys j with |p - j| < window; 0 for all. */
  window: 0,
  /** Scores s become softcap · tanh(s / softcap), before bias and mask; 0 for none. */
  softcap: 0,
  /** Weight i of all, in order, is left out where number i of the generator of `seed`, from `position` on, is below this; see `dropElements`. */
  dropoutP: 0,
  seed: 0,
  position: 0,
};
export type AttentionAttrs = typeof attrs;

interface Given<T> {
  readonly q: T;
  readonly k: T;
  readonly mask: T | undefined;
  readonly bias: T | undefined;
}

/** Checks shapes and dtypes of an op on [batch, heads, length, features], and gives those of the result and of lse. */
export function checkAttention(
  op: string,
  { q, k, v, mask, bias }: Given<Spec> & { readonly v: Spec },
): {
  readonly y: Spec;
  readonly lse: Spec;
} {
  for (const [name, each] of Object.entries({ q, k, v })) {
    needFloat(op, name, each);
    needRank(op, name, each, 4, '[batch, heads, length, features]');
    needSameDType(op, 'q', q, name, each);
  }
  const [batch, heads, queries, features] = q.shape as [number, number, number, number];
  const [, keyHeads, keys] = k.shape as [number, number, number, number];
  if (k.shape[3] !== features) {
    throw new ShapeError(
      `${op}: q is ${formatShape(q.shape)} and k ${formatShape(k.shape)}; needs as many features in both`,
    );
  }
  if (k.shape[0] !== batch || v.shape[0] !== batch || v.shape[1] !== keyHeads || v.shape[2] !== keys) {
    throw new ShapeError(
      `${op}: q is ${formatShape(q.shape)}, k ${formatShape(k.shape)} and v ${formatShape(v.shape)}; needs one batch, and a value for each key`,
    );
  }
  if (heads !== keyHeads && !(keyHeads > 0 && heads % keyHeads === 0)) {
    throw new ShapeError(
      `${op}: q has ${heads} heads and k ${keyHeads}; needs as many, or a multiple of them, whose neighbours share keys`,
    );
  }
  const scores = [batch, heads, queries, keys];
  if (mask !== undefined) {
    needDType(op, 'mask', mask, 'bool');
    needFit(op, 'mask', mask, scores);
  }
  if (bias !== undefined) {
    needSameDType(op, 'q', q, 'bias', bias);
    needFit(op, 'bias', bias, scores);
  }
  const { dtype } = q;
  return {
    y: { shape: [batch, heads, queries, v.shape[3]!], dtype },
    lse: { shape: [batch, heads, queries], dtype },
  };
}

function needFit(op: string, name: string, { shape }: Spec, scores: Shape): void {
  if (shape.length === 4 && shape.every((length, axis) => length === 1 || length === scores[axis])) return;
  throw new ShapeError(
    `${op}: ${name} is ${formatShape(shape)}, which does not broadcast to ${formatShape(scores)}, [batch, heads, queries, keys]`,
  );
}

export interface Scores {
  /** As the softmax takes them, -∞ where a query may not look: [batch, heads, queries, keys]. */
  readonly scores: Tensor;
  /** Before bias and mask. */
  readonly capped: Tensor;
  /** Where queries may look, broadcast; undefined for everywhere. */
  readonly allowed: Tensor | undefined;
}

export function scoresOf({ q, k, mask, bias }: Given<Tensor>, attrs: AttentionAttrs): Scores {
  const { scale, softcap } = attrs;
  // Scaling the queries touches fewer numbers than scaling the scores.
  const raw = overHeads(q, k, (q) => matmul(mul(q, scale), k, { transposeB: true }));
  const capped = softcap === 0 ? raw : mul(tanh(mul(raw, 1 / softcap)), softcap);
  const biased = bias === undefined ? capped : add(capped, bias);
  const allowed = allowedBy(mask, attrs, q, k);
  return { scores: allowed === undefined ? biased : where(allowed, biased, -Infinity), capped, allowed };
}

/**
 * A product of what belongs to queries, [batch, heads, queries, …], with what belongs to keys, [batch, key heads, keys, …]. Heads that
 * share keys are side by side, and so are more queries of one head.
 */
export function overHeads(x: Tensor, keys: Tensor, product: (x: Tensor) => Tensor): Tensor {
  const [batch, heads, queries, width] = x.shape as [number, number, number, number];
  const keyHeads = keys.shape[1]!;
  if (heads === keyHeads) return product(x);
  const y = product(reshape(x, [batch, keyHeads, (heads / keyHeads) * queries, width]));
  return reshape(y, [batch, heads, queries, y.shape[3]!]);
}

/** The same for a sum over queries: xᵀ y, [batch, key heads, keys, …]. */
export function sumOverHeads(x: Tensor, y: Tensor, keys: Tensor): Tensor {
  const joined = (x: Tensor): Tensor => {
    const [batch, heads, queries, width] = x.shape as [number, number, number, number];
    const keyHeads = keys.shape[1]!;
    return heads === keyHeads ? x : reshape(x, [batch, keyHeads, (heads / keyHeads) * queries, width]);
  };
  return matmul(joined(x), joined(y), { transposeA: true });
}

/** Where queries may look, by mask, order and distance. */
function allowedBy(
  mask: Tensor | undefined,
  { causal, offset, window }: AttentionAttrs,
  q: Tensor,
  k: Tensor,
): Tensor | undefined {
  const [queries, keys] = [q.shape[2]!, k.shape[2]!];
  let near: Tensor | undefined;
  const all = (): Tensor => near ?? filledTensor(q.backend, 1, [queries, keys], 'bool', 'scaledDotProductAttention');
  // Key j is as many above the diagonal as j - i.
  const last = causal ? offset : window > 0 ? offset + window - 1 : keys;
  if (last < keys - 1) near = tril(all(), last);
  if (window > 0 && offset + queries > window) near = triu(all(), offset - window + 1);
  return mask === undefined || near === undefined ? (near ?? mask) : logicalAnd(mask, near);
}

/** Whether there may be a query that may look at no key. */
export function canBeEmpty({ q, k, mask, bias }: Given<Spec>, { causal, offset, window }: AttentionAttrs): boolean {
  if (mask !== undefined || bias !== undefined) return true;
  // Each position among the keys sees at least itself, and the causal ones behind them as well.
  const isAmong = offset >= 0 && (window === 0 || offset + q.shape[2]! <= k.shape[2]!);
  return (causal || window > 0) && !isAmong;
}

/** The weights with some of them left out, and the others grown for them; of their gradient the same. */
export function withDropout(weights: Tensor, { dropoutP: p, seed, position }: AttentionAttrs): Tensor {
  return p === 0 ? weights : dropElements(weights, { p, seed, position });
}
