// What a training run tells while it goes on: one object for each thing that happens.

import type { Evaluation } from '../evaluate/evaluate.js';
import type { Means } from '../loop/meter.js';
import type { Best } from '../loop/watch.js';
import type { TrainState } from '../state/state.js';

interface Moment {
  /** The epoch under way or just ended, from 1. */
  readonly epoch: number;
  /** Steps done in that epoch. */
  readonly step: number;
  /**
   * All that is needed to go on exactly from here, in plain arrays and numbers. It is the state of the moment when it is
   * called: call it before asking for the next event.
   */
  state(): Promise<TrainState>;
}

/** Comes first. When a state with all epochs done is resumed, its `epoch` is one more than there are. */
export interface StartEvent extends Moment {
  readonly type: 'start';
  /** How many epochs there will be at most. */
  readonly epochs: number;
  /** Steps and examples per epoch, where the loader knows. */
  readonly steps?: number;
  readonly examples?: number;
  /** Steps and examples of the test after each epoch; 0 without one. */
  readonly testSteps?: number;
  readonly testExamples?: number;
}

/** Comes after each step. */
export interface StepEvent extends Moment {
  readonly type: 'step';
  /** Steps per epoch, where the loader knows. */
  readonly steps?: number;
  /** Steps since the first one of the run, those before it was resumed included. */
  readonly totalSteps: number;
  /** How many examples the batch had. */
  readonly examples: number;
  /** The mean loss since it was read last; only after every `lossEvery`-th step. */
  readonly loss?: number;
  /** The share of right answers since then; only together with the loss, and where there are classes. */
  readonly accuracy?: number;
  readonly examplesPerSecond: number;
}

/** Comes after each batch of the test that ends an epoch. */
export interface TestEvent extends Moment {
  readonly type: 'test';
  /** Batches tested so far, and how many there are, where the loader knows. */
  readonly testStep: number;
  readonly testSteps?: number;
}

/** Comes at the end of each epoch. */
export interface EpochEvent extends Moment {
  readonly type: 'epoch';
  /** Means over the epoch, measured while the model was still learning. */
  readonly train: Means;
  /** The model at the end of the epoch on the test data, where there are any. */
  readonly test?: Evaluation;
  /** The monitored metric (the option `monitor`), and whether it is the best so far. */
  readonly score: number;
  readonly isBest: boolean;
  /** The learning rate of the first group of parameters in the last step of the epoch, where the optimiser has one. */
  readonly lr?: number;
  /** How long the epoch took, with its test; the part before it was resumed included. */
  readonly seconds: number;
}

/** Comes last, unless an error ended the run. */
export interface EndEvent extends Moment {
  readonly type: 'end';
  /** All epochs are done, nothing got better any more (early stopping), or the signal was aborted. */
  readonly reason: 'finished' | 'stopped' | 'aborted';
  /** The epoch with the best monitored metric, once there is one. */
  readonly best?: Best;
  /** How long this call took. */
  readonly seconds: number;
}

/** What `fit` yields; its `type` says which. */
export type TrainEvent = StartEvent | StepEvent | TestEvent | EpochEvent | EndEvent;
