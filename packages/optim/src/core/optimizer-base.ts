// OptimizerBase: what all optimisers share: groups of parameters with their options, what is remembered of each, states.

/// <reference lib="esnext.disposable" preserve="true" />

import { ArgumentError, type Copy, copyMark, GradientError, isInstance, MemoryError, Tensor } from '@dl/autograd';
import { ownCopy } from '../copy.js';
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

export interface AnyOptions {
  readonly lr?: number;
}

/**
 * Base of all optimisers: they hold groups of parameters, each with options, and remember something of each parameter, which
 * survives scopes until `dispose()`. How a step goes is for {@link Optimizer} and {@link ClosureOptimizer} to say.
 */
export abstract class OptimizerBase<O extends AnyOptions = AnyOptions, M extends Memory = Memory> {
  /** What it is called in its state and in messages. */
  readonly name: string;
  readonly #spec: OptionsSpec<O>;
  readonly #groups: ParameterGroup<O>[] = [];
  readonly #memory = new Map<Tensor, Record<string, Tensor | number>>();

  /** @param options What takes the place of defaults, for all groups that do not say otherwise. */
  constructor(name: string, parameters: ParametersOrGroups<O>, spec: OptionsSpec<O>, options: Partial<O> = {}) {
    this.name = name;
    this.#spec = { ...spec, defaults: { ...spec.defaults, ...options } };
    for (const group of groupsOf<O>(name, parameters)) this.addParamGroup(group);
    const all = this.#allParameters();
    if (all.length === 0) throw new ArgumentError(`${name}: got no parameter to optimise; give it model.parameters()`);
    if (!all.some(({ requiresGrad }) => requiresGrad)) {
      throw new GradientError(
        `${name}: none of the ${all.length} tensors requires a gradient; set requiresGrad on those to optimise`,
      );
    }
  }

  /** @internal */
  get [copyMark](): Copy {
    return ownCopy;
  }

  /** The form of what is remembered of a parameter, by which a state is checked before it is loaded. */
  protected abstract forms(param: Tensor, options: GroupOptions<O>): Readonly<Record<keyof M & string, Form>>;

  /** The groups, in order. Their options may be set at any time: `for (const group of optimizer.paramGroups) group.lr /= 10`. */
  get paramGroups(): readonly ParameterGroup<O>[] {
    return this.#groups;
  }

  /** Adds parameters that join later, such as those of layers that were frozen. */
  addParamGroup(group: NewGroup<O>): void {
    const params: unknown = group?.params;
    if (!Array.isArray(params)) {
      throw new ArgumentError(
        `${this.name}: the group has no array params; give it { params: module.parameters(), … }`,
      );
    }
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

  /** Throws unless the options are still what they must be: they may be set at any time. */
  protected checkGroups(): void {
    for (const group of this.#groups) checkOptions(this.name, group, this.#spec);
  }

  /** Throws when a parameter was freed; `i` and `g` are its number and that of its group. */
  protected checkAlive(param: Tensor, i: number, g: number): void {
    if (!param.isFreed) return;
    throw new MemoryError(
      `${this.name}: parameter ${i} of group ${g} was freed, as by dispose() or by moving the model to another backend; make the optimiser anew afterwards`,
    );
  }

  /** What is remembered of a parameter; nothing yet at first. Tensors that go in must be kept. */
  protected memoryOf(param: Tensor): Remembered<M> {
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
    for (const { params } of this.#groups) for (const param of params) param.zeroGrad();
  }

  /** @throws ArgumentError: `JSON.stringify` would leave out what is remembered of the parameters. */
  toJSON(): never {
    throw new ArgumentError(
      `JSON.stringify: ${this.name} has no form in JSON; save it with packState(optimizer.stateDict()) of @dl/checkpoint`,
    );
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
    for (const group of groups) checkOptions(this.name, group, this.#spec);
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
  if (!isInstance(param, Tensor, name, place)) {
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
