// What deliberately does not hold of special values, for any backend: the table of docs/numerics.md.

import type { AnyOp } from '@dl/autograd';

export interface SpecialValueException {
  /** The ops that it is about. */
  readonly ops: readonly string[];
  /**
   * `hidden`: something that depends on a NaN need not be NaN. `spread`: something that does not depend on a special value
   * may become NaN. `infinite`: what an infinity gives may be NaN instead of its limit.
   */
  readonly what: 'hidden' | 'spread' | 'infinite';
  /** Only for special values in these; lists and upstream gradients as in `xs` and `dy`. Default: in anything. */
  readonly in?: readonly string[];
  /** Only for gradients, or only for results. Default: for both. */
  readonly of?: 'gradients' | 'results';
  /** It holds on some backends and not on others, so that one has a number where another has NaN. Default false. */
  readonly onSome?: boolean;
  readonly why: string;
}

/** What deliberately does not hold of special values, on any backend, with its reason: the table of docs/numerics.md. */
export const specialValueExceptions: readonly SpecialValueException[] = [
  {
    ops: [
      'relu',
      'leakyRelu',
      'prelu',
      'hardSigmoid',
      'clamp',
      'maximum',
      'minimum',
      'linearActivated',
      'elmanSequence',
    ],
    what: 'hidden',
    of: 'gradients',
    why: 'where NaN is compared, the gradient passes as it comes: it is NaN already where the NaN mattered',
  },
  {
    ops: ['reluGrad', 'leakyReluGrad', 'elmanSequenceGrad'],
    what: 'hidden',
    in: ['x', 'y'],
    why: 'the gradients of the ops above: the same',
  },
  {
    ops: ['max', 'min', 'norm', 'maxPool2d', 'maxPool2dDilated'],
    what: 'hidden',
    in: ['x'],
    of: 'gradients',
    why: 'NaN is the extreme of all that it is among, and gets the gradient that others had',
  },
  {
    ops: ['sort', 'topK'],
    what: 'hidden',
    in: ['x'],
    why: 'NaN stands above everything: one place gets it, and the others move',
  },
  {
    ops: ['sort'],
    what: 'spread',
    in: ['x'],
    why: 'no number gets past a NaN that is there already, but another NaN does',
  },
  {
    ops: ['isNaN', 'isFinite'],
    what: 'spread',
    why: 'they tell NaN and infinities from all finite numbers',
  },
  {
    ops: [
      'tanh',
      'sigmoid',
      'gelu',
      'tanhGrad',
      'sigmoidGrad',
      'siluGrad',
      'eluGrad',
      'softplusGrad',
      'geluGrad',
      'crossEntropy',
      'crossEntropyGrad',
    ],
    what: 'spread',
    why: 'far out the derivative is too small for any number but 0, and 0 times NaN or an infinity is NaN',
  },
  {
    ops: ['gelu', 'siluGrad', 'eluGrad', 'softplusGrad', 'geluGrad'],
    what: 'infinite',
    in: ['g', 'dy', 'ddx'],
    why: 'the same, where that number is 0 in float32 and not in the float64 of the reference',
  },
  {
    ops: ['elmanSequence', 'elmanSequenceGrad'],
    what: 'spread',
    why: 'with relu, numbers end where it cuts them, and NaN passes; and 0 times NaN or an infinity is NaN',
  },
  {
    ops: ['elmanSequence'],
    what: 'infinite',
    in: ['weight'],
    of: 'gradients',
    why: 'a state of 0 times an infinite weight is NaN, which relu lets pass, where with every finite weight it is cut',
  },
  {
    ops: ['mod'],
    what: 'spread',
    in: ['dy'],
    why: 'the derivative for b is -⌊a/b⌋, which may be 0, and 0 times NaN or an infinity is NaN',
  },
  {
    ops: ['conv2d', 'conv2dInputGrad', 'conv2dWeightGrad'],
    what: 'spread',
    in: ['weight', 'g', 'dy'],
    why: 'padding is zeros, and 0 times NaN or an infinity is NaN',
  },
  {
    ops: ['word2vecUpdate'],
    what: 'spread',
    in: ['input', 'output'],
    why: 'the vector of a bag without words is zeros, and 0 times NaN or an infinity is NaN',
  },
  {
    ops: ['scaledDotProductAttention', 'scaledDotProductAttentionGrad', 'scaledDotProductAttentionBiasGrad'],
    what: 'spread',
    onSome: true,
    why: 'where it is made of other ops, the weight of a key that is not looked at is 0, and 0 times NaN or an infinity is NaN; that of a single key is 1, whatever its score',
  },
  {
    ops: ['scaledDotProductAttention', 'scaledDotProductAttentionGrad', 'scaledDotProductAttentionBiasGrad'],
    what: 'infinite',
    in: ['q', 'k', 'bias', 'lse'],
    why: 'a query whose scores are all -∞ has no key to look at, and gets zeros',
  },
  {
    ops: ['updateElements'],
    what: 'hidden',
    why: 'its formulas compare and choose',
  },
  {
    ops: ['normalizeBatch', 'normalizeBatchGrad', 'normalizeGroups', 'normalizeGroupsGrad'],
    what: 'infinite',
    why: 'the sums of a group mix infinities of both signs, in an order that is left to the backend',
  },
  {
    ops: ['gruSequence'],
    what: 'infinite',
    in: ['dy', 'dh'],
    of: 'gradients',
    why: 'where it is made of other ops, the gradient of what z chooses from is a sum, which may be ∞ - ∞',
  },
];

/** Whether an op may give NaN on one backend where it gives a number on another. */
export function spreadsOnSome(op: AnyOp): boolean {
  return specialValueExceptions.some(({ ops, onSome }) => onSome === true && ops.includes(op.name));
}

export function isExcepted(op: AnyOp, what: SpecialValueException['what'], placedIn: string, part: string): boolean {
  const slot = placedIn.replace(/\[\d+\]$/, '');
  const kind = part.startsWith('the gradient') ? 'gradients' : 'results';
  return specialValueExceptions.some(
    (each) =>
      each.what === what &&
      each.ops.includes(op.name) &&
      (each.in === undefined || each.in.includes(slot)) &&
      (each.of === undefined || each.of === kind),
  );
}
