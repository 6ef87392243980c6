// ConjugateGradient: directions that do not undo what the former ones achieved, without any matrix.

import { checkCall, internalScope, type Tensor } from '@dl/autograd';
import { type Closure, ClosureOptimizer, type Evaluation } from '../core/closure-optimizer.js';
import type { ParametersOrGroups } from '../core/optimizer-base.js';
import { atLeast0, learningRate, wholeNumber } from '../core/option-checks.js';
import type { OptionsSpec } from '../core/options.js';
import { type Form, store } from '../core/state.js';
import { strongWolfe } from './line-search.js';

export interface ConjugateGradientOptions {
  /** How far to try first, at most, in the first direction. Default 1. */
  readonly lr?: number;
  /** The most iterations in one step. Default 20. */
  readonly maxIter?: number;
  /** Stop where no element of the gradient is larger. Default 1e-7. */
  readonly toleranceGrad?: number;
  /** Stop when neither a parameter nor the loss changes by more. Default 1e-9. */
  readonly toleranceChange?: number;
}

/** The last direction, the gradient before it, and its length times the slope in it; 0 to begin anew. */
export type ConjugateGradientMemory = {
  readonly direction: Tensor;
  readonly previous: Tensor;
  readonly descent: number;
};

const spec: OptionsSpec<ConjugateGradientOptions> = {
  defaults: { lr: 1, maxIter: 20, toleranceGrad: 1e-7, toleranceChange: 1e-9 },
  checks: { lr: learningRate, maxIter: wholeNumber, toleranceGrad: atLeast0, toleranceChange: atLeast0 },
};

/**
 * Nonlinear conjugate gradients by Polak and Ribière's formula with restarts (PR+; Nocedal & Wright, "Numerical
 * Optimization", 2006, equations 5.44 and 5.45), for losses without noise:
 *
 *     β = max(0, gₖ · (gₖ - gₖ₋₁) / (gₖ₋₁ · gₖ₋₁))
 *     d ← -gₖ + β d
 *
 * Its length comes from a search for the strong Wolfe conditions with c₂ = 0.1, which begins with the length that would
 * change the loss as much as the last step promised to. Where d does not go down, it begins anew with -g.
 *
 * @throws ArgumentError for an option out of its range, and for more than one group.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { ConjugateGradient } from '@dl/optim';
 * await useBackend(cpu());
 * const x = tensor([5, 5], { requiresGrad: true, dtype: 'float64' });
 * const scales = tensor([1, 100], { dtype: 'float64' });
 * const optimizer = new ConjugateGradient([x], { maxIter: 10 });
 * optimizer.step(() => {
 *   const loss = x.sub(1).square().mul(scales).sum();
 *   loss.backward();
 *   return loss;
 * });
 * console.log(x.toArray()); // [1, 1]
 * ```
 */
export class ConjugateGradient extends ClosureOptimizer<ConjugateGradientOptions, ConjugateGradientMemory> {
  constructor(parameters: ParametersOrGroups<ConjugateGradientOptions>, options: ConjugateGradientOptions = {}) {
    checkCall('ConjugateGradient', arguments, ['parameters'], spec.checks);
    super('ConjugateGradient', parameters, spec, options);
  }

  /** Goes downhill by up to `maxIter` iterations. Returns the loss that it began with. */
  step(closure: Closure): number {
    this.checkStep(closure);
    const { maxIter, toleranceGrad } = this.group;
    const whole = internalScope();
    try {
      let here = this.evaluate(closure);
      const firstLoss = here.loss;
      for (let i = 0; i < maxIter && largest(here.gradient) > toleranceGrad; i++) {
        const temporary = internalScope();
        let next: Evaluation | undefined;
        try {
          next = this.#iterate(here, closure);
        } finally {
          temporary.endWith(next === undefined ? [] : [next.gradient]);
        }
        if (next === undefined) break;
        here = next;
      }
      return firstLoss;
    } finally {
      whole.end();
    }
  }

  /** One direction and the search along it; undefined when that changes nothing any more. */
  #iterate(here: Evaluation, closure: Closure): Evaluation | undefined {
    const { lr, toleranceChange } = this.group;
    const { memory } = this;
    let direction = this.#direction(here.gradient);
    let slope = here.gradient.dot(direction).item();
    const isRestart = !(slope < 0);
    if (isRestart) {
      direction = here.gradient.neg();
      slope = here.gradient.dot(direction).item();
    }
    const guess =
      !memory.descent || isRestart ? Math.min(1, 1 / here.gradient.abs().sum().item()) * lr : memory.descent / slope;
    const from = this.position();
    const place = strongWolfe(
      { ...here, t: 0, slope },
      guess,
      (t) => {
        this.moveTo(from.add(direction.mul(t)));
        const there = this.evaluate(closure);
        return { t, slope: there.gradient.dot(direction).item(), ...there };
      },
      { c2: 0.1, narrow: toleranceChange / largest(direction) },
    );
    this.moveTo(from.add(direction.mul(place.t)));
    if (place.t === 0) {
      // The next step begins anew.
      if (memory.descent !== undefined) memory.descent = 0;
      return undefined;
    }
    store(memory, { direction, previous: here.gradient, descent: place.t * slope });
    const isStill =
      largest(direction) * place.t <= toleranceChange || Math.abs(place.loss - here.loss) < toleranceChange;
    return isStill ? undefined : place;
  }

  #direction(gradient: Tensor): Tensor {
    const { direction, previous, descent } = this.memory;
    if (direction === undefined || previous === undefined || descent === 0) return gradient.neg();
    const share = gradient.dot(gradient.sub(previous)).item() / previous.dot(previous).item();
    return share > 0 ? direction.mul(share).sub(gradient) : gradient.neg();
  }

  protected override forms(param: Tensor): Record<keyof ConjugateGradientMemory, Form> {
    const { params } = this.group;
    // All is remembered under the first parameter.
    if (param !== params[0]) return {} as Record<keyof ConjugateGradientMemory, Form>;
    const shape = [params.reduce((sum, { size }) => sum + size, 0)];
    return { direction: { shape }, previous: { shape }, descent: {} };
  }
}

const largest = (row: Tensor): number => row.abs().max().item();
