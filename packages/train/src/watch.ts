// What a run watches: one figure of each epoch, which epoch was the best, and whether it is time to stop.

import { ArgumentError } from '@dl/autograd';
import type { Evaluation } from './evaluate.js';
import type { Means } from './meter.js';
import type { Goal, Metrics } from './metrics/metric.js';
import type { SavedArray } from './state.js';

/** When to stop because nothing gets better any more. */
export interface EarlyStopping {
  /** Stops after so many epochs in a row without improvement. */
  readonly patience: number;
  /** An improvement is a change for the better by more than this. Default 0. */
  readonly minDelta?: number;
  /**
   * Keep the weights of the best epoch, and put them back when the run finishes or stops early. Default false. They are part
   * of the state of the run.
   */
  readonly restoreBest?: boolean;
}

/** The best epoch so far. */
export interface Best {
  /** From 1. */
  readonly epoch: number;
  /** The figure that is watched. */
  readonly score: number;
}

/** What the watch remembers; plain values. */
export interface WatchState {
  readonly best: Best | null;
  /** The figure that the next one has to beat by more than `minDelta`. */
  readonly reference: number | null;
  /** Epochs since then. */
  readonly waited: number;
  /** The weights of the best epoch, where they are wanted. */
  readonly weights: Readonly<Record<string, SavedArray>> | null;
}

export const emptyWatch: WatchState = { best: null, reference: null, waited: 0, weights: null };

type Figures = Means & Pick<Evaluation, 'metrics'>;

export class Watch {
  readonly #monitor: string;
  readonly #goal: Goal;
  readonly #stopping: EarlyStopping | undefined;
  #state: WatchState;

  constructor(
    options: { readonly monitor: string; readonly metrics: Metrics; readonly stopping: EarlyStopping | undefined },
    state: WatchState,
  ) {
    const { monitor, metrics, stopping } = options;
    this.#monitor = monitor;
    this.#goal = goalOf(monitor, metrics);
    this.#stopping = stopping;
    this.#state = state;
  }

  get state(): WatchState {
    return this.#state;
  }

  /** Whether patience has run out. */
  get isOver(): boolean {
    return this.#stopping !== undefined && this.#state.waited >= this.#stopping.patience;
  }

  get wantsWeights(): boolean {
    return this.#stopping?.restoreBest === true;
  }

  /** Looks at the figures of an epoch. */
  look(epoch: number, figures: Figures): { readonly score: number; readonly isBest: boolean } {
    const score = this.#pick(figures);
    const { best, reference, waited } = this.#state;
    const isBest = this.#isBetter(score, best?.score ?? null, 0);
    const hasImproved = this.#isBetter(score, reference, this.#stopping?.minDelta ?? 0);
    this.#state = {
      ...this.#state,
      best: isBest ? { epoch, score } : best,
      reference: hasImproved ? score : reference,
      waited: hasImproved ? 0 : waited + 1,
    };
    return { score, isBest };
  }

  /** Takes the weights of the epoch that was just found to be the best. */
  keepWeights(weights: WatchState['weights']): void {
    this.#state = { ...this.#state, weights };
  }

  #pick({ loss, accuracy, metrics = {} }: Figures): number {
    const figures: Record<string, number | undefined> = { loss, accuracy, ...metrics };
    const score = figures[this.#monitor];
    if (score !== undefined) return score;
    const names = Object.keys(figures).filter((name) => figures[name] !== undefined);
    throw new ArgumentError(
      `fit: monitor is '${this.#monitor}', but an epoch has ${names.join(', ')}; name one of these`,
    );
  }

  /** NaN is never better, and nothing else is worse than none. */
  #isBetter(score: number, than: number | null, by: number): boolean {
    if (Number.isNaN(score)) return false;
    if (than === null) return true;
    return this.#goal === 'min' ? score < than - by : score > than + by;
  }
}

function goalOf(monitor: string, metrics: Metrics): Goal {
  return metrics[monitor]?.goal ?? (monitor === 'accuracy' ? 'max' : 'min');
}
