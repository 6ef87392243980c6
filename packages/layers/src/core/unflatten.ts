// Unflatten: cuts an axis into several, as before the transposed convolutions of a decoder.

import {
  ArgumentError,
  checkCall,
  formatShape,
  reshape,
  type Shape,
  ShapeError,
  shown,
  sizeOf,
  type Tensor,
} from '@dl/autograd';
import { needAxis, needTensor } from './checks.js';
import { Module } from './module.js';
import type { Reach } from './receptive-field.js';

/**
 * Cuts an axis into several: [..., length, ...] → [..., ...sizes, ...], where the product of `sizes` is the length; one of them may
 * be -1 and is then worked out. Negative axes count from the end. It undoes {@link Flatten}, and nothing is copied.
 *
 * @throws ShapeError when the axis cannot be cut so.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Unflatten } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new Unflatten(1, [16, 5, -1]).forward(randn([8, 400])).shape); // [8, 16, 5, 5]
 * ```
 */
export class Unflatten extends Module {
  readonly axis: number;
  readonly sizes: Shape;

  constructor(axis: number, sizes: Shape) {
    checkCall('Unflatten', arguments, ['axis', 'sizes']);
    super();
    this.axis = needAxis('Unflatten', 'axis', axis);
    const isShape = Array.isArray(sizes) && sizes.length > 0;
    const open = isShape ? sizes.filter((size) => size === -1).length : 0;
    if (!isShape || open > 1 || sizes.some((size) => !Number.isSafeInteger(size) || size < -1)) {
      throw new ArgumentError(
        `Unflatten: sizes are ${shown(sizes)}, needs a list of whole numbers, one of which may be -1`,
      );
    }
    this.sizes = [...sizes];
  }

  forward(x: Tensor): Tensor {
    needTensor('Unflatten', x);
    const at = this.axis < 0 ? this.axis + x.rank : this.axis;
    const length = x.shape[at];
    const known = sizeOf(this.sizes.filter((size) => size !== -1));
    const isOpen = this.sizes.includes(-1);
    if (length === undefined || (isOpen ? known === 0 || length % known !== 0 : length !== known)) {
      const found = length === undefined ? `has no axis ${this.axis}` : `has ${length} elements on axis ${this.axis}`;
      throw new ShapeError(
        `Unflatten: input is ${formatShape(x.shape)}, which ${found}; needs what can be cut into ${formatShape(this.sizes)}`,
      );
    }
    const sizes = this.sizes.map((size) => (size === -1 ? length / known : size));
    return reshape(x, x.shape.toSpliced(at, 1, ...sizes));
  }

  override reach(): Reach {
    return 'all';
  }

  override describe(): string {
    return `${this.axis}, ${formatShape(this.sizes)}`;
  }
}
