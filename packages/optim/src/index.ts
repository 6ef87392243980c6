// @dl/optim: optimisers.

export { Adam, type AdamOptions } from './adam.js';
export { type AdamMemory, type AdamRule, adamUpdate } from './adam-update.js';
export { type NewGroup, Optimizer, type ParameterGroup, type ParametersOrGroups, type Update } from './optimizer.js';
export * as optionChecks from './option-checks.js';
export type { Check, GroupOptions, OptionsSpec } from './options.js';
export { SGD, type SGDOptions } from './sgd.js';
export { type SGDMemory, type SGDRule, sgdUpdate } from './sgd-update.js';
export type { Form, Memory, OptimizerState, StateValues } from './state.js';
