// EMA and SWA: means of the weights over training, which do better than the last ones.

import { ArgumentError, internalScope, keep, noGrad, type Tensor } from '@dl/autograd';

/** What a weight average needs to go on exactly from where it was. Its tensors are those in use, not copies. */
export interface WeightAverageState<Values = Tensor> {
  readonly count: number;
  readonly averages: readonly Values[];
}

/**
 * Base of averages of weights. `update()` takes the weights in, after a step or an epoch; `swap()` exchanges weights and
 * averages, to evaluate or save the model with them, and the same again to train on.
 */
export abstract class WeightAverage {
  readonly #params: readonly Tensor[];
  readonly #averages: Tensor[];
  #count = 0;
  #isSwapped = false;

  constructor(name: string, params: readonly Tensor[]) {
    if (!Array.isArray(params) || params.length === 0) {
      throw new ArgumentError(`${name}: got no parameters; give it model.parameters()`);
    }
    this.#params = params;
    this.#averages = noGrad(() => params.map((param) => keep(param.clone())));
  }

  /** The share of the new weights in the average, with `count` taken in before. */
  protected abstract share(count: number): number;

  /** How often weights were taken in. */
  get count(): number {
    return this.#count;
  }

  /** The averages, in the order of the parameters. */
  get averages(): readonly Tensor[] {
    return this.#averages;
  }

  /** Takes the weights in as they are. */
  update(): void {
    if (this.#isSwapped) {
      throw new ArgumentError('update: the parameters hold the averages; call swap() before training goes on');
    }
    const share = this.#count === 0 ? 1 : this.share(this.#count);
    const temporary = internalScope();
    try {
      noGrad(() => {
        this.#params.forEach((param, i) => {
          const average = this.#averages[i]!;
          average.assign(share === 1 ? param : average.add(param.sub(average).mul(share)));
        });
      });
    } finally {
      temporary.end();
    }
    this.#count++;
  }

  /** Exchanges the weights and the averages. */
  swap(): void {
    const temporary = internalScope();
    try {
      noGrad(() => {
        this.#params.forEach((param, i) => {
          const average = this.#averages[i]!;
          const former = param.clone();
          param.assign(average);
          average.assign(former);
        });
      });
    } finally {
      temporary.end();
    }
    this.#isSwapped = !this.#isSwapped;
  }

  stateDict(): WeightAverageState {
    return { count: this.#count, averages: [...this.#averages] };
  }

  /** Goes on from a state of the same shapes. */
  loadStateDict({ count, averages }: WeightAverageState): void {
    const shapes = (tensors: readonly Tensor[]): string => tensors.map(({ shape }) => `[${shape}]`).join(' ');
    if (shapes(averages) !== shapes(this.#averages)) {
      throw new ArgumentError(
        `loadStateDict: the state has averages of ${shapes(averages)} and the parameters are ${shapes(this.#averages)}`,
      );
    }
    noGrad(() => {
      this.#averages.forEach((average, i) => {
        average.assign(averages[i]!);
      });
    });
    this.#count = count;
  }

  /** Frees the averages. */
  dispose(): void {
    for (const average of this.#averages) average.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/**
 * The exponential moving average of weights: average ← decay · average + (1 - decay) · weight. The first update takes the
 * weights whole.
 *
 * @throws ArgumentError for a decay that is not from 0 to below 1.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { EMA } from '@dl/optim';
 * await useBackend(cpu());
 * const x = tensor([1], { requiresGrad: true });
 * const average = new EMA([x], { decay: 0.75 });
 * average.update(); // after each step of the optimiser
 * x.assign(tensor([5]));
 * average.update();
 * console.log(average.averages[0]?.item()); // 2
 * average.swap(); // evaluate the model with the averages, and swap back
 * console.log(x.item()); // 2
 * ```
 */
export class EMA extends WeightAverage {
  readonly #decay: number;

  constructor(params: readonly Tensor[], { decay = 0.999 }: { readonly decay?: number } = {}) {
    if (!(decay >= 0 && decay < 1)) throw new ArgumentError(`EMA: decay is ${decay}, needs a number from 0 to below 1`);
    super('EMA', params);
    this.#decay = decay;
  }

  protected override share(): number {
    return 1 - this.#decay;
  }
}

/**
 * The plain mean of weights that were taken in, one for each epoch in the last part of training (Izmailov et al.,
 * "Averaging Weights Leads to Wider Optima and Better Generalization", 2018); {@link SWALR} is the schedule for it. Batch
 * norms need new statistics afterwards: {@link updateBatchNorm}.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { SWA } from '@dl/optim';
 * await useBackend(cpu());
 * const x = tensor([1], { requiresGrad: true });
 * const average = new SWA([x]);
 * for (const weight of [1, 2, 6]) {
 *   x.assign(tensor([weight]));
 *   average.update(); // after each epoch
 * }
 * console.log(average.averages[0]?.item()); // 3
 * ```
 */
export class SWA extends WeightAverage {
  constructor(params: readonly Tensor[]) {
    super('SWA', params);
  }

  protected override share(count: number): number {
    return 1 / (count + 1);
  }
}
