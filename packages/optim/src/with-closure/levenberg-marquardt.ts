// LevenbergMarquardt: least squares for small networks, between Gauss-Newton steps and gradient descent.

import {
  ArgumentError,
  checkCall,
  GradientError,
  gradients,
  internalScope,
  isInstance,
  Tensor,
  tensor,
  typedArray,
} from '@dl/autograd';
import { type Closure, ClosureOptimizer } from '../core/closure-optimizer.js';
import type { ParametersOrGroups } from '../core/optimizer-base.js';
import { above0, learningRate, wholeNumber } from '../core/option-checks.js';
import type { OptionsSpec } from '../core/options.js';
import type { Form } from '../core/state.js';
import { solvePositive } from './solve-positive.js';

export interface LevenbergMarquardtOptions {
  /** A factor on every step. Default 1. */
  readonly lr?: number;
  /** The damping λ at first; what it comes to be is in the state. Default 0.001. */
  readonly damping?: number;
  /** What the damping is multiplied by after a step that does not help, and divided by after one that does. Default 10. */
  readonly factor?: number;
  /** The most dampings to try in one step. Default 10. */
  readonly maxTries?: number;
  /** What is damped: the identity (Levenberg), or the diagonal of JᵀJ (Marquardt). Default 'identity'. */
  readonly scaling?: 'identity' | 'diagonal';
}

/** The damping of the next step. */
export type LevenbergMarquardtMemory = { readonly damping: number };

const spec: OptionsSpec<LevenbergMarquardtOptions> = {
  defaults: { lr: 1, damping: 1e-3, factor: 10, maxTries: 10, scaling: 'identity' },
  checks: {
    lr: learningRate,
    damping: above0,
    factor: { needs: 'a number above 1', test: (value) => Number.isFinite(value) && (value as number) > 1 },
    maxTries: wholeNumber,
    scaling: { needs: "'identity' or 'diagonal'", test: (value) => value === 'identity' || value === 'diagonal' },
  },
};

/**
 * The method of Levenberg and Marquardt (Marquardt, "An Algorithm for Least-Squares Estimation of Nonlinear Parameters",
 * 1963; for networks: Hagan & Menhaj, "Training Feedforward Networks with the Marquardt Algorithm", 1994). It lowers
 * ½ Σ rᵢ² of residuals r with the Jacobian J:
 *
 *     (JᵀJ + λ D) δ = Jᵀ r,  param ← param - lr · δ,  D the identity or the diagonal of JᵀJ
 *
 * A step that lowers the sum is kept, and λ falls; one that does not is taken back, and λ rises, which turns the next try
 * towards the gradient and shortens it. With n parameters and m residuals it takes m backward passes and n³/3
 * multiplications, so that it is for some hundred parameters. The equations are solved in double precision.
 *
 * @throws ArgumentError for an option out of its range, and for more than one group.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { LevenbergMarquardt } from '@dl/optim';
 * await useBackend(cpu());
 * const [x, y] = [tensor([0, 1, 2, 3]), tensor([2, 1, 0.5, 0.25])];
 * const [a, b] = [tensor([1], { requiresGrad: true }), tensor([0], { requiresGrad: true })];
 * const optimizer = new LevenbergMarquardt([a, b]);
 * for (let i = 0; i < 10; i++) optimizer.step(() => x.mul(b).exp().mul(a).sub(y));
 * console.log(a.item(), b.item()); // 2 and -0.693: y = 2 · exp(-x ln 2)
 * ```
 */
export class LevenbergMarquardt extends ClosureOptimizer<LevenbergMarquardtOptions, LevenbergMarquardtMemory> {
  override readonly wants = 'residuals';

  constructor(parameters: ParametersOrGroups<LevenbergMarquardtOptions>, options: LevenbergMarquardtOptions = {}) {
    checkCall('LevenbergMarquardt', arguments, ['parameters'], spec.checks);
    super('LevenbergMarquardt', parameters, spec, options);
  }

  /**
   * Makes one step, if one is found that lowers the sum of squares. `residuals` computes the differences of outputs and
   * targets, of any shape, from the parameters as they are; it calls no `backward()`. Returns ½ Σ r² before the step.
   */
  step(residuals: Closure): number {
    this.checkStep(residuals);
    const { lr, factor, maxTries, scaling, params } = this.group;
    const { memory } = this;
    const whole = internalScope();
    try {
      const { values, jacobian } = this.#linearise(residuals);
      const before = halfSquares(values);
      const count = params.reduce((sum, { size }) => sum + size, 0);
      const { curvature, gradient } = normalEquations(jacobian, values, count);
      const from = this.position();
      const start = from.dataSync();
      let damping = memory.damping ?? this.group.damping;
      for (let i = 0; i < maxTries; i++) {
        const damped = curvature.slice();
        for (let k = 0; k < count; k++) {
          const at = k * count + k;
          damped[at] = curvature[at]! + damping * (scaling === 'diagonal' ? curvature[at]! : 1);
        }
        const change = solvePositive(damped, gradient);
        if (change !== undefined) {
          const to = typedArray(from.dtype as 'float32', count);
          for (let k = 0; k < count; k++) to[k] = Number(start[k]) - lr * change[k]!;
          this.moveTo(tensor(to, { backend: from.backend }));
          if (this.#cost(residuals) < before) {
            // 0 times a factor is 0: the damping could not grow again.
            memory.damping = Math.max(damping / factor, 1e-20);
            return before;
          }
        }
        damping *= factor;
      }
      this.moveTo(from);
      // So much is surely too much for the next step as well, but not too much to come back from.
      memory.damping = Math.min(damping, 1e10);
      return before;
    } finally {
      whole.end();
    }
  }

  #residuals(residuals: Closure): Tensor {
    const given: unknown = residuals();
    if (!isInstance(given, Tensor, this.name, 'what the closure returned')) {
      throw new ArgumentError(`${this.name}: the closure returned no Tensor; it must return the residuals`);
    }
    return given;
  }

  #cost(residuals: Closure): number {
    const temporary = internalScope();
    try {
      return halfSquares(Float64Array.from(this.#residuals(residuals).dataSync() as Float64Array));
    } finally {
      temporary.end();
    }
  }

  /** The residuals, and the gradient of each for all parameters: the rows of the Jacobian. */
  #linearise(residuals: Closure): { readonly values: Float64Array; readonly jacobian: readonly Float64Array[] } {
    const { params } = this.group;
    const leaves = params.filter(({ requiresGrad }) => requiresGrad);
    const outer = internalScope();
    try {
      const r = this.#residuals(residuals);
      if (!r.requiresGrad) throw new GradientError(`${this.name}: the residuals depend on no parameter`);
      const values = Float64Array.from(r.dataSync() as Float64Array);
      const jacobian = Array.from(values, (_, i) => {
        const temporary = internalScope();
        try {
          const one = typedArray(r.dtype as 'float32', r.size);
          one[i] = 1;
          const found = gradients(r, leaves, {
            gradient: tensor({ data: one, shape: r.shape }, { backend: r.backend }),
            retainGraph: i < values.length - 1,
            allowUnused: true,
          });
          return Float64Array.from(
            params.flatMap((param): number[] => {
              const row = found[leaves.indexOf(param)];
              return row === undefined ? new Array(param.size).fill(0) : Array.from(row.dataSync() as Float64Array);
            }),
          );
        } finally {
          temporary.end();
        }
      });
      return { values, jacobian };
    } finally {
      outer.end();
    }
  }

  protected override forms(param: Tensor): Record<keyof LevenbergMarquardtMemory, Form> {
    // All is remembered under the first parameter.
    if (param !== this.group.params[0]) return {} as Record<keyof LevenbergMarquardtMemory, Form>;
    return { damping: {} };
  }
}

const halfSquares = (values: Float64Array): number => values.reduce((sum, value) => sum + value * value, 0) / 2;

/** JᵀJ, row by row, and Jᵀr. */
function normalEquations(jacobian: readonly Float64Array[], residuals: Float64Array, count: number) {
  const curvature = new Float64Array(count * count);
  const gradient = new Float64Array(count);
  jacobian.forEach((row, i) => {
    for (let a = 0; a < count; a++) {
      const value = row[a]!;
      if (value === 0) continue;
      gradient[a]! += value * residuals[i]!;
      for (let b = 0; b < count; b++) curvature[a * count + b]! += value * row[b]!;
    }
  });
  return { curvature, gradient };
}
