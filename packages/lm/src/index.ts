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
export { absoluteDiscounting, type DiscountOptions } from './ngram/smoothing/absolute-discounting.js';
export type { ConventionOptions, SmoothingOptions } from './ngram/smoothing/arguments.js';
export { goodTuring } from './ngram/smoothing/good-turing.js';
export { type JelinekMercerOptions, jelinekMercer } from './ngram/smoothing/jelinek-mercer.js';
export { type KatzOptions, katz } from './ngram/smoothing/katz.js';
export {
  kneserNey,
  type ModifiedKneserNeyOptions,
  modifiedKneserNey,
  type ThreeDiscounts,
} from './ngram/smoothing/kneser-ney.js';
export { type LidstoneOptions, laplace, lidstone } from './ngram/smoothing/lidstone.js';
export { maximumLikelihood } from './ngram/smoothing/maximum-likelihood.js';
export { type StupidBackoffOptions, stupidBackoff } from './ngram/smoothing/stupid-backoff.js';
export { wittenBell } from './ngram/smoothing/witten-bell.js';
export { StupidBackoffModel } from './ngram/stupid-backoff-model.js';
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
