// Averages of the weights in a run: taken in as training goes on, and put in the place of the weights for each test.

import {
  ArgumentError,
  keep,
  noGrad,
  type Platform,
  scope,
  shown,
  type Tensor,
  type Turns,
  tensor,
} from '@dl/autograd';
import type { AnyModule } from '@dl/layers';
import { updateBatchNorm, type WeightAverage, type WeightAverageState } from '@dl/optim';
import { type Batch, type FullTask, toTensors } from '../core/batch.js';
import type { SavedArray } from '../state/state.js';

/**
 * Which mean of the weights is taken while a model learns, and when. Tests see the model with the means instead of its
 * weights, and a run that finishes or stops early leaves it with them.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { drawnDigits, loader } from '@dl/data';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Flatten, Linear, Sequential } from '@dl/layers';
 * import { SGD, SWA } from '@dl/optim';
 * import { type Averaging, fit } from '@dl/train';
 * await useBackend(cpu());
 * const model = new Sequential(new Flatten(), new Linear(784, 10));
 * const optimizer = new SGD(model.parameters(), { lr: 0.1 });
 * const averaging: Averaging = { weights: new SWA(model.parameters()), every: 'epoch', from: 2 };
 * await fit(model, loader(drawnDigits(100)), { optimizer, epochs: 4, averaging });
 * console.log(averaging.weights.count); // 3: the weights after epochs 2, 3 and 4
 * ```
 */
export interface Averaging {
  /** The mean: `EMA` or `SWA` of @dl/optim, made with `model.parameters()`. */
  readonly weights: WeightAverage;
  /** Whether it takes the weights in after each step or after each epoch. Default 'step'. */
  readonly every?: 'step' | 'epoch';
  /** The first epoch whose weights it takes in, from 1. Default 1. */
  readonly from?: number;
  /**
   * Compute the statistics of batch norms anew for the means, in a pass over the training data before each test, and put those of
   * the training back after it; norms in a part that is in `eval()` keep theirs. Without, the means are tested with those of the training, which is near for an `EMA`. Costs
   * nothing where there is no batch norm. Default true.
   */
  readonly renewBatchNorm?: boolean;
}

/** What goes on with the means; plain values. */
export interface AveragingState {
  readonly weights: WeightAverageState<SavedArray>;
  /** The last epoch whose weights were taken in. */
  readonly epoch: number;
  /** The buffers of the model that go with the means, where they were computed. */
  readonly buffers: readonly SavedArray[] | null;
}

export interface AveragingSetup {
  readonly model: AnyModule;
  readonly data: AsyncIterable<Batch>;
  readonly task: FullTask;
  readonly signal: Platform<'AbortSignal'> | undefined;
}

/** The means of a run. */
export class Averages {
  readonly #setup: AveragingSetup;
  readonly #options: Averaging;
  readonly #turns: Turns;
  readonly #hasNorms: boolean;
  /** The buffers that go with what `weights` holds: with the means, or in their place with the weights of the training. */
  #buffers: Tensor[] | undefined;
  #isIn = false;
  #epoch = 0;

  constructor(setup: AveragingSetup, options: Averaging, turns: Turns) {
    this.#setup = setup;
    this.#options = options;
    this.#turns = turns;
    const { renewBatchNorm = true } = options;
    const isNorm = (module: object): boolean => 'numBatchesTracked' in module && module.numBatchesTracked !== undefined;
    this.#hasNorms = renewBatchNorm && setup.model.namedModules().some(([, module]) => isNorm(module));
  }

  /** Takes the weights in, if it is time; `epoch` is the one under way, from 1. */
  take(unit: 'step' | 'epoch', epoch: number): void {
    const { weights, every = 'step', from = 1 } = this.#options;
    if (unit !== every || epoch < from) return;
    // A run that goes on in the test of an epoch has taken it in.
    if (every === 'epoch' && this.#epoch === epoch) return;
    weights.update();
    this.#epoch = epoch;
    this.#forgetBuffers();
  }

  /** Puts the means in the place of the weights, once there are any, and unless the run is aborted on the way. */
  async enter(): Promise<void> {
    if (this.#options.weights.count === 0 || this.#isIn) return;
    const isNew = this.#hasNorms && this.#buffers === undefined;
    if (isNew) this.#buffers = noGrad(() => this.#setup.model.buffers().map((buffer) => keep(buffer.clone())));
    this.#exchange();
    if (!isNew || (await this.#renew())) return;
    this.leave();
    this.#forgetBuffers();
  }

  /** Puts the weights of the training back. */
  leave(): void {
    if (this.#isIn) this.#exchange();
  }

  /** Leaves the means, where there are any, in the model, and in `weights` too. False when that was aborted. */
  async finish(): Promise<boolean> {
    await this.enter();
    if (!this.#isIn) return this.#options.weights.count === 0;
    this.#options.weights.settle();
    this.#isIn = false;
    this.#forgetBuffers();
    return true;
  }

  /** Runs something that must see the weights of the training. */
  aside<T>(body: () => T): T {
    if (!this.#isIn) return body();
    this.#exchange();
    try {
      return body();
    } finally {
      this.#exchange();
    }
  }

  /** Tensors, those in use. In a test the buffers are left out: it is repeated as a whole. */
  stateDict({ isTesting }: { readonly isTesting: boolean }): object {
    return {
      weights: this.#options.weights.stateDict(),
      epoch: this.#epoch,
      buffers: isTesting ? null : (this.#buffers ?? null),
    };
  }

  loadStateDict({ weights, epoch, buffers }: AveragingState): void {
    const own = this.#setup.model.buffers();
    if (buffers !== null && buffers.length !== own.length) {
      throw new ArgumentError(`fit: the state averages ${buffers.length} buffers and the model has ${own.length}`);
    }
    const odd = buffers?.findIndex(
      (buffer, i) => String(buffer.shape) !== String(own[i]!.shape) || buffer.dtype !== own[i]!.dtype,
    );
    if (odd !== undefined && odd >= 0) {
      throw new ArgumentError(
        `fit: buffer ${odd} of the state's averaging is ${buffers![odd]!.dtype} of ${buffers![odd]!.data.length} values, and that of the model ${own[odd]!.dtype} of shape [${own[odd]!.shape.join(', ')}]; give the model of that run`,
      );
    }
    this.#options.weights.loadStateDict(weights);
    this.#forgetBuffers();
    if (buffers !== null)
      this.#buffers = buffers.map((buffer, i) => keep(tensor(buffer, { backend: own[i]!.backend })));
    this.#epoch = epoch;
  }

  dispose(): void {
    // An error in the last pass over the data, for one, would leave them in the model.
    this.leave();
    this.#forgetBuffers();
  }

  /** Computes the statistics that go with the means; false when the run is aborted before they are those of all batches. */
  async #renew(): Promise<boolean> {
    const { model, data, task, signal } = this.#setup;
    const turns = this.#turns;
    let isWhole = true;
    const batches = (async function* () {
      for await (const batch of data) {
        yield batch;
        if (signal?.aborted) {
          isWhole = false;
          return;
        }
        await turns.take();
      }
    })();
    await updateBatchNorm<Batch>(batches, {
      get training() {
        return model.training;
      },
      set training(value) {
        model.training = value;
      },
      namedModules: () => model.namedModules(),
      train: () => model.train(),
      forward: (batch) => task.forward(toTensors(batch)),
    });
    return isWhole;
  }

  /** Exchanges the means and the weights of the training, with what belongs to each. */
  #exchange(): void {
    this.#options.weights.swap();
    this.#isIn = !this.#isIn;
    if (this.#buffers === undefined) return;
    using _ = scope();
    noGrad(() => {
      this.#setup.model.buffers().forEach((buffer, i) => {
        const other = this.#buffers![i]!;
        const former = buffer.clone();
        buffer.assign(other);
        other.assign(former);
      });
    });
  }

  #forgetBuffers(): void {
    for (const buffer of this.#buffers ?? []) buffer.dispose();
    this.#buffers = undefined;
  }
}

/** Throws for options that cannot be. */
export function checkAveraging({ weights, every = 'step', from = 1 }: Averaging): void {
  if (typeof weights?.update !== 'function' || typeof weights.swap !== 'function') {
    throw new ArgumentError('fit: averaging has no weights; pass averaging: { weights: new EMA(model.parameters()) }');
  }
  if (every !== 'step' && every !== 'epoch') {
    throw new ArgumentError(`fit: averaging.every is ${String(every)}, needs 'step' or 'epoch'`);
  }
  if (!Number.isSafeInteger(from) || from < 1) {
    throw new ArgumentError(`fit: averaging.from is ${shown(from)}, needs the number of an epoch, from 1`);
  }
}
