// CharacterTokenizer: each character is a token.

import { checkCall, type Known } from '@dl/autograd';
import { type CharacterUnit, eachCharacter } from './characters.js';
import { savedChoice, savedState, savedVocabulary, vocabularyState } from './saved.js';
import { eachText } from './texts.js';
import { type Pieces, Tokenizer, type TokenizerState, type TokenList } from './tokenizer.js';
import { type CountVocabularyOptions, countOptions, type Vocabulary, vocabularyOf } from './vocabulary.js';

/** Options of {@link CharacterTokenizer}. */
export interface CharacterTokenizerOptions {
  /**
   * What one character is. `graphemes`, the default: what readers take for one, an extended grapheme cluster by Unicode's Annex 29, so that an accent, a flag or a
   * family of emoji is never torn. `codePoints`: one number of Unicode, of which such a cluster may have many; then there are fewer different characters.
   */
  readonly unit?: CharacterUnit;
}

/** Options of {@link trainCharacters}. */
export interface TrainCharactersOptions extends CharacterTokenizerOptions, CountVocabularyOptions {}

const UNITS = ['graphemes', 'codePoints'] as const;
const characterOptions: Known<CharacterTokenizerOptions> = { unit: UNITS };

/**
 * Each character is a token. Text comes back exactly, as far as its characters are in the vocabulary.
 *
 * Which code points make a cluster is known by the platform's `Intl.Segmenter`, and changes a little with versions of Unicode, for scripts of India and for new
 * emoji. A cluster that is new to the vocabulary is an unknown character.
 *
 * @throws ArgumentError for what is no vocabulary.
 *
 * @example
 * ```ts
 * import { CharacterTokenizer, Vocabulary } from '@dl/lm';
 * const tokenizer = new CharacterTokenizer(new Vocabulary(['?', 'a', 'e\u0301', '👩‍👩‍👧'], { unk: '?' }));
 * console.log(tokenizer.encode('ae\u0301👩‍👩‍👧z')); // 1, 2, 3, 0
 * console.log(tokenizer.decode([1, 2, 3, 0])); // 'aé👩‍👩‍👧\uFFFD'
 * ```
 */
export class CharacterTokenizer extends Tokenizer {
  readonly unit: CharacterUnit;
  /** By code unit: the token that is this character and no special one, or -1. */
  readonly #single: Int32Array;

  constructor(vocabulary: Vocabulary, options: CharacterTokenizerOptions = {}) {
    checkCall('CharacterTokenizer', arguments, ['vocabulary'], characterOptions);
    super(vocabulary);
    this.unit = options.unit ?? 'graphemes';
    const units = vocabulary.tokens.map((token) => (token.length === 1 ? token.charCodeAt(0) : -1));
    this.#single = new Int32Array(units.reduce((most, unit) => Math.max(most, unit), -1) + 1).fill(-1);
    for (const [id, unit] of units.entries()) {
      if (unit >= 0 && !vocabulary.isSpecial(id)) this.#single[unit] = id;
    }
  }

  /**
   * The tokenizer of a `state()`.
   *
   * @throws FormatError for what is none.
   */
  static fromState(state: TokenizerState): CharacterTokenizer {
    const where = 'CharacterTokenizer.fromState';
    const { vocabulary, unit } = savedState(where, 'characters', state);
    return new CharacterTokenizer(savedVocabulary(where, vocabulary), {
      unit: savedChoice(where, 'unit', unit, UNITS),
    });
  }

  state(): TokenizerState {
    return { kind: 'characters', vocabulary: vocabularyState(this.vocabulary), unit: this.unit };
  }

  protected cut(text: string, at: number, into: TokenList): void {
    const single = this.#single;
    eachCharacter(text, this.unit, (start, end) => {
      const id = end === start + 1 ? (single[text.charCodeAt(start)] ?? -1) : -1;
      into.push(id >= 0 ? id : this.idOf(text.slice(start, end), at + start), at + start, at + end);
    });
  }

  protected write(id: number, into: Pieces): void {
    into.text(this.vocabulary.token(id));
  }
}

/**
 * A {@link CharacterTokenizer} of the characters of a text, or of several. Special tokens come first, then the characters from the most frequent one on; see
 * {@link countVocabulary}. Without `unk` the vocabulary is closed: what the text had not is an error.
 *
 * @throws ArgumentError for no text, and when no character comes often enough.
 *
 * @example
 * ```ts
 * import { trainCharacters } from '@dl/lm';
 * const tokenizer = trainCharacters('to be or not to be', { unk: '<unk>', minCount: 2 });
 * console.log(tokenizer.vocabulary.tokens); // <unk>, a blank, o, t, b, e
 * console.log(tokenizer.decode(tokenizer.encode('to be a bee'))); // 'to be \uFFFD bee'
 * ```
 */
export function trainCharacters(
  text: string | Iterable<string>,
  options: TrainCharactersOptions = {},
): CharacterTokenizer {
  checkCall('trainCharacters', arguments, ['text'], { ...characterOptions, ...countOptions });
  const { unit = 'graphemes', ...counting } = options;
  const counts = new Map<string, number>();
  for (const each of eachText('trainCharacters', 'text', text)) {
    eachCharacter(each, unit, (start, end) => {
      const character = each.slice(start, end);
      counts.set(character, (counts.get(character) ?? 0) + 1);
    });
  }
  return new CharacterTokenizer(vocabularyOf('trainCharacters', counts, counting), { unit });
}
