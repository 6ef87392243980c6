// @dl/optim: optimisers.

export { Lookahead, type LookaheadOptions, type LookaheadState } from './averaging/lookahead.js';
export { type NormalisedModel, updateBatchNorm } from './averaging/update-batch-norm.js';
export {
  EMA,
  SWA,
  WeightAverage,
  type WeightAverageOptions,
  type WeightAverageState,
} from './averaging/weight-average.js';
export { type ClipGradNormOptions, clipGradNorm, clipGradValue } from './clipping/clip.js';
export { type Closure, ClosureOptimizer, type Evaluation, type Wanted } from './core/closure-optimizer.js';
export { type ElementMemory, type ElementUpdate, ElementwiseOptimizer } from './core/elementwise.js';
export { Optimizer } from './core/optimizer.js';
export { type NewGroup, OptimizerBase, type ParameterGroup, type ParametersOrGroups } from './core/optimizer-base.js';
export * as optionChecks from './core/option-checks.js';
export type { Check, GroupOptions, OptionsSpec } from './core/options.js';
export { PerParameterOptimizer, type Update } from './core/per-parameter.js';
export {
  type Form,
  type Memory,
  type OptimizerState,
  type Remembered,
  recall,
  remember,
  type StateValues,
} from './core/state.js';
export { Adadelta, type AdadeltaMemory, type AdadeltaOptions } from './first-order/adadelta.js';
export { Adafactor, type AdafactorMemory, type AdafactorOptions } from './first-order/adafactor.js';
export { Adagrad, type AdagradMemory, type AdagradOptions } from './first-order/adagrad.js';
export { Adam } from './first-order/adam.js';
export type { AdamMemory, AdamOptions } from './first-order/adam-family.js';
export { Adamax, type AdamaxMemory, type AdamaxOptions } from './first-order/adamax.js';
export { AdamW } from './first-order/adamw.js';
export { ASGD, type ASGDMemory, type ASGDOptions } from './first-order/asgd.js';
export { DeltaBarDelta, type DeltaBarDeltaMemory, type DeltaBarDeltaOptions } from './first-order/delta-bar-delta.js';
export { LAMB, type LAMBMemory, type LAMBOptions } from './first-order/lamb.js';
export { Lion, type LionMemory, type LionOptions } from './first-order/lion.js';
export { Muon, type MuonMemory, type MuonOptions } from './first-order/muon.js';
export { NAdam, type NAdamMemory, type NAdamOptions } from './first-order/nadam.js';
export { Quickprop, type QuickpropMemory, type QuickpropOptions } from './first-order/quickprop.js';
export { RAdam, type RAdamMemory, type RAdamOptions } from './first-order/radam.js';
export { RMSprop, type RMSpropMemory, type RMSpropOptions } from './first-order/rmsprop.js';
export { Rprop, type RpropMemory, type RpropOptions } from './first-order/rprop.js';
export { SGD, type SGDMemory, type SGDOptions } from './first-order/sgd.js';
export { SparseAdam, type SparseAdamMemory, type SparseAdamOptions } from './first-order/sparse-adam.js';
export { ChainedScheduler, SequentialLR } from './schedules/compose.js';
export {
  CosineAnnealingLR,
  type CosineAnnealingLROptions,
  CosineAnnealingWarmRestarts,
  type CosineAnnealingWarmRestartsOptions,
  SWALR,
  type SWALROptions,
} from './schedules/cosine.js';
export { CyclicLR, type CyclicLROptions, OneCycleLR, type OneCycleLROptions } from './schedules/cycles.js';
export {
  ExponentialLR,
  type ExponentialLROptions,
  MultiStepLR,
  type MultiStepLROptions,
  PolynomialLR,
  type PolynomialLROptions,
  StepLR,
  type StepLROptions,
} from './schedules/decay.js';
export { EarlyStopping, type EarlyStoppingOptions, type EarlyStoppingState } from './schedules/early-stopping.js';
export { type Factor, LambdaLR, MultiplicativeLR } from './schedules/lambda.js';
export { type LrPoint, type LrRange, type LrRangeTestOptions, lrRangeTest } from './schedules/lr-range-test.js';
export { ReduceLROnPlateau, type ReduceLROnPlateauOptions } from './schedules/plateau.js';
export {
  ConstantLR,
  type ConstantLROptions,
  LinearLR,
  type LinearLROptions,
  NoamLR,
  type NoamLROptions,
  WarmupLR,
  type WarmupLROptions,
} from './schedules/ramps.js';
export {
  LRScheduler,
  type Position,
  type Rates,
  type Rule,
  type Schedule,
  type Scheduled,
  type ScheduleOptions,
  type SchedulerState,
} from './schedules/schedule.js';
export {
  ConjugateGradient,
  type ConjugateGradientMemory,
  type ConjugateGradientOptions,
} from './with-closure/conjugate-gradient.js';
export { LBFGS, type LBFGSMemory, type LBFGSOptions } from './with-closure/lbfgs.js';
export {
  LevenbergMarquardt,
  type LevenbergMarquardtMemory,
  type LevenbergMarquardtOptions,
} from './with-closure/levenberg-marquardt.js';
