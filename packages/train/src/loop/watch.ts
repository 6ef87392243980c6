// The monitored metric of a run: which epoch was the best by it, and whether it is time to stop.

import { ArgumentError } from '@dl/autograd';
import { EarlyStopping, type EarlyStoppingOptions, type EarlyStoppingState } from '@dl/optim';
import type { Evaluation } from '../evaluate/evaluate.js';
import type { Goal, Metrics } from '../metrics/metric.js';
import type { SavedArray } from '../state/state.js';
import type { Means } from './meter.js';

/** When to stop because nothing gets better any more; `EarlyStopping` of @dl/optim says when that is. */
export interface FitEarlyStopping extends Pick<EarlyStoppingOptions, 'minDelta'> {
  /** Stops after so many epochs in a row without improvement. */
  readonly patience: number;
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
  /** The monitored metric. */
  readonly score: number;
}

/** What the watch remembers; plain values. */
export interface WatchState {
  readonly best: Best | null;
  /** How long ago there was progress; counted without early stopping, too. */
  readonly stopping: EarlyStoppingState;
  /** The weights of the best epoch, where they are wanted. */
  readonly weights: Readonly<Record<string, SavedArray>> | null;
}

export const emptyWatch: WatchState = { best: null, stopping: { best: null, bestEpoch: -1, epoch: -1 }, weights: null };

type Figures = Means & Pick<Evaluation, 'metrics'>;

export class Watch {
  readonly #monitor: string;
  readonly #goal: Goal;
  readonly #stopping: EarlyStopping;
  readonly #restoresBest: boolean;
  #state: WatchState;

  constructor(
    options: { readonly monitor: string; readonly metrics: Metrics; readonly stopping: FitEarlyStopping | undefined },
    state: WatchState,
  ) {
    const { monitor, metrics, stopping } = options;
    this.#monitor = monitor;
    this.#goal = goalOf(monitor, metrics);
    const { patience = Number.POSITIVE_INFINITY, minDelta = 0, restoreBest = false } = stopping ?? {};
    this.#stopping = new EarlyStopping({ patience, minDelta, mode: this.#goal });
    this.#stopping.loadStateDict(state.stopping);
    this.#restoresBest = restoreBest;
    this.#state = state;
  }

  get state(): WatchState {
    return this.#state;
  }

  /** Whether patience has run out. */
  get isOver(): boolean {
    return this.#stopping.isOver;
  }

  get wantsWeights(): boolean {
    return this.#restoresBest;
  }

  /** Looks at the figures of an epoch. */
  look(epoch: number, figures: Figures): { readonly score: number; readonly isBest: boolean } {
    const score = this.#pick(figures);
    const { best } = this.#state;
    const isBest = this.#isBetter(score, best?.score);
    this.#stopping.update(score);
    this.#state = { ...this.#state, best: isBest ? { epoch, score } : best, stopping: this.#stopping.stateDict() };
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
  #isBetter(score: number, than: number | undefined): boolean {
    if (than === undefined) return !Number.isNaN(score);
    return this.#goal === 'min' ? score < than : score > than;
  }
}

function goalOf(monitor: string, metrics: Metrics): Goal {
  return metrics[monitor]?.goal ?? (monitor === 'accuracy' ? 'max' : 'min');
}
