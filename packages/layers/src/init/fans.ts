// Fans: how many inputs each output of a layer sees, and how many outputs each input reaches.

import { checkCall, formatShape, type Shape, ShapeError, sizeOf } from '@dl/autograd';

/** What {@link fansOf} counts. */
export interface Fans {
  /** How many inputs each output sees. */
  readonly fanIn: number;
  /** How many outputs each input reaches. */
  readonly fanOut: number;
}

/**
 * The fans of a weight [out, in, ...window]: in · window and out · window, where the window is the area of a filter
 * and 1 for a linear layer. With groups, `in` is the number of channels in each, so that fanIn is right.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { fansOf } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(fansOf([6, 3, 5, 5])); // { fanIn: 75, fanOut: 150 }
 * ```
 */
export function fansOf(shape: Shape): Fans {
  checkCall('fansOf', arguments, ['shape']);
  if (shape.length < 2) {
    throw new ShapeError(`fansOf: the weight is ${formatShape(shape)}, needs at least two axes: [out, in, ...window]`);
  }
  const [out, into, ...window] = shape as readonly [number, number, ...number[]];
  const area = sizeOf(window);
  return { fanIn: into * area, fanOut: out * area };
}
