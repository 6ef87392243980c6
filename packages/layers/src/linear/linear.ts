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
import { type ParameterOptions, parameter, parameterOptions } from '../core/parameter.js';
import { fanInUniform } from '../init/initialisers.js';

/** Options of {@link Linear}. */
export interface LinearOptions extends ParameterOptions {
  /** Add a bias. Default true. */
  readonly bias?: boolean;
}

const linearOptions: Known<LinearOptions> = { bias: 'boolean', ...parameterOptions };

/**
 * y = x Wᵀ + b: [..., inFeatures] → [..., outFeatures], with weight [outFeatures, inFeatures] and bias [outFeatures].
 * Both start uniform on ±1/√inFeatures, as PyTorch's do.
 *
 * @throws ShapeError when the last axis of the input is not inFeatures.
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
    const { bias = true, ...rest } = options;
    super();
    this.inFeatures = checkInteger('Linear', 'inFeatures', inFeatures, 1);
    this.outFeatures = checkInteger('Linear', 'outFeatures', outFeatures, 1);
    this.weight = parameter(fanInUniform([outFeatures, inFeatures], inFeatures, rest));
    this.bias = bias ? parameter(fanInUniform([outFeatures], inFeatures, rest)) : undefined;
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
