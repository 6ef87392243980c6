// EMA and SWA: means of the weights over training, which do better than the last ones.

/// <reference lib="esnext.disposable" preserve="true" />

import {
  ArgumentError,
  checkCall,
  elementFormula,
  internalScope,
  isFloat,
  type Known,
  type KnownOptions,
  keep,
  noGrad,
  shown,
  type Tensor,
} from '@dl/autograd';
import { updateEverywhere } from '../core/elementwise.js';
import { checkMemory, copyMemory, type StateValues } from '../core/state.js';

/** What a weight average needs to go on exactly from where it was. Its tensors are those in use, not copies. */
export interface WeightAverageState<Values = Tensor> {
  /** Which average it is of. */
  readonly average: string;
  /** How often weights were taken in. */
  readonly count: number;
  readonly averages: readonly Values[];
}

export interface WeightAverageOptions {
  /**
   * Buffers to average as well, such as the statistics of batch norms: `model.buffers()`. Those of whole numbers, such as counts, are
   * taken over as they are. Default none, as for statistics that {@link updateBatchNorm} computes anew.
   */
  readonly buffers?: readonly Tensor[];
}

const weightAverageOptions: Known<WeightAverageOptions> = { buffers: 'list' };

/**
 * Base of averages of weights. `update()` takes the weights in, after a step or an epoch; `swap()` exchanges weights and
 * averages, to evaluate or save the model with them, and the same again to train on; `settle()` ends with the averages.
 */
export abstract class WeightAverage {
  /** What it is called in its state and in messages. */
  readonly name: string;
  readonly #params: readonly Tensor[];
  /** The averages, or the weights while the parameters hold the averages. */
  readonly #others: readonly Tensor[];
  #count = 0;
  #isSwapped = false;

  constructor(name: string, params: readonly Tensor[], options: WeightAverageOptions = {}) {
    checkCall('WeightAverage', arguments, ['name', 'params'], weightAverageOptions);
    const { buffers = [] } = options;
    if (!Array.isArray(params) || params.length === 0) {
      throw new ArgumentError(`${name}: got no parameters; give it model.parameters()`);
    }
    if (!Array.isArray(buffers)) {
      throw new ArgumentError(`${name}: buffers is no array; give it model.buffers()`);
    }
    this.name = name;
    this.#params = [...params, ...buffers];
    this.#others = noGrad(() => this.#params.map((param) => keep(param.clone())));
  }

  /** The share of the new weights in the average, with `count` taken in before. */
  protected abstract share(count: number): number;

  /** How often weights were taken in. */
  get count(): number {
    return this.#count;
  }

  /** The averages, in the order of the parameters, then of the buffers. */
  get averages(): readonly Tensor[] {
    return this.#isSwapped ? this.#params : this.#others;
  }

  /** Takes the weights in as they are. */
  update(): void {
    if (this.#isSwapped) {
      throw new ArgumentError(
        `${this.name}: update() came while the parameters hold the averages; call swap() before training goes on`,
      );
    }
    const share = this.#count === 0 ? 1 : this.share(this.#count);
    const follow = elementFormula(1, 1, ([average], [param]) => [
      share === 1 ? param! : average!.add(param!.sub(average!).mul(share)),
    ]);
    const isAveraged = ({ dtype }: Tensor): boolean => isFloat(dtype);
    updateEverywhere([this.#others.filter(isAveraged)], [this.#params.filter(isAveraged)], follow);
    noGrad(() => {
      this.#params.forEach((param, i) => {
        if (!isAveraged(param)) this.#others[i]!.assign(param);
      });
    });
    this.#count++;
  }

  /** Exchanges the weights and the averages. */
  swap(): void {
    const temporary = internalScope();
    try {
      noGrad(() => {
        this.#params.forEach((param, i) => {
          const other = this.#others[i]!;
          const former = param.clone();
          param.assign(other);
          other.assign(former);
        });
      });
    } finally {
      temporary.end();
    }
    this.#isSwapped = !this.#isSwapped;
  }

  /** Leaves the averages in the parameters for good, as well as here; the weights are given up. */
  settle(): void {
    if (!this.#isSwapped) this.swap();
    noGrad(() => {
      this.#others.forEach((other, i) => {
        other.assign(this.#params[i]!);
      });
    });
    this.#isSwapped = false;
  }

  /** All that is needed to go on exactly, besides the parameters; its tensors are those in use. */
  stateDict(): WeightAverageState {
    return { average: this.name, count: this.#count, averages: [...this.averages] };
  }

  /**
   * Goes on from a state of the same average and the same shapes.
   *
   * @throws ArgumentError that says what does not fit; nothing is changed then.
   */
  loadStateDict(state: WeightAverageState<Tensor | StateValues>): void {
    const where = `${this.name}: loadStateDict changed nothing:`;
    const { average, count, averages } = (state ?? {}) as Partial<typeof state>;
    if (average !== this.name || !Number.isSafeInteger(count) || averages?.length !== this.#params.length) {
      throw new ArgumentError(
        `${where} it needs the state of ${this.name} with ${this.#params.length} parameters, and got ${average === undefined ? 'none' : `one of ${average} with ${averages?.length}`}`,
      );
    }
    this.#params.forEach((param, i) => {
      checkMemory(`${where} parameter ${i}`, { average: averages[i] }, { average: { shape: param.shape } }, param);
    });
    this.averages.forEach((held, i) => {
      const temporary = copyMemory({ average: averages[i]! }, held)['average'] as Tensor;
      noGrad(() => held.assign(temporary));
      temporary.dispose();
    });
    this.#count = count!;
  }

  /** Frees the averages. */
  dispose(): void {
    for (const other of this.#others) other.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

const eMAOptions: KnownOptions = { ...weightAverageOptions, decay: 'number' };

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

  constructor(params: readonly Tensor[], options: WeightAverageOptions & { readonly decay?: number } = {}) {
    checkCall('EMA', arguments, ['params'], eMAOptions);
    const { decay = 0.999, ...rest } = options;
    if (!(decay >= 0 && decay < 1))
      throw new ArgumentError(`EMA: decay is ${shown(decay)}, needs a number from 0 to below 1`);
    super('EMA', params, rest);
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
  constructor(params: readonly Tensor[], options: WeightAverageOptions = {}) {
    checkCall('SWA', arguments, ['params'], weightAverageOptions);
    super('SWA', params, options);
  }

  protected override share(count: number): number {
    return 1 / (count + 1);
  }
}
