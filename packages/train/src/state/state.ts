// The state of a training run: what must be written down so that it can go on as if it had never stopped.

import {
  ArgumentError,
  BackendError,
  DlError,
  defaultGenerator,
  FormatError,
  type GeneratorState,
  Tensor,
  type TypedArray,
} from '@dl/autograd';
import type { AnyModule } from '@dl/layers';
import type { AnyOptimizer, AnyOptimizerState } from '../core/optimizer.js';
import type { Schedule } from '../core/schedule.js';
import type { Averages, AveragingState } from '../loop/averaging.js';
import type { Meter, MeterState } from '../loop/meter.js';
import type { WatchState } from '../loop/watch.js';
import { isTrainState } from './state-checks.js';

/** Values with their shape and dtype. */
export interface SavedArray {
  readonly data: TypedArray;
  readonly shape: readonly number[];
  readonly dtype: Tensor['dtype'];
}

/** Where a run stands in its epochs. */
export interface Position {
  /** Epochs that are complete. */
  readonly epoch: number;
  /** Steps done in the epoch under way. */
  readonly step: number;
  /** Steps done since the first one. */
  readonly totalSteps: number;
  /** Whether the epoch under way has its steps behind it, and only its test before it. */
  readonly isTesting: boolean;
  /** Seconds that the epoch under way has taken. */
  readonly seconds: number;
}

/** Where random numbers and batches come from next. */
export interface Sources {
  readonly generator: GeneratorState;
  readonly data: object | null;
  readonly test: object | null;
}

/**
 * All that `fit` needs to go on exactly: plain objects, numbers and arrays, that can be stored by `saveState` of
 * @dl/checkpoint. Weights are in it; the data and the options are not.
 */
export interface TrainState {
  readonly format: typeof FORMAT;
  readonly position: Position;
  readonly sources: Sources;
  readonly meter: MeterState;
  readonly model: Readonly<Record<string, SavedArray>>;
  readonly optimizer: AnyOptimizerState<SavedArray>;
  /** What the schedule gave; null without one. */
  readonly schedule: unknown;
  /** The best epoch so far, and how long ago that was. */
  readonly watch: WatchState;
  /** The means of the weights; null without them. */
  readonly averaging: AveragingState | null;
}

const FORMAT = 'dl-train-4';

export const startPosition: Position = { epoch: 0, step: 0, totalSteps: 0, isTesting: false, seconds: 0 };

interface HasState {
  state?: object;
}

export function sourcesOf(data: HasState, test: HasState | undefined): Sources {
  return { generator: defaultGenerator().state, data: data.state ?? null, test: test?.state ?? null };
}

/** All is read at the call, before anything is waited for. */
export async function saveTrainState(
  setup: Pick<Setup, 'model' | 'optimizer' | 'schedule' | 'averages'> & { readonly meter: Meter },
  { isTesting, ...counts }: Pick<TrainState, 'position' | 'sources' | 'watch'> & { readonly isTesting: boolean },
): Promise<TrainState> {
  const [model, optimizer, schedule, averaging, meter] = await Promise.all([
    readWeights(setup.model),
    toArrays(setup.optimizer.stateDict()) as Promise<TrainState['optimizer']>,
    toArrays(setup.schedule?.stateDict() ?? null),
    toArrays(setup.averages?.stateDict({ isTesting }) ?? null) as Promise<TrainState['averaging']>,
    setup.meter.state(),
  ]);
  return { format: FORMAT, ...counts, meter, model, optimizer, schedule, averaging };
}

/** The weights and buffers of a model as plain arrays. */
export async function readWeights(model: AnyModule): Promise<TrainState['model']> {
  return (await toArrays(model.stateDict())) as TrainState['model'];
}

/** A copy with every tensor read into a plain array. */
async function toArrays(value: unknown): Promise<unknown> {
  if (value instanceof Tensor) return { data: await value.data(), shape: value.shape, dtype: value.dtype };
  if (Array.isArray(value)) return Promise.all(value.map(toArrays));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(async ([key, item]) => [key, await toArrays(item)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** What a state is put back into. */
export interface Setup {
  readonly model: AnyModule;
  readonly optimizer: AnyOptimizer;
  readonly schedule: Schedule | undefined;
  readonly averages: Averages | undefined;
  readonly data: HasState;
  readonly test: HasState | undefined;
}

/** Puts everything back to where it stood; when something does not fit, all is left as it was. */
export async function restoreTrainState(state: TrainState, setup: Setup): Promise<void> {
  const { model, optimizer, schedule, averages, data, test } = setup;
  const formerSources = sourcesOf(data, test);
  const formerModel = await readWeights(model).catch((error: unknown) => {
    // A device that was lost took the weights with it: there is nothing to put back, and loading a state is the cure.
    if (error instanceof BackendError) return undefined;
    throw error;
  });
  const formerSchedule = await toArrays(schedule?.stateDict() ?? null);
  const formerAveraging = (await toArrays(averages?.stateDict({ isTesting: false }) ?? null)) as AveragingState | null;
  try {
    setSources(state.sources, data, test);
    model.loadStateDict(state.model);
    schedule?.loadStateDict(state.schedule);
    if (state.averaging !== null) averages?.loadStateDict(state.averaging);
    // Last, because it is loaded as a whole or not at all, and has the learning rates.
    optimizer.loadStateDict(state.optimizer);
  } catch (error) {
    if (formerModel !== undefined) model.loadStateDict(formerModel);
    schedule?.loadStateDict(formerSchedule);
    if (formerAveraging !== null) averages?.loadStateDict(formerAveraging);
    setSources(formerSources, data, test);
    // What takes a part of it may be another's, and not say what is wrong with it.
    throw error instanceof DlError ? error : noState(error);
  }
}

function setSources(sources: Sources, data: HasState, test: HasState | undefined): void {
  if (sources.data !== null && 'state' in data) data.state = sources.data;
  if (sources.test !== null && test !== undefined && 'state' in test) test.state = sources.test;
  // Last, because a loader may draw from the same generator, and sets it to where its own state says.
  defaultGenerator().state = sources.generator;
}

/** Throws unless it is a state of `fit` from which this run can go on. */
export function checkTrainState(
  state: unknown,
  { data, schedule, averaging }: Pick<Setup, 'data' | 'schedule'> & { readonly averaging: unknown },
  epochs: number,
): asserts state is TrainState {
  if (!isTrainState(state, FORMAT)) throw noState();
  const { position, sources } = state;
  checkSame('a schedule', state.schedule, schedule);
  checkSame('averaging', state.averaging, averaging);
  if (position.epoch > epochs || (position.epoch === epochs && position.step > 0)) {
    throw new ArgumentError(
      `fit: the state is from epoch ${position.epoch + 1}, but epochs is ${epochs}; ask for more epochs`,
    );
  }
  if (position.step > 0 && !position.isTesting && (sources.data === null || !('state' in data))) {
    throw new ArgumentError(
      'fit: the state is from the middle of an epoch, and these data cannot go on in the middle; pass a loader of @dl/data',
    );
  }
}

const noState = (cause?: unknown): FormatError =>
  new FormatError(
    'fit: the state is none that fit can go on from; pass what event.state() gave',
    cause === undefined ? {} : { cause },
  );

/** Throws where one of a state and a run has something and the other has not. */
function checkSame(what: string, inState: unknown, inRun: unknown): void {
  const had = (inState ?? null) !== null;
  const has = (inRun ?? null) !== null;
  if (had === has) return;
  const [old, now] = had ? ['with', 'without'] : ['without', 'with'];
  throw new ArgumentError(
    `fit: the state is of a run ${old} ${what}, and this one is ${now}; give the options of that run`,
  );
}
