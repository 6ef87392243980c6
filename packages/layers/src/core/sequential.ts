// Sequential: modules one after the other.

import { ArgumentError, shown, type Tensor } from '@dl/autograd';

import { type AnyModule, Module } from './module.js';
import { isModule } from './module-tree.js';

/**
 * Runs modules one after the other, each on what the one before returned. Their names are their places, from 0:
 * `0.weight`, `0.bias`, `2.weight`, ….
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Linear, Sequential, Tanh } from '@dl/layers';
 * await useBackend(cpu());
 * const model = new Sequential(new Linear(2, 8), new Tanh(), new Linear(8, 1));
 * console.log(model.forward(randn([5, 2])).shape); // [5, 1]
 * console.log(`${model}`);
 * // Sequential(
 * //   (0): Linear(2, 8)
 * //   (1): Tanh()
 * //   (2): Linear(8, 1)
 * // )
 * ```
 */
export class Sequential extends Module {
  /** The modules, in the order in which they run. */
  readonly layers: readonly Module[];

  constructor(...layers: readonly Module[]) {
    super();
    layers.forEach((layer, i) => {
      if (!isModule(layer)) {
        throw new ArgumentError(`Sequential: argument ${i} is ${shown(layer)}, needs a module, such as new ReLU()`);
      }
    });
    this.layers = layers;
  }

  override namedChildren(): (readonly [name: string, module: AnyModule])[] {
    return this.layers.map((layer, i) => [`${i}`, layer]);
  }

  forward(x: Tensor): Tensor {
    if (this.layers.length === 0) return x.alias();
    return this.layers.reduce((y, layer) => layer.forward(y), x);
  }
}
