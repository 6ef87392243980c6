// @dl/layers: Module, layers, initialisers and stateDict.

export { ReLU, Sigmoid, Tanh } from './activation/activations.js';
export * from './activation/along-axis.js';
export * from './activation/piecewise.js';
export * from './activation/smooth.js';
export { Conv2d, type Conv2dOptions } from './conv/conv2d.js';
export { Flatten, type FlattenOptions } from './core/flatten.js';
export { type AnyModule, Module } from './core/module.js';
export { isModule } from './core/module-tree.js';
export {
  type BufferOptions,
  buffer,
  isBuffer,
  isParameter,
  type ParameterOptions,
  parameter,
} from './core/parameter.js';
export { Sequential } from './core/sequential.js';
export type { StateDict, StateSource, StateValues } from './core/state-dict.js';
export { Embedding, type EmbeddingOptions } from './embedding/embedding.js';
export { type Fans, fansOf } from './init/fans.js';
export { calculateGain, type GainName } from './init/gain.js';
export {
  fanInUniform,
  type KaimingOptions,
  kaimingNormal,
  kaimingUniform,
  type XavierOptions,
  xavierNormal,
  xavierUniform,
} from './init/initialisers.js';
export { lecunNormal, lecunUniform, lenetUniform } from './init/lecun.js';
export * from './init/patterns.js';
export { Linear, type LinearOptions } from './linear/linear.js';
export * from './loss/index.js';
export { BatchNorm1d, BatchNorm2d, type BatchNormOptions } from './norm/batch-norm.js';
export { GroupNorm, type GroupNormOptions, InstanceNorm2d } from './norm/group-norm.js';
export { LayerNorm, type LayerNormOptions, RMSNorm, type RMSNormOptions } from './norm/layer-norm.js';
export { curvaturePenalty, laplacian } from './penalty/curvature.js';
export * from './penalty/penalties.js';
export { AvgPool2d } from './pool/avg-pool2d.js';
export { MaxPool2d } from './pool/max-pool2d.js';
export type { Window } from './pool/window.js';
export { Dropout } from './regularisation/dropout.js';
