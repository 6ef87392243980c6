// Identity: what comes in goes out.

import { alias, type Tensor } from '@dl/autograd';
import { needTensor } from './checks.js';
import { Module } from './module.js';

/**
 * y = x, in any shape: takes the place of a layer that is left out, such as the last one of a network whose features are
 * wanted. The result has the buffer of the input, and is freed by itself.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Identity } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new Identity().forward(tensor([1, 2])).toArray()); // [1, 2]
 * ```
 */
export class Identity extends Module {
  forward(x: Tensor): Tensor {
    needTensor('Identity', x);
    return alias(x);
  }
}
