// @dl/lm: language models.

export type { Adjustment, Sequence } from './decoding/adjustment.js';
export { type CountedTrie, NgramCounts, type NgramCountsOptions, type Padding } from './ngram/counts.js';
export { BackoffModel, FloorModel, type NgramInfo, NgramModel } from './ngram/model.js';
export { NgramTrie } from './ngram/trie.js';
export { ByteTokenizer, type ByteTokenizerOptions } from './tokens/byte-tokenizer.js';
export {
  CharacterTokenizer,
  type CharacterTokenizerOptions,
  type TrainCharactersOptions,
  trainCharacters,
} from './tokens/character-tokenizer.js';
export type { CharacterUnit } from './tokens/characters.js';
export { type TokenizerFromStateOptions, type TokenizerKind, tokenizerFromState } from './tokens/from-state.js';
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
} from './tokens/tokenizer.js';
export {
  type CountVocabularyOptions,
  countVocabulary,
  type SpecialTokens,
  Vocabulary,
  type VocabularyOptions,
} from './tokens/vocabulary.js';
export {
  type TrainWordsOptions,
  trainWords,
  type WordSplit,
  WordTokenizer,
  type WordTokenizerOptions,
} from './tokens/word-tokenizer.js';
