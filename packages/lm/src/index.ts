// @dl/lm: language models.

export type { Adjustment, Sequence } from './decoding/adjustment.js';
export { type CountedTrie, NgramCounts, type NgramCountsOptions, type Padding } from './ngram/counts.js';
export { type ReadArpaOptions, readArpa, type WriteArpaOptions, writeArpa } from './ngram/files/arpa.js';
export type { TextSource } from './ngram/files/lines.js';
export {
  type ModelStateOptions,
  modelFromState,
  modelState,
  type NgramModelState,
  type SavedNumbers,
} from './ngram/files/model-state.js';
export { type BrownClassesOptions, brownClasses } from './ngram/mixtures/brown-classes.js';
export { type CacheModelOptions, cacheModel } from './ngram/mixtures/cache-model.js';
export { type ClassModelOptions, classModel } from './ngram/mixtures/class-model.js';
export { fitMixture } from './ngram/mixtures/fit-mixture.js';
export { type Mixture, type MixtureOptions, type MixtureState, mixture } from './ngram/mixtures/mixture.js';
export { BackoffModel, FloorModel, type NgramInfo, NgramModel } from './ngram/model.js';
export { type PruneOptions, prune } from './ngram/prune.js';
export { NgramTrie } from './ngram/trie.js';
export {
  type DecodeOptions,
  type EncodeOptions,
  type Encoding,
  type Pieces,
  type TextStream,
  Tokenizer,
  type TokenizerState,
  TokenList,
} from './tokens/tokenizer.js';
export {
  type CountVocabularyOptions,
  countVocabulary,
  type SpecialTokens,
  Vocabulary,
  type VocabularyOptions,
} from './tokens/vocabulary.js';
