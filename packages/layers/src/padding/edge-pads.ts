// ReflectionPad, ReplicationPad and CircularPad, 1d to 3d: what stands around the input is taken from it.

import { checkCall, type Pads, type Tensor } from '@dl/autograd';
import { padInput } from '../conv/options.js';
import { Padding, type PaddingOf } from './padding.js';

/**
 * Puts mirror images around sequences, the edge not repeated: [N, C, L] → [N, C, left + L + right]. `padding` is a number for
 * all sides, or one for each, the last axis first; negative ones cut off. One sequence, [C, L], needs no batch.
 *
 * @throws ShapeError when the input has other axes, or is not longer than what it is padded with, or nothing is left.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { ReflectionPad1d } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new ReflectionPad1d(2).forward(tensor([[[1, 2, 3]]])).toArray()); // [[[3, 2, 1, 2, 3, 2, 1]]]
 * ```
 */
export class ReflectionPad1d extends Padding<1> {
  constructor(padding: PaddingOf<1>) {
    checkCall('ReflectionPad1d', arguments, ['padding']);
    super('ReflectionPad1d', 1, padding);
  }

  protected surround(x: Tensor, pads: Pads): Tensor {
    return padInput('ReflectionPad1d', x, pads, 'reflect');
  }
}

/**
 * Puts mirror images around images, the edge not repeated: [N, C, H, W] → [N, C, top + H + bottom, left + W + right].
 * `padding` is a number for all sides, or one for each, the last axis first; negative ones cut off. One image, [C, H, W],
 * needs no batch.
 *
 * @throws ShapeError when the input has other axes, or is not longer than what it is padded with, or nothing is left.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { ReflectionPad2d } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new ReflectionPad2d([1, 0, 0, 0]).forward(tensor([[[[1, 2], [3, 4]]]])).toArray()); // [[[[2, 1, 2], [4, 3, 4]]]]
 * ```
 */
export class ReflectionPad2d extends Padding<2> {
  constructor(padding: PaddingOf<2>) {
    checkCall('ReflectionPad2d', arguments, ['padding']);
    super('ReflectionPad2d', 2, padding);
  }

  protected surround(x: Tensor, pads: Pads): Tensor {
    return padInput('ReflectionPad2d', x, pads, 'reflect');
  }
}

/**
 * Puts mirror images around volumes, the edge not repeated: [N, C, D, H, W] → [N, C, front + D + back, top + H + bottom, left
 * + W + right]. `padding` is a number for all sides, or one for each, the last axis first; negative ones cut off. One volume,
 * [C, D, H, W], needs no batch.
 *
 * @throws ShapeError when the input has other axes, or is not longer than what it is padded with, or nothing is left.
 *
 * @example
 * ```ts
 * import { ones, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { ReflectionPad3d } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new ReflectionPad3d(1).forward(ones([1, 1, 2, 3, 4])).shape); // [1, 1, 4, 5, 6]
 * ```
 */
export class ReflectionPad3d extends Padding<3> {
  constructor(padding: PaddingOf<3>) {
    checkCall('ReflectionPad3d', arguments, ['padding']);
    super('ReflectionPad3d', 3, padding);
  }

  protected surround(x: Tensor, pads: Pads): Tensor {
    return padInput('ReflectionPad3d', x, pads, 'reflect');
  }
}

/**
 * Repeats the edges of sequences: [N, C, L] → [N, C, left + L + right]. `padding` is a number for all sides, or one for each,
 * the last axis first; negative ones cut off. One sequence, [C, L], needs no batch.
 *
 * @throws ShapeError when the input has other axes, or has no edge, or nothing is left.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { ReplicationPad1d } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new ReplicationPad1d(2).forward(tensor([[[1, 2, 3]]])).toArray()); // [[[1, 1, 1, 2, 3, 3, 3]]]
 * ```
 */
export class ReplicationPad1d extends Padding<1> {
  constructor(padding: PaddingOf<1>) {
    checkCall('ReplicationPad1d', arguments, ['padding']);
    super('ReplicationPad1d', 1, padding);
  }

  protected surround(x: Tensor, pads: Pads): Tensor {
    return padInput('ReplicationPad1d', x, pads, 'replicate');
  }
}

/**
 * Repeats the edges of images: [N, C, H, W] → [N, C, top + H + bottom, left + W + right]. `padding` is a number for all sides,
 * or one for each, the last axis first; negative ones cut off. One image, [C, H, W], needs no batch.
 *
 * @throws ShapeError when the input has other axes, or has no edge, or nothing is left.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { ReplicationPad2d } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new ReplicationPad2d([1, 0, 0, 0]).forward(tensor([[[[1, 2], [3, 4]]]])).toArray()); // [[[[1, 1, 2], [3, 3, 4]]]]
 * ```
 */
export class ReplicationPad2d extends Padding<2> {
  constructor(padding: PaddingOf<2>) {
    checkCall('ReplicationPad2d', arguments, ['padding']);
    super('ReplicationPad2d', 2, padding);
  }

  protected surround(x: Tensor, pads: Pads): Tensor {
    return padInput('ReplicationPad2d', x, pads, 'replicate');
  }
}

/**
 * Repeats the edges of volumes: [N, C, D, H, W] → [N, C, front + D + back, top + H + bottom, left + W + right]. `padding` is a
 * number for all sides, or one for each, the last axis first; negative ones cut off. One volume, [C, D, H, W], needs no batch.
 *
 * @throws ShapeError when the input has other axes, or has no edge, or nothing is left.
 *
 * @example
 * ```ts
 * import { ones, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { ReplicationPad3d } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new ReplicationPad3d(1).forward(ones([1, 1, 2, 3, 4])).shape); // [1, 1, 4, 5, 6]
 * ```
 */
export class ReplicationPad3d extends Padding<3> {
  constructor(padding: PaddingOf<3>) {
    checkCall('ReplicationPad3d', arguments, ['padding']);
    super('ReplicationPad3d', 3, padding);
  }

  protected surround(x: Tensor, pads: Pads): Tensor {
    return padInput('ReplicationPad3d', x, pads, 'replicate');
  }
}

/**
 * Puts the other end before and behind sequences, as if they were rings: [N, C, L] → [N, C, left + L + right]. `padding` is a
 * number for all sides, or one for each, the last axis first; negative ones cut off. One sequence, [C, L], needs no batch.
 *
 * @throws ShapeError when the input has other axes, or is shorter than what it is padded with, or nothing is left.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { CircularPad1d } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new CircularPad1d([1, 2]).forward(tensor([[[1, 2, 3]]])).toArray()); // [[[3, 1, 2, 3, 1, 2]]]
 * ```
 */
export class CircularPad1d extends Padding<1> {
  constructor(padding: PaddingOf<1>) {
    checkCall('CircularPad1d', arguments, ['padding']);
    super('CircularPad1d', 1, padding);
  }

  protected surround(x: Tensor, pads: Pads): Tensor {
    return padInput('CircularPad1d', x, pads, 'circular');
  }
}

/**
 * Puts the other end before and behind images, as if they were rings: [N, C, H, W] → [N, C, top + H + bottom, left + W +
 * right]. `padding` is a number for all sides, or one for each, the last axis first; negative ones cut off. One image, [C, H,
 * W], needs no batch.
 *
 * @throws ShapeError when the input has other axes, or is shorter than what it is padded with, or nothing is left.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { CircularPad2d } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new CircularPad2d([1, 0, 0, 0]).forward(tensor([[[[1, 2], [3, 4]]]])).toArray()); // [[[[2, 1, 2], [4, 3, 4]]]]
 * ```
 */
export class CircularPad2d extends Padding<2> {
  constructor(padding: PaddingOf<2>) {
    checkCall('CircularPad2d', arguments, ['padding']);
    super('CircularPad2d', 2, padding);
  }

  protected surround(x: Tensor, pads: Pads): Tensor {
    return padInput('CircularPad2d', x, pads, 'circular');
  }
}

/**
 * Puts the other end before and behind volumes, as if they were rings: [N, C, D, H, W] → [N, C, front + D + back, top + H +
 * bottom, left + W + right]. `padding` is a number for all sides, or one for each, the last axis first; negative ones cut off.
 * One volume, [C, D, H, W], needs no batch.
 *
 * @throws ShapeError when the input has other axes, or is shorter than what it is padded with, or nothing is left.
 *
 * @example
 * ```ts
 * import { ones, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { CircularPad3d } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new CircularPad3d(1).forward(ones([1, 1, 2, 3, 4])).shape); // [1, 1, 4, 5, 6]
 * ```
 */
export class CircularPad3d extends Padding<3> {
  constructor(padding: PaddingOf<3>) {
    checkCall('CircularPad3d', arguments, ['padding']);
    super('CircularPad3d', 3, padding);
  }

  protected surround(x: Tensor, pads: Pads): Tensor {
    return padInput('CircularPad3d', x, pads, 'circular');
  }
}
