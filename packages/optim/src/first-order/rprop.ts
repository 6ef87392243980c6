// Rprop: steps of their own length for each weight, by the sign of the gradient alone.

import { checkCall, type Element, type Tensor } from '@dl/autograd';
import { slope } from '../core/descent.js';
import { type ElementMemory, type ElementUpdate, ElementwiseOptimizer } from '../core/elementwise.js';
import type { ParametersOrGroups } from '../core/optimizer-base.js';
import { learningRate, yesOrNo } from '../core/option-checks.js';
import type { GroupOptions, OptionsSpec } from '../core/options.js';
import type { Form } from '../core/state.js';

export interface RpropOptions {
  /** The length of the first steps. Default 0.01. */
  readonly lr?: number;
  /** The factors on a step length after a change of sign and after none. Default [0.5, 1.2]. */
  readonly etas?: readonly [number, number];
  /** The shortest and the longest step. Default [1e-6, 50]. */
  readonly stepSizes?: readonly [number, number];
  /** Go up the gradient instead of down. Default false. */
  readonly maximize?: boolean;
}

/** The gradient before, with zeros where it changed sign, and the length of steps. */
export type RpropMemory = {
  readonly prev: Tensor;
  readonly stepSize: Tensor;
};

const isPair = (value: unknown): value is [number, number] =>
  Array.isArray(value) && value.length === 2 && value.every(Number.isFinite);

const spec: OptionsSpec<RpropOptions> = {
  defaults: { lr: 1e-2, etas: [0.5, 1.2], stepSizes: [1e-6, 50], maximize: false },
  checks: {
    lr: learningRate,
    etas: {
      needs: 'a pair of numbers, one between 0 and 1 and one above 1',
      test: (value) => isPair(value) && value[0] > 0 && value[0] < 1 && value[1] > 1,
    },
    stepSizes: {
      needs: 'a pair of numbers, the shortest and the longest step, above 0',
      test: (value) => isPair(value) && value[0] > 0 && value[1] >= value[0],
    },
    maximize: yesOrNo,
  },
};

/**
 * Rprop (Riedmiller & Braun, "A Direct Adaptive Method for Faster Backpropagation Learning: The RPROP Algorithm", 1993),
 * without weight backtracking: a step grows while the gradient keeps its sign and shrinks when the sign changes; then the
 * weight stays for a step. It is for gradients of all data, not of small batches.
 *
 *     size ← size · (η₊ where g · prev > 0, η₋ where g · prev < 0, else 1), within stepSizes
 *     g ← 0 where g · prev < 0
 *     param ← param - sign(g) · size,  prev ← g
 *
 * @throws ArgumentError for an option out of its range.
 *
 * @example
 * ```ts
 * import { scope, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Rprop } from '@dl/optim';
 * await useBackend(cpu());
 * const x = tensor([4, -3], { requiresGrad: true });
 * const optimizer = new Rprop([x], { lr: 0.1 });
 * for (let i = 0; i < 200; i++) {
 *   scope(() => {
 *     x.sub(1).square().sum().backward();
 *     optimizer.step();
 *     optimizer.zeroGrad();
 *   });
 * }
 * console.log(x.toArray()); // [1, 1], nearly
 * ```
 */
export class Rprop extends ElementwiseOptimizer<RpropOptions, RpropMemory> {
  constructor(parameters: ParametersOrGroups<RpropOptions>, options: RpropOptions = {}) {
    checkCall('Rprop', arguments, ['parameters'], spec.checks);
    super('Rprop', parameters, spec, options);
  }

  protected override update(
    param: Element,
    grad: Element,
    memory: ElementMemory<RpropMemory>,
    { lr, etas: [shrink, grow], stepSizes: [shortest, longest], ...options }: GroupOptions<RpropOptions>,
  ): ElementUpdate<RpropMemory> {
    const g = slope(param, grad, options);
    // By signs: the product of two small gradients would be 0.
    const agreement = g.sign().mul((memory.prev ?? param.constant(0)).sign());
    const turned = agreement.less(0);
    const factor = turned.where(shrink, agreement.greater(0).where(grow, 1));
    const stepSize = (memory.stepSize ?? param.constant(lr)).mul(factor).clamp(shortest, longest);
    const prev = turned.where(0, g);
    return { param: param.sub(prev.sign().mul(stepSize)), memory: { prev, stepSize } };
  }

  protected override forms({ shape }: Tensor): Readonly<Record<keyof RpropMemory, Form>> {
    return { prev: { shape }, stepSize: { shape } };
  }
}
