// Checkpoints: the last state of a run and the best one, saved as the run goes on.

import { ArgumentError, checkCall, type Known, shown } from '@dl/autograd';
import type { TrainEvent } from '../events/events.js';
import { type TrainRun, trainRun } from '../events/train-run.js';
import type { TrainState } from './state.js';

/** Options of {@link checkpoints}. */
export interface CheckpointOptions {
  /**
   * Saves a state under a name, and replaces what has that name. `saveState` of @dl/checkpoint/node does it so that a crash leaves the
   * former file whole.
   */
  save(state: TrainState, name: 'last' | 'best'): unknown;
  /** Save 'last' after every so many steps too. Default: at the end of each epoch only. */
  readonly every?: number;
}

const checkpointOptions: Known<CheckpointOptions> = { save: 'function', every: 'number' };

/**
 * Saves states while the events of `fit` pass through: 'last' at the end of each epoch, after every `every` steps and when the run
 * is aborted, 'best' when an epoch is the best so far (see `monitor` of `fit`). `fit` goes on exactly from either.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { loadState, saveState } from '@dl/checkpoint/node';
 * import { drawnDigits, loader } from '@dl/data';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Flatten, Linear, Sequential } from '@dl/layers';
 * import { SGD } from '@dl/optim';
 * import { checkpoints, fit, type TrainState } from '@dl/train';
 * await useBackend(cpu());
 * const model = new Sequential(new Flatten(), new Linear(784, 10));
 * const optimizer = new SGD(model.parameters(), { lr: 0.1 });
 * const data = loader(drawnDigits(100), { shuffle: true });
 * const save = (state: TrainState, name: string) => saveState(`${name}.safetensors`, state);
 * await checkpoints(fit(model, data, { optimizer, epochs: 2 }), { save });
 * const { watch, model: best } = await loadState<TrainState>('best.safetensors');
 * model.loadStateDict(best);
 * console.log(watch.best); // the epoch, and its loss
 * ```
 */
export function checkpoints<E extends TrainEvent>(events: AsyncIterable<E>, options: CheckpointOptions): TrainRun<E> {
  checkCall('checkpoints', arguments, ['events'], checkpointOptions);
  return trainRun('checkpoints', saving(events, options));
}

async function* saving<E extends TrainEvent>(
  events: AsyncIterable<E>,
  options: CheckpointOptions,
): AsyncGenerator<E, void, undefined> {
  const { save, every } = options;
  if (typeof save !== 'function') {
    throw new ArgumentError('checkpoints: there is no way to save; pass save: (state, name) => …');
  }
  if (every !== undefined && (!Number.isSafeInteger(every) || every < 1)) {
    throw new ArgumentError(`checkpoints: every is ${shown(every)}, needs a whole number of steps of at least 1`);
  }
  for await (const event of events) {
    const isDue =
      event.type === 'epoch' ||
      (event.type === 'step' && every !== undefined && event.totalSteps % every === 0) ||
      // At any other end the weights may be those of the best epoch, which are not where the run goes on.
      (event.type === 'end' && event.reason === 'aborted');
    if (isDue) {
      const state = await event.state();
      if (event.type === 'epoch' && event.isBest) await save(state, 'best');
      await save(state, 'last');
    }
    yield event;
  }
}
