// LayerNorm and RMSNorm: each example by itself, over its last axes.

import {
  checkCall,
  checkInteger,
  formatShape,
  type Known,
  layerNorm,
  ones,
  rmsNorm,
  type Shape,
  ShapeError,
  type Tensor,
  zeros,
} from '@dl/autograd';
import { formatArguments, needTensor } from '../core/checks.js';
import { type ParameterOptions, parameter, parameterOptions } from '../core/parameter.js';
import { checkEps, given, made, Normalizing } from './affine.js';

/** Options of {@link LayerNorm}. */
export interface LayerNormOptions extends ParameterOptions {
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
  /** Learn a weight and a bias for each element. Default true. */
  readonly elementwiseAffine?: boolean;
  /** Of the two, learn the bias. Default true. */
  readonly bias?: boolean;
}

const layerNormOptions: Known<LayerNormOptions> = {
  eps: 'number',
  elementwiseAffine: 'boolean',
  bias: 'boolean',
  ...parameterOptions,
};

/** Options of {@link RMSNorm}. */
export interface RMSNormOptions extends ParameterOptions {
  /** Added to the mean square. Default: the distance of 1 to the next number of the dtype. */
  readonly eps?: number;
  /** Learn a weight for each element. Default true. */
  readonly elementwiseAffine?: boolean;
}

const rmsNormOptions: Known<RMSNormOptions> = { eps: 'number', elementwiseAffine: 'boolean', ...parameterOptions };

function checkShape(layer: string, normalizedShape: number | Shape): Shape {
  const shape = typeof normalizedShape === 'number' ? [normalizedShape] : [...normalizedShape];
  if (shape.length === 0) throw new ShapeError(`${layer}: normalizedShape is [], needs at least one length`);
  for (const length of shape) checkInteger(layer, 'normalizedShape', length, 1);
  return shape;
}

function needEnd(layer: string, x: Tensor, weight: Tensor | undefined, shape: Shape): void {
  needTensor(layer, x, weight);
  if (`${x.shape.slice(-shape.length)}` !== `${shape}`) {
    throw new ShapeError(
      `${layer}: input is ${formatShape(x.shape)} but the layer expects it to end in ${formatShape(shape)}`,
    );
  }
}

function formatNormalized(shape: Shape): string {
  return shape.length === 1 ? `${shape[0]}` : formatShape(shape);
}

/**
 * y = (x - mean) / √(variance + eps) · weight + bias over the last axes, whose lengths are `normalizedShape`, for each
 * example by itself (Ba et al., 2016). Weight and bias are of that shape and start as ones and zeros.
 *
 * @throws ShapeError when the input does not end in normalizedShape.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { LayerNorm } from '@dl/layers';
 * await useBackend(cpu());
 * const layer = new LayerNorm(16);
 * console.log(layer.forward(randn([2, 5, 16])).shape); // [2, 5, 16]
 * ```
 */
export class LayerNorm extends Normalizing {
  readonly normalizedShape: Shape;
  readonly eps: number;
  readonly weight: Tensor | undefined;
  readonly bias: Tensor | undefined;

  constructor(normalizedShape: number | Shape, options: LayerNormOptions = {}) {
    checkCall('LayerNorm', arguments, ['normalizedShape'], layerNormOptions);
    const { eps = 1e-5, elementwiseAffine = true, bias = true, ...rest } = options;
    super();
    this.normalizedShape = checkShape('LayerNorm', normalizedShape);
    this.eps = checkEps('LayerNorm', eps);
    const own = made(rest);
    this.weight = elementwiseAffine ? parameter(ones(this.normalizedShape, own)) : undefined;
    this.bias = elementwiseAffine && bias ? parameter(zeros(this.normalizedShape, own)) : undefined;
  }

  forward(x: Tensor): Tensor {
    needEnd('LayerNorm', x, this.weight, this.normalizedShape);
    return layerNorm(x, this.normalizedShape, { eps: this.eps, ...given(this.weight, this.bias) });
  }

  override describe(): string {
    return [
      formatNormalized(this.normalizedShape),
      formatArguments([], {
        eps: [this.eps, 1e-5],
        elementwiseAffine: [this.weight !== undefined, true],
        bias: [this.bias !== undefined, this.weight !== undefined],
      }),
    ]
      .filter((part) => part !== '')
      .join(', ');
  }
}

/**
 * y = x / √(mean(x²) + eps) · weight over the last axes, whose lengths are `normalizedShape`, for each example by itself
 * (Zhang and Sennrich, 2019). The weight is of that shape and starts as ones.
 *
 * @throws ShapeError when the input does not end in normalizedShape.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { RMSNorm } from '@dl/layers';
 * await useBackend(cpu());
 * const layer = new RMSNorm(16);
 * console.log(layer.forward(randn([2, 5, 16])).shape); // [2, 5, 16]
 * ```
 */
export class RMSNorm extends Normalizing {
  readonly normalizedShape: Shape;
  readonly eps: number | undefined;
  readonly weight: Tensor | undefined;

  constructor(normalizedShape: number | Shape, options: RMSNormOptions = {}) {
    checkCall('RMSNorm', arguments, ['normalizedShape'], rmsNormOptions);
    const { eps, elementwiseAffine = true, ...rest } = options;
    super();
    this.normalizedShape = checkShape('RMSNorm', normalizedShape);
    this.eps = eps === undefined ? undefined : checkEps('RMSNorm', eps);
    this.weight = elementwiseAffine ? parameter(ones(this.normalizedShape, made(rest))) : undefined;
  }

  forward(x: Tensor): Tensor {
    needEnd('RMSNorm', x, this.weight, this.normalizedShape);
    const { eps, weight } = this;
    return rmsNorm(x, this.normalizedShape, { ...(eps !== undefined && { eps }), ...given(weight) });
  }

  override describe(): string {
    return [
      formatNormalized(this.normalizedShape),
      formatArguments([], { eps: [this.eps, undefined], elementwiseAffine: [this.weight !== undefined, true] }),
    ]
      .filter((part) => part !== '')
      .join(', ');
  }
}
