// clipGradNorm and clipGradValue: gradients that are not too long, for all parameters in one pass.

import {
  ArgumentError,
  bytesPerElement,
  checkCall,
  concat,
  GradientError,
  internalScope,
  type Known,
  noGrad,
  shown,
  type Tensor,
  tensor,
} from '@dl/autograd';

export interface ClipGradNormOptions {
  /** The order of the norm: a number above 0, or Infinity. Default 2. */
  readonly normType?: number;
  /** Throw when the norm is not finite, which reads it and so waits for the device. Default false. */
  readonly errorIfNonfinite?: boolean;
}

const clipGradNormOptions: Known<ClipGradNormOptions> = { normType: 'number', errorIfNonfinite: 'boolean' };

/**
 * Scales the gradients of all parameters by one factor where their norm, as of one long vector, is above `maxNorm`:
 *
 *     grad ← grad · min(1, maxNorm / (norm + 1e-6))
 *
 * (Pascanu, Mikolov & Bengio, "On the difficulty of training recurrent neural networks", 2013). Call it between
 * `backward()` and `step()`. Returns the norm before, a scalar, which nobody has to wait for; it is 0 without gradients.
 *
 * A norm that is NaN makes all gradients NaN; one that is infinite makes 0 of those that are finite and NaN of the others. Ask for
 * `errorIfNonfinite`, and skip the step.
 *
 * @throws ArgumentError for a maxNorm or a normType that is not above 0; GradientError for a norm that is not finite, if asked
 * for: no gradient is changed then.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { clipGradNorm } from '@dl/optim';
 * await useBackend(cpu());
 * const x = tensor([3, 4], { requiresGrad: true });
 * x.square().sum().backward();
 * console.log(clipGradNorm([x], 1).item()); // 10
 * console.log(x.grad?.toArray()); // [0.6, 0.8]
 * ```
 */
export function clipGradNorm(
  parameters: readonly Tensor[],
  maxNorm: number,
  options: ClipGradNormOptions = {},
): Tensor {
  checkCall('clipGradNorm', arguments, ['parameters', ['maxNorm', 'number']], clipGradNormOptions);
  const { normType = 2, errorIfNonfinite = false } = options;
  if (!(maxNorm > 0)) throw new ArgumentError(`clipGradNorm: maxNorm is ${shown(maxNorm)}, needs a number above 0`);
  if (!(normType > 0)) {
    throw new ArgumentError(`clipGradNorm: normType is ${shown(normType)}, needs a number above 0, or Infinity`);
  }
  // Those of no element have no norm of order Infinity.
  const grads = gradsOf(parameters).filter(({ size }) => size > 0);
  if (grads.length === 0) return tensor(0);
  const temporary = internalScope();
  let total: Tensor | undefined;
  try {
    noGrad(() => {
      // Gradients may differ in dtype and in where they live: the norm is where the first one is, in the widest dtype.
      const { backend } = grads[0]!;
      const { dtype } = grads.reduce((a, b) => (bytesPerElement(b.dtype) > bytesPerElement(a.dtype) ? b : a));
      const norms = grads.map((grad) => grad.norm(undefined, { p: normType }).cast(dtype).to(backend).reshape([1]));
      total = concat(norms, 0).norm(undefined, { p: normType });
      if (errorIfNonfinite && !Number.isFinite(total.item())) {
        throw new GradientError(
          `clipGradNorm: the norm of the gradients is ${total.item()}, so that no factor makes it ${maxNorm}; look for the op with detectAnomaly()`,
        );
      }
      const factor = tensor(maxNorm, { dtype, backend }).div(total.add(1e-6)).clamp(0, 1);
      for (const grad of grads) grad.assign(grad.mul(factor.to(grad.backend).cast(grad.dtype)));
    });
  } finally {
    temporary.endWith(total === undefined ? [] : [total]);
  }
  return total!;
}

/**
 * Brings each element of the gradients of all parameters between -clipValue and clipValue. Call it between `backward()` and
 * `step()`.
 *
 * @throws ArgumentError for a clipValue that is not above 0.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { clipGradValue } from '@dl/optim';
 * await useBackend(cpu());
 * const x = tensor([0.1, -4], { requiresGrad: true });
 * x.square().sum().backward();
 * clipGradValue([x], 1);
 * console.log(x.grad?.toArray()); // [0.2, -1]
 * ```
 */
export function clipGradValue(parameters: readonly Tensor[], clipValue: number): void {
  checkCall('clipGradValue', arguments, ['parameters', ['clipValue', 'number']]);
  if (!(clipValue > 0))
    throw new ArgumentError(`clipGradValue: clipValue is ${shown(clipValue)}, needs a number above 0`);
  const temporary = internalScope();
  try {
    noGrad(() => {
      for (const grad of gradsOf(parameters)) grad.assign(grad.clamp(-clipValue, clipValue));
    });
  } finally {
    temporary.end();
  }
}

function gradsOf(parameters: readonly Tensor[]): Tensor[] {
  // What a gradient for some rows leaves out is 0: it adds nothing to a norm, and lies within any bound.
  return parameters.flatMap(({ gradValues }) => (gradValues === undefined ? [] : [gradValues]));
}
