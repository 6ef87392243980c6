// WordPieceTokenizer: parts of words as BERT has them.

import { ArgumentError, checkCall, checkInteger, type Known } from '@dl/autograd';
import type { NormalizerStep } from './normalize.js';
import { bertEnd, isBlank } from './pre-tokens.js';
import {
  type SubwordOptions,
  SubwordTokenizer,
  subwordOptions,
  type TokenizerFile,
  type WordTokens,
} from './subword.js';
import type { Pieces } from './tokenizer.js';
import { needVocabulary, type Vocabulary } from './vocabulary.js';

/** Options of {@link WordPieceTokenizer}. */
export interface WordPieceOptions extends SubwordOptions {
  /** Makes text lower case. Default true, as in BERT's uncased models. */
  readonly lowerCase?: boolean;
  /** Takes accents off letters. Default: as `lowerCase`. */
  readonly stripAccents?: boolean;
  /** Takes control characters out, and makes every white space a blank. Default true. */
  readonly cleanText?: boolean;
  /** Makes a word of each Chinese character. Default true. */
  readonly spaceChinese?: boolean;
  /** What stands before tokens that go on with a word. Default `##`. */
  readonly continuation?: string;
  /** A word of more characters is unknown. Default 100. */
  readonly maxWordLength?: number;
  /** Whether `decode` takes the blanks away that stand before `. ? ! ,` and English contractions. Default true. */
  readonly cleanUp?: boolean;
}

const wordPieceOptions: Known<WordPieceOptions> = {
  lowerCase: 'boolean',
  stripAccents: 'boolean',
  cleanText: 'boolean',
  spaceChinese: 'boolean',
  continuation: 'string',
  maxWordLength: 'number',
  cleanUp: 'boolean',
  ...subwordOptions,
};

/**
 * WordPiece, as BERT uses it (Devlin et al., 2019). Text is cleaned, made lower case without accents, and cut at white space and around each sign of punctuation
 * (all of Unicode's, and those of ASCII). Then a word becomes the longest token that it begins with, and what is left the longest that goes on with it, such as
 * `##ing`. A word for which that fails, or that is too long, is `unk`. Offsets are those of the text as it was.
 *
 * `decode` joins words by blanks and drops `##`. With `cleanUp` a token that would be ` .`, ` ?`, ` !`, ` ,`, ` n't`, ` 'm`, ` 's`, ` 've` or ` 're` loses the blank. What
 * normalising took away does not come back.
 *
 * @param vocabulary Its `unk` is what unknown words become.
 *
 * @throws ArgumentError for a vocabulary without `unk`, and for what is no whole number of at least 1.
 *
 * @example
 * ```ts
 * import { Vocabulary, WordPieceTokenizer } from '@dl/lm';
 * const vocabulary = new Vocabulary(['[UNK]', 'un', '##aff', '##able', 'cafe', '!'], { unk: '[UNK]' });
 * const tokenizer = new WordPieceTokenizer(vocabulary);
 * console.log(tokenizer.encode('Unaffable Café!')); // 1 2 3 4 5
 * console.log(tokenizer.decode([1, 2, 3, 4, 5])); // unaffable cafe!
 * ```
 */
export class WordPieceTokenizer extends SubwordTokenizer {
  readonly #continuation: string;
  readonly #maxWordLength: number;
  readonly #cleanUp: boolean;
  /** In code units: no longer part of a word is looked up. */
  readonly #longest: number;

  constructor(vocabulary: Vocabulary, options: WordPieceOptions = {}) {
    checkCall('WordPieceTokenizer', arguments, ['vocabulary'], wordPieceOptions);
    needVocabulary('WordPieceTokenizer', vocabulary);
    super('WordPieceTokenizer', vocabulary, { ...options, normalizers: stepsOf(options) });
    if (vocabulary.unk === undefined) {
      throw new ArgumentError(
        "WordPieceTokenizer: the vocabulary has no unk, which words become that no tokens make; make it with unk, such as '[UNK]'",
      );
    }
    const { continuation = '##', maxWordLength = 100, cleanUp = true } = options;
    checkInteger('WordPieceTokenizer', 'maxWordLength', maxWordLength, 1);
    this.#continuation = continuation;
    this.#maxWordLength = maxWordLength;
    this.#cleanUp = cleanUp;
    this.#longest = vocabulary.tokens.reduce((most, token) => Math.max(most, token.length), 0);
  }

  override file(): TokenizerFile {
    const { vocabulary } = this;
    return {
      ...this.fileAround(),
      pre_tokenizer: { type: 'BertPreTokenizer' },
      decoder: { type: 'WordPiece', prefix: this.#continuation, cleanup: this.#cleanUp },
      model: {
        type: 'WordPiece',
        unk_token: vocabulary.token(vocabulary.unk!),
        continuing_subword_prefix: this.#continuation,
        max_input_chars_per_word: this.#maxWordLength,
        vocab: Object.fromEntries(vocabulary.tokens.map((token, id) => [token, id])),
      },
    };
  }

  protected override wordEnd(text: string, from: number): number {
    return bertEnd(text, from);
  }

  protected override cutWord(word: string): WordTokens {
    if (isBlank(word.charCodeAt(0))) return [];
    const unknown = [this.vocabulary.unk!, 0, word.length];
    if (word.length > this.#maxWordLength && lengthOf(word) > this.#maxWordLength) return unknown;
    const tokens: number[] = [];
    for (let from = 0; from < word.length; ) {
      const front = from === 0 ? '' : this.#continuation;
      let to = Math.min(word.length, from + this.#longest);
      let id: number | undefined;
      for (; to > from; to--) {
        id = this.#idOf(front + word.slice(from, to));
        if (id !== undefined) break;
      }
      if (id === undefined) return unknown;
      tokens.push(id, from, to);
      from = to;
    }
    return tokens;
  }

  protected override write(id: number, into: Pieces, isFirst: boolean): void {
    into.text(this.#written(this.vocabulary.token(id), isFirst));
  }

  protected override writeText(text: string, into: Pieces, isFirst: boolean): void {
    into.text(this.#written(text, isFirst));
  }

  #idOf(piece: string): number | undefined {
    const id = this.vocabulary.find(piece);
    return id !== undefined && !this.vocabulary.isSpecial(id) ? id : undefined;
  }

  #written(token: string, isFirst: boolean): string {
    const goesOn = token.startsWith(this.#continuation);
    const text = isFirst ? token : goesOn ? token.slice(this.#continuation.length) : ` ${token}`;
    return this.#cleanUp ? cleanedUp(text) : text;
  }
}

/** BERT's normalising, then whatever else was asked for. */
function stepsOf(options: WordPieceOptions): readonly NormalizerStep[] {
  const { lowerCase = true, stripAccents = null, cleanText = true, spaceChinese = true, normalizers = [] } = options;
  const isNothing = !(lowerCase || stripAccents || cleanText || spaceChinese);
  const bert: NormalizerStep = {
    type: 'BertNormalizer',
    clean_text: cleanText,
    handle_chinese_chars: spaceChinese,
    strip_accents: stripAccents,
    lowercase: lowerCase,
  };
  return isNothing ? normalizers : [bert, ...normalizers];
}

/** How many characters a word has. */
const lengthOf = (word: string): number => [...word].length;

/** Token by token, as Hugging Face's library does it. */
function cleanedUp(text: string): string {
  return text
    .replaceAll(/ ([.?!,])/g, '$1')
    .replaceAll(" ' ", "'")
    .replaceAll(" n't", "n't")
    .replaceAll(" 'm", "'m")
    .replaceAll(' do not', " don't")
    .replaceAll(" 's", "'s")
    .replaceAll(" 've", "'ve")
    .replaceAll(" 're", "'re");
}
