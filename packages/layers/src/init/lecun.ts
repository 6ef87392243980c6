// LeCun's initialisers: the variance that keeps a signal's size through linear, tanh and SELU layers; and that of LeNet-5.

import { checkCall, rand, randn, type Shape, type Tensor } from '@dl/autograd';
import { type ParameterOptions, parameterOptions } from '../core/parameter.js';
import { fansOf } from './fans.js';

/**
 * Normal with standard deviation 1/√fanIn: for linear layers, for {@link ScaledTanh} (LeCun et al., "Efficient BackProp", 1998), and for
 * SELU (Klambauer et al., 2017).
 *
 * @throws ShapeError for a weight of fewer than two axes.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { lecunNormal } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(lecunNormal([300, 100]).std().item()); // about 1/√100 = 0.1
 * ```
 */
export function lecunNormal(shape: Shape, options: ParameterOptions = {}): Tensor {
  checkCall('lecunNormal', arguments, ['shape'], parameterOptions);
  return randn(shape, { ...options, std: 1 / Math.sqrt(fansOf(shape).fanIn) });
}

/**
 * Uniform with standard deviation 1/√fanIn, which is on ±√(3/fanIn), see {@link lecunNormal}.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { lecunUniform } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(lecunUniform([300, 100]).max().item()); // nearly √(3 / 100) = 0.173
 * ```
 */
export function lecunUniform(shape: Shape, options: ParameterOptions = {}): Tensor {
  checkCall('lecunUniform', arguments, ['shape'], parameterOptions);
  return uniform(shape, Math.sqrt(3 / fansOf(shape).fanIn), options);
}

/**
 * Uniform on ±2.4/fanIn: how the weights of LeNet-5 started (LeCun et al., "Gradient-based learning applied to document recognition", 1998).
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Conv2d, lenetUniform } from '@dl/layers';
 * await useBackend(cpu());
 * const layer = new Conv2d(1, 6, 5);
 * layer.weight.assign(lenetUniform(layer.weight.shape)); // ±2.4/25 = ±0.096
 * console.log(layer.weight.abs().max().item() <= 0.096); // true
 * ```
 */
export function lenetUniform(shape: Shape, options: ParameterOptions = {}): Tensor {
  checkCall('lenetUniform', arguments, ['shape'], parameterOptions);
  return uniform(shape, 2.4 / fansOf(shape).fanIn, options);
}

function uniform(shape: Shape, bound: number, options: ParameterOptions): Tensor {
  return rand(shape, { ...options, low: -bound, high: bound });
}
