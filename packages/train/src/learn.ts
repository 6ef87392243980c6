// One step of learning: gradients of one batch or of several, clipped, and the optimiser's update.

import { detectAnomaly, GradientError, scope } from '@dl/autograd';
import type { Turns } from '@dl/data';
import type { AnyModule } from '@dl/layers';
import { clipGradNorm } from '@dl/optim';
import { apply, type Batch, examplesOf, type FullTask, toTensors } from './batch.js';
import { DivergenceError } from './checks.js';
import type { Meter } from './meter.js';
import type { AnyOptimizer } from './optimizer.js';

export interface LearnerParts {
  readonly model: AnyModule;
  readonly optimizer: AnyOptimizer;
  readonly task: FullTask;
}

export interface LearnerOptions {
  readonly clipGradNorm: number | undefined;
  readonly anomaly: boolean;
}

export class Learner {
  readonly #parts: LearnerParts;
  readonly #options: LearnerOptions;
  readonly #meter: Meter;
  readonly #turns: Turns;

  constructor(parts: LearnerParts, options: LearnerOptions, beside: { readonly meter: Meter; readonly turns: Turns }) {
    this.#parts = parts;
    this.#options = options;
    this.#meter = beside.meter;
    this.#turns = beside.turns;
  }

  /**
   * Learns from all examples of the batches in one update; gives how many there were. Each batch is freed before the next
   * one comes, also when it fails. `where` is the step, from 1, for the message.
   */
  async step(batches: readonly Batch[], where: { readonly epoch: number; readonly step: number }): Promise<number> {
    const { optimizer } = this.#parts;
    const sizes = batches.map((batch) => examplesOf('fit', batch));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    try {
      for (const [i, batch] of batches.entries()) {
        if (i > 0) await this.#turns.take();
        this.#guarded(where, () => this.#backward(batch, sizes[i]!, sizes[i]! / total));
      }
      this.#guarded(where, () => this.#update());
    } finally {
      optimizer.zeroGrad();
    }
    return total;
  }

  /** Adds the gradients of a batch, which is `share` of the examples of the step. */
  #backward(arrays: Batch, examples: number, share: number): void {
    using _ = scope();
    const batch = toTensors(arrays);
    const { output, loss } = apply('fit', this.#parts.task, batch);
    // The loss is a mean over the batch; weighted by its share, the sum is the mean over all examples of the step.
    (share === 1 ? loss : loss.mul(share)).backward();
    this.#meter.add(examples, loss, output, batch['labels']);
  }

  #update(): void {
    const { optimizer } = this.#parts;
    const { clipGradNorm: maxNorm } = this.#options;
    if (maxNorm !== undefined) {
      const parameters = optimizer.paramGroups.flatMap(({ params }) => params);
      clipGradNorm(parameters, maxNorm).dispose();
    }
    optimizer.step();
  }

  #guarded({ epoch, step }: { readonly epoch: number; readonly step: number }, body: () => void): void {
    if (!this.#options.anomaly) {
      body();
      return;
    }
    try {
      detectAnomaly(body);
    } catch (error) {
      if (!(error instanceof GradientError) || !/ made (NaN|-?Infinity) /.test(error.message)) throw error;
      throw new DivergenceError(`fit: at step ${step} of epoch ${epoch} ${error.message}`, { epoch, step }, error);
    }
  }
}
