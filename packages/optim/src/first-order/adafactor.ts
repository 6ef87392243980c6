// Adafactor: the mean squares of a matrix kept as one number for each row and each column.

import { checkCall, type Tensor } from '@dl/autograd';
import { mix, shrink, slope } from '../core/descent.js';
import type { ParametersOrGroups } from '../core/optimizer-base.js';
import { above0, atLeast0, learningRate, yesOrNo } from '../core/option-checks.js';
import type { GroupOptions, OptionsSpec } from '../core/options.js';
import { PerParameterOptimizer, type Update } from '../core/per-parameter.js';
import type { Form, Remembered } from '../core/state.js';

export interface AdafactorOptions {
  /** The most that a step may be of the root mean square of a parameter; later steps are 1 / √t of it. Default 0.01. */
  readonly lr?: number;
  /** The share of the newest square in step t is t to this power, so that the means forget less and less. Default -0.8. */
  readonly beta2Decay?: number;
  /** The least mean square of gradients, and the least root mean square of a parameter. Default [1.2e-7, 1e-3]. */
  readonly eps?: readonly [number, number];
  /** The largest root mean square of a step before the rate. Default 1. */
  readonly clipThreshold?: number;
  /** Takes lr · weightDecay · param off the parameter, beside the gradient. Default 0. */
  readonly weightDecay?: number;
  /** Go up the gradient instead of down. Default false. */
  readonly maximize?: boolean;
}

/** How many steps were made, and the running mean squares: of rows and columns, or of each element where there are none. */
export type AdafactorMemory = {
  readonly step: number;
  readonly rows?: Tensor;
  readonly columns?: Tensor;
  readonly squares?: Tensor;
};

const spec: OptionsSpec<AdafactorOptions> = {
  defaults: { lr: 1e-2, beta2Decay: -0.8, eps: [2 ** -23, 1e-3], clipThreshold: 1, weightDecay: 0, maximize: false },
  checks: {
    lr: learningRate,
    beta2Decay: { needs: 'a number of at most 0', test: (value) => Number.isFinite(value) && (value as number) <= 0 },
    eps: {
      needs: 'a pair of numbers of at least 0',
      test: (value) => Array.isArray(value) && value.length === 2 && value.every(atLeast0.test),
    },
    clipThreshold: above0,
    weightDecay: atLeast0,
    maximize: yesOrNo,
  },
};

/**
 * Adafactor (Shazeer & Stern, "Adafactor: Adaptive Learning Rates with Sublinear Memory Cost", 2018): Adam's scaling with a
 * memory of n + m numbers for a matrix of n·m. The last two axes of a parameter are rows and columns; a parameter of one axis
 * keeps all its squares. The options are those of PyTorch's Adafactor.
 *
 *     β ← 1 - t^beta2Decay
 *     R ← β R + (1 - β) mean of g² along each row,  C ← β C + (1 - β) mean of g² along each column
 *     v = R C / max(mean of R, eps₁)
 *     u = g / √max(v, eps₁²)
 *     rate = min(lr, 1 / √t) · max(eps₂, rms(param))
 *     param ← (1 - lr · weightDecay) · param - rate · u / max(1, rms(u) / clipThreshold)
 *
 * @throws ArgumentError for an option out of its range.
 *
 * @example
 * ```ts
 * import { eye, randn, scope, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Adafactor } from '@dl/optim';
 * await useBackend(cpu());
 * const w = randn([3, 3], { requiresGrad: true });
 * const optimizer = new Adafactor([w], { lr: 0.1 });
 * for (let i = 0; i < 300; i++) {
 *   scope(() => {
 *     w.sub(eye(3)).square().sum().backward();
 *     optimizer.step();
 *     optimizer.zeroGrad();
 *   });
 * }
 * console.log(optimizer.stateDict().state[0]?.['rows']); // three numbers
 * ```
 */
export class Adafactor extends PerParameterOptimizer<AdafactorOptions, AdafactorMemory> {
  constructor(parameters: ParametersOrGroups<AdafactorOptions>, options: AdafactorOptions = {}) {
    checkCall('Adafactor', arguments, ['parameters'], spec.checks);
    super('Adafactor', parameters, spec, options);
  }

  protected override update(
    param: Tensor,
    grad: Tensor,
    memory: Remembered<AdafactorMemory>,
    {
      lr,
      beta2Decay,
      eps: [leastSquare, leastSize],
      clipThreshold,
      weightDecay,
      maximize,
    }: GroupOptions<AdafactorOptions>,
  ): Update<AdafactorMemory> {
    const step = (memory.step ?? 0) + 1;
    const g = slope(param, grad, { maximize });
    const means = squares(g, memory, 1 - step ** beta2Decay);
    const v = 'squares' in means ? means.squares : outerMean(means.rows, means.columns, leastSquare);
    const u = g.mul(v.clamp(leastSquare ** 2, Number.POSITIVE_INFINITY).rsqrt());
    const root = Math.sqrt(param.size);
    const rate = param
      .norm()
      .div(root)
      .clamp(leastSize, Number.POSITIVE_INFINITY)
      .mul(Math.min(lr, 1 / Math.sqrt(step)));
    const clip = u
      .norm()
      .div(root * clipThreshold)
      .clamp(1, Number.POSITIVE_INFINITY);
    const shrunk = shrink(param, lr, weightDecay);
    return { param: shrunk.sub(u.mul(rate.div(clip))), memory: { step, ...means } };
  }

  protected override forms({ shape }: Tensor): Readonly<Record<keyof AdafactorMemory, Form>> {
    const isFactored = shape.length > 1;
    const { rows, columns } = factorShapes(shape);
    return {
      step: {},
      rows: { shape: rows, optional: !isFactored },
      columns: { shape: columns, optional: !isFactored },
      squares: { shape, optional: isFactored },
    };
  }
}

function factorShapes(shape: readonly number[]): { readonly rows: number[]; readonly columns: number[] } {
  return { rows: [...shape.slice(0, -1), 1], columns: [...shape.slice(0, -2), 1, ...shape.slice(-1)] };
}

/** The running means with a new gradient: of rows and columns, or of all elements. */
function squares(g: Tensor, memory: Remembered<AdafactorMemory>, decay: number) {
  const square = g.square();
  if (g.rank < 2) return { squares: mix(memory.squares, square, decay) };
  return {
    rows: mix(memory.rows, square.mean(-1, { keepDims: true }), decay),
    columns: mix(memory.columns, square.mean(-2, { keepDims: true }), decay),
  };
}

/** The matrix of rank one with these means of rows and of columns. */
function outerMean(rows: Tensor, columns: Tensor, least: number): Tensor {
  const whole = rows.mean(-2, { keepDims: true }).clamp(least, Number.POSITIVE_INFINITY);
  // In this order, because a product of two mean squares is out of range much earlier.
  return rows.div(whole).mul(columns);
}
