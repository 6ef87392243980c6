// A training run as fit gives it, and as observers hand it on: its events, or its result.

import { type Collector, EventRun } from '@dl/autograd';
import type { Evaluation } from '../evaluate/evaluate.js';
import type { EndEvent, EpochEvent, TrainEvent } from './events.js';

/** The figures of an epoch: its event without what belongs to the moment, and without the predictions, which would add up. */
export interface EpochFigures extends Omit<EpochEvent, 'type' | 'step' | 'state' | 'test'> {
  readonly test?: Omit<Evaluation, 'predictions'>;
}

/** The result of a training run: what it gives when it is awaited. */
export interface TrainResult extends Pick<EndEvent, 'reason' | 'best' | 'seconds'> {
  /** The epochs that this call has done, in their order; those before a resumed state are not among them. */
  readonly history: readonly EpochFigures[];
}

/** A training run: iterate its events, or await its {@link TrainResult}. */
export type TrainRun<E extends TrainEvent = TrainEvent> = EventRun<E, TrainResult>;

/** A run of these events. */
export function trainRun<E extends TrainEvent>(where: string, events: AsyncGenerator<E, void, undefined>): TrainRun<E> {
  return new EventRun<E, TrainResult>(where, events, new History());
}

class History implements Collector<TrainEvent, TrainResult> {
  readonly #epochs: EpochFigures[] = [];
  #end: EndEvent | undefined;

  take(event: TrainEvent): void {
    if (event.type === 'end') this.#end = event;
    if (event.type !== 'epoch') return;
    const { type: _, step: _step, state: _state, test, ...figures } = event;
    const { predictions: _predictions, ...tested } = test ?? {};
    this.#epochs.push({ ...figures, ...(test && { test: tested as Omit<Evaluation, 'predictions'> }) });
  }

  result(): TrainResult | undefined {
    if (this.#end === undefined) return undefined;
    const { reason, best, seconds } = this.#end;
    return { history: this.#epochs, reason, ...(best !== undefined && { best }), seconds };
  }
}
