// @dl/lm: language models.

export type { Adjustment, Sequence } from './decoding/adjustment.js';
export { type CountedTrie, NgramCounts, type NgramCountsOptions, type Padding } from './ngram/counts.js';
export { type ReadArpaOptions, readArpa, type WriteArpaOptions, writeArpa } from './ngram/files/arpa.js';
export type { TextSource } from './ngram/files/lines.js';
export {
  modelFromState,
  modelState,
  type ModelStateOptions,
  type NgramModelState,
  type SavedNumbers,
} from './ngram/files/model-state.js';
export { brownClasses, type BrownClassesOptions } from './ngram/mixtures/brown-classes.js';
export { cacheModel, type CacheModelOptions } from './ngram/mixtures/cache-model.js';
export { classModel, type ClassModelOptions } from './ngram/mixtures/class-model.js';
export { fitMixture } from './ngram/mixtures/fit-mixture.js';
export { type Mixture, mixture, type MixtureOptions, type MixtureState } from './ngram/mixtures/mixture.js';
export { BackoffModel, FloorModel, type NgramInfo, NgramModel } from './ngram/model.js';
export { prune, type PruneOptions } from './ngram/prune.js';
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
