// The training loop: trains a step, says so, and goes on when it is asked for the next event, or all at once when it is awaited.

import { ArgumentError, checkCall, type KnownOptions, type Platform, shown, type Tensor } from '@dl/autograd';
import type { AnyModule, TensorModule } from '@dl/layers';
import {
  type Batch,
  type Batches,
  fullTask,
  type LabelledBatch,
  type OwnTask,
  type Task,
  task,
} from '../core/batch.js';
import { checkData, checkModel } from '../core/checks.js';
import { type AnyOptimizer, checkOptimizer } from '../core/optimizer.js';
import type { Schedule } from '../core/schedule.js';
import { checkMetrics, type MeasureOptions, measureOptions } from '../evaluate/evaluate.js';
import { type TrainRun, trainRun } from '../events/train-run.js';
import { checkTrainState, type TrainState } from '../state/state.js';
import { type Averaging, checkAveraging } from './averaging.js';
import { Run } from './run.js';
import type { FitEarlyStopping } from './watch.js';

/** Options of {@link fit}. */
export interface FitOptions<B extends Batch = Batch, O = Tensor> extends Task<B, O>, MeasureOptions<B> {
  /**
   * Changes the model's parameters after each batch. One whose step is a search, such as `LBFGS`, evaluates the batch as often as
   * it wants to, with the same elements dropped out each time; the loss that events tell is the one before the step. Other tasks of the
   * event loop wait until the whole step is done. `LevenbergMarquardt` needs the option `residuals`.
   */
  readonly optimizer: AnyOptimizer;
  /**
   * How many times to go through the data, the epochs before a resumed state included; Infinity until `earlyStopping` or `signal` ends it, or the
   * loop is left. Default 1.
   */
  readonly epochs?: number;
  /** Data to test on after each epoch. */
  readonly test?: Batches<B>;
  /** Changes the learning rate as training goes on. */
  readonly schedule?: Schedule;
  /** Whether the schedule counts steps or epochs. Default 'epoch'. */
  readonly scheduleEvery?: 'step' | 'epoch';
  /**
   * Adds up the gradients of so many batches before each step: the update is that of one batch as large as all of them, in the
   * memory of one, also where a loss leaves labels out (see `loss`). Default 1. The last step of an epoch has what remains.
   */
  readonly accumulate?: number;
  /**
   * Called in each step, and waited for, when the gradients of all its batches are summed up and before they are clipped: with the parameters of
   * the optimiser, whose `grad` it may change in place or set anew, as data-parallel training does to average them over processes. A
   * parameter that the loss does not depend on has none. Temporary tensors are best made in a `scope`. When it fails, the step has changed no
   * weight. `anomaly` does not look at what it computes. Not for an optimiser whose step is a search, which asks for gradients
   * again and again without waiting.
   */
  readonly gradients?: (parameters: readonly Tensor[]) => unknown;
  /** Scales the gradients of a step down to this norm, all of them as one vector, where they are larger. */
  readonly clipGradNorm?: number;
  /** Brings each element of the gradients of a step between -clipGradValue and clipGradValue; before `clipGradNorm`. */
  readonly clipGradValue?: number;
  /** Take means of the weights, which is what tests see and what the run leaves in the model. */
  readonly averaging?: Averaging;
  /**
   * The figure of an epoch that says which one is best: 'loss' (the default), 'accuracy', or the name of a metric; of the
   * test, or without one of the training.
   */
  readonly monitor?: string;
  /** Stop when that figure gets no better. */
  readonly earlyStopping?: FitEarlyStopping;
  /** Look at every result, and stop at the first NaN or infinity with the name of the op that made it. Slow. Default false. */
  readonly anomaly?: boolean;
  /**
   * Read the loss after every so many steps. Each reading waits for the device; between two of them nothing does. A loss that is
   * not finite is found by the next reading, and told with its own step. Default 10; Infinity tells it at the end of an epoch only.
   */
  readonly lossEvery?: number;
  /** Stops after the step under way; the last event is then `end` with the reason 'aborted'. */
  readonly signal?: Platform<'AbortSignal'>;
  /** Where to go on: what `event.state()` of an earlier run gave. The data and the options must be the same. */
  readonly state?: TrainState;
  /** Milliseconds of work after which other tasks of the event loop get a turn. Default 10. */
  readonly yieldEvery?: number;
}

const fitOptions: KnownOptions = {
  optimizer: 'object',
  epochs: 'number',
  test: 'object',
  schedule: 'object',
  scheduleEvery: ['step', 'epoch'],
  accumulate: 'number',
  gradients: 'function',
  clipGradNorm: 'number',
  clipGradValue: 'number',
  averaging: 'object',
  monitor: 'string',
  earlyStopping: 'object',
  anomaly: 'boolean',
  lossEvery: 'number',
  signal: 'object',
  state: 'object',
  yieldEvery: 'number',
  ...task,
  ...measureOptions,
};

/**
 * Trains a model: iterate the events of the run with `for await`, or `await` its {@link TrainResult}. Nothing is trained before
 * one of the two. Each step has a scope of its own, so memory stays flat; parameters, their optimiser's state and nothing else
 * outlive it.
 *
 * The model is in training mode while a step computes and in evaluation mode while a test does; outside of that each module is in
 * its own mode. A part that you have put into `eval()` stays in it during steps: a backbone whose statistics are not to move.
 * A model of which every part is in evaluation mode is trained as a whole.
 *
 * Between two events nothing runs. So the body of the loop may save the state, change a learning rate, or look at the
 * model. Two runs with the same seed, data and options give the same numbers; one that goes on from a `state` gives the
 * same as one that never stopped.
 *
 * Batches of `{ images, labels }` need nothing more; for others pass `forward` and `loss`.
 *
 * @throws ArgumentError or FormatError for options, data or a state that do not fit.
 * @throws DivergenceError when the loss is no longer finite; with `anomaly` at the first op that makes such a number.
 *
 * @example
 * ```ts
 * import { manualSeed, useBackend } from '@dl/autograd';
 * import { drawnDigits, loader } from '@dl/data';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Flatten, Linear, Sequential } from '@dl/layers';
 * import { Adam } from '@dl/optim';
 * import { fit } from '@dl/train';
 * await useBackend(cpu());
 * manualSeed(1);
 * const model = new Sequential(new Flatten(), new Linear(784, 10));
 * const data = loader(drawnDigits(400), { batchSize: 20, shuffle: true });
 * const test = loader(drawnDigits(100, { seed: 1 }), { batchSize: 50 });
 * const optimizer = new Adam(model.parameters(), { lr: 0.01 });
 * for await (const event of fit(model, data, { optimizer, epochs: 2, test })) {
 *   if (event.type === 'epoch') console.log(event.epoch, event.train.loss, event.test?.accuracy);
 * }
 * const { history } = await fit(model, data, { optimizer, epochs: 2, test }); // two more, without a look in between
 * console.log(history.at(-1)?.test?.accuracy);
 * ```
 */
export function fit<B extends LabelledBatch>(model: TensorModule, data: Batches<B>, options: FitOptions<B>): TrainRun;
export function fit<B extends Batch, O = Tensor>(
  model: AnyModule,
  data: Batches<B>,
  options: FitOptions<B, O> & OwnTask<B, O>,
): TrainRun;
export function fit<B extends Batch, O>(model: AnyModule, data: Batches<B>, options: FitOptions<B, O>): TrainRun {
  checkCall('fit', arguments, ['model', 'data'], fitOptions);
  check(model, data, options);
  const { optimizer, schedule, test, metrics, target, earlyStopping, averaging, signal, state } = options;
  const { gradients, clipGradNorm, clipGradValue } = options;
  const { epochs = 1, accumulate = 1, scheduleEvery = 'epoch', monitor = 'loss', anomaly = false } = options;
  const { lossEvery = 10, yieldEvery = 10 } = options;
  const task = fullTask('fit', model, options);
  const setup = { model, optimizer, schedule, data, test, task, measure: { metrics, target } };
  const counts = { epochs, accumulate, scheduleEvery, lossEvery, yieldEvery };
  const learning = { gradients, clipGradNorm, clipGradValue, averaging, monitor, earlyStopping, anomaly };
  return trainRun('fit', new Run(setup, { ...counts, ...learning, signal, state }).events());
}

function check<B extends Batch, O>(model: AnyModule, data: Batches<B>, options: FitOptions<B, O>): void {
  checkModel('fit', model);
  checkData('fit', 'data', data);
  const { optimizer, schedule, averaging, epochs = 1, test, lossEvery = 10, yieldEvery = 10, state } = options ?? {};
  if (test !== undefined) checkData('fit', 'test', test);
  checkOptimizer(optimizer, options ?? {});
  const parameters = new Set(model.parameters());
  if (!optimizer.paramGroups.some(({ params }) => params.some((param) => parameters.has(param)))) {
    throw new ArgumentError(
      'fit: the optimizer has none of the parameters of the model; make it with model.parameters(), after moving the model',
    );
  }
  if (epochs !== Number.POSITIVE_INFINITY && (!Number.isSafeInteger(epochs) || epochs < 1)) {
    throw new ArgumentError(`fit: epochs is ${shown(epochs)}, needs a whole number of at least 1, or Infinity`);
  }
  if (lossEvery !== Number.POSITIVE_INFINITY && (!Number.isSafeInteger(lossEvery) || lossEvery < 1)) {
    throw new ArgumentError(`fit: lossEvery is ${shown(lossEvery)}, needs a whole number of at least 1, or Infinity`);
  }
  if (!(yieldEvery >= 0))
    throw new ArgumentError(`fit: yieldEvery is ${shown(yieldEvery)}, needs milliseconds of at least 0`);
  checkLearning(options);
  if (state !== undefined) checkTrainState(state, { data, schedule, averaging }, epochs);
}

/** What is checked of the options that change how a run learns, and when it stops. */
function checkLearning<B extends Batch, O>(options: FitOptions<B, O>): void {
  const { schedule, scheduleEvery = 'epoch', accumulate = 1, averaging, metrics, test, monitor } = options;
  const { clipGradNorm = 1, clipGradValue = 1 } = options;
  if (schedule !== undefined && typeof schedule?.step !== 'function') {
    throw new ArgumentError('fit: the schedule has no step(); pass a schedule of @dl/optim');
  }
  if (scheduleEvery !== 'step' && scheduleEvery !== 'epoch') {
    throw new ArgumentError(`fit: scheduleEvery is ${shown(scheduleEvery)}, needs 'step' or 'epoch'`);
  }
  if (!Number.isSafeInteger(accumulate) || accumulate < 1) {
    throw new ArgumentError(`fit: accumulate is ${shown(accumulate)}, needs a whole number of batches of at least 1`);
  }
  if (!(clipGradNorm > 0))
    throw new ArgumentError(`fit: clipGradNorm is ${shown(clipGradNorm)}, needs a number above 0`);
  if (!(clipGradValue > 0))
    throw new ArgumentError(`fit: clipGradValue is ${shown(clipGradValue)}, needs a number above 0`);
  if (averaging !== undefined) checkAveraging(averaging);
  checkMetrics('fit', metrics);
  if (metrics !== undefined && test === undefined) {
    throw new ArgumentError('fit: metrics are measured on test data, and there are none; pass the option test');
  }
  const known = ['loss', 'accuracy', ...Object.keys(metrics ?? {})];
  if (monitor !== undefined && !known.includes(monitor)) {
    throw new ArgumentError(`fit: monitor is '${monitor}', needs one of ${known.join(', ')}`);
  }
  const { patience = 1, minDelta = 0 } = options.earlyStopping ?? { patience: 1 };
  if (patience !== Number.POSITIVE_INFINITY && (!Number.isSafeInteger(patience) || patience < 1)) {
    throw new ArgumentError(
      `fit: earlyStopping.patience is ${shown(patience)}, needs a whole number of epochs of at least 1, or Infinity`,
    );
  }
  if (!(minDelta >= 0)) {
    throw new ArgumentError(`fit: earlyStopping.minDelta is ${shown(minDelta)}, needs a number of at least 0`);
  }
}
