// @dl/optim: optimisers.

export { Adam } from './adam.js';
export type { AdamMemory, AdamOptions } from './adam-family.js';
export { AdamW } from './adamw.js';
export { type NewGroup, Optimizer, type ParameterGroup, type ParametersOrGroups } from './optimizer.js';
export * as optionChecks from './option-checks.js';
export type { Check, GroupOptions, OptionsSpec } from './options.js';
export { PerParameterOptimizer, type Update } from './per-parameter.js';
export { SGD, type SGDMemory, type SGDOptions } from './sgd.js';
export {
  type Form,
  type Memory,
  type OptimizerState,
  type Remembered,
  recall,
  remember,
  type StateValues,
} from './state.js';
