// LBFGS: a quasi-Newton method that remembers its last steps instead of a matrix.

import { checkCall, internalScope, type Tensor } from '@dl/autograd';
import { type Closure, ClosureOptimizer, type Evaluation } from '../core/closure-optimizer.js';
import type { ParametersOrGroups } from '../core/optimizer-base.js';
import { atLeast0, learningRate, wholeNumber } from '../core/option-checks.js';
import type { GroupOptions, OptionsSpec } from '../core/options.js';
import { type Form, type Remembered, store } from '../core/state.js';
import { strongWolfe } from './line-search.js';

export interface LBFGSOptions {
  /** How far to go in the direction; with a line search, how far to try first. Default 1. */
  readonly lr?: number;
  /** The most iterations in one step. Default 20. */
  readonly maxIter?: number;
  /** The most evaluations of the closure in one step, up to the end of an iteration. Default maxIter · 5 / 4. */
  readonly maxEval?: number | undefined;
  /** Stop where no element of the gradient is larger. Default 1e-7. */
  readonly toleranceGrad?: number;
  /** Stop when neither a parameter nor the loss changes by more. Default 1e-9. */
  readonly toleranceChange?: number;
  /** The number of former steps that are remembered. Default 100. */
  readonly historySize?: number;
  /** How to choose the length of a step: 'strong-wolfe', or undefined for `lr`. Default undefined. */
  readonly lineSearch?: 'strong-wolfe' | undefined;
}

/**
 * The last direction, its length t and the gradient before it; of each former step s, the change y of the gradient and
 * rho = 1 / (y · s), in a ring; how many there were; and the scale of the first matrix.
 */
export type LBFGSMemory = Readonly<Record<string, Tensor | number>>;

const isOptional = (check: (value: unknown) => boolean) => (value: unknown) => value === undefined || check(value);

const spec: OptionsSpec<LBFGSOptions> = {
  // Those that may be undefined are there for the list of names.
  defaults: {
    lr: 1,
    maxIter: 20,
    maxEval: undefined,
    toleranceGrad: 1e-7,
    toleranceChange: 1e-9,
    historySize: 100,
    lineSearch: undefined,
  } as unknown as GroupOptions<LBFGSOptions>,
  checks: {
    lr: learningRate,
    maxIter: wholeNumber,
    maxEval: { needs: `${wholeNumber.needs}, or undefined`, test: isOptional(wholeNumber.test) },
    toleranceGrad: atLeast0,
    toleranceChange: atLeast0,
    historySize: wholeNumber,
    lineSearch: {
      needs: "'strong-wolfe' or undefined",
      test: (value) => value === undefined || value === 'strong-wolfe',
    },
  },
};

/**
 * L-BFGS (Liu & Nocedal, "On the Limited Memory BFGS Method for Large Scale Optimization", 1989; the two loops are algorithm
 * 7.4 in Nocedal & Wright, 2006), for losses without noise. A step is a number of iterations, each of which goes along
 *
 *     d = -H g,  H from the last steps s and changes of the gradient y, beginning with (y · s) / (y · y) times the identity
 *
 * and asks the closure for the loss and its gradient. Options and numbers are PyTorch's. It holds 2 · historySize copies of
 * the parameters.
 *
 * @throws ArgumentError for an option out of its range, and for more than one group.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { LBFGS } from '@dl/optim';
 * await useBackend(cpu());
 * const x = tensor([-1.5, 2], { requiresGrad: true, dtype: 'float64' });
 * const optimizer = new LBFGS([x], { lineSearch: 'strong-wolfe', maxIter: 50 });
 * optimizer.step(() => {
 *   const [a, b] = [x.slice([0]), x.slice([1])];
 *   const loss = b.sub(a.square()).square().mul(100).add(a.mul(-1).add(1).square()); // Rosenbrock's valley
 *   loss.backward();
 *   return loss;
 * });
 * console.log(x.toArray()); // [1, 1]
 * ```
 */
export class LBFGS extends ClosureOptimizer<LBFGSOptions, LBFGSMemory> {
  constructor(parameters: ParametersOrGroups<LBFGSOptions>, options: LBFGSOptions = {}) {
    checkCall('LBFGS', arguments, ['parameters'], spec.checks);
    const defaults = { ...spec.defaults, ...options } as GroupOptions<LBFGSOptions>;
    super('LBFGS', parameters, { ...spec, defaults });
  }

  /** Goes downhill by up to `maxIter` iterations. Returns the loss that it began with. */
  step(closure: Closure): number {
    this.checkStep(closure);
    const { lr, maxIter, toleranceGrad, toleranceChange, lineSearch } = this.group;
    const maxEval = this.#maxEval;
    const whole = internalScope();
    try {
      let evaluations = 0;
      const evaluate = (): Evaluation => {
        evaluations++;
        return this.evaluate(closure);
      };
      let here = evaluate();
      const firstLoss = here.loss;
      const isLowest = ({ gradient }: Evaluation): boolean => largest(gradient) <= toleranceGrad;
      for (let i = 1; i <= maxIter && !isLowest(here); i++) {
        const temporary = internalScope();
        const former = here;
        let isDone = false;
        try {
          const isFirst = this.memory['direction'] === undefined;
          const direction = this.#direction(here.gradient);
          const slope = here.gradient.dot(direction).item();
          let t = isFirst ? Math.min(1, 1 / here.gradient.abs().sum().item()) * lr : lr;
          store(this.memory, { direction, previous: here.gradient, t });
          if (slope > -toleranceChange) {
            isDone = true;
          } else {
            const from = this.position();
            if (lineSearch === undefined) {
              this.moveTo(from.add(direction.mul(t)));
              // After the last iteration nobody asks what the loss is.
              if (i < maxIter) here = evaluate();
            } else {
              const place = strongWolfe(
                { ...here, t: 0, slope },
                t,
                (length) => {
                  this.moveTo(from.add(direction.mul(length)));
                  const there = evaluate();
                  return { t: length, slope: there.gradient.dot(direction).item(), ...there };
                },
                { narrow: toleranceChange / largest(direction) },
              );
              t = place.t;
              here = place;
              this.moveTo(from.add(direction.mul(t)));
              this.memory['t'] = t;
            }
            isDone =
              evaluations >= maxEval ||
              largest(direction) * t <= toleranceChange ||
              (i < maxIter && Math.abs(here.loss - former.loss) < toleranceChange);
          }
        } finally {
          temporary.endWith([here.gradient]);
        }
        if (isDone) break;
      }
      return firstLoss;
    } finally {
      whole.end();
    }
  }

  get #maxEval(): number {
    const { maxEval, maxIter }: LBFGSOptions & { readonly maxIter: number } = this.group;
    return maxEval ?? Math.floor((maxIter * 5) / 4);
  }

  /** -H g, after the last step has joined what H is made from. */
  #direction(gradient: Tensor): Tensor {
    const { historySize } = this.group;
    const memory = this.memory as Remembered<Record<string, Tensor | number>>;
    const last = memory['direction'] as Tensor | undefined;
    if (last === undefined) return gradient.neg();
    let pairs = (memory['pairs'] as number | undefined) ?? 0;
    const y = gradient.sub(memory['previous'] as Tensor);
    const s = last.mul(memory['t'] as number);
    const product = y.dot(s).item();
    // Where the loss does not curve upwards along the step, it says nothing about a minimum.
    if (product > 1e-10) {
      const at = pairs % historySize;
      store(memory, { [`y${at}`]: y, [`s${at}`]: s, [`rho${at}`]: 1 / product, scale: product / y.dot(y).item() });
      pairs++;
      memory['pairs'] = pairs;
    }
    const first = Math.max(0, pairs - historySize);
    const pair = (i: number) => {
      const at = i % historySize;
      return { y: memory[`y${at}`] as Tensor, s: memory[`s${at}`] as Tensor, rho: memory[`rho${at}`] as number };
    };
    const shares: number[] = [];
    let direction = gradient.neg();
    for (let i = pairs - 1; i >= first; i--) {
      const each = pair(i);
      shares[i] = each.s.dot(direction).item() * each.rho;
      direction = direction.sub(each.y.mul(shares[i]!));
    }
    direction = direction.mul((memory['scale'] as number | undefined) ?? 1);
    for (let i = first; i < pairs; i++) {
      const each = pair(i);
      direction = direction.add(each.s.mul(shares[i]! - each.y.dot(direction).item() * each.rho));
    }
    return direction;
  }

  protected override forms(param: Tensor, { historySize }: GroupOptions<LBFGSOptions>): Record<string, Form> {
    // All is remembered under the first parameter.
    if (param !== this.group.params[0]) return {};
    const row = { shape: [this.group.params.reduce((sum, { size }) => sum + size, 0)], optional: true };
    const number = { optional: true };
    const pairs = Array.from({ length: historySize }, (_, i) => [
      [`y${i}`, row],
      [`s${i}`, row],
      [`rho${i}`, number],
    ]).flat();
    return {
      direction: { ...row, optional: false },
      previous: { ...row, optional: false },
      t: {},
      pairs: number,
      scale: number,
      ...Object.fromEntries(pairs),
    };
  }
}

const largest = (row: Tensor): number => row.abs().max().item();
