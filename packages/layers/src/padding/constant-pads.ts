// ConstantPad1d to 3d and ZeroPad1d to 3d: the same number around the input.

import { ArgumentError, checkCall, type Pads, pad, shown, type Tensor } from '@dl/autograd';

import { Padding, type PaddingOf } from './padding.js';

function checkValue(layer: string, value: number): number {
  if (typeof value === 'number') return value;
  throw new ArgumentError(`${layer}: value is ${shown(value)}, needs the number to pad with`);
}

function withConstant(x: Tensor, pads: Pads, value: number): Tensor {
  return pad(x, [[0, 0], [0, 0], ...pads], { value });
}

/**
 * Puts a constant around sequences: [N, C, L] → [N, C, left + L + right]. `padding` is a number for all sides, or one for
 * each, the last axis first; negative ones cut off. One sequence, [C, L], needs no batch.
 *
 * @throws ShapeError when the input has other axes, or nothing is left.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { ConstantPad1d } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new ConstantPad1d([1, 2], 9).forward(tensor([[[1, 2]]])).toArray()); // [[[9, 1, 2, 9, 9]]]
 * ```
 */
export class ConstantPad1d extends Padding<1> {
  readonly value: number;

  constructor(padding: PaddingOf<1>, value: number) {
    checkCall('ConstantPad1d', arguments, ['padding', 'value']);
    super('ConstantPad1d', 1, padding);
    this.value = checkValue('ConstantPad1d', value);
  }

  protected surround(x: Tensor, pads: Pads): Tensor {
    return withConstant(x, pads, this.value);
  }

  override describe(): string {
    return `${super.describe()}, value=${this.value}`;
  }
}

/**
 * Puts a constant around images: [N, C, H, W] → [N, C, top + H + bottom, left + W + right]. `padding` is a number for all
 * sides, or one for each, the last axis first; negative ones cut off. One image, [C, H, W], needs no batch.
 *
 * @throws ShapeError when the input has other axes, or nothing is left.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { ConstantPad2d } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new ConstantPad2d([0, 0, 1, 0], 9).forward(tensor([[[[1, 2]]]])).toArray()); // [[[[9, 9], [1, 2]]]]
 * ```
 */
export class ConstantPad2d extends Padding<2> {
  readonly value: number;

  constructor(padding: PaddingOf<2>, value: number) {
    checkCall('ConstantPad2d', arguments, ['padding', 'value']);
    super('ConstantPad2d', 2, padding);
    this.value = checkValue('ConstantPad2d', value);
  }

  protected surround(x: Tensor, pads: Pads): Tensor {
    return withConstant(x, pads, this.value);
  }

  override describe(): string {
    return `${super.describe()}, value=${this.value}`;
  }
}

/**
 * Puts a constant around volumes: [N, C, D, H, W] → [N, C, front + D + back, top + H + bottom, left + W + right]. `padding` is
 * a number for all sides, or one for each, the last axis first; negative ones cut off. One volume, [C, D, H, W], needs no
 * batch.
 *
 * @throws ShapeError when the input has other axes, or nothing is left.
 *
 * @example
 * ```ts
 * import { ones, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { ConstantPad3d } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new ConstantPad3d(1, 9).forward(ones([1, 1, 2, 3, 4])).shape); // [1, 1, 4, 5, 6]
 * ```
 */
export class ConstantPad3d extends Padding<3> {
  readonly value: number;

  constructor(padding: PaddingOf<3>, value: number) {
    checkCall('ConstantPad3d', arguments, ['padding', 'value']);
    super('ConstantPad3d', 3, padding);
    this.value = checkValue('ConstantPad3d', value);
  }

  protected surround(x: Tensor, pads: Pads): Tensor {
    return withConstant(x, pads, this.value);
  }

  override describe(): string {
    return `${super.describe()}, value=${this.value}`;
  }
}

/**
 * Puts zeros around sequences: [N, C, L] → [N, C, left + L + right]. `padding` is a number for all sides, or one for each, the
 * last axis first; negative ones cut off. One sequence, [C, L], needs no batch.
 *
 * @throws ShapeError when the input has other axes, or nothing is left.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { ZeroPad1d } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new ZeroPad1d(1).forward(tensor([[[1, 2]]])).toArray()); // [[[0, 1, 2, 0]]]
 * ```
 */
export class ZeroPad1d extends Padding<1> {
  constructor(padding: PaddingOf<1>) {
    checkCall('ZeroPad1d', arguments, ['padding']);
    super('ZeroPad1d', 1, padding);
  }

  protected surround(x: Tensor, pads: Pads): Tensor {
    return withConstant(x, pads, 0);
  }
}

/**
 * Puts zeros around images: [N, C, H, W] → [N, C, top + H + bottom, left + W + right]. `padding` is a number for all sides, or
 * one for each, the last axis first; negative ones cut off. One image, [C, H, W], needs no batch.
 *
 * @throws ShapeError when the input has other axes, or nothing is left.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { ZeroPad2d } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new ZeroPad2d([1, 0, 0, -1]).forward(tensor([[[[1, 2], [3, 4]]]])).toArray()); // [[[[0, 1, 2]]]]
 * ```
 */
export class ZeroPad2d extends Padding<2> {
  constructor(padding: PaddingOf<2>) {
    checkCall('ZeroPad2d', arguments, ['padding']);
    super('ZeroPad2d', 2, padding);
  }

  protected surround(x: Tensor, pads: Pads): Tensor {
    return withConstant(x, pads, 0);
  }
}

/**
 * Puts zeros around volumes: [N, C, D, H, W] → [N, C, front + D + back, top + H + bottom, left + W + right]. `padding` is a
 * number for all sides, or one for each, the last axis first; negative ones cut off. One volume, [C, D, H, W], needs no batch.
 *
 * @throws ShapeError when the input has other axes, or nothing is left.
 *
 * @example
 * ```ts
 * import { ones, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { ZeroPad3d } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new ZeroPad3d(1).forward(ones([1, 1, 2, 3, 4])).shape); // [1, 1, 4, 5, 6]
 * ```
 */
export class ZeroPad3d extends Padding<3> {
  constructor(padding: PaddingOf<3>) {
    checkCall('ZeroPad3d', arguments, ['padding']);
    super('ZeroPad3d', 3, padding);
  }

  protected surround(x: Tensor, pads: Pads): Tensor {
    return withConstant(x, pads, 0);
  }
}
