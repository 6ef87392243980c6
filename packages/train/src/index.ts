// @dl/train: the training loop as an async iterator of events, evaluation with metrics, cross-validation, and search.

export type { Batch, Batches, BatchTensors, LabelledBatch, OwnTask, Task } from './core/batch.js';
export { DivergenceError } from './core/checks.js';
export type { AnyOptimizer, AnyOptimizerState } from './core/optimizer.js';
export type { Schedule } from './core/schedule.js';
export {
  type Classification,
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  type MeasureOptions,
} from './evaluate/evaluate.js';
export {
  type EvaluateEndEvent,
  type EvaluateEvent,
  type EvaluateTestEvent,
  EvaluationRun,
} from './evaluate/evaluation-run.js';
export type { EndEvent, EpochEvent, StartEvent, StepEvent, TestEvent, TrainEvent } from './events/events.js';
export type { EpochFigures, TrainResult, TrainRun } from './events/train-run.js';
export type { Averaging, AveragingState } from './loop/averaging.js';
export { type FitOptions, fit } from './loop/fit.js';
export type { Means, MeterSince, MeterState, MeterSums } from './loop/meter.js';
export type { Best, FitEarlyStopping, WatchState } from './loop/watch.js';
export * from './metrics/index.js';
export { logCsv, logJsonLines, type TextSink } from './progress/logs.js';
export { type Choice, integer, logUniform, type Params, type Space, uniform } from './selection/choices.js';
export {
  type CrossValidateOptions,
  type CrossValidation,
  crossValidate,
  type Fold,
  type FoldData,
} from './selection/cross-validate.js';
export { gridSearch } from './selection/grid.js';
export { type HalvingOptions, successiveHalving } from './selection/halving.js';
export { type RandomSearchOptions, randomSearch } from './selection/random.js';
export type {
  DoneRun,
  Outcome,
  SearchOptions,
  SearchResult,
  SearchRun,
  Trial,
  TrialContext,
  TrialRun,
} from './selection/trials.js';
export { type CheckpointOptions, checkpoints } from './state/checkpoints.js';
export type { Position, SavedArray, Sources, TrainState } from './state/state.js';
