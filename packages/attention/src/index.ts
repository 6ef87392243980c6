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
export { type MaskedTokens, maskTokens, type MaskTokensOptions } from './models/mask-tokens.js';
export {
  Transformer,
  type TransformerCallOptions,
  type TransformerConfig,
  type TransformerLossOptions,
  type TransformerState,
} from './models/transformer.js';
export { LearnedPositions, type LearnedPositionsOptions } from './positions/learned.js';
export { type InputPlace, type SinusoidalOptions, SinusoidalPositions } from './positions/sinusoidal.js';
export { AdditiveAttention, type AdditiveAttentionOptions } from './scores/additive.js';
export { LocalAttention, type LocalAttentionOptions } from './scores/local.js';
export { LocationAwareAttention, type LocationAwareAttentionOptions } from './scores/location-aware.js';
export { LuongAttention, type LuongAttentionOptions } from './scores/luong.js';
export { ProjectedSource } from './scores/projected-source.js';
export { ScaledDotProductAttention, type ScaledDotProductAttentionOptions } from './scores/scaled-dot-product.js';
export {
  AttentionScore,
  type ScoreCallOptions,
  type ScoreOutput,
  type SourceOptions,
  type Weighed,
} from './scores/score.js';
export {
  AttentionSeq2Seq,
  type AttentionSeq2SeqCallOptions,
  type AttentionSeq2SeqLossOptions,
  type AttentionSeq2SeqOptions,
  type AttentionSeq2SeqOutput,
} from './seq2seq/attention-seq2seq.js';
export type { AttentionSeq2SeqState } from './seq2seq/decoded.js';
export {
  PervasiveAttention,
  type PervasiveAttentionCallOptions,
  type PervasiveAttentionLossOptions,
  type PervasiveAttentionOptions,
  type PervasiveAttentionState,
} from './seq2seq/pervasive-attention.js';
export { TextCNN, type TextCNNCallOptions, type TextCNNOptions } from './text/text-cnn.js';
