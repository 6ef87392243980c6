// Cutting a tensor into parts along an axis: split, unbind.

import { checkCall } from '../arguments/check-call.js';
import { ShapeError } from '../errors.js';
import { isGradEnabled, unrecorded } from '../graph/grad-mode.js';
import { GraphNode } from '../graph/tape.js';
import { internal } from '../memory/scope.js';
import { filledTensor } from '../tensor/allocate.js';
import { checkInteger, formatShape, normalizeAxis, type Shape, sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { concat } from './join.js';
import { reshape } from './reshape.js';
import { slice } from './slice.js';

/** The graph node of all parts of a split: together their gradients are that of the whole, in one concatenation. */
class SplitNode extends GraphNode {
  readonly #axis: number;
  readonly #shapes: readonly Shape[];

  /** @param shapes Those of the parts before the axis was dropped, where it is. */
  constructor(name: string, x: Tensor, parts: readonly Tensor[], shapes: readonly Shape[], axis: number) {
    super(
      name,
      [x],
      parts.map(({ shape, dtype }) => ({ shape, dtype })),
    );
    this.#axis = axis;
    this.#shapes = shapes;
  }

  override gradients(dys: readonly (Tensor | undefined)[]): Tensor[] {
    const { backend } = dys.find((dy) => dy !== undefined)!;
    const whole = this.#shapes.map((shape, i) => {
      const dy = dys[i];
      if (dy === undefined) return filledTensor(backend, 0, shape, this.outputs[i]!.dtype, 'zeros');
      return sameShape(dy.shape, shape) ? dy : reshape(dy, shape);
    });
    return [concat(whole, this.#axis)];
  }
}

/**
 * Parts of a tensor along an axis: of `size` each (the last may be smaller, and is the only one of an axis of length 0), or of the sizes
 * given. Like {@link slice}, it need not copy along the first axis.
 */
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
  return cut('split', x, along, sizes, false);
}

/**
 * The slices of a tensor along an axis, each without it: rows of a matrix for axis 0.
 *
 * @example
 * ```ts
 * import { tensor, unbind, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * for (const row of unbind(tensor([[1, 2], [3, 4]]))) console.log(row.toArray()); // [1, 2], then [3, 4]
 * ```
 */
export function unbind(x: Tensor, axis = 0): Tensor[] {
  checkCall('unbind', arguments, ['x', 'axis']);
  const along = normalizeAxis('unbind', axis, x.rank);
  return cut('unbind', x, along, new Array<number>(x.shape[along]!).fill(1), true);
}

function cut(name: string, x: Tensor, axis: number, sizes: readonly number[], dropsAxis: boolean): Tensor[] {
  const none = x.shape.map(() => 0);
  const steps = x.shape.map(() => 1);
  const shapes = sizes.map((size) => x.shape.with(axis, size));
  const dropped = x.shape.toSpliced(axis, 1);
  const parts = (): Tensor[] => {
    let start = 0;
    return shapes.map((shape, i) => {
      const part = slice.run({ x }, { starts: none.with(axis, start), steps, shape });
      start += sizes[i]!;
      if (!dropsAxis) return part;
      const row = reshape(part, dropped);
      part.free(internal);
      return row;
    });
  };
  if (!isGradEnabled() || !x.requiresGrad) return parts();
  const made = unrecorded(parts);
  const node = new SplitNode(name, x, made, shapes, axis);
  for (const [i, part] of made.entries()) part.setNode(node, i);
  return made;
}
