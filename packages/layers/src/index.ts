// @dl/layers: Module, layers, initialisers and stateDict.

export { ReLU, Sigmoid, Tanh } from './activation/activations.js';
export * from './activation/along-axis.js';
export * from './activation/piecewise.js';
export * from './activation/smooth.js';
export {
  ConvTranspose1d,
  type ConvTranspose1dOptions,
  ConvTranspose2d,
  type ConvTranspose2dOptions,
} from './conv/conv-transpose.js';
export { Conv1d, type Conv1dOptions } from './conv/conv1d.js';
export { Conv2d, type Conv2dOptions } from './conv/conv2d.js';
export { Conv3d, type Conv3dOptions, type Triple } from './conv/conv3d.js';
export type { ConvolutionOptions } from './conv/convolution.js';
export { DepthwiseSeparableConv2d, type DepthwiseSeparableConv2dOptions } from './conv/depthwise-separable.js';
export type { FilterOptions, PaddingMode } from './conv/options.js';
export { Parallel, type ParallelOptions, Residual } from './core/branches.js';
export { formatArguments, needTensor } from './core/checks.js';
export { Flatten, type FlattenOptions } from './core/flatten.js';
export type { NamePattern } from './core/freeze.js';
export type { ForwardHook, ForwardPreHook, HookHandle } from './core/hooks.js';
export { Identity } from './core/identity.js';
export { inMode } from './core/mode.js';
export { type AnyModule, Module, type TensorModule } from './core/module.js';
export { ModuleDict, ModuleList } from './core/module-list.js';
export { isModule } from './core/module-tree.js';
export {
  buffer,
  isBuffer,
  isParameter,
  type NameOptions,
  type ParameterOptions,
  parameter,
  parameterOptions,
} from './core/parameter.js';
export { type Reach, receptiveField } from './core/receptive-field.js';
export { Sequential } from './core/sequential.js';
export type {
  LoadOptions,
  LoadReport,
  PartialLoadOptions,
  StateDict,
  StateSource,
  StateValues,
} from './core/state-dict.js';
export type { Summary, SummaryOptions, SummaryRow } from './core/summary.js';
export { tidied } from './core/tidied.js';
export { Unflatten } from './core/unflatten.js';
export { Embedding, type EmbeddingOptions } from './embedding/embedding.js';
export { EmbeddingBag, type EmbeddingBagOptions } from './embedding/embedding-bag.js';
export type { MaxNormOptions } from './embedding/max-norm.js';
export {
  type FilterName,
  FixedFilter2d,
  type FixedFilter2dOptions,
  type FixedFilterOptions,
  fixedFilter,
} from './filters/fixed-filters.js';
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
export { Bilinear, type BilinearOptions } from './linear/bilinear.js';
export { Linear, type LinearOptions } from './linear/linear.js';
export * from './loss/index.js';
export { BatchNorm1d, BatchNorm2d, BatchNorm3d, type BatchNormOptions } from './norm/batch-norm.js';
export { GroupNorm, type GroupNormOptions } from './norm/group-norm.js';
export { InstanceNorm1d, InstanceNorm2d, InstanceNorm3d, type InstanceNormOptions } from './norm/instance-norm.js';
export { LayerNorm, type LayerNormOptions, RMSNorm, type RMSNormOptions } from './norm/layer-norm.js';
export { LocalResponseNorm, type LocalResponseNormOptions } from './norm/local-response-norm.js';
export { type SpectralNormOptions, spectralNorm, type WeightNormOptions, weightNorm } from './norm/weight-norms.js';
export * from './padding/constant-pads.js';
export * from './padding/edge-pads.js';
export type { PaddingOf } from './padding/padding.js';
export { curvaturePenalty, laplacian } from './penalty/curvature.js';
export * from './penalty/penalties.js';
export {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveMaxPool1d,
  AdaptiveMaxPool2d,
  GlobalAvgPool,
  GlobalMaxPool,
  type OutputSize,
} from './pool/adaptive.js';
export { AvgPool2d } from './pool/avg-pool2d.js';
export { LpPool1d, LpPool2d } from './pool/lp-pool.js';
export { MaxPool2d } from './pool/max-pool2d.js';
export { MinPool2d } from './pool/min-pool2d.js';
export {
  AvgPool1d,
  type AvgPool1dOptions,
  MaxPool1d,
  type MaxPool1dOptions,
  MinPool1d,
  type Pool1dOptions,
} from './pool/pool1d.js';
export { AvgPool3d, type AvgPool3dOptions, MaxPool3d, type MaxPool3dOptions } from './pool/pool3d.js';
export { Subsampling2d, type Subsampling2dOptions } from './pool/subsampling.js';
export { MaxUnpool2d, type MaxUnpoolOptions } from './pool/unpool.js';
export type { Window } from './pool/window.js';
export { ChannelShuffle, PixelShuffle, PixelUnshuffle } from './rearrange/pixel-shuffle.js';
export { Upsample, type UpsampleMode, type UpsampleOptions } from './rearrange/upsample.js';
export { Dropout } from './regularisation/dropout.js';
export { AlphaDropout, Dropout1d, Dropout2d, Dropout3d, DropPath } from './regularisation/dropout-parts.js';
export { GaussianNoise } from './regularisation/gaussian-noise.js';
export { Decoding, type DecodingOptions } from './sequence/decoding.js';
export { type FunctionModelOptions, functionModel } from './sequence/function-model.js';
export { type ScoredModel, type ScoringPass, scoredPieces, type TokenRows } from './sequence/scored-pieces.js';
export type { NextToken, StepModel } from './sequence/step-model.js';
