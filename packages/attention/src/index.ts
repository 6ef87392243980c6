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
export { GPT, type GPTConfig } from './models/gpt.js';
export {
  Transformer,
  type TransformerCallOptions,
  type TransformerConfig,
  type TransformerLossOptions,
  type TransformerState,
} from './models/transformer.js';
export { LearnedPositions, type LearnedPositionsOptions } from './positions/learned.js';
export { type InputPlace, type SinusoidalOptions, SinusoidalPositions } from './positions/sinusoidal.js';
