// What is remembered of a run: the figures that its curves are drawn from.

import type { EpochEvent, TrainEvent } from '@dl/train';

export interface EpochFigures {
  readonly epoch: number;
  /** Steps since the beginning, where its test stands in the curves. */
  readonly totalSteps: number;
  readonly trainLoss: number;
  readonly trainAccuracy: number;
  readonly testLoss: number;
  readonly testAccuracy: number;
  readonly seconds: number;
}

export interface History {
  readonly steps: readonly number[];
  readonly losses: readonly number[];
  readonly epochs: readonly EpochFigures[];
}

export const emptyHistory: History = { steps: [], losses: [], epochs: [] };

export function remember(history: History, event: TrainEvent): History {
  if (event.type === 'step' && event.loss !== undefined) {
    const { totalSteps, loss } = event;
    return { ...history, steps: [...history.steps, totalSteps], losses: [...history.losses, loss] };
  }
  if (event.type === 'epoch') return { ...history, epochs: [...history.epochs, figuresOf(event)] };
  return history;
}

function figuresOf({ epoch, step, train, test, seconds }: EpochEvent): EpochFigures {
  return {
    epoch,
    totalSteps: epoch * step,
    trainLoss: train.loss,
    trainAccuracy: train.accuracy ?? 0,
    testLoss: test?.loss ?? 0,
    testAccuracy: test?.accuracy ?? 0,
    seconds,
  };
}
