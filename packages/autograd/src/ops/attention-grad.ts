// The gradients of attention, from what is left of its weights: their log-sum-exp. Nothing of [queries, keys] has been kept.

import { defineOp, type Spec } from '../dispatch/define-op.js';
import type { Tensor } from '../tensor/tensor.js';
import { mul, sub } from './arithmetic.js';
import {
  type AttentionAttrs,
  attrs,
  checkAttention,
  overHeads,
  scoresOf,
  sumOverHeads,
  withDropout,
} from './attention-scores.js';
import { needSameDType, needSameShape } from './checks.js';
import { equal } from './compare.js';
import { exp, square } from './elementwise.js';
import { sumTo } from './expand.js';
import { matmul } from './matmul.js';
import { sum } from './reduce.js';
import { reshape } from './reshape.js';
import { where } from './where.js';

const inputs = ['dy', 'q', 'k', 'v', 'y', 'lse', 'mask?', 'bias?'] as const;

interface Given<T> {
  readonly dy: T;
  readonly q: T;
  readonly k: T;
  readonly v: T;
  readonly y: T;
  readonly lse: T;
  readonly mask: T | undefined;
  readonly bias: T | undefined;
}

function check(op: string, given: Given<Spec>): void {
  const specs = checkAttention(op, given);
  for (const [name, spec] of [['dy', specs.y] as const, ['y', specs.y] as const, ['lse', specs.lse] as const]) {
    needSameDType(op, 'q', spec, name, given[name]);
    needSameShape(op, name, given[name], 'what attention gives', spec);
  }
}

/**
 * The gradients of `scaledDotProductAttention` for q, k and v, from that of its result, dy, with lse = log Σ e^score over the keys of
 * each query (-∞ where it may look at none). With the weights w = e^(score - lse), w' after dropout, and ẇ the gradient dy vᵀ of w'
 * after the same dropout, the scores have the gradient ds = w (ẇ - Σ dy y), Σ over features: dv = w'ᵀ dy, dq = scale · ds k and
 * dk = scale · dsᵀ q (Dao et al., FlashAttention, 2022). Heads that share keys add up.
 */
export const scaledDotProductAttentionGrad = /* @__PURE__ */ defineOp({
  name: 'scaledDotProductAttentionGrad',
  inputs,
  outputs: ['dq', 'dk', 'dv'],
  attrs,
  infer: (given) => {
    check('scaledDotProductAttentionGrad', given);
    const like = ({ shape, dtype }: Spec): Spec => ({ shape, dtype });
    return { dq: like(given.q), dk: like(given.k), dv: like(given.v) };
  },
  compose: (given, attrs) => {
    const { dy, q, k, v } = given;
    const { scale, softcap } = attrs;
    const { weights, ds, capped } = backward(given, attrs);
    const slope = softcap === 0 ? ds : mul(ds, sub(1, square(mul(capped, 1 / softcap))));
    const scaled = mul(slope, scale);
    return {
      dq: overHeads(scaled, k, (ds) => matmul(ds, k)),
      dk: sumOverHeads(scaled, q, k),
      dv: sumOverHeads(withDropout(weights, attrs), dy, v),
    };
  },
});

/**
 * The gradient of `scaledDotProductAttention` for its bias: that of the scores, ds of `scaledDotProductAttentionGrad`, summed
 * where the bias was broadcast. An op of its own, since few biases are trained, and it has as many numbers as there are scores.
 */
export const scaledDotProductAttentionBiasGrad = /* @__PURE__ */ defineOp({
  name: 'scaledDotProductAttentionBiasGrad',
  inputs: ['dy', 'q', 'k', 'v', 'y', 'lse', 'bias', 'mask?'],
  outputs: ['dbias'],
  attrs,
  infer: (given) => {
    check('scaledDotProductAttentionBiasGrad', given);
    return { shape: given.bias.shape, dtype: given.bias.dtype };
  },
  compose: (given, attrs): Tensor => sumTo(backward(given, attrs).ds, given.bias.shape),
});

/** The weights before dropout, and the gradient of the scores. */
function backward(
  given: Given<Tensor>,
  attrs: AttentionAttrs,
): { readonly weights: Tensor; readonly ds: Tensor; readonly capped: Tensor } {
  const { dy, v, y, lse } = given;
  const { scores, capped, allowed } = scoresOf(given, attrs);
  // Where there is no key all weights are 0: e^-∞, and not e^(-∞ + ∞).
  const level = where(equal(lse, -Infinity), Infinity, lse);
  const weights = exp(sub(scores, reshape(level, [...level.shape, 1])));
  const each = withDropout(
    overHeads(dy, v, (dy) => matmul(dy, v, { transposeB: true })),
    attrs,
  );
  const ds = mul(weights, sub(each, sum(mul(dy, y), -1, { keepDims: true })));
  // Chosen, so that nothing comes from keys that were not looked at.
  return { weights, ds: allowed === undefined ? ds : where(allowed, ds, 0), capped };
}
