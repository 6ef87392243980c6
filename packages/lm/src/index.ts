// @dl/lm: language models.

export type { Adjustment, Sequence } from './decoding/adjustment.js';
export { type CountedTrie, NgramCounts, type NgramCountsOptions, type Padding } from './ngram/counts.js';
export { BackoffModel, FloorModel, type NgramInfo, NgramModel } from './ngram/model.js';
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
export { type BpeCutOptions, type BpeLevel, type BpeOptions, BpeTokenizer, type BpeWords } from './tokens/bpe.js';
export { ByteTokenizer, type ByteTokenizerOptions } from './tokens/byte-tokenizer.js';
export {
  CharacterTokenizer,
  type CharacterTokenizerOptions,
  type TrainCharactersOptions,
  trainCharacters,
} from './tokens/character-tokenizer.js';
export type { CharacterUnit } from './tokens/characters.js';
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
  TokenList,
  type Writer,
} from './tokens/tokenizer.js';
export { type TrainBpeOptions, trainBpe } from './tokens/train-bpe.js';
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
