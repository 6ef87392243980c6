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
export {
  grammar,
  type Pattern,
  type RegularExpressionOptions,
  regularExpression,
} from './decoding/constraints/pattern.js';
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
export {
  type BleuOptions,
  type BleuScore,
  type BleuSmoothing,
  bleu,
  selfBleu,
  tokenize13a,
} from './evaluation/bleu.js';
export { bitsPerByte, bitsPerCharacter, type PerCharacterOptions } from './evaluation/characters.js';
export { type ChrfOptions, type ChrfScore, chrf } from './evaluation/chrf.js';
export { type DistinctOptions, distinctN } from './evaluation/distinct.js';
export {
  type PerplexityOptions,
  type PerplexityReport,
  perplexity,
  type ScoreTokensOptions,
  scoreTokens,
  type TokenFigures,
} from './evaluation/perplexity.js';
export {
  LanguageModel,
  type LanguageModelFromStateOptions,
  type LanguageModelOptions,
  type LanguageModelState,
  languageModelFromState,
  type ScoredText,
  type ScoredToken,
  type TextPerplexityOptions,
  type TextReport,
} from './language-model.js';
export type { NetworkKind, NetworkKinds, NetworkState, SavableNetwork, SavedWeights } from './network-state.js';
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
export type { SmoothingName } from './ngram/smoothing/by-name.js';
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
export { type BpeCutOptions, type BpeLevel, type BpeOptions, BpeTokenizer, type BpeWords } from './tokens/bpe.js';
export { ByteTokenizer, type ByteTokenizerOptions } from './tokens/byte-tokenizer.js';
export {
  CharacterTokenizer,
  type CharacterTokenizerOptions,
  type TrainCharactersOptions,
  trainCharacters,
} from './tokens/character-tokenizer.js';
export type { CharacterUnit } from './tokens/characters.js';
export { type EncodedWords, encodeWords } from './tokens/encode-words.js';
export { type TokenizerFromStateOptions, type TokenizerKind, tokenizerFromState } from './tokens/from-state.js';
export type { BertNormalizerStep, NormalizerStep } from './tokens/normalize.js';
export type { WordPattern } from './tokens/pre-tokens.js';
export { type ReadTokenizerOptions, readTokenizer, writeTokenizer } from './tokens/read-tokenizer.js';
export type { AddedToken, SubwordOptions, SubwordTokenizer, TokenizerFile } from './tokens/subword.js';
export {
  type DecodeOptions,
  type EncodeOptions,
  type Encoding,
  type Pieces,
  type TextStream,
  Tokenizer,
  type TokenizerState,
  type TokenList,
  type Writer,
  type Writing,
} from './tokens/tokenizer.js';
export { type TrainBpeOptions, trainBpe } from './tokens/train-bpe.js';
export type { TokenizerOptions, TokenKind } from './tokens/train-tokenizer.js';
export {
  type CountVocabularyOptions,
  countVocabulary,
  type SpecialTokens,
  Vocabulary,
  type VocabularyOptions,
} from './tokens/vocabulary.js';
export { type WordPieceOptions, WordPieceTokenizer } from './tokens/word-piece.js';
export {
  type TrainWordsOptions,
  trainWords,
  type WordSplit,
  WordTokenizer,
  type WordTokenizerOptions,
} from './tokens/word-tokenizer.js';
export { type Smoothing, type TrainNgramOptions, trainNgram } from './train-ngram.js';
export type { AnalogyFigures, AnalogyMethod, AnalogyReport, EvaluateAnalogiesOptions } from './vectors/analogies.js';
export {
  type CooccurrenceOptions,
  type Cooccurrences,
  countCooccurrences,
} from './vectors/cooccurrences.js';
export type { WordCountOptions, WordTextOptions, WordTexts } from './vectors/encoded-texts.js';
export {
  type ReadWordVectorsOptions,
  readWordVectors,
  type WordVectorsFormat,
  type WordVectorsSource,
} from './vectors/files/read.js';
export { type WriteWordVectorsOptions, writeWordVectors } from './vectors/files/write.js';
export { type FindPhrasesOptions, findPhrases, type Phrase, Phrases } from './vectors/phrases.js';
export {
  type PrincipalComponents,
  type PrincipalComponentsOptions,
  principalComponents,
} from './vectors/principal-components.js';
export { type AnalogyOptions, type NearestOptions, type Neighbour, WordVectors } from './vectors/word-vectors.js';
