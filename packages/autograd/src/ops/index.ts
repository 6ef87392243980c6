// Every op, by family. A new one needs a line here and one in samples.ts.

export {
  eluGrad,
  geluGrad,
  leakyReluGrad,
  reluGrad,
  sigmoidGrad,
  siluGrad,
  softplusGrad,
  tanhGrad,
} from './activation-grads.js';
export {
  elu,
  gelu,
  glu,
  hardSigmoid,
  hardSwish,
  type LeakyReluOptions,
  leakyRelu,
  mish,
  prelu,
  relu,
  selu,
  silu,
  softplus,
} from './activations.js';
export { add, div, maximum, minimum, mod, mul, pow, sub } from './arithmetic.js';
export { type AttentionOptions, attentionWeights, scaledDotProductAttention } from './attention.js';
export { scaledDotProductAttentionBiasGrad, scaledDotProductAttentionGrad } from './attention-grad.js';
export {
  type BatchNormResult,
  batchNorm,
  batchNormInference,
  normalizeBatch,
  normalizeBatchGrad,
  normalizeChannels,
} from './batch-norm.js';
export {
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  notEqual,
} from './compare.js';
export { type Conv1dOptions, conv1d } from './conv1d.js';
export { type Conv2dOptions, type ConvGeometry, conv2d, conv2dInputGrad, conv2dWeightGrad } from './conv2d.js';
export { alias, assign, cast, clone, detach, to, toAsync } from './copy.js';
export { type CrfOptions, crfLogPartition, crfLogPartitionGrad } from './crf.js';
export { type CrossEntropyOptions, crossEntropy, crossEntropyGrad } from './cross-entropy.js';
export type { CrossEntropyForm } from './cross-entropy-forms.js';
export { type CtcSequences, ctcLosses, ctcLossesGrad } from './ctc.js';
export { type DropoutOptions, dropElements, dropout } from './dropout.js';
export { einsum } from './einsum.js';
export {
  abs,
  ceil,
  clamp,
  cos,
  erf,
  exp,
  expm1,
  floor,
  isFinite,
  isNaN,
  log,
  log1p,
  neg,
  reciprocal,
  round,
  rsqrt,
  sigmoid,
  sign,
  sin,
  sqrt,
  square,
  tanh,
} from './elementwise.js';
export { type ElmanSequenceOptions, elmanSequence, elmanSequenceGrad } from './elman.js';
export { type EmbeddingOptions, embedding } from './embedding.js';
export { expand, sumTo } from './expand.js';
export {
  groupNorm,
  instanceNorm,
  layerNorm,
  type NormalizeOptions,
  normalizeGroups,
  normalizeGroupsGrad,
  type RmsNormOptions,
  rmsNorm,
} from './group-norm.js';
export { type GruForm, type GruSequenceOptions, gruSequence, gruSequenceGrad } from './gru.js';
export {
  assignRows,
  gather,
  type IndexSelectOptions,
  indexAdd,
  indexSelect,
  indexSelectGrad,
  scatterAdd,
} from './indexing.js';
export { concat, type PadMode, type PadOptions, type Pads, pad, repeat, roll, stack, tril, triu } from './join.js';
export { type LinearActivation, type LinearOptions, linear, linearActivated } from './linear.js';
export { type LstmSequenceOptions, lstmSequence, lstmSequenceGrad } from './lstm.js';
export { dot, type MatmulOptions, matmul, outer } from './matmul.js';
export { type LossMean, lossMean, meanLoss } from './mean-loss.js';
export { maskedSelect, nonzero } from './nonzero.js';
export { type AdamUpdateOptions, adamUpdate, type SGDUpdateOptions, sgdUpdate } from './optim.js';
export { permute, transpose } from './permute.js';
export {
  type AvgPoolOptions,
  avgPool2d,
  avgPool2dGrad,
  type MaxPoolOptions,
  maxPool2d,
  maxPool2dDilated,
  maxPool2dGrad,
  maxPool2dWithIndices,
  type PoolGeometry,
  type PoolOptions,
} from './pool2d.js';
export { prodOfOthers } from './prod-of-others.js';
export {
  type Axes,
  all,
  any,
  argmax,
  argmin,
  logSumExp,
  max,
  mean,
  min,
  type NormOptions,
  norm,
  prod,
  type ReduceOptions,
  std,
  sum,
  type VarianceOptions,
  variance,
} from './reduce.js';
export { type FlattenArguments, flatten, reshape, squeeze, unsqueeze } from './reshape.js';
export { type RotaryLayout, type RotaryOptions, rotary } from './rotary.js';
export { rowGradient } from './row-gradient.js';
export type { Operand } from './scalar.js';
export type { SequenceOptions } from './sequence-options.js';
export { flip, type SliceRange, slice, sliceGrad, writeSlice } from './slice.js';
export {
  logSoftmax,
  logSoftmaxGrad,
  softmax,
  softmaxGrad,
} from './softmax.js';
export { cumsum, sort, type TopKOptions, topK, type ValuesAndIndices } from './sort.js';
export { split, unbind } from './split.js';
export { updateElements } from './update-elements.js';
export { maskedFill, where } from './where.js';
export { type Word2vecUpdateOptions, word2vecUpdate } from './word2vec.js';
