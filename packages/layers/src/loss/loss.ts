// Loss: the base of losses as modules. Each is its function with the options kept.

import { noGrad, type Tensor } from '@dl/autograd';
import { formatArguments } from '../core/checks.js';
import { Module } from '../core/module.js';
import { buffer } from '../core/parameter.js';
import { checkReduction, type LossOptions } from './reduction.js';

/**
 * Base of the losses: a module that takes what was computed and what is right, and returns how wrong it is. `options` are those of
 * the function that it calls; `toString()` shows the ones that are not as by default.
 */
export abstract class Loss<
  Options extends object = LossOptions,
  Inputs extends readonly unknown[] = readonly [input: Tensor, target: Tensor],
> extends Module<Inputs, Tensor> {
  readonly options: Options;

  constructor(options: Options, reductions?: readonly string[]) {
    super();
    checkReduction(this.constructor.name, (options as LossOptions).reduction ?? 'mean', reductions);
    this.options = options;
  }

  override describe(): string {
    const given = Object.entries(this.options).filter(([, value]) => typeof value !== 'object');
    return formatArguments([], Object.fromEntries(given.map(([name, value]) => [name, [value, undefined]])));
  }
}

/** A copy of a weight, as a buffer: it is saved and moved with the module, and freed with it. */
export function weightBuffer(weight: Tensor | undefined, name?: string): Tensor | undefined {
  if (weight === undefined) return undefined;
  return buffer(
    noGrad(() => weight.clone()),
    name === undefined ? {} : { name },
  );
}
