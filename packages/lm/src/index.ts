// @dl/lm: language models.

export type { Adjustment, Sequence } from './decoding/adjustment.js';
export { type ConstrainOptions, constrain } from './decoding/constraints/constrain.js';
export { grammar, Pattern, type RegularExpressionOptions, regularExpression } from './decoding/constraints/pattern.js';
export type { BeamSequence } from './decoding/search/beam-group.js';
export { type BeamSearchOptions, beamSearch } from './decoding/search/beam-search.js';
export { type ContrastiveSearchOptions, contrastiveSearch } from './decoding/search/contrastive-search.js';
export {
  type SampledSequence,
  type SampleSequencesOptions,
  sampleSequences,
} from './decoding/search/sample-sequences.js';
export type { FoundSequence, SearchOptions } from './decoding/search/search.js';
export { type CountedTrie, NgramCounts, type NgramCountsOptions, type Padding } from './ngram/counts.js';
export { BackoffModel, FloorModel, type NgramInfo, NgramModel } from './ngram/model.js';
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
  type Writing,
} from './tokens/tokenizer.js';
export {
  type CountVocabularyOptions,
  countVocabulary,
  type SpecialTokens,
  Vocabulary,
  type VocabularyOptions,
} from './tokens/vocabulary.js';
