// @dl/lm: language models.

export type { Adjustment, Sequence } from './decoding/adjustment.js';
export { minP, topK, topP } from './decoding/adjustments/cuts.js';
export { eta, typical } from './decoding/adjustments/entropy.js';
export { type MirostatOptions, mirostat } from './decoding/adjustments/mirostat.js';
export { noRepeatNgram } from './decoding/adjustments/no-repeat.js';
export { frequencyPenalty, presencePenalty, repetitionPenalty } from './decoding/adjustments/penalties.js';
export { temperature } from './decoding/adjustments/temperature.js';
export { ban, bias, force, minLength, type NumberMap } from './decoding/adjustments/tokens.js';
export { type ConstrainOptions, constrain } from './decoding/constraints/constrain.js';
export { grammar, Pattern, type RegularExpressionOptions, regularExpression } from './decoding/constraints/pattern.js';
export { Die, type DieOptions } from './decoding/die.js';
export {
  type Generated,
  type GenerateEvent,
  type GenerateOptions,
  type GrowthOptions,
  generate,
  type SequenceEndEvent,
  type TokenEvent,
} from './decoding/generate.js';
export {
  type GeneratedText,
  type GeneratedTexts,
  type GenerateTextOptions,
  generateText,
  type TextModel,
  type TextPiece,
} from './decoding/generate-text.js';
export type { EndReason, EndToken } from './decoding/growth.js';
export type { Knobs } from './decoding/knobs.js';
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
