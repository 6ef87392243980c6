// Attention: weighted means of values, the weights from how well queries fit keys.

import { checkCall, type Known } from '../arguments/check-call.js';
import { ArgumentError, ShapeError } from '../errors.js';
import { filledTensor } from '../tensor/allocate.js';
import { isBoolean } from '../tensor/dtype.js';
import { broadcastShapes, formatShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { add, mul } from './arithmetic.js';
import { needFloat, needSameDType, needTensor } from './checks.js';
import { logicalNot } from './compare.js';
import { type DropoutOptions, dropout } from './dropout.js';
import { tril } from './join.js';
import { matmul } from './matmul.js';
import { softmax } from './softmax.js';
import { maskedFill } from './where.js';

export interface AttentionOptions {
  /**
   * Which keys each query may look at, of a shape that broadcasts to [..., queries, keys]: bool, true where it may, or
   * floats that are added to the scores.
   */
  readonly mask?: Tensor;
  /** Query i looks at keys 0 … i only. Cannot be joined with a mask. Default false. */
  readonly isCausal?: boolean;
  /** What the scores are multiplied by. Default 1 / √features. */
  readonly scale?: number;
  /** Weights are left out with this probability; 0 (default) in use. */
  readonly dropoutP?: number;
  /** Where dropout's random numbers come from. Default: the one that `manualSeed` seeds. */
  readonly generator?: DropoutOptions['generator'];
}

const attentionOptions: Known<AttentionOptions> = {
  mask: 'tensor',
  isCausal: 'boolean',
  scale: 'number',
  dropoutP: 'number',
  generator: 'generator',
};

/**
 * softmax(q kᵀ · scale + mask) v, the softmax over the keys: queries [..., queries, features], keys [..., keys, features]
 * and values [..., keys, valueFeatures] → [..., queries, valueFeatures]; the axes in front broadcast (Vaswani et al.,
 * Attention Is All You Need, 2017). A query that may look at no key gets NaN, as in PyTorch.
 *
 * @throws ShapeError when the features of q and k, or the lengths of k and v, differ, or the mask does not fit.
 *
 * @example
 * ```ts
 * import { randn, scaledDotProductAttention, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const [q, k, v] = [randn([2, 4, 5, 8]), randn([2, 4, 7, 8]), randn([2, 4, 7, 6])];
 * console.log(scaledDotProductAttention(q, k, v).shape); // [2, 4, 5, 6]
 * ```
 */
export function scaledDotProductAttention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor {
  checkCall('scaledDotProductAttention', arguments, ['q', 'k', 'v'], attentionOptions);
  const { mask, isCausal = false, scale, dropoutP = 0, generator } = options;
  const op = 'scaledDotProductAttention';
  for (const [name, each] of Object.entries({ q, k, v })) {
    needTensor(op, name, each);
    needFloat(op, name, each);
    needSameDType(op, 'q', q, name, each);
    if (each.rank < 2)
      throw new ShapeError(`${op}: ${name} is ${formatShape(each.shape)}, needs [..., length, features]`);
  }
  const [queries, features] = q.shape.slice(-2) as [number, number];
  const keys = k.shape.at(-2)!;
  if (k.shape.at(-1) !== features) {
    throw new ShapeError(
      `${op}: q is ${formatShape(q.shape)} and k ${formatShape(k.shape)}; needs as many features in both`,
    );
  }
  if (v.shape.at(-2) !== keys) {
    throw new ShapeError(
      `${op}: k is ${formatShape(k.shape)} and v ${formatShape(v.shape)}; needs one value for each key`,
    );
  }
  if (mask !== undefined && isCausal) {
    throw new ArgumentError(`${op}: got a mask and isCausal; make one mask of both, with tril for the causal part`);
  }
  // Scaling the queries touches fewer numbers than scaling the scores.
  let scores = matmul(mul(q, scale ?? 1 / Math.sqrt(features)), k, { transposeB: true }); // [..., queries, keys]
  const allowed = isCausal ? tril(filledTensor(q.backend, 1, [queries, keys], 'bool', op)) : mask;
  if (allowed !== undefined) {
    needTensor(op, 'mask', allowed);
    broadcastShapes(op, scores.shape, allowed.shape);
    if (isBoolean(allowed.dtype)) scores = maskedFill(scores, logicalNot(allowed), -Infinity);
    else {
      needSameDType(op, 'q', q, 'mask', allowed);
      scores = add(scores, allowed);
    }
  }
  const weights = dropout(softmax(scores), dropoutP, { ...(generator && { generator }) });
  return matmul(weights, v);
}
