// Module: a part of a model that has parameters, and may be made of other modules.

import { type Backend, formatShape, noGrad, type Tensor } from '@dl/autograd';
import { moduleBrand, ownModules, ownParameters, parameterPlaces, walk } from './module-tree.js';
import { parameter } from './parameter.js';
import { loadStateDict, type StateDict, type StateSource } from './state-dict.js';

/** A module whatever it takes and returns. */
export type AnyModule = Module<never, unknown>;

/**
 * Base of all layers and models. A subclass makes its parts in the constructor and says in `forward` what it computes.
 *
 * What belongs to it is found by looking at its properties: those that are a {@link parameter}, a module, or an array of
 * them, in the order of their definition. (Private `#` fields cannot be seen.) Parameters are named as in PyTorch, by the
 * path that leads to them: `0.weight`, `features.3.bias`, `blocks.1.scale`.
 *
 * `forward` takes one tensor and returns one; a module that takes or returns something else says so:
 * `Module<[x: Tensor, mask: Tensor], Attention>`.
 *
 * @example
 * ```ts
 * import { ones, randn, type Tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Linear, Module, parameter } from '@dl/layers';
 * await useBackend(cpu());
 *
 * class Scaled extends Module {
 *   linear = new Linear(4, 3);
 *   scale = parameter(ones([3]));
 *
 *   forward(x: Tensor) {
 *     return this.linear.forward(x).mul(this.scale);
 *   }
 * }
 *
 * const model = new Scaled();
 * console.log(model.forward(randn([2, 4])).shape); // [2, 3]
 * console.log(model.namedParameters().map(([name]) => name)); // ['scale', 'linear.weight', 'linear.bias']
 * ```
 */
export abstract class Module<Inputs extends readonly unknown[] = readonly [x: Tensor], Output = Tensor> {
  /** True while training, when dropout and the like are at work; set by {@link train} and {@link eval}. */
  training = true;

  /** What the module computes. */
  abstract forward(...inputs: Inputs): Output;

  get [moduleBrand](): true {
    return true;
  }

  /** The modules directly below this one, by name. */
  namedChildren(): (readonly [name: string, module: AnyModule])[] {
    return ownModules(this).map(({ name, value }) => [name, value]);
  }

  /** The modules directly below this one. */
  children(): AnyModule[] {
    return this.namedChildren().map(([, module]) => module);
  }

  /** This module (its name is '') and all below it, parents first. A shared module comes once for each name it has. */
  namedModules(): (readonly [name: string, module: AnyModule])[] {
    return walk(this);
  }

  /** All parameters by name, here and below; one that is shared comes once, under the first of its names. */
  namedParameters(): (readonly [name: string, parameter: Tensor])[] {
    const seen = new Set<Tensor>();
    return parameterPlaces(this).flatMap(({ name, value }) => {
      if (seen.has(value)) return [];
      seen.add(value);
      return [[name, value] as const];
    });
  }

  /** All parameters, here and below: what an optimiser is given. */
  parameters(): Tensor[] {
    return this.namedParameters().map(([, value]) => value);
  }

  /** Prepares for training: dropout and the like are at work. Returns the module. */
  train(): this {
    this.training = true;
    for (const child of this.children()) child.train();
    return this;
  }

  /** Prepares for use: dropout and the like are off. Gradients are still recorded; noGrad stops that. Returns the module. */
  eval(): this {
    this.training = false;
    for (const child of this.children()) child.eval();
    return this;
  }

  /** Frees the gradients of all parameters. */
  zeroGrad(): void {
    for (const value of this.parameters()) value.zeroGrad();
  }

  /**
   * Moves all parameters to another backend. They become other tensors and the former ones are freed, so an optimiser,
   * and any other reference to a parameter, must be made anew afterwards. Gradients are dropped. Returns the module.
   */
  to(backend: Backend): this {
    const moved = new Map<Tensor, Tensor>();
    const places = parameterPlaces(this);
    for (const { value } of places) {
      if (value.backend === backend || moved.has(value)) continue;
      const copy = parameter(noGrad(() => value.to(backend)));
      copy.requiresGrad = value.requiresGrad;
      moved.set(value, copy);
    }
    for (const { holder, key, value } of places) Reflect.set(holder, key, moved.get(value) ?? value);
    for (const former of moved.keys()) free(former);
    return this;
  }

  /**
   * All parameters by name, as PyTorch names them; a shared one under each of its names. These are the parameters
   * themselves, not copies: no memory is taken, and training goes on to change them. For a snapshot, `clone()` them
   * inside noGrad, or read their `data()`.
   */
  stateDict(): StateDict {
    return Object.fromEntries(parameterPlaces(this).map(({ name, value }) => [name, value]));
  }

  /**
   * Overwrites all parameters with the values of a `stateDict()`, or with `{ data, shape }` by name. Names, shapes and
   * dtypes must be the same (plain arrays of numbers take the dtype of the parameter). Returns the module.
   *
   * @throws ArgumentError that lists what is missing, unexpected or of another shape; nothing is changed then.
   */
  loadStateDict(state: StateSource): this {
    loadStateDict(this, state);
    return this;
  }

  /** Frees all parameters and their gradients. The module cannot be used afterwards. */
  dispose(): void {
    for (const value of this.parameters()) free(value);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** What {@link toString} shows between the brackets; the module's own parameters unless a subclass knows better. */
  describe(): string {
    return ownParameters(this)
      .map(({ name, value }) => `${name}=${formatShape(value.shape)}`)
      .join(', ');
  }

  /** The tree, as PyTorch prints it. */
  toString(): string {
    const children = this.namedChildren().map(
      ([name, child]) => `  (${name}): ${String(child).replaceAll('\n', '\n  ')}`,
    );
    const own = this.describe();
    if (children.length === 0) return `${this.constructor.name}(${own})`;
    const lines = own === '' ? children : [`  ${own}`, ...children];
    return `${this.constructor.name}(\n${lines.join('\n')}\n)`;
  }

  /** What console.log shows in Node. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

function free(value: Tensor): void {
  value.zeroGrad();
  value.dispose();
}
