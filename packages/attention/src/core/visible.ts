// What a query may look at: the check of what was asked, and masks for keys as they lie in a buffer.

import {
  checkInteger,
  DTypeError,
  formatShape,
  isBoolean,
  pad,
  type Shape,
  ShapeError,
  type Tensor,
} from '@dl/autograd';
import { checkLengths } from '@dl/rnn';
import { both, keyMask } from './masks.js';
import type { VisibleKeys } from './options.js';

/** Keys as attention gets them. */
export interface KeysInPlace {
  /** Places of the buffer. */
  readonly keys: number;
  /** Behind so many of them nothing is filled. */
  readonly filled: number;
  /** So many keys were read before the first place, and given up. */
  readonly dropped: number;
}

/** Throws unless mask, bias, lengths and window fit scores [batch, heads, queries, keys], where keys are all that were ever read. */
export function checkVisible(
  name: string,
  { mask, bias, lengths, window }: VisibleKeys,
  scores: Shape,
  { dtype }: Tensor,
): void {
  if (mask !== undefined && !isBoolean(mask.dtype)) {
    throw new DTypeError(
      mask.dtype === dtype
        ? `${name}: mask is ${dtype}, needs bool, true where a query may look; what is added to the scores is the option bias`
        : `${name}: mask is ${mask.dtype}, needs bool, true where a query may look; cast it with .cast('bool')`,
    );
  }
  if (bias !== undefined && bias.dtype !== dtype) {
    throw new DTypeError(
      isBoolean(bias.dtype)
        ? `${name}: bias is bool, needs ${dtype}, which is added to the scores; booleans go into the option mask`
        : `${name}: bias is ${bias.dtype}, needs ${dtype}; cast it with .cast('${dtype}')`,
    );
  }
  for (const [what, each] of [['mask', mask] as const, ['bias', bias] as const]) {
    if (each !== undefined && !broadcasts(each.shape, scores)) {
      throw new ShapeError(
        `${name}: ${what} is ${formatShape(each.shape)}, which does not broadcast to ${formatShape(scores)}, [batch, heads, queries, keys]`,
      );
    }
  }
  if (lengths !== undefined) checkLengths(name, lengths, scores[0]!, scores[3]!);
  if (window !== undefined) checkInteger(name, 'window', window, 1);
}

function broadcasts(shape: Shape, scores: Shape): boolean {
  const extra = scores.length - shape.length;
  return extra >= 0 && shape.every((length, axis) => length === 1 || length === scores[axis + extra]);
}

/** Mask and bias for the places of a buffer of keys: what was given up is cut off, and what is not filled hidden. */
export function visibleIn(
  { mask, bias, lengths, causal }: VisibleKeys,
  at: KeysInPlace,
  like: Tensor,
): { readonly mask: Tensor | undefined; readonly bias: Tensor | undefined } {
  const { keys, filled, dropped } = at;
  const counted =
    lengths &&
    keyMask(
      Array.from(lengths, (length) => length - dropped),
      keys,
      like.backend,
    );
  // What is not filled lies behind the last query, so that causal order hides it.
  const isHidden = filled === keys || causal === true;
  const taken = isHidden ? undefined : keyMask([filled], keys, like.backend);
  return { mask: both(both(mask && inPlace(mask, at), counted), taken), bias: bias && inPlace(bias, at) };
}

/** The last axis, one key after the other as they were read, as the places have them. */
function inPlace(x: Tensor, { keys, filled, dropped }: KeysInPlace): Tensor {
  if (x.rank === 0 || x.shape.at(-1) === 1) return x;
  const kept = dropped === 0 ? x : x.slice(['...', [dropped, null]]);
  if (filled === keys) return kept;
  return pad(
    kept,
    kept.shape.map((_, axis) => [0, axis === kept.rank - 1 ? keys - filled : 0]),
  );
}
