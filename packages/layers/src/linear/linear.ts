// Linear: every output is a weighted sum of all inputs.

import {
  checkCall,
  checkInteger,
  formatShape,
  type Known,
  linear,
  type Shape,
  ShapeError,
  sizeOf,
  type Tensor,
} from '@dl/autograd';
import { formatArguments, needTensor } from '../core/checks.js';
import { Module } from '../core/module.js';
import { isParameter, type ParameterOptions, parameter, parameterOptions } from '../core/parameter.js';
import { fanInUniform } from '../init/initialisers.js';

/** Options of {@link Linear}. */
export interface LinearOptions extends ParameterOptions {
  /** Add a bias. Default true. */
  readonly bias?: boolean;
  /** A weight [outFeatures, inFeatures] to share, such as the vectors of an `Embedding`. Default: one of its own. */
  readonly weight?: Tensor;
}

const linearOptions: Known<LinearOptions> = { bias: 'boolean', weight: 'tensor', ...parameterOptions };

/**
 * y = x Wᵀ + b: [..., inFeatures] → [..., outFeatures], with weight [outFeatures, inFeatures] and bias [outFeatures].
 * Both start uniform on ±1/√inFeatures, as PyTorch's do. A `weight` of another module is shared, such as the vectors of words by the map to their logits.
 *
 * @throws ShapeError when the last axis of the input is not inFeatures, and for a weight to share that does not fit.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Linear } from '@dl/layers';
 * await useBackend(cpu());
 * const layer = new Linear(4, 3);
 * console.log(layer.forward(randn([2, 4])).shape); // [2, 3]
 * ```
 */
export class Linear extends Module {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;

  constructor(inFeatures: number, outFeatures: number, options: LinearOptions = {}) {
    checkCall('Linear', arguments, ['inFeatures', 'outFeatures'], linearOptions);
    const { bias = true, weight, ...rest } = options;
    super();
    this.inFeatures = checkInteger('Linear', 'inFeatures', inFeatures, 1);
    this.outFeatures = checkInteger('Linear', 'outFeatures', outFeatures, 1);
    this.weight =
      shared(weight, [outFeatures, inFeatures]) ?? parameter(fanInUniform([outFeatures, inFeatures], inFeatures, rest));
    // Beside a weight that is shared.
    const like = weight === undefined ? rest : { ...rest, dtype: weight.dtype, backend: weight.backend };
    this.bias = bias ? parameter(fanInUniform([outFeatures], inFeatures, like as ParameterOptions)) : undefined;
  }

  forward(x: Tensor): Tensor {
    needTensor('Linear', x, this.weight);
    if (x.shape.at(-1) !== this.inFeatures) {
      throw new ShapeError(
        `Linear: input has ${x.shape.at(-1) ?? 'no'} features (shape ${formatShape(x.shape)}) but the layer expects ${this.inFeatures}`,
      );
    }
    return linear(x, this.weight, this.bias);
  }

  override multiplyAdds(_input: Shape, output: Shape): number {
    return sizeOf(output) * this.inFeatures;
  }

  override describe(): string {
    return formatArguments([this.inFeatures, this.outFeatures], { bias: [this.bias !== undefined, true] });
  }
}

function shared(weight: Tensor | undefined, needs: Shape): Tensor | undefined {
  if (weight === undefined) return undefined;
  if (!isParameter(weight) || `${weight.shape}` !== `${needs}`) {
    throw new ShapeError(
      `Linear: weight is ${isParameter(weight) ? '' : 'no parameter, '}${formatShape(weight.shape)}, needs a parameter ${formatShape(needs)} of another module, such as the weight of an Embedding`,
    );
  }
  return weight;
}
