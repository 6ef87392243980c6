// All losses: as functions, and as modules by the names that they have in PyTorch.

export * from './binary.js';
export {
  type KlDivOptions,
  klDiv,
  type MultiMarginLossOptions,
  multiMarginLoss,
  type NllLossOptions,
  nllLoss,
} from './classification.js';
export * from './classification-modules.js';
export * from './ctc.js';
export { Loss } from './loss.js';
export * from './pairs.js';
export * from './pairs-modules.js';
export type { LossOptions, Reduction } from './reduction.js';
export * from './regression.js';
export * from './regression-modules.js';
