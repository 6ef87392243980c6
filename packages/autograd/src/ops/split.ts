// Cutting a tensor into parts along an axis.

import { checkCall } from '../arguments/check-call.js';
import { ShapeError } from '../errors.js';
import { isGradEnabled, unrecorded } from '../graph/grad-mode.js';
import { GraphNode } from '../graph/tape.js';
import { zeros } from '../tensor/make.js';
import { checkInteger, formatShape, normalizeAxis } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { concat } from './join.js';
import { slice } from './slice.js';

/** The graph node of all parts of a split: together their gradients are that of the whole, in one concatenation. */
class SplitNode extends GraphNode {
  readonly #axis: number;

  constructor(x: Tensor, parts: readonly Tensor[], axis: number) {
    super(
      'split',
      [x],
      parts.map(({ shape, dtype }) => ({ shape, dtype })),
    );
    this.#axis = axis;
  }

  override gradients(dys: readonly (Tensor | undefined)[]): Tensor[] {
    const { backend } = dys.find((dy) => dy !== undefined)!;
    const whole = dys.map((dy, i) => dy ?? zeros(this.outputs[i]!.shape, { dtype: this.outputs[i]!.dtype, backend }));
    return [concat(whole, this.#axis)];
  }
}

/** Parts of a tensor along an axis: of `size` each (the last may be smaller, and is the only one of an axis of length 0), or of the sizes given. */
export function split(x: Tensor, size: number | readonly number[], axis = 0): Tensor[] {
  checkCall('split', arguments, ['x', 'size', 'axis']);
  const along = normalizeAxis('split', axis, x.rank);
  const length = x.shape[along]!;
  let sizes: readonly number[];
  if (typeof size === 'number') {
    checkInteger('split', 'size', size, 1);
    // Of nothing there is one part, so that there is one to go on with.
    sizes = Array.from({ length: Math.max(1, Math.ceil(length / size)) }, (_, i) => Math.min(size, length - i * size));
  } else {
    sizes = size.map((part) => checkInteger('split', 'a size', part, 0));
    const total = sizes.reduce((sum, part) => sum + part, 0);
    if (total !== length) {
      throw new ShapeError(
        `split: sizes ${formatShape(sizes)} sum to ${total}, needs ${length}, the length of axis ${along} of ${formatShape(x.shape)}`,
      );
    }
  }
  const none = x.shape.map(() => 0);
  const steps = x.shape.map(() => 1);
  let start = 0;
  const cut = (): Tensor[] =>
    sizes.map((part) => {
      const starts = none.with(along, start);
      start += part;
      return slice.run({ x }, { starts, steps, shape: x.shape.with(along, part) });
    });
  if (!isGradEnabled() || !x.requiresGrad) return cut();
  const parts = unrecorded(cut);
  const node = new SplitNode(x, parts, along);
  for (const [i, part] of parts.entries()) part.setNode(node, i);
  return parts;
}
