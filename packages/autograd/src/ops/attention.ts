// Attention: weighted means of values, the weights from how well queries fit keys.

import { checkCall, type Known } from '../arguments/check-call.js';
import { shown } from '../arguments/shown.js';
import { defineOp } from '../dispatch/define-op.js';
import { ArgumentError, ShapeError } from '../errors.js';
import { unrecorded } from '../graph/grad-mode.js';
import { internalScope } from '../memory/scope.js';
import { defaultGenerator } from '../tensor/random.js';
import { broadcastShapes, formatShape, type Shape, sameShape, sizeOf } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { scaledDotProductAttentionBiasGrad, scaledDotProductAttentionGrad } from './attention-grad.js';
import {
  type AttentionAttrs,
  attrs,
  canBeEmpty,
  checkAttention,
  overHeads,
  scoresOf,
  withDropout,
} from './attention-scores.js';
import { needDType, needFloat, needSameDType, needTensor } from './checks.js';
import { logicalNot, notEqual } from './compare.js';
import type { DropoutOptions } from './dropout.js';
import { expand } from './expand.js';
import { matmul } from './matmul.js';
import { any } from './reduce.js';
import { reshape } from './reshape.js';
import { softmax } from './softmax.js';
import { where } from './where.js';

export interface AttentionOptions {
  /** Which keys each query may look at, true where it may: bool, of a shape that broadcasts to [..., heads, queries, keys]. */
  readonly mask?: Tensor;
  /** Added to the scores, such as a penalty on distance: floats, likewise; -Infinity forbids a key. */
  readonly bias?: Tensor;
  /** A query looks at keys up to its own position only. Default false. */
  readonly causal?: boolean;
  /**
   * The position of the first query among the keys, for `causal` and `window`. Default keys - queries: the last query stands at the last key,
   * as it does when the keys of former steps were kept. 0 is what PyTorch's `is_causal` has; the two are the same for as many queries as keys.
   */
  readonly offset?: number;
  /** A query looks at keys fewer than so many positions from its own: with `causal` at the last `window` ones. Default: no limit. */
  readonly window?: number;
  /** What the scores are multiplied by. Default 1 / √features. */
  readonly scale?: number;
  /** Scores s become softcap · tanh(s / softcap), which keeps them within ±softcap, before bias and mask. Default: as they are. */
  readonly softcap?: number;
  /** Weights are left out with this probability, as by {@link dropout}; 0 (default) in use. */
  readonly dropoutP?: number;
  /** Where dropout's random numbers come from. Default: the one that `manualSeed` seeds. */
  readonly generator?: DropoutOptions['generator'];
}

const attentionOptions: Known<AttentionOptions> = {
  mask: 'tensor',
  bias: 'tensor',
  causal: 'boolean',
  offset: 'number',
  window: 'number',
  scale: 'finite',
  softcap: 'number',
  dropoutP: 'number',
  generator: 'generator',
};

const NAME = 'scaledDotProductAttention';

/**
 * softmax(scale · q kᵀ + bias) v, the softmax over the keys that a query may look at: queries [..., heads, queries, features], keys
 * [..., heads, keys, features] and values [..., heads, keys, valueFeatures] → [..., heads, queries, valueFeatures]; the axes in front
 * broadcast, and may be left out (Vaswani et al., Attention Is All You Need, 2017). A query that may look at no key gets zeros, and has
 * no gradient, as in PyTorch since 2.5.
 *
 * k and v may have fewer heads, by which those of q can be divided: neighbours among the heads of q share one then (grouped queries, Ainslie
 * et al., 2023).
 *
 * For kernels it is an op on four axes, [batch, heads, length, features], with all of {@link AttentionOptions} as attributes: on the way of a
 * recorded call a kernel fills `lse`, the log-sum-exp of each query's scores, and {@link scaledDotProductAttentionGrad} is its gradient.
 *
 * @throws ShapeError when the features of q and k, or the lengths of k and v, differ, heads cannot be shared, or mask or bias do not fit.
 *
 * @example
 * ```ts
 * import { randn, scaledDotProductAttention, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const [q, k, v] = [randn([2, 4, 5, 8]), randn([2, 4, 7, 8]), randn([2, 4, 7, 6])];
 * const y = scaledDotProductAttention(q, k, v, { causal: true }); // query 0 looks at keys 0, 1 and 2, the last one at all
 * console.log(y.shape); // [2, 4, 5, 6]
 * ```
 */
export const scaledDotProductAttention = /* @__PURE__ */ defineOp({
  name: NAME,
  inputs: ['q', 'k', 'v', 'mask?', 'bias?'],
  outputs: ['y', 'lse?'],
  attrs,
  saves: ['q', 'k', 'v', 'mask', 'bias', 'y'],
  infer: (given) => checkAttention(NAME, given),
  grad: ({ dy, q, k, v, mask, bias, y, lse }, attrs) => {
    let found: { readonly dq: Tensor; readonly dk: Tensor; readonly dv: Tensor } | undefined;
    const all = () => {
      found ??= scaledDotProductAttentionGrad.run({ dy, q, k, v, y, lse, mask, bias }, attrs);
      return found;
    };
    return {
      q: (): Tensor => all().dq,
      k: (): Tensor => all().dk,
      v: (): Tensor => all().dv,
      mask: null,
      bias: (): Tensor => scaledDotProductAttentionBiasGrad.run({ dy, q, k, v, y, lse, mask, bias: bias! }, attrs),
    };
  },
  compose: (given, attrs): Tensor => {
    const { v } = given;
    const { weights, empty } = weightsOf(given, attrs);
    const y = overHeads(weights, v, (weights) => matmul(weights, v));
    return empty === undefined ? y : where(empty, 0, y);
  },
  takes: { parameters: ['q', 'k', 'v'], options: attentionOptions },
  call:
    (run) =>
    (q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor => {
      const { shape, batch, keyHeads, attrs, mask, bias, ...four } = prepared(NAME, q, k, v, options);
      const y = run({ ...four, v: inFour(v, batch, keyHeads), mask, bias }, attrs);
      return sameShape(y.shape, shape) ? y : reshape(y, shape);
    },
});

/**
 * The weights of {@link scaledDotProductAttention}, as one tensor: queries [..., heads, queries, features] and keys [..., heads, keys, features] →
 * softmax(scale · q kᵀ + bias) over the keys that a query may look at, [..., heads, queries, keys]. To look at them, or to use them for more than one set of values;
 * attention itself never holds them all. A query that may look at no key has zeros.
 *
 * @throws ShapeError when the features of q and k differ, heads cannot be shared, or mask or bias do not fit.
 *
 * @example
 * ```ts
 * import { attentionWeights, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const x = tensor([[0, 1], [1, 0], [1, 1]]);
 * console.log(attentionWeights(x, x, { causal: true, scale: 1 }).toArray()); // [[1, 0, 0], [0.26…, 0.73…, 0], [0.21…, 0.21…, 0.57…]]
 * ```
 */
export function attentionWeights(q: Tensor, k: Tensor, options: AttentionOptions = {}): Tensor {
  checkCall('attentionWeights', arguments, ['q', 'k'], attentionOptions);
  const scope = internalScope();
  let kept: Tensor[] = [];
  try {
    const { shape, batch: _b, keyHeads: _h, attrs, ...four } = prepared('attentionWeights', q, k, k, options);
    const { weights, empty } = weightsOf(four, attrs);
    const chosen = empty === undefined ? weights : where(empty, 0, weights);
    const scores = [...shape.slice(0, -1), k.shape.at(-2)!];
    kept = [sameShape(chosen.shape, scores) ? chosen : reshape(chosen, scores)];
    return kept[0]!;
  } finally {
    scope.endWith(kept);
  }
}

type InFour = Pick<Context, 'q' | 'k' | 'mask' | 'bias'>;
interface Context {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly mask: Tensor | undefined;
  readonly bias: Tensor | undefined;
}

/** The weights after dropout, [batch, heads, queries, keys], and which queries may look at no key; undefined for none. */
function weightsOf(
  given: InFour,
  attrs: AttentionAttrs,
): { readonly weights: Tensor; readonly empty: Tensor | undefined } {
  const { k } = given;
  const { scores } = scoresOf(given, attrs);
  // Without keys there is no score to look for.
  const empty =
    k.shape[2]! > 0 && canBeEmpty(given, attrs)
      ? unrecorded(() => logicalNot(any(notEqual(scores, -Infinity), [-1], { keepDims: true })))
      : undefined;
  return { weights: withDropout(softmax(empty === undefined ? scores : where(empty, 0, scores)), attrs), empty };
}

/** What a call says as an op on four axes has it, but for the values: tensors, attributes, and the shape of the result. */
function prepared(
  op: string,
  q: Tensor,
  k: Tensor,
  v: Tensor,
  options: AttentionOptions,
): InFour & {
  readonly shape: Shape;
  readonly batch: Shape;
  readonly keyHeads: number;
  readonly attrs: AttentionAttrs;
} {
  const { mask, bias, dropoutP = 0, generator = defaultGenerator() } = options;
  const { shape, batch, heads, keyHeads } = layoutOf(op, q, k, v);
  const scores = [...shape.slice(0, -1), k.shape.at(-2)!];
  for (const [name, each] of [['mask', mask] as const, ['bias', bias] as const]) {
    if (each !== undefined) needWithin(op, name, each, scores, q);
  }
  const drawn = dropoutP > 0 ? generator.state : { seed: 0, position: 0 };
  const attrs = { ...settingsOf(op, q, k, options), dropoutP, ...drawn };
  if (dropoutP > 0) generator.skip(sizeOf(scores));
  return {
    q: inFour(q, batch, heads),
    k: inFour(k, batch, keyHeads),
    mask: mask && inFour(mask, batch),
    bias: bias && inFour(bias, batch),
    ...{ shape, batch, keyHeads, attrs },
  };
}

/** The shape of the result, and what q, k and v become: [batch, heads, length, features]. */
function layoutOf(
  op: string,
  q: Tensor,
  k: Tensor,
  v: Tensor,
): { readonly shape: Shape; readonly batch: Shape; readonly heads: number; readonly keyHeads: number } {
  for (const [name, each] of Object.entries({ q, k, v })) {
    needTensor(op, name, each);
    needFloat(op, name, each);
    needSameDType(op, 'q', q, name, each);
    if (each.rank < 2)
      throw new ShapeError(`${op}: ${name} is ${formatShape(each.shape)}, needs [..., length, features]`);
  }
  const [queries, features] = q.shape.slice(-2) as [number, number];
  const shown = (x: Tensor): string => formatShape(x.shape);
  if (k.shape.at(-1) !== features)
    throw new ShapeError(`${op}: q is ${shown(q)} and k ${shown(k)}; needs as many features in both`);
  if (v.shape.at(-2) !== k.shape.at(-2))
    throw new ShapeError(`${op}: k is ${shown(k)} and v ${shown(v)}; needs one value for each key`);
  const headsOf = ({ shape }: Tensor): Shape => shape.slice(-3, -2);
  const batchOf = ({ shape }: Tensor): Shape => shape.slice(0, -3);
  const [keyHeads = 1] = broadcastShapes(op, headsOf(k), headsOf(v));
  const own = q.shape.at(-3) ?? 1;
  const heads = own === 1 ? keyHeads : own;
  if (heads !== keyHeads && !(keyHeads > 0 && heads % keyHeads === 0)) {
    throw new ShapeError(
      `${op}: q is ${shown(q)} and k ${shown(k)}, ${heads} and ${keyHeads} heads; needs as many, or a multiple of them, whose neighbours share keys`,
    );
  }
  const batch = broadcastShapes(op, batchOf(q), broadcastShapes(op, batchOf(k), batchOf(v)));
  const rank = Math.max(q.rank, k.rank, v.rank);
  const shape = [...batch, ...(rank > 2 ? [heads] : []), queries, v.shape.at(-1)!];
  return { shape, batch, heads, keyHeads };
}

/** Checks dtype and shape of a mask or a bias. */
function needWithin(op: string, name: 'mask' | 'bias', x: Tensor, scores: Shape, q: Tensor): void {
  needTensor(op, name, x);
  if (name === 'mask') {
    if (x.dtype === q.dtype) {
      throw new ArgumentError(`${op}: mask is ${x.dtype}, needs bool; what is added to the scores is the option bias`);
    }
    needDType(op, 'mask', x, 'bool');
  } else needSameDType(op, 'q', q, 'bias', x);
  const extra = scores.length - x.rank;
  if (extra < 0 || x.shape.some((length, axis) => length !== 1 && length !== scores[axis + extra])) {
    throw new ShapeError(
      `${op}: ${name} is ${formatShape(x.shape)}, which does not broadcast to ${formatShape(scores)}, [..., heads, queries, keys]`,
    );
  }
}

/** The attributes but for those of dropout. */
function settingsOf(
  op: string,
  q: Tensor,
  k: Tensor,
  { causal = false, offset, window, scale, softcap, dropoutP = 0 }: AttentionOptions,
): Pick<typeof attrs, 'scale' | 'causal' | 'offset' | 'window' | 'softcap'> {
  const refuse = (option: string, value: unknown, needs: string): never => {
    throw new ArgumentError(`${op}: ${option} is ${shown(value)}, needs ${needs}`);
  };
  if (window !== undefined && !(Number.isInteger(window) && window > 0))
    refuse('window', window, 'a whole number above 0');
  if (softcap !== undefined && !(softcap > 0 && softcap < Infinity)) refuse('softcap', softcap, 'a number above 0');
  if (offset !== undefined && !Number.isInteger(offset)) refuse('offset', offset, 'a whole number');
  if (offset !== undefined && !causal && window === undefined) {
    throw new ArgumentError(`${op}: got offset without causal or window, which alone ask for positions; leave it out`);
  }
  if (!(dropoutP >= 0 && dropoutP <= 1)) refuse('dropoutP', dropoutP, 'a probability from 0 to 1');
  const isPlaced = causal || window !== undefined;
  return {
    scale: scale ?? 1 / Math.sqrt(q.shape.at(-1)!),
    causal,
    offset: isPlaced ? (offset ?? k.shape.at(-2)! - q.shape.at(-2)!) : 0,
    window: window ?? 0,
    softcap: softcap ?? 0,
  };
}

/**
 * x as [batch, heads, length, features], the axes in front as one, and stretched where that takes a copy. Of mask and bias, which are
 * without `heads`, axes of length 1 stay where they can.
 */
function inFour(x: Tensor, batch: Shape, heads?: number): Tensor {
  const rank = batch.length + 3;
  const shape = [...new Array<number>(rank - x.rank).fill(1), ...x.shape];
  const [own, length, features] = shape.slice(-3) as [number, number, number];
  const front = shape.slice(0, -3);
  const wanted = heads ?? own;
  const isOne = heads === undefined && front.every((length) => length === 1);
  const whole = isOne || sameShape(front, batch) ? front : batch;
  const stretched = wanted === own && whole === front ? x : expand(x, [...whole, wanted, length, features]);
  const four = [isOne ? 1 : sizeOf(batch), wanted, length, features];
  return sameShape(stretched.shape, four) ? stretched : reshape(stretched, four);
}
