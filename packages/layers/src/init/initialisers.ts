// Random values to start a weight with, spread so that signals keep their size from layer to layer.

import { ArgumentError, checkCall, type Known, rand, randn, type Shape, shown, type Tensor } from '@dl/autograd';
import { type ParameterOptions, parameterOptions } from '../core/parameter.js';
import { fansOf } from './fans.js';

/** Options of {@link kaimingUniform} and {@link kaimingNormal}. */
export interface KaimingOptions extends ParameterOptions {
  /** The slope for negative numbers of the leaky ReLU that follows. Default 0: a ReLU. */
  readonly slope?: number;
  /** What to keep in size: `fanIn` the signal forward (default), `fanOut` the gradient backward. */
  readonly mode?: 'fanIn' | 'fanOut';
}

const kaimingOptions: Known<KaimingOptions> = { slope: 'finite', mode: ['fanIn', 'fanOut'], ...parameterOptions };

/** Options of {@link xavierUniform} and {@link xavierNormal}. */
export interface XavierOptions extends ParameterOptions {
  /** Multiplies the standard deviation: 1 for linear and sigmoid (default), 5/3 for tanh. */
  readonly gain?: number;
}

const xavierOptions: Known<XavierOptions> = { gain: 'number', ...parameterOptions };

/**
 * Uniform on ±√3 · std, with std = √(2 / (1 + slope²) / fan): for layers with a ReLU behind them
 * (He et al., "Delving Deep into Rectifiers", 2015).
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { kaimingUniform, Linear } from '@dl/layers';
 * await useBackend(cpu());
 * const layer = new Linear(300, 100);
 * layer.weight.assign(kaimingUniform(layer.weight.shape));
 * console.log(layer.weight.std().item()); // about √(2 / 300) = 0.082
 * ```
 */
export function kaimingUniform(shape: Shape, options: KaimingOptions = {}): Tensor {
  checkCall('kaimingUniform', arguments, ['shape'], kaimingOptions);
  return uniform(shape, kaimingStd('kaimingUniform', shape, options), options);
}

/**
 * Normal with standard deviation √(2 / (1 + slope²) / fan), see {@link kaimingUniform}.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { kaimingNormal } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(kaimingNormal([300, 100], { mode: 'fanOut' }).std().item()); // about √(2 / 300) = 0.082
 * ```
 */
export function kaimingNormal(shape: Shape, options: KaimingOptions = {}): Tensor {
  checkCall('kaimingNormal', arguments, ['shape'], kaimingOptions);
  return normal(shape, kaimingStd('kaimingNormal', shape, options), options);
}

/**
 * Uniform on ±√3 · std, with std = gain · √(2 / (fanIn + fanOut)): for layers with a tanh or sigmoid behind them
 * (Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010).
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { xavierUniform } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(xavierUniform([300, 100], { gain: 5 / 3 }).max().item()); // nearly 5/3 · √(6 / 400) = 0.204
 * ```
 */
export function xavierUniform(shape: Shape, options: XavierOptions = {}): Tensor {
  checkCall('xavierUniform', arguments, ['shape'], xavierOptions);
  return uniform(shape, xavierStd('xavierUniform', shape, options), options);
}

/**
 * Normal with standard deviation gain · √(2 / (fanIn + fanOut)), see {@link xavierUniform}.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { xavierNormal } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(xavierNormal([300, 100]).std().item()); // about √(2 / 400) = 0.071
 * ```
 */
export function xavierNormal(shape: Shape, options: XavierOptions = {}): Tensor {
  checkCall('xavierNormal', arguments, ['shape'], xavierOptions);
  return normal(shape, xavierStd('xavierNormal', shape, options), options);
}

/**
 * Uniform on ±1/√fanIn, how linear and convolutional layers start, their biases too: PyTorch's choice, which is
 * {@link kaimingUniform} with slope √5.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { fanInUniform } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(fanInUniform([300, 100], 100).max().item()); // nearly 1/√100 = 0.1
 * ```
 */
export function fanInUniform(shape: Shape, fanIn: number, options: ParameterOptions = {}): Tensor {
  checkCall('fanInUniform', arguments, ['shape', ['fanIn', 'number']], parameterOptions);
  if (!(fanIn > 0)) throw new ArgumentError(`fanInUniform: fanIn is ${shown(fanIn)}, needs a number above 0`);
  const bound = 1 / Math.sqrt(fanIn);
  return rand(shape, { ...options, low: -bound, high: bound });
}

function uniform(shape: Shape, std: number, options: ParameterOptions): Tensor {
  const bound = Math.sqrt(3) * std;
  return rand(shape, { ...making(options), low: -bound, high: bound });
}

function normal(shape: Shape, std: number, options: ParameterOptions): Tensor {
  return randn(shape, { ...making(options), std });
}

function kaimingStd(name: string, shape: Shape, { slope = 0, mode = 'fanIn' }: KaimingOptions): number {
  if (!Number.isFinite(slope)) throw new ArgumentError(`${name}: slope is ${shown(slope)}, needs a finite number`);
  if (mode !== 'fanIn' && mode !== 'fanOut')
    throw new ArgumentError(`${name}: mode is '${mode}', needs 'fanIn' or 'fanOut'`);
  return Math.sqrt(2 / (1 + slope ** 2) / fansOf(shape)[mode]);
}

function xavierStd(name: string, shape: Shape, { gain = 1 }: XavierOptions): number {
  if (!(gain > 0 && gain < Infinity))
    throw new ArgumentError(`${name}: gain is ${shown(gain)}, needs a number above 0`);
  const { fanIn, fanOut } = fansOf(shape);
  return gain * Math.sqrt(2 / (fanIn + fanOut));
}

/** The options that are about making a tensor, without those of the formula. */
function making({ dtype, backend, generator }: ParameterOptions): ParameterOptions {
  return { ...(dtype && { dtype }), ...(backend && { backend }), ...(generator && { generator }) };
}
