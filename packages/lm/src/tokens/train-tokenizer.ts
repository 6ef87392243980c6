// The tokenizer of a training: one that is there, or one of the tokens that its text has.

import { ArgumentError, checkInteger, shown } from '@dl/autograd';
import { ByteTokenizer } from './byte-tokenizer.js';
import { CharacterTokenizer } from './character-tokenizer.js';
import { eachCharacter } from './characters.js';
import { Tokenizer } from './tokenizer.js';
import { type SpecialTokens, vocabularyOf } from './vocabulary.js';
import { eachWord } from './word-rule.js';
import { WordTokenizer } from './word-tokenizer.js';

/** What a training, such as `trainNgram`, makes a tokenizer of. */
export type TokenKind = 'characters' | 'words' | 'bytes';

/** Options of every training that needs a tokenizer. */
export interface TokenizerOptions {
  /** What a token is, or a tokenizer that is there already, such as one of `trainBpe`. Default `characters`. */
  readonly tokenizer?: TokenKind | Tokenizer;
  /** Characters and words that come less often are unknown; not for bytes, nor with a tokenizer that is there. Default 1. */
  readonly minCount?: number;
}

/** Names of tokens that are no text. */
const UNKNOWN = '<unk>';
const ENDS: SpecialTokens = { bos: '<s>', eos: '</s>' };

/** Looks at text, whether it is there or comes piece by piece, and makes a tokenizer of what it has seen. */
export class TokenizerTraining {
  readonly #where: string;
  readonly #isSeveral: boolean;
  readonly #kind: TokenKind | Tokenizer;
  readonly #minCount: number;
  readonly #found = new Map<string, number>();

  /**
   * @param where the function that the user called
   * @param isSeveral whether there are several texts, with a begin and an end each
   */
  constructor(where: string, isSeveral: boolean, { tokenizer = 'characters', minCount }: TokenizerOptions) {
    if (minCount !== undefined) checkInteger(where, 'minCount', minCount, 1);
    if (!(tokenizer instanceof Tokenizer || ['characters', 'words', 'bytes'].includes(tokenizer))) {
      throw new ArgumentError(
        `${where}: tokenizer is ${shown(tokenizer)}, needs 'characters', 'words', 'bytes' or a Tokenizer, such as trainBpe makes`,
      );
    }
    if (minCount !== undefined && tokenizer !== 'characters' && tokenizer !== 'words') {
      throw new ArgumentError(
        `${where}: minCount is ${minCount}, but the tokenizer is ${tokenizer === 'bytes' ? 'one of bytes' : 'there already'}; it is for characters and words, leave it out`,
      );
    }
    this.#where = where;
    this.#isSeveral = isSeveral;
    this.#kind = tokenizer;
    this.#minCount = minCount ?? 1;
  }

  /** Whether it has to look at the text. */
  get looks(): boolean {
    return this.#kind === 'characters' || this.#kind === 'words';
  }

  /** Notes what there is. Pieces of one text may be cut where a word ends. */
  look(text: string): void {
    const note = (start: number, end: number): void => {
      const token = text.slice(start, end);
      this.#found.set(token, (this.#found.get(token) ?? 0) + 1);
    };
    if (this.#kind === 'words') eachWord(text, note);
    else eachCharacter(text, 'graphemes', note);
  }

  finish(): Tokenizer {
    const kind = this.#kind;
    if (kind instanceof Tokenizer) return kind;
    const ends = this.#isSeveral ? ENDS : {};
    if (kind === 'bytes') return new ByteTokenizer(ends);
    const options = { unk: UNKNOWN, ...ends, minCount: this.#minCount };
    const vocabulary = vocabularyOf(this.#where, this.#found, options);
    return kind === 'words' ? new WordTokenizer(vocabulary) : new CharacterTokenizer(vocabulary);
  }
}
