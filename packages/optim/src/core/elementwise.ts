// ElementwiseOptimizer: the base for an optimiser whose formula is the same for each weight, all parameters in one pass.

import {
  ArgumentError,
  type Element,
  type ElementFormula,
  elementFormula,
  noGrad,
  type Tensor,
  updateElements,
} from '@dl/autograd';
import { Optimizer } from './optimizer.js';
import type { GroupOptions } from './options.js';
import { type Memory, type Remembered, recall, remember } from './state.js';

/** What is remembered of a parameter, as a formula sees it; nothing yet at first. */
export type ElementMemory<M extends Memory> = {
  readonly [K in keyof M]?: NonNullable<M[K]> extends Tensor ? Element : M[K];
};

/** The new values of a weight, and of what is remembered of it. */
export interface ElementUpdate<M extends Memory> {
  readonly param: Element;
  readonly memory: { readonly [K in keyof M]: M[K] | (NonNullable<M[K]> extends Tensor ? Element : M[K]) };
}

/**
 * Base of optimisers that change every weight by the same formula of its own value, gradient and memory ({@link update}). The
 * formula is run by `updateElements` of @dl/autograd: in one pass over all parameters of a group where the backend has a
 * kernel, as the CPU has, and by tensor operations elsewhere. {@link PerParameterOptimizer} is the base of those that need
 * more of a parameter than single elements, such as its norm.
 *
 * @example
 * ```ts
 * import { type Element, manualSeed, randn, type Tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { ElementwiseOptimizer, type ElementMemory, type GroupOptions, optionChecks } from '@dl/optim';
 * await useBackend(cpu());
 *
 * type Options = { readonly lr: number };
 * type Ball = { readonly velocity: Tensor };
 *
 * // A heavy ball.
 * class HeavyBall extends ElementwiseOptimizer<Options, Ball> {
 *   constructor(params: readonly Tensor[], lr: number) {
 *     super('HeavyBall', params, { defaults: { lr }, checks: { lr: optionChecks.learningRate } });
 *   }
 *   protected update(param: Element, grad: Element, memory: ElementMemory<Ball>, { lr }: GroupOptions<Options>) {
 *     const velocity = memory.velocity?.mul(0.9).add(grad) ?? grad;
 *     return { param: param.sub(velocity.mul(lr)), memory: { velocity } };
 *   }
 *   protected forms({ shape }: Tensor) {
 *     return { velocity: { shape } };
 *   }
 * }
 *
 * manualSeed(1);
 * const x = randn([3], { requiresGrad: true });
 * const optimizer = new HeavyBall([x], 0.1);
 * x.square().sum().backward();
 * optimizer.step();
 * ```
 */
export abstract class ElementwiseOptimizer<
  O extends { readonly lr?: number } = { readonly lr?: number },
  M extends Memory = Memory,
> extends Optimizer<O, M> {
  /** The new values of a weight, from its gradient and what is remembered of it; nothing yet at first. */
  protected abstract update(
    param: Element,
    grad: Element,
    memory: ElementMemory<M>,
    options: GroupOptions<O>,
  ): ElementUpdate<M>;

  protected override updateAll(
    params: readonly Tensor[],
    grads: readonly Tensor[],
    memories: readonly Remembered<M>[],
    options: GroupOptions<O>,
  ): void {
    for (const same of alike(memories)) {
      const pick = <T>(list: readonly T[]): readonly T[] =>
        same.length === list.length ? list : same.map((i) => list[i]!);
      const [mine, theirs] = [pick(params), pick(grads)];
      // By name, without the types that a subclass gave them.
      const kept = pick(memories) as readonly Record<string, unknown>[];
      const { formula, names, numbers } = this.#formula(mine[0]!, kept[0] as Memory, options);
      const tensors = names.map((name) => recall(kept as readonly Record<string, Tensor>[], name, mine));
      updateElements([mine, ...tensors], [theirs], formula);
      names.forEach((name, i) => {
        remember(kept as readonly Record<string, Tensor>[], name, tensors[i]!);
      });
      for (const memory of kept) Object.assign(memory, numbers);
    }
  }

  /** The formula of a step for parameters that remember alike, the names of its further targets, and the new numbers. */
  #formula(param: Tensor, memory: Memory, options: GroupOptions<O>) {
    const names: string[] = [];
    const forms = this.forms(param, options);
    for (const name in forms) {
      const { shape, optional = false } = forms[name as keyof typeof forms];
      if (shape !== undefined && (!optional || memory[name] !== undefined)) names.push(name);
    }
    const numbers: Record<string, number> = {};
    const formula = elementFormula(names.length + 1, 1, ([weight, ...remembered], [grad]) => {
      const given: Record<string, Element | number> = {};
      for (const name in memory) if (typeof memory[name] === 'number') given[name] = memory[name];
      names.forEach((name, i) => {
        if (memory[name] !== undefined) given[name] = remembered[i]!;
      });
      const next = this.update(weight!, grad!, given as ElementMemory<M>, options);
      const values = next.memory as Readonly<Record<string, Element | number | undefined>>;
      for (const [name, value] of Object.entries(values)) {
        if (typeof value === 'number') numbers[name] = value;
        else if (value !== undefined && !names.includes(name)) {
          throw new ArgumentError(
            `${this.name}: update() gave ${name}, which forms() does not name as what is always remembered; name it there`,
          );
        }
      }
      // What update() does not speak of stays as it is.
      return [
        next.param,
        ...names.map((name, i) => (typeof values[name] === 'object' ? values[name] : remembered[i]!)),
      ];
    });
    return { formula, names, numbers };
  }
}

/** Runs a formula on lists of tensors that belong together, of each backend at once. */
export function updateEverywhere(
  targets: readonly (readonly Tensor[])[],
  operands: readonly (readonly Tensor[])[],
  formula: ElementFormula,
): void {
  const [first] = targets as readonly [readonly Tensor[]];
  for (const backend of new Set(first.map((tensor) => tensor.backend))) {
    const here = (list: readonly Tensor[]): readonly Tensor[] => list.filter((_, i) => first[i]!.backend === backend);
    noGrad(() => updateElements(targets.map(here), operands.map(here), formula));
  }
}

/** The places of memories that have the same names and the same numbers: nearly always all of them. */
function alike(memories: readonly object[]): number[][] {
  const all: { readonly like: object; readonly places: number[] }[] = [];
  memories.forEach((memory, i) => {
    const found = all.find(({ like }) => isAlike(like as Memory, memory as Memory));
    if (found === undefined) all.push({ like: memory, places: [i] });
    else found.places.push(i);
  });
  return all.map(({ places }) => places);
}

function isAlike(a: Memory, b: Memory): boolean {
  for (const name in a) if (typeof a[name] === 'number' ? a[name] !== b[name] : b[name] === undefined) return false;
  for (const name in b) if (a[name] === undefined) return false;
  return true;
}
