// MinPool2d: the smallest element of each window.

import { maxPool2d, neg, type Pair, type PoolOptions, type Shape, type Tensor } from '@dl/autograd';
import { formatArguments, needTensor } from '../core/checks.js';
import { Module } from '../core/module.js';
import { type Reach, windowReach } from '../core/receptive-field.js';
import { describeWindow, leftoversOfPool, type Window, windowOf } from './window.js';

/**
 * The smallest element of each window, with sizes as in {@link MaxPool2d}: -max(-x).
 *
 * @throws ShapeError when the input is too small for the window.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { MinPool2d } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new MinPool2d(2).forward(tensor([[[[1, 2], [3, 4]]]])).item()); // 1
 * ```
 */
export class MinPool2d extends Module {
  readonly window: Window;

  constructor(kernelSize: Pair, options: PoolOptions = {}) {
    super();
    this.window = windowOf('MinPool2d', kernelSize, options);
  }

  forward(x: Tensor): Tensor {
    needTensor('MinPool2d', x);
    return neg(maxPool2d(neg(x), this.window.kernelSize, this.window));
  }

  override reach(): Reach {
    return windowReach(this.window.kernelSize, this.window.stride);
  }

  leftovers(input: Shape): readonly string[] {
    return leftoversOfPool(input, this.window);
  }

  override describe(): string {
    return formatArguments([], describeWindow(this.window));
  }
}
