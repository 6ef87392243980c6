// Activations as layers: element by element, without parameters.

import { relu, sigmoid, type Tensor, tanh } from '@dl/autograd';
import { Module } from '../core/module.js';

/**
 * The hyperbolic tangent, from -1 to 1. Any shape → the same.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Tanh } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new Tanh().forward(tensor([-10, 0, 10])).toArray()); // [-1, 0, 1], nearly
 * ```
 */
export class Tanh extends Module {
  forward(x: Tensor): Tensor {
    return tanh(x);
  }
}

/**
 * max(x, 0). Any shape → the same.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { ReLU } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new ReLU().forward(tensor([-2, 0, 3])).toArray()); // [0, 0, 3]
 * ```
 */
export class ReLU extends Module {
  forward(x: Tensor): Tensor {
    return relu(x);
  }
}

/**
 * 1 / (1 + e^-x), from 0 to 1. Any shape → the same.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Sigmoid } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new Sigmoid().forward(tensor([0])).toArray()); // [0.5]
 * ```
 */
export class Sigmoid extends Module {
  forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}
