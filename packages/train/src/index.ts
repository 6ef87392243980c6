// @dl/train: the training loop as an async iterator of events, evaluation with metrics, cross-validation, and search.

export type { Averaging, AveragingState } from './averaging.js';
export type { Batch, Batches, BatchTensors, LabelledBatch, OwnTask, Task } from './batch.js';
export { type CheckpointOptions, checkpoints } from './checkpoints.js';
export { DivergenceError } from './checks.js';
export {
  type CrossValidateOptions,
  type CrossValidation,
  crossValidate,
  type Fold,
  type FoldData,
} from './cross-validate.js';
export {
  type Classification,
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  type MeasureOptions,
} from './evaluate.js';
export {
  type EvaluateEndEvent,
  type EvaluateEvent,
  type EvaluateTestEvent,
  EvaluationRun,
} from './evaluation-run.js';
export { type Collector, EventRun } from './event-run.js';
export type { EndEvent, EpochEvent, StartEvent, StepEvent, TestEvent, TrainEvent } from './events.js';
export { type FitOptions, fit } from './fit.js';
export { logCsv, logJsonLines, type TextSink } from './logs.js';
export type { Means, MeterSince, MeterState, MeterSums } from './meter.js';
export * from './metrics/index.js';
export type { AnyOptimizer, AnyOptimizerState } from './optimizer.js';
export type { Schedule } from './schedule.js';
export {
  type Choice,
  type DoneRun,
  gridSearch,
  type HalvingOptions,
  integer,
  logUniform,
  type Outcome,
  type Params,
  type RandomSearchOptions,
  randomSearch,
  type SearchOptions,
  type SearchResult,
  type SearchRun,
  type Space,
  successiveHalving,
  type Trial,
  type TrialContext,
  type TrialRun,
  uniform,
} from './search.js';
export type { Position, SavedArray, Sources, TrainState } from './state.js';
export type { EpochFigures, TrainResult, TrainRun } from './train-run.js';
export type { Best, FitEarlyStopping, WatchState } from './watch.js';
