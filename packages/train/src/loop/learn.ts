// One step of learning: gradients of one batch or of several, clipped, and the optimiser's update.

import {
  concat,
  defaultGenerator,
  detectAnomaly,
  GradientError,
  internalScope,
  noGrad,
  scope,
  stack,
  type Tensor,
  type Turns,
} from '@dl/autograd';
import { type AnyModule, inMode } from '@dl/layers';
import { clipGradNorm, clipGradValue } from '@dl/optim';
import { apply, applyResiduals, type Batch, examplesOf, type FullTask, lossOf, toTensors } from '../core/batch.js';
import { DivergenceError } from '../core/checks.js';
import { type AnyOptimizer, wantsOf } from '../core/optimizer.js';
import type { Meter } from './meter.js';
import { StepLoss } from './step-loss.js';

export interface LearnerSetup {
  readonly model: AnyModule;
  readonly optimizer: AnyOptimizer;
  readonly task: FullTask;
}

export interface LearnerOptions {
  readonly gradients: ((parameters: readonly Tensor[]) => unknown) | undefined;
  readonly clipGradNorm: number | undefined;
  readonly clipGradValue: number | undefined;
  readonly anomaly: boolean;
}

/** A step, from 1, for messages. */
export interface StepPlace {
  readonly epoch: number;
  readonly step: number;
}

/** The share of a batch in a step: its arrays, and how many examples it has. */
interface Share {
  readonly arrays: Batch;
  readonly examples: number;
}

export class Learner {
  readonly #model: AnyModule;
  readonly #optimizer: AnyOptimizer;
  readonly #task: FullTask;
  readonly #options: LearnerOptions;
  readonly #meter: Meter;
  readonly #turns: Turns;

  constructor(setup: LearnerSetup, options: LearnerOptions, beside: { readonly meter: Meter; readonly turns: Turns }) {
    this.#model = setup.model;
    this.#optimizer = setup.optimizer;
    this.#task = setup.task;
    this.#options = options;
    this.#meter = beside.meter;
    this.#turns = beside.turns;
  }

  /**
   * Learns from all examples of the batches in one update; gives how many there were. Each batch is freed before the next
   * one comes, also when it fails.
   */
  async step(batches: readonly Batch[], where: StepPlace): Promise<number> {
    const shares = batches.map((arrays): Share => ({ arrays, examples: examplesOf('fit', arrays) }));
    const total = shares.reduce((sum, { examples }) => sum + examples, 0);
    const loss = new StepLoss(shares.length, total);
    try {
      if (wantsOf(this.#optimizer) === undefined) await this.#goDown(shares, loss, where);
      else this.#guarded(where, () => this.#training(() => this.#search(shares, total)));
    } finally {
      loss.dispose();
      this.#optimizer.zeroGrad();
    }
    this.#meter.endStep();
    return total;
  }

  /** One gradient, and one update by it. */
  async #goDown(shares: readonly Share[], loss: StepLoss, where: StepPlace): Promise<void> {
    for (const [i, share] of shares.entries()) {
      if (i > 0) await this.#turns.take();
      this.#guarded(where, () => {
        using _ = scope();
        this.#backward(share, loss, true);
      });
    }
    this.#guarded(where, () => {
      using _ = scope();
      loss.settle(this.#parameters);
    });
    await this.#options.gradients?.(this.#parameters);
    this.#guarded(where, () => {
      this.#clip();
      this.#optimizer.step();
    });
  }

  /** The optimiser asks for the loss and its gradients, or for residuals, as often as it wants to. */
  #search(shares: readonly Share[], total: number): void {
    const before = defaultGenerator().state;
    const wants = wantsOf(this.#optimizer);
    let isFirst = true;
    this.#optimizer.step(() => {
      // One function is searched: the same elements are dropped each time.
      defaultGenerator().state = before;
      const loss = new StepLoss(shares.length, total);
      try {
        const each = shares.map((share) => {
          const temporary = internalScope();
          let found: Tensor | undefined;
          try {
            if (wants === 'residuals') found = this.#residuals(share, isFirst);
            else found = this.#backward(share, loss, isFirst).detach().clone().reshape([]);
          } finally {
            temporary.endWith(found === undefined ? [] : [found]);
          }
          return found;
        });
        isFirst = false;
        if (wants === 'residuals') return each.length === 1 ? each[0]! : concat(each, 0);
        const factor = loss.settle(this.#parameters);
        return each.length === 1 ? each[0]! : stack(each).sum().mul(factor);
      } finally {
        loss.dispose();
      }
    });
  }

  /** The residuals of a batch in one row, with the graph that leads to them. */
  #residuals({ arrays, examples }: Share, isCounted: boolean): Tensor {
    const batch = toTensors(arrays);
    const { given, output, row } = applyResiduals('fit', this.#task, batch);
    if (isCounted)
      this.#meter.add(
        examples,
        noGrad(() => lossOf('fit', this.#task, given, batch)),
        output,
        batch['labels'],
        arrays['labels'],
      );
    return row;
  }

  /** Adds the gradients of a batch; gives its share of the loss. */
  #backward({ arrays, examples }: Share, total: StepLoss, isCounted: boolean): Tensor {
    const batch = toTensors(arrays);
    const { output, loss } = this.#training(() => apply('fit', this.#task, batch));
    if (!loss.requiresGrad) {
      throw new GradientError(
        'fit: the loss depends on no parameter that learns; compute it from the output of the model, outside noGrad and without detach(), and unfreeze what is to learn',
      );
    }
    // A checkpoint computes the forward pass again in the backward pass.
    const share = this.#training(() => total.backward(loss, examples));
    if (isCounted) this.#meter.add(examples, loss, output, batch['labels'], arrays['labels']);
    return share;
  }

  #training<T>(body: () => T): T {
    return inMode(this.#model, 'train', body);
  }

  get #parameters(): Tensor[] {
    return [...new Set(this.#optimizer.paramGroups.flatMap(({ params }) => params))];
  }

  #clip(): void {
    const { clipGradValue: maxValue, clipGradNorm: maxNorm } = this.#options;
    if (maxValue === undefined && maxNorm === undefined) return;
    const parameters = this.#parameters;
    if (maxValue !== undefined) clipGradValue(parameters, maxValue);
    if (maxNorm !== undefined) clipGradNorm(parameters, maxNorm).dispose();
  }

  #guarded({ epoch, step }: StepPlace, body: () => void): void {
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
