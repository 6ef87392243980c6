// @dl/train: the training loop as an async iterator of events, and evaluation.

export type { Batch, Batches, BatchTensors, LabelledBatch, Task } from './batch.js';
export { DivergenceError } from './checks.js';
export {
  type Classification,
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  type MeasureOptions,
} from './evaluate.js';
export type { EndEvent, EpochEvent, StartEvent, StepEvent, TestEvent, TrainEvent } from './events.js';
export { type FitOptions, fit } from './fit.js';
export type { Means, MeterState } from './meter.js';
export * from './metrics/index.js';
export type { AnyOptimizer } from './optimizer.js';
export type { Schedule } from './schedule.js';
export type { Position, SavedArray, Sources, TrainState } from './state.js';
export type { Best, EarlyStopping, WatchState } from './watch.js';
