// Loss: the base of losses as modules. Each is its function with the options kept.

import { checkCall, type KnownOptions, noGrad, type Tensor } from '@dl/autograd';
import { formatArguments } from '../core/checks.js';
import { Module } from '../core/module.js';
import { buffer } from '../core/parameter.js';
import { checkReduction, type LossOptions, REDUCTIONS } from './reduction.js';

/**
 * Base of the losses: a module that takes what was computed and what is right, and returns how wrong it is. `options` are those of
 * the function that it calls; `toString()` shows the ones that are not as by default.
 *
 * @throws ArgumentError for a reduction that the loss does not have.
 *
 * @example
 * ```ts
 * import { type Tensor, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Loss } from '@dl/layers';
 * await useBackend(cpu());
 *
 * class LargestError extends Loss {
 *   forward(input: Tensor, target: Tensor): Tensor {
 *     return input.sub(target).abs().max();
 *   }
 * }
 *
 * console.log(new LargestError().forward(tensor([1, 2]), tensor([1, 5])).item()); // 3
 * ```
 */
export abstract class Loss<
  Options extends object = LossOptions,
  Inputs extends readonly unknown[] = readonly [input: Tensor, target: Tensor],
> extends Module<Inputs, Tensor> {
  readonly options: Options;

  // No option of a loss is required.
  constructor(options: Options = {} as Options) {
    super();
    if (this.takes !== undefined) checkCall(this.constructor.name, arguments, [], this.takes);
    checkReduction(this.constructor.name, (options as LossOptions).reduction ?? 'mean', this.reductions);
    this.options = options;
  }

  /** What each option must be, as `checkCall` of @dl/autograd has it. Where it is not said, none is checked. */
  protected get takes(): KnownOptions | undefined {
    return undefined;
  }

  /** What `reduction` may be. */
  protected get reductions(): readonly string[] {
    return REDUCTIONS;
  }

  override describe(): string {
    const given = Object.entries(this.options).filter(
      ([, value]) => typeof value !== 'object' && typeof value !== 'function',
    );
    return formatArguments([], Object.fromEntries(given.map(([name, value]) => [name, [value, undefined]])));
  }
}

/** Base of the losses with a weight. Its copy is a buffer: saved, moved and freed with the module. */
export abstract class WeightedLoss<Options extends LossOptions & { readonly weight?: Tensor }> extends Loss<
  Omit<Options, 'weight'>
> {
  readonly weight: Tensor | undefined;

  constructor(options: Options = {} as Options) {
    // What is no object is refused below.
    const { weight, ...rest } = Object(options) === options && !Array.isArray(options) ? options : ({} as Options);
    super(rest);
    if (this.takes !== undefined) checkCall(this.constructor.name, arguments, [], this.takes);
    this.weight = weightBuffer(weight);
  }

  /** What the function takes: the options, and the weight as it is now. */
  protected get all(): Options {
    return { ...this.options, ...(this.weight && { weight: this.weight }) } as unknown as Options;
  }
}

/** A copy of a weight, as a buffer. */
export function weightBuffer(weight: Tensor | undefined, name?: string): Tensor | undefined {
  if (weight === undefined) return undefined;
  return buffer(
    noGrad(() => weight.clone()),
    name === undefined ? {} : { name },
  );
}
