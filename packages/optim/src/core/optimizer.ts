// Optimizer: the base of optimisers whose step changes parameters by the gradients that they have.

import { type Backend, GradientError, internalScope, noGrad, type RowGradient, type Tensor } from '@dl/autograd';
import { type AnyOptions, OptimizerBase, type ParameterGroup } from './optimizer-base.js';
import type { GroupOptions } from './options.js';
import { rowsRefused } from './rows.js';
import type { Memory, Remembered } from './state.js';

interface Batch<M extends Memory> {
  readonly backend: Backend;
  readonly params: Tensor[];
  readonly grads: Tensor[];
  readonly memories: Remembered<M>[];
}

/**
 * Base of the optimisers that take one gradient for each step. A subclass says how parameters change ({@link updateAll}), what it remembers of each
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
export abstract class Optimizer<O extends AnyOptions = AnyOptions, M extends Memory = Memory> extends OptimizerBase<
  O,
  M
> {
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

  /**
   * Changes a parameter by a gradient for some of its rows. An optimiser without this takes none: where every row moves in each step,
   * there is nothing to gain.
   */
  protected updateRows?(param: Tensor, grad: RowGradient, memory: Remembered<M>, options: GroupOptions<O>): void;

  /** Throws where options would move rows that have no gradient; before any parameter has changed. */
  protected checkRows?(grad: RowGradient, options: GroupOptions<O>): void;

  /**
   * Changes every parameter that has a gradient; those without one stay as they are.
   *
   * @throws GradientError when no parameter has a gradient, or one has a `rowGrad` that this optimiser cannot take: none is changed then.
   */
  step(): void {
    this.checkGroups();
    const batches = this.paramGroups.map((group, g) => this.#batches(group, g));
    const tables = this.paramGroups.map((group, g) =>
      group.params.filter((param, i) => this.#hasRows(param, i, group, g)),
    );
    if (batches.every(({ length }) => length === 0) && tables.every(({ length }) => length === 0)) {
      throw new GradientError(
        `${this.name}: step() found no gradient; call loss.backward() before it, and zeroGrad() after it`,
      );
    }
    for (const [g, group] of this.paramGroups.entries()) {
      for (const { params, grads, memories } of batches[g]!) {
        this.#change(() => this.updateAll(params, grads, memories, group));
      }
      for (const param of tables[g]!) {
        this.#change(() => this.updateRows!(param, param.rowGrad!, this.memoryOf(param), group));
      }
    }
  }

  #change(body: () => void): void {
    const temporary = internalScope();
    try {
      noGrad(body);
    } finally {
      temporary.end();
    }
  }

  #hasRows({ rowGrad }: Tensor, i: number, group: ParameterGroup<O>, g: number): boolean {
    if (rowGrad === undefined) return false;
    if (this.updateRows === undefined) throw rowsRefused(this.name, `parameter ${i} of group ${g}`, rowGrad);
    this.checkRows?.(rowGrad, group);
    return true;
  }

  /** The parameters of a group that have a gradient, by the backend that they live on: nearly always one. */
  #batches({ params }: ParameterGroup<O>, g: number): Batch<M>[] {
    const batches: Batch<M>[] = [];
    let batch: Batch<M> | undefined;
    for (let i = 0; i < params.length; i++) {
      const param = params[i]!;
      this.checkAlive(param, i, g);
      if (param.rowGrad !== undefined) continue;
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
      batch.memories.push(this.memoryOf(param));
    }
    return batches;
  }
}
