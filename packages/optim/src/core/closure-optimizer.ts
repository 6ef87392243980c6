// ClosureOptimizer: the base of optimisers that ask for the loss several times in one step.

import {
  ArgumentError,
  concat,
  GradientError,
  internalScope,
  isInstance,
  noGrad,
  Tensor,
  zerosLike,
} from '@dl/autograd';
import { type AnyOptions, type NewGroup, OptimizerBase, type ParameterGroup } from './optimizer-base.js';
import { rowsRefused } from './rows.js';
import type { Memory, Remembered } from './state.js';

/**
 * Computes the loss anew, from the parameters as they are, and its gradients: with `loss.backward()`. Returns the loss. For an
 * optimiser that wants residuals, it returns these and calls no `backward()`.
 */
export type Closure = () => Tensor;

/** The loss at a place and its gradient, all parameters in one row. */
export interface Evaluation {
  readonly loss: number;
  readonly gradient: Tensor;
}

/** What the function that a step takes must do: leave gradients and return the loss, or return residuals alone. */
export type Wanted = 'loss' | 'residuals';

/**
 * Base of optimisers whose step is a search: they call a closure for the loss and its gradients wherever they want to know
 * them. All parameters are one long vector to them, so that there is one group, of one dtype, on one backend; what they
 * remember stands in the state under the first parameter.
 */
export abstract class ClosureOptimizer<
  O extends AnyOptions = AnyOptions,
  M extends Memory = Memory,
> extends OptimizerBase<O, M> {
  /** What the closure returns: 'loss', after `loss.backward()`; or 'residuals', whose squares are to be least, without it. */
  readonly wants: Wanted = 'loss';

  /**
   * Searches for better parameters; the closure computes what is wanted anew each time. Returns the loss that it began with.
   */
  abstract step(closure: Closure): number;

  override addParamGroup(group: NewGroup<O>): void {
    if (this.paramGroups.length > 0) {
      throw new ArgumentError(`${this.name}: got a second group; all its parameters must be in one, as one vector`);
    }
    super.addParamGroup(group);
    const [first, ...others] = group.params;
    const odd = others.find(({ dtype, backend }) => dtype !== first!.dtype || backend !== first!.backend);
    if (odd !== undefined) {
      throw new ArgumentError(
        `${this.name}: parameters are ${first!.dtype} on ${first!.backend.name} and ${odd.dtype} on ${odd.backend.name}; they must be of one dtype and on one backend`,
      );
    }
  }

  /** The only group. */
  protected get group(): ParameterGroup<O> {
    return this.paramGroups[0]!;
  }

  /** What is remembered of the search. */
  protected get memory(): Remembered<M> {
    return this.memoryOf(this.group.params[0]!);
  }

  /** Before each step: throws for options or parameters that do not fit. */
  protected checkStep(closure: unknown): void {
    this.checkGroups();
    this.group.params.forEach((param, i) => {
      this.checkAlive(param, i, 0);
    });
    if (typeof closure !== 'function') {
      const task =
        this.wants === 'loss'
          ? 'computes the loss, calls loss.backward() and returns the loss'
          : 'returns the residuals, outputs minus targets';
      throw new ArgumentError(`${this.name}: step() needs a function that ${task}`);
    }
  }

  /** The loss here and its gradient; a parameter that the loss does not depend on has zeros. */
  protected evaluate(closure: Closure): Evaluation {
    this.zeroGrad();
    const temporary = internalScope();
    let loss: number;
    try {
      const given: unknown = closure();
      if (!isInstance(given, Tensor, this.name, 'what the closure returned')) {
        throw new ArgumentError(`${this.name}: the closure returned no Tensor; it must return the loss`);
      }
      loss = given.item();
    } finally {
      temporary.end();
    }
    const { params } = this.group;
    for (const [i, { rowGrad }] of params.entries()) {
      if (rowGrad !== undefined) throw rowsRefused(this.name, `parameter ${i} of group 0`, rowGrad);
    }
    if (params.every(({ grad }) => grad === undefined)) {
      throw new GradientError(`${this.name}: the closure left no gradient; call loss.backward() in it`);
    }
    return { loss, gradient: noGrad(() => inOneRow(params.map((param) => param.grad ?? zerosLike(param)))) };
  }

  /** The parameters in one row, as a copy. */
  protected position(): Tensor {
    return noGrad(() => inOneRow(this.group.params));
  }

  /** Gives the parameters the values of a row. */
  protected moveTo(row: Tensor): void {
    const temporary = internalScope();
    try {
      noGrad(() => {
        let start = 0;
        for (const param of this.group.params) {
          param.assign(row.slice([[start, start + param.size]]).reshape(param.shape));
          start += param.size;
        }
      });
    } finally {
      temporary.end();
    }
  }
}

function inOneRow(tensors: readonly Tensor[]): Tensor {
  const rows = tensors.map((each) => each.reshape([each.size]));
  return rows.length === 1 ? rows[0]!.clone() : concat(rows, 0);
}
