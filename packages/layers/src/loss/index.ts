// All losses: as functions, and as modules by the names that they have in PyTorch.

export * from './binary.js';
export * from './classification.js';
export * from './ctc.js';
export { Loss } from './loss.js';
export * from './multi-label.js';
export * from './pairs.js';
export type { LossOptions, Reduction } from './reduction.js';
export * from './regression.js';
export * from './triplet.js';
