// Penalties: terms that are added to a loss, so that weights stay small; and a bound that they are put back into.

import {
  ArgumentError,
  abs,
  add,
  checkCall,
  div,
  internalScope,
  type Known,
  type KnownOptions,
  minimum,
  mul,
  noGrad,
  norm,
  shown,
  square,
  sum,
  type Tensor,
} from '@dl/autograd';

import { isParameter } from '../core/parameter.js';
import { needFloats, needNumber } from '../loss/reduction.js';

/**
 * strength · Σ |w|, which drives weights to 0 (Tibshirani, 1996). Most often of the weights alone, without biases.
 *
 * @throws ArgumentError for a list without tensors, or a negative strength.
 *
 * @example
 * ```ts
 * import { ones, randn, useBackend, zeros } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { l1Penalty, Linear, mseLoss } from '@dl/layers';
 * await useBackend(cpu());
 * const layer = new Linear(4, 1);
 * const loss = mseLoss(layer.forward(randn([8, 4])), zeros([8, 1])).add(l1Penalty([layer.weight], 0.01));
 * loss.backward();
 * ```
 */
export function l1Penalty(parameters: readonly Tensor[], strength: number): Tensor {
  checkCall('l1Penalty', arguments, ['parameters', 'strength']);
  return penalty('l1Penalty', parameters, strength, abs);
}

/**
 * strength/2 · Σ w², whose gradient is strength · w: what an optimiser calls weight decay.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { l2Penalty } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(l2Penalty([tensor([3, 4])], 0.1).item()); // 1.25 = 0.1 / 2 · (9 + 16), nearly
 * ```
 */
export function l2Penalty(parameters: readonly Tensor[], strength: number): Tensor {
  checkCall('l2Penalty', arguments, ['parameters', 'strength']);
  return penalty('l2Penalty', parameters, strength, (w) => mul(square(w), 0.5));
}

const weightEliminationOptions: KnownOptions = { scale: 'number' };

/**
 * strength · Σ (w/w₀)² / (1 + (w/w₀)²), with w₀ the `scale`: weights below it are driven to 0, and those above cost the same
 * whatever their size, so that large ones stay (Weigend, Rumelhart & Huberman, 1991). Default scale 1.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { weightElimination } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(weightElimination([tensor([1, 1000])], 1).item()); // 1.5, nearly: half for 1, and all for 1000
 * ```
 */
export function weightElimination(
  parameters: readonly Tensor[],
  strength: number,
  options: { readonly scale?: number } = {},
): Tensor {
  checkCall('weightElimination', arguments, ['parameters', 'strength'], weightEliminationOptions);
  const { scale = 1 } = options;
  needNumber('weightElimination', 'scale', scale, 0);
  return penalty('weightElimination', parameters, strength, (w) => {
    const ratio = square(mul(w, 1 / scale));
    return div(ratio, add(ratio, 1));
  });
}

function penalty(name: string, parameters: readonly Tensor[], strength: number, term: (w: Tensor) => Tensor): Tensor {
  if (!Array.isArray(parameters) || parameters.length === 0) {
    const got = Array.isArray(parameters) ? 'no parameters' : shown(parameters);
    throw new ArgumentError(`${name}: got ${got}, needs an array of tensors, such as model.parameters()`);
  }
  needNumber(name, 'strength', strength, 0, true);
  needFloats(name, Object.fromEntries(parameters.map((w, i) => [`parameter ${i}`, w])));
  return mul(parameters.map((w) => sum(term(w))).reduce(add), strength);
}

/** Options of {@link maxNorm}. */
export interface MaxNormConstraintOptions {
  /** The axis of the units; the norm is over all others. Default 0: the outputs of linear layers and convolutions. */
  readonly axis?: number;
}

const maxNormConstraintOptions: Known<MaxNormConstraintOptions> = { axis: 'number' };

/**
 * Scales down, in place, the weights of every unit whose norm is above `limit`, to that norm: to be called after each step of
 * the optimiser (Srebro & Shraibman, 2005; with dropout, Srivastava et al., 2014). Returns the weight.
 *
 * @throws ArgumentError for a limit that is not above 0, or a tensor that is no parameter.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { maxNorm, parameter } from '@dl/layers';
 * await useBackend(cpu());
 * const weight = parameter(tensor([[3, 4], [0.3, 0.4]]));
 * console.log(maxNorm(weight, 1).toArray()); // [[0.6, 0.8], [0.3, 0.4]], nearly
 * ```
 */
export function maxNorm(weight: Tensor, limit: number, options: MaxNormConstraintOptions = {}): Tensor {
  checkCall('maxNorm', arguments, ['weight', 'limit'], maxNormConstraintOptions);
  const { axis = 0 } = options;
  needFloats('maxNorm', { weight });
  needNumber('maxNorm', 'limit', limit, 0);
  if (!isParameter(weight)) {
    throw new ArgumentError(
      'maxNorm: the weight is no parameter, and would be changed in place; give it a weight of a layer',
    );
  }
  const unit = axis < 0 ? axis + weight.rank : axis;
  if (!Number.isInteger(axis) || unit < 0 || unit >= weight.rank) {
    throw new ArgumentError(`maxNorm: axis is ${shown(axis)}, needs one of the ${weight.rank} axes of the weight`);
  }
  const others = weight.shape.map((_, i) => i).filter((i) => i !== unit);
  const scope = internalScope();
  try {
    noGrad(() => {
      const norms = others.length === 0 ? abs(weight) : norm(weight, others, { keepDims: true });
      // A unit of norm 0 has the factor 1: limit/0 is more than that.
      weight.assign(mul(weight, minimum(div(limit, norms), 1)));
    });
  } finally {
    scope.end();
  }
  return weight;
}
