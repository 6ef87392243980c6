// Optimizer: what all optimisers share: groups of parameters, the walk over them, and what is remembered of each.

import { ArgumentError, type Backend, GradientError, internalScope, MemoryError, noGrad, Tensor } from '@dl/autograd';
import { checkOptions, type GroupOptions, type OptionsSpec } from './options.js';
import {
  checkMemory,
  checkOutline,
  copyMemory,
  type Form,
  type Memory,
  type OptimizerState,
  type Remembered,
  type StateValues,
} from './state.js';

/** Parameters that are updated with the same options. */
export type ParameterGroup<O extends object> = GroupOptions<O> & { readonly params: readonly Tensor[] };

/** A group as it is given: what it does not say is taken from the options of the optimiser. */
export type NewGroup<O extends object> = Partial<O> & { readonly params: readonly Tensor[] };

/** What an optimiser is given: parameters, or groups of them with options of their own. */
export type ParametersOrGroups<O extends object> = readonly Tensor[] | readonly NewGroup<O>[];

interface Batch<M extends Memory> {
  readonly backend: Backend;
  readonly params: Tensor[];
  readonly grads: Tensor[];
  readonly memories: Remembered<M>[];
}

interface AnyOptions {
  readonly lr?: number;
}

/**
 * Base of all optimisers. A subclass says how parameters change ({@link updateAll}), what it remembers of each
 * ({@link forms}), and gives its options to the constructor. Write one for a single parameter, in tensors, as a
 * {@link PerParameterOptimizer}; this one takes them all at once, for an op that changes them in one call.
 *
 * Parameters change in place, without gradient and in a scope of its own, so that a training loop stays flat in memory;
 * what is remembered survives scopes, until `dispose()`.
 *
 * @example
 * ```ts
 * import { sgdUpdate, type Tensor, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { type GroupOptions, Optimizer, optionChecks } from '@dl/optim';
 * await useBackend(cpu());
 *
 * // Nothing but the gradient: all parameters of a group in one call.
 * class Descent extends Optimizer<{ readonly lr: number }, Record<string, never>> {
 *   constructor(params: readonly Tensor[], lr: number) {
 *     super('Descent', params, { defaults: { lr }, checks: { lr: optionChecks.learningRate } });
 *   }
 *   protected updateAll(
 *     params: readonly Tensor[],
 *     grads: readonly Tensor[],
 *     _: unknown,
 *     { lr }: GroupOptions<{ readonly lr: number }>,
 *   ) {
 *     sgdUpdate(params, grads, [], { lr });
 *   }
 *   protected forms() {
 *     return {};
 *   }
 * }
 *
 * const x = tensor([1, 2], { requiresGrad: true });
 * x.square().sum().backward();
 * new Descent([x], 0.5).step();
 * console.log(x.toArray()); // [0, 0]
 * ```
 */
export abstract class Optimizer<O extends AnyOptions = AnyOptions, M extends Memory = Memory> {
  /** What it is called in its state and in messages. */
  readonly name: string;
  readonly #spec: OptionsSpec<O>;
  readonly #groups: ParameterGroup<O>[] = [];
  readonly #memory = new Map<Tensor, Record<string, Tensor | number>>();

  constructor(name: string, parameters: ParametersOrGroups<O>, spec: OptionsSpec<O>) {
    this.name = name;
    this.#spec = spec;
    for (const group of groupsOf<O>(name, parameters)) this.addParamGroup(group);
    const all = this.#allParameters();
    if (all.length === 0) throw new ArgumentError(`${name}: got no parameter to optimise; give it model.parameters()`);
    if (!all.some(({ requiresGrad }) => requiresGrad)) {
      throw new GradientError(
        `${name}: none of the ${all.length} tensors requires a gradient; set requiresGrad on those to optimise`,
      );
    }
  }

  /**
   * Changes parameters of a group, which live on one backend, by their gradients, and what is remembered of each; nothing
   * yet at first. Whatever else it makes is freed afterwards: `keep` what goes into the memories.
   */
  protected abstract updateAll(
    params: readonly Tensor[],
    grads: readonly Tensor[],
    memories: readonly Remembered<M>[],
    options: GroupOptions<O>,
  ): void;

  /** The form of what is remembered of a parameter, by which a state is checked before it is loaded. */
  protected abstract forms(param: Tensor, options: GroupOptions<O>): Readonly<Record<keyof M & string, Form>>;

  /** The groups, in order. Their options may be set at any time: `for (const group of optimizer.paramGroups) group.lr /= 10`. */
  get paramGroups(): readonly ParameterGroup<O>[] {
    return this.#groups;
  }

  /** Adds parameters that join later, such as those of layers that were frozen. */
  addParamGroup(group: NewGroup<O>): void {
    const { params } = group;
    const complete: ParameterGroup<O> = { ...this.#spec.defaults, ...group, params: [...params] };
    checkOptions(this.name, complete, this.#spec);
    const known = new Set(this.#allParameters());
    params.forEach((param, i) => {
      const place = `parameter ${i} of group ${this.#groups.length}`;
      checkParameter(this.name, param, place);
      if (known.has(param))
        throw new ArgumentError(`${this.name}: ${place} was given before; each parameter may come once`);
      known.add(param);
    });
    this.#groups.push(complete);
  }

  /**
   * Changes every parameter that has a gradient; those without one stay as they are.
   *
   * @throws GradientError when no parameter has a gradient.
   */
  step(): void {
    for (const group of this.#groups) checkOptions(this.name, group, this.#spec, { later: true });
    const batches = this.#groups.map((group, g) => this.#batches(group, g));
    if (batches.every(({ length }) => length === 0)) {
      throw new GradientError(
        `${this.name}: step() found no gradient; call loss.backward() before it, and zeroGrad() after it`,
      );
    }
    for (const [g, group] of this.#groups.entries()) {
      for (const { params, grads, memories } of batches[g]!) {
        const temporary = internalScope();
        try {
          noGrad(() => this.updateAll(params, grads, memories, group));
        } finally {
          temporary.end();
        }
      }
    }
  }

  /** The parameters of a group that have a gradient, by the backend that they live on: nearly always one. */
  #batches({ params }: ParameterGroup<O>, g: number): Batch<M>[] {
    const batches: Batch<M>[] = [];
    let batch: Batch<M> | undefined;
    for (let i = 0; i < params.length; i++) {
      const param = params[i]!;
      if (param.isFreed) {
        throw new MemoryError(
          `${this.name}: parameter ${i} of group ${g} was freed, as by dispose() or by moving the model to another backend; make the optimiser anew afterwards`,
        );
      }
      const { grad, backend } = param;
      if (grad === undefined) continue;
      if (batch?.backend !== backend) {
        batch = batches.find((other) => other.backend === backend);
        if (batch === undefined) {
          batch = { backend, params: [], grads: [], memories: [] };
          batches.push(batch);
        }
      }
      batch.params.push(param);
      batch.grads.push(grad);
      batch.memories.push(this.#memoryOf(param));
    }
    return batches;
  }

  #memoryOf(param: Tensor): Remembered<M> {
    let memory = this.#memory.get(param);
    if (memory === undefined) {
      memory = {};
      this.#memory.set(param, memory);
    }
    // What is stored came from updateAll() or was checked against forms().
    return memory as Remembered<M>;
  }

  /** Frees the gradients of all parameters. Call it after each `step()`: gradients add up until then. */
  zeroGrad(): void {
    for (const param of this.#allParameters()) param.zeroGrad();
  }

  /**
   * All that is needed to go on exactly from here, besides the parameters themselves: the options of each group, and
   * what is remembered of each parameter. The tensors are those in use, not copies: read their `data()` to write them down.
   */
  stateDict(): OptimizerState {
    let number = 0;
    return {
      optimizer: this.name,
      paramGroups: this.#groups.map((group) => ({ ...group, params: group.params.map(() => number++) })),
      state: this.#allParameters().map((param) => ({ ...this.#memory.get(param) })),
    };
  }

  /**
   * Goes on from a state. The optimiser must have been made with parameters of the same shapes, in the same groups and
   * order; the options of the groups are taken from the state.
   *
   * @throws ArgumentError that says what does not fit; nothing is changed then.
   */
  loadStateDict(state: OptimizerState<Tensor | StateValues>): void {
    checkOutline(
      this.name,
      state,
      this.#groups.map(({ params }) => params.length),
    );
    const groups = this.#groups.map(
      (group, g): ParameterGroup<O> => ({ ...group, ...state.paramGroups[g], params: group.params }),
    );
    for (const group of groups) checkOptions(this.name, group, this.#spec, { later: true });
    const params = this.#allParameters();
    const forms = groups.flatMap((group) => group.params.map((param) => this.forms(param, group)));
    params.forEach((param, i) => {
      checkMemory(`${this.name}: loadStateDict changed nothing: parameter ${i}`, state.state[i], forms[i]!, param);
    });
    const memories = params.map((param, i) => copyMemory(state.state[i]!, param));
    this.dispose();
    params.forEach((param, i) => {
      this.#memory.set(param, memories[i]!);
    });
    this.#groups.forEach((group, g) => {
      Object.assign(group, groups[g]);
    });
  }

  /** Frees what is remembered. The optimiser can be used on, as one that is new. */
  dispose(): void {
    for (const memory of this.#memory.values()) {
      for (const value of Object.values(memory)) if (value instanceof Tensor) value.dispose();
    }
    this.#memory.clear();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #allParameters(): Tensor[] {
    return this.#groups.flatMap(({ params }) => params);
  }
}

function groupsOf<O extends object>(name: string, parameters: ParametersOrGroups<O>): readonly NewGroup<O>[] {
  if (!Array.isArray(parameters)) {
    throw new ArgumentError(
      `${name}: the parameters are not an array; give it model.parameters(), or an array of groups { params, … }`,
    );
  }
  const isGroup = (value: unknown): value is NewGroup<O> =>
    typeof value === 'object' && value !== null && 'params' in value && Array.isArray(value.params);
  if (parameters.length > 0 && parameters.every(isGroup)) return parameters;
  // Whatever it holds, addParamGroup says what is wrong with it.
  return [{ params: parameters as readonly Tensor[] } as unknown as NewGroup<O>];
}

function checkParameter(name: string, param: unknown, place: string): void {
  if (!(param instanceof Tensor)) {
    throw new ArgumentError(
      `${name}: ${place} is not a Tensor; give it an array of tensors, or of groups { params, … }`,
    );
  }
  if (param.source !== undefined) {
    throw new GradientError(
      `${name}: ${place} was made by ${param.source.node.name}; only leaves can be optimised, such as model.parameters() or a tensor made with requiresGrad: true`,
    );
  }
}
