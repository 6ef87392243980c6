// What the normalising layers share: their weight and bias, and what they check.

import {
  ArgumentError,
  formatShape,
  ones,
  type Shape,
  ShapeError,
  shown,
  sizeOf,
  type Tensor,
  zeros,
} from '@dl/autograd';
import { needTensor } from '../core/checks.js';
import { Module } from '../core/module.js';
import { type ParameterOptions, parameter } from '../core/parameter.js';

/** Base of the normalising layers. */
export abstract class Normalizing extends Module {
  /** A scale and a shift for each element. */
  override multiplyAdds(_input: Shape, output: Shape): number {
    return sizeOf(output);
  }
}

/** A learned weight, at first ones, and bias, at first zeros. */
export function affineOf(shape: Shape, options: ParameterOptions): { readonly weight: Tensor; readonly bias: Tensor } {
  return { weight: parameter(ones(shape, made(options))), bias: parameter(zeros(shape, made(options))) };
}

/** The options that say how and where a tensor is made; nothing is drawn. */
export function made({ dtype, backend }: ParameterOptions): Omit<ParameterOptions, 'generator'> {
  return { ...(dtype && { dtype }), ...(backend && { backend }) };
}

/** Only those that a layer has, as the functions of @dl/autograd take them. */
export function given(weight: Tensor | undefined, bias?: Tensor): { readonly weight?: Tensor; readonly bias?: Tensor } {
  return { ...(weight && { weight }), ...(bias && { bias }) };
}

export function checkEps(layer: string, eps: number): number {
  if (!(eps >= 0)) throw new ArgumentError(`${layer}: eps is ${shown(eps)}, needs a number of at least 0`);
  return eps;
}

/** Throws unless the input has these channels on axis 1, and one of these numbers of axes. */
export function needChannels(
  layer: string,
  x: Tensor,
  model: Tensor | undefined,
  channels: number,
  ranks: readonly number[],
  layout: string,
): void {
  needTensor(layer, x, model);
  if (!ranks.includes(x.rank)) throw new ShapeError(`${layer}: input is ${formatShape(x.shape)}, needs ${layout}`);
  needChannelCount(layer, x, channels);
}

/** Throws unless the input has these channels on axis 1. */
export function needChannelCount(layer: string, x: Tensor, channels: number): void {
  if (x.shape[1] !== channels) {
    throw new ShapeError(
      `${layer}: input has ${x.shape[1]} channels (shape ${formatShape(x.shape)}) but the layer expects ${channels}`,
    );
  }
}
