// @dl/attention: attention and transformers.

export { type CachedKeys, KeyValueCache, type KeyValueCacheOptions, type LayerCache } from './core/cache.js';
export { causalMask, type MaskOptions, prefixMask, windowMask } from './core/masks.js';
export type {
  AttentionCallOptions,
  AttentionOutput,
  ProjectedKeys,
  SelfAttentionOptions,
  VisibleKeys,
} from './core/options.js';
export type { AttentionPositions, Place } from './core/positions.js';
export { ClassToken } from './images/class-token.js';
export { type ImageGrid, ImagePositions, type ImagePositionsOptions } from './images/image-positions.js';
export { PatchEmbedding, type PatchEmbeddingOptions } from './images/patch-embedding.js';
export { type AttentionMap, attentionMaps, type GivesWeights, type HeadWeights } from './insight/attention-maps.js';
export { type HeadEntropyOptions, headEntropy } from './insight/head-entropy.js';
export { attentionRollout, type RolloutOptions } from './insight/rollout.js';
export { type DecoderLayerCallOptions, type MemoryOptions, TransformerDecoderLayer } from './layers/decoder-layer.js';
export { TransformerEncoderLayer } from './layers/encoder-layer.js';
export { MultiheadAttention, type MultiheadAttentionOptions } from './layers/multihead-attention.js';
export type { FeedForwardActivation, TransformerLayerOptions } from './layers/parts.js';
export {
  type DecoderCallOptions,
  type EncoderCallOptions,
  TransformerDecoder,
  TransformerEncoder,
  type TransformerStackOptions,
} from './layers/stacks.js';
export { BERT, type BERTCallOptions, type BERTConfig, type BERTLossOptions } from './models/bert.js';
export { GPT, type GPTConfig } from './models/gpt.js';
export { gptFromConfig, type SavedGPTConfig } from './models/gpt-config.js';
export {
  type MaskedRows,
  type MaskedTokens,
  type MaskRowsOptions,
  type MaskTokensOptions,
  maskRows,
  maskTokens,
  type TokenArray,
} from './models/mask-tokens.js';
export {
  Transformer,
  type TransformerCallOptions,
  type TransformerConfig,
  type TransformerLossOptions,
} from './models/transformer.js';
export type { TransformerState } from './models/transformer-state.js';
export { ALiBiPositions } from './positions/alibi.js';
export { LearnedPositions, type LearnedPositionsOptions } from './positions/learned.js';
export { RelativePositions, type RelativePositionsOptions } from './positions/relative.js';
export { RelativeBias, type RelativeBiasOptions } from './positions/relative-bias.js';
export {
  type LinearRotaryScaling,
  type Llama3RotaryScaling,
  RotaryPositions,
  type RotaryPositionsOptions,
  type RotaryScaling,
} from './positions/rotary.js';
export type {
  SavedALiBiPositions,
  SavedPositions,
  SavedRelativeBias,
  SavedRelativePositions,
  SavedRotaryPositions,
} from './positions/saved.js';
export { type InputPlace, type SinusoidalOptions, SinusoidalPositions } from './positions/sinusoidal.js';
export type { Pretrained, PretrainedReport } from './pretrained/build.js';
export type { PretrainedConfig } from './pretrained/config.js';
export { fromPretrained, type PretrainedOptions, type PretrainedSource } from './pretrained/from-pretrained.js';
export { AdditiveAttention, type AdditiveAttentionOptions } from './scores/additive.js';
export { CoverageAttention, type CoverageAttentionOptions } from './scores/coverage.js';
export { LocalAttention, type LocalAttentionOptions } from './scores/local.js';
export { LocationAwareAttention, type LocationAwareAttentionOptions } from './scores/location-aware.js';
export { LuongAttention, type LuongAttentionOptions } from './scores/luong.js';
export type { ProjectedSource } from './scores/projected-source.js';
export { ScaledDotProductAttention, type ScaledDotProductAttentionOptions } from './scores/scaled-dot-product.js';
export {
  AttentionScore,
  type ScoreCallOptions,
  type ScoreOutput,
  type SourceOptions,
  type Weighed,
} from './scores/score.js';
export { AttentionSeq2Seq } from './seq2seq/attention-seq2seq.js';
export type { AttentionSeq2SeqState } from './seq2seq/decoded.js';
export type {
  AttentionSeq2SeqCallOptions,
  AttentionSeq2SeqLossOptions,
  AttentionSeq2SeqOptions,
  AttentionSeq2SeqOutput,
} from './seq2seq/options.js';
export {
  PervasiveAttention,
  type PervasiveAttentionCallOptions,
  type PervasiveAttentionLossOptions,
  type PervasiveAttentionOptions,
  type PervasiveAttentionState,
} from './seq2seq/pervasive-attention.js';
export { PointerGenerator } from './seq2seq/pointer-generator.js';
export type {
  PointerGeneratorCallOptions,
  PointerGeneratorLossOptions,
  PointerGeneratorOptions,
  PointerGeneratorOutput,
  PointerGeneratorSourceOptions,
  PointerGeneratorState,
} from './seq2seq/pointer-options.js';
export type { PairLossOptions } from './seq2seq/taught.js';
export { TextCNN, type TextCNNCallOptions, type TextCNNOptions } from './text/text-cnn.js';
