// madeBy: which op made the numbers of a tensor, so that a loss can tell probabilities from logits.

import { checkCall } from '../arguments/check-call.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Source } from './tape.js';

/** Ops that bring numbers to another place, or into another dtype, and leave them what they are. */
const moving: ReadonlySet<string> = new Set(['reshape', 'permute', 'slice', 'expand', 'cast']);

/**
 * The name of the op that made the numbers of a tensor, seen through reshape, permute, slice, expand and cast; undefined for a leaf, and
 * for what was not recorded, as inside `noGrad`. A loss asks it to tell probabilities from logits.
 *
 * @example
 * ```ts
 * import { madeBy, softmax, useBackend, zeros } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const logits = zeros([2, 3], { requiresGrad: true });
 * console.log(madeBy(softmax(logits).reshape([6])), madeBy(logits)); // softmax undefined
 * ```
 */
export function madeBy(x: Tensor): string | undefined {
  checkCall('madeBy', arguments, ['x']);
  let source: Source = x.source;
  while (source !== undefined && 'node' in source && moving.has(source.node.name)) source = source.node.sources[0];
  return source !== undefined && 'node' in source ? source.node.name : undefined;
}
