// Module: a part of a model that has parameters and buffers, and may be made of other modules.

/// <reference lib="esnext.disposable" preserve="true" />

import {
  ArgumentError,
  type Backend,
  type Copy,
  checkCall,
  copyMark,
  formatShape,
  type Shape,
  type Tensor,
} from '@dl/autograd';
import { ownCopy } from '../copy.js';
import { type NamePattern, setTrainable } from './freeze.js';
import { addHook, type ForwardHook, type ForwardPreHook, type HookHandle } from './hooks.js';
import {
  bufferPlaces,
  ownModules,
  ownParameters,
  type Place,
  parameterPlaces,
  statePlaces,
  walk,
} from './module-tree.js';
import { moveModule } from './move.js';
import { chained, type Reach } from './receptive-field.js';
import {
  type LoadOptions,
  type LoadReport,
  loadStateDict,
  type PartialLoadOptions,
  type StateDict,
  type StateSource,
} from './state-dict.js';
import { type Summary, type SummaryOptions, summarize } from './summary.js';

/** A module whatever it takes and returns: what {@link Module} means when nothing more is said. */
export type AnyModule = Module;

/** A module that takes one tensor and returns one: what can stand in a {@link Sequential}. */
export type TensorModule = Module<readonly [x: Tensor], Tensor>;

/**
 * Base of all layers and models. A subclass makes its parts in the constructor and says in `forward` what it computes.
 *
 * What belongs to it is found by looking at its properties: those that are a {@link parameter}, a {@link buffer}, a
 * module, or an array of them, in the order of their definition. (Private `#` fields cannot be seen.) Parameters are named as in PyTorch, by the
 * path that leads to them: `0.weight`, `features.3.bias`, `blocks.1.scale`.
 *
 * `forward` takes and returns what the subclass says: one tensor, several, an object of them. As the type of a parameter or a
 * variable, `Module` is any module, and nothing is known of its `forward`; {@link TensorModule} is one that takes a tensor and returns
 * one, and `Module<[a: Tensor, b: Tensor], { mean: Tensor }>` says it of any other.
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
export abstract class Module<
  // biome-ignore lint/suspicious/noExplicitAny: a subclass may take anything, and any module may stand where one is asked for
  Inputs extends readonly any[] = any,
  // biome-ignore lint/suspicious/noExplicitAny: and return anything
  Output = any,
> {
  /** True while training, when dropout and the like are at work; set by {@link train} and {@link eval}. */
  training = true;

  constructor() {
    // A layer without a constructor of its own hands on what it is given.
    checkCall(new.target.name, arguments, []);
  }

  /** What the module computes. */
  abstract forward(...inputs: Inputs): Output;

  /** @internal */
  get [copyMark](): Copy {
    return ownCopy;
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
    return once(parameterPlaces(this));
  }

  /** All parameters, here and below: what an optimiser is given. */
  parameters(): Tensor[] {
    return this.namedParameters().map(([, value]) => value);
  }

  /** All buffers by name, here and below; one that is shared comes once, under the first of its names. */
  namedBuffers(): (readonly [name: string, buffer: Tensor])[] {
    return once(bufferPlaces(this));
  }

  /** All buffers, here and below: what is saved and moved, but not trained. */
  buffers(): Tensor[] {
    return this.namedBuffers().map(([, value]) => value);
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

  /**
   * Keeps parameters from training: all, or those that a pattern names (`0.weight`, `features` for all below it, `*.bias`,
   * or a regular expression). They get no gradient, and the one they have is freed. Returns the module.
   *
   * @throws ArgumentError for a pattern that names none.
   *
   * @example
   * ```ts
   * import { useBackend } from '@dl/autograd';
   * import { cpu } from '@dl/kernels-cpu';
   * import { Linear, Sequential, Tanh } from '@dl/layers';
   * await useBackend(cpu());
   * const model = new Sequential(new Linear(4, 8), new Tanh(), new Linear(8, 2)).freeze('0').freeze('*.bias');
   * console.log(model.namedParameters().filter(([, { requiresGrad }]) => requiresGrad).map(([name]) => name)); // ['2.weight']
   * ```
   */
  freeze(pattern?: NamePattern): this {
    setTrainable('freeze', this, pattern, false);
    return this;
  }

  /** Gives parameters back to training: all, or those that a pattern names, as in {@link freeze}. Returns the module. */
  unfreeze(pattern?: NamePattern): this {
    setTrainable('unfreeze', this, pattern, true);
    return this;
  }

  /** Calls a function with every module, children before what they are part of; such as to start weights. Returns the module. */
  apply(visit: (module: AnyModule) => void): this {
    for (const child of this.children()) child.apply(visit);
    visit(this);
    return this;
  }

  /**
   * Has a function called after every `forward`, with its inputs and output; what it returns, unless undefined, takes the
   * output's place. Several run in the order in which they came.
   *
   * @example
   * ```ts
   * import { randn, useBackend } from '@dl/autograd';
   * import { cpu } from '@dl/kernels-cpu';
   * import { Linear, Sequential, Tanh } from '@dl/layers';
   * await useBackend(cpu());
   * const model = new Sequential(new Linear(4, 8), new Tanh());
   * const hook = model.layers[0]!.registerForwardHook((_inputs, output) => console.log(output.shape)); // [2, 8]
   * model.forward(randn([2, 4]));
   * hook.remove();
   * ```
   */
  registerForwardHook<Self extends AnyModule>(
    this: Self,
    hook: ForwardHook<Parameters<Self['forward']>, ReturnType<Self['forward']>>,
  ): HookHandle {
    return addHook(this, 'after', hook as unknown as ForwardHook);
  }

  /** Has a function called before every `forward`; an array that it returns takes the place of the inputs. */
  registerForwardPreHook<Self extends AnyModule>(
    this: Self,
    hook: ForwardPreHook<Parameters<Self['forward']>>,
  ): HookHandle {
    return addHook(this, 'before', hook as unknown as ForwardPreHook);
  }

  /**
   * How many products are added up for an output of this shape from inputs of that one; undefined where nobody says.
   * Layers override it, for {@link summary}. Of a module without parameters it is 0.
   */
  multiplyAdds(_input: Shape, _output: Shape): number | undefined {
    return ownParameters(this).length === 0 ? 0 : undefined;
  }

  /**
   * Which part of its input one element of the output sees, for `receptiveField`. Without modules below, one element; with
   * them, what they see one after the other. A module of branches, or one that mixes positions itself, overrides it.
   */
  reach(): Reach {
    return chained(this.children().map((child) => child.reach()));
  }

  /**
   * Runs the module on zeros of this shape (of these shapes, if it takes several tensors), batch included, and lists for each layer the shape of its output, parameters,
   * multiply-adds, memory of the output and receptive field, with totals. Print it, or read its fields. A window that does
   * not fit a whole number of times, (N - F + 2P) / S + 1, is in its warnings.
   *
   * @example
   * ```ts
   * import { useBackend } from '@dl/autograd';
   * import { cpu } from '@dl/kernels-cpu';
   * import { Conv2d, Sequential } from '@dl/layers';
   * await useBackend(cpu());
   * const model = new Sequential(new Conv2d(3, 6, 5), new Conv2d(6, 10, 5));
   * console.log(`${model.summary([1, 3, 32, 32])}`);
   * ```
   */
  summary(input: Shape | readonly Shape[], options: SummaryOptions = {}): Summary {
    return summarize(this, input, options);
  }

  /** Frees the gradients of all parameters. */
  zeroGrad(): void {
    for (const value of this.parameters()) value.zeroGrad();
  }

  /**
   * Moves all parameters and buffers to another backend. They become other tensors and the former ones are freed, so an optimiser,
   * and any other reference to a parameter, must be made anew afterwards. Gradients are dropped.
   *
   * The move is done when the call returns, unless a parameter is on a device that cannot be waited for: then when the promise resolves, and
   * all at once. It resolves to the module.
   *
   * @throws BackendError, by the promise, when a parameter was changed while it was read; the model is then as it was.
   */
  to(backend: Backend): Promise<this> {
    return moveModule(this, backend);
  }

  /**
   * All parameters and buffers by name, as PyTorch names them; a shared one under each of its names. These are the
   * tensors themselves, not copies: no memory is taken, and training goes on to change them. For a snapshot, `clone()` them
   * inside noGrad, or read their `data()`.
   */
  stateDict(): StateDict {
    return Object.fromEntries(statePlaces(this).map(({ name, value }) => [name, value]));
  }

  /**
   * Overwrites all parameters and buffers with the values of a `stateDict()`, or with `{ data, shape }` by name. Names, shapes and
   * dtypes must be the same (plain arrays of numbers take the dtype of what they overwrite, and `float16` and `bfloat16` go into any floats).
   * Returns the module.
   *
   * `rename` brings names of the state to those of the model first. With `strict: false` what is missing or unexpected is
   * left out, and a report says what that was; shapes and dtypes must still fit.
   *
   * @throws ArgumentError that lists what is missing, unexpected or of another shape; nothing is changed then.
   *
   * @example
   * ```ts
   * import { useBackend } from '@dl/autograd';
   * import { cpu } from '@dl/kernels-cpu';
   * import { Linear, Sequential, Tanh } from '@dl/layers';
   * await useBackend(cpu());
   * const state = { 'body.weight': { data: [1, 2, 3, 4], shape: [2, 2] }, 'old.bias': { data: [0], shape: [1] } };
   * const model = new Sequential(new Linear(2, 2), new Tanh());
   * const report = model.loadStateDict(state, { strict: false, rename: { body: '0' } });
   * console.log(report); // { loaded: ['0.weight'], missing: ['0.bias'], unexpected: ['old.bias'] }
   * ```
   */
  loadStateDict(state: StateSource, options?: LoadOptions): this;
  loadStateDict(state: StateSource, options: PartialLoadOptions): LoadReport;
  loadStateDict(state: StateSource, options: LoadOptions | PartialLoadOptions = {}): this | LoadReport {
    const report = loadStateDict(this, state, options);
    return options.strict === false ? report : this;
  }

  /** Frees all parameters, their gradients, and all buffers. The module cannot be used afterwards. */
  dispose(): void {
    for (const value of [...this.parameters(), ...this.buffers()]) free(value);
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

  /** @throws ArgumentError: `JSON.stringify` would write something that looks like a model and cannot be loaded. */
  toJSON(): never {
    throw new ArgumentError(
      `JSON.stringify: a ${this.constructor.name} has no form in JSON; save its weights with toSafetensors(model.stateDict()) of @dl/checkpoint, and print it with String(model)`,
    );
  }

  /** What console.log shows in Node. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/** Each tensor under the first of its names. */
function once(places: readonly Place<Tensor>[]): (readonly [name: string, value: Tensor])[] {
  const seen = new Set<Tensor>();
  return places.flatMap(({ name, value }) => {
    if (seen.has(value)) return [];
    seen.add(value);
    return [[name, value] as const];
  });
}

function free(value: Tensor): void {
  value.zeroGrad();
  value.dispose();
}
