// Sequential: modules one after the other.

import { ArgumentError, DlError, isInstance, shown, Tensor } from '@dl/autograd';
import { type AnyModule, Module, type TensorModule } from './module.js';
import { isModuleAt } from './module-tree.js';

/**
 * Runs modules one after the other, each on what the one before returned. Their names are their places, from 0:
 * `0.weight`, `0.bias`, `2.weight`, …. Each takes one tensor and returns one; modules of several inputs or outputs are called by the
 * `forward` of a {@link Module} of your own.
 *
 * @throws ArgumentError where a module returns something else, or needs more than one input.
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
  readonly layers: readonly TensorModule[];

  constructor(...layers: readonly TensorModule[]) {
    super();
    layers.forEach((layer, i) => {
      if (!isModuleAt(layer, 'Sequential', `argument ${i}`)) {
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
    return this.layers.reduce((y, layer, i) => step(layer, i, y), x);
  }
}

function step(layer: TensorModule, i: number, x: Tensor): Tensor {
  let y: unknown;
  try {
    y = layer.forward(x);
  } catch (error) {
    throw lacksInput(layer, error)
      ? new ArgumentError(
          `Sequential: ${nameOf(layer, i)} takes ${layer.forward.length} inputs and was given one; call it in the forward of a Module of your own`,
          { cause: error },
        )
      : error;
  }
  if (isInstance(y, Tensor, 'Sequential', `what ${nameOf(layer, i)} returned`)) return y;
  throw new ArgumentError(
    `Sequential: ${nameOf(layer, i)} returned ${shown(y)}, needs to return one Tensor; call it in the forward of a Module of your own`,
  );
}

const nameOf = (layer: object, i: number): string => `module ${i} (${layer.constructor.name})`;

/** Whether an error came of an input that was not there. How many there are says no language: some may be optional. */
function lacksInput(layer: TensorModule, error: unknown): boolean {
  const isOfArgument = error instanceof DlError || error instanceof TypeError;
  return isOfArgument && layer.forward.length > 1 && /\bundefined\b/.test(error.message);
}
