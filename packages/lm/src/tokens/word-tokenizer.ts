// WordTokenizer: each word and each mark is a token.

import { ArgumentError, checkCall, type Known, shown } from '@dl/autograd';
import { savedChoice, savedState, savedVocabulary, vocabularyState } from './saved.js';
import { eachText } from './texts.js';
import { type Pieces, Tokenizer, type TokenizerState, type TokenList, type Writer, type Writing } from './tokenizer.js';
import { type CountVocabularyOptions, countOptions, type Vocabulary, vocabularyOf } from './vocabulary.js';
import { type Joining, joinedByBlanks, joinedByPunctuation } from './word-joining.js';
import { eachUnspaced, eachWord, type VisitWord } from './word-rule.js';

/** How {@link WordTokenizer} finds words: its rule, what stands between white space, or a function that gives them in their order. */
export type WordSplit = 'unicode' | 'whitespace' | ((text: string) => Iterable<string>);

/** Options of {@link WordTokenizer}. */
export interface WordTokenizerOptions {
  /** Default `unicode`: the rule of {@link WordTokenizer}. A function gives parts of the text in their order, and may leave parts out. */
  readonly split?: WordSplit;
  /** Whether words are made lower case, as `toLowerCase` does it. Offsets are those of the text as it was. Default false. */
  readonly lowerCase?: boolean;
  /** Whether what stands between words is a token, too, so that text comes back exactly. Default false. */
  readonly keepBlanks?: boolean;
}

/** Options of {@link trainWords}. */
export interface TrainWordsOptions extends WordTokenizerOptions, CountVocabularyOptions {}

const NAMED = ['unicode', 'whitespace'] as const;
const OWN = 'own';
/** What a {@link WordSplit} may be, for `checkCall`. */
export const wordSplit = {
  needs: "'unicode', 'whitespace' or a function of a text that gives its words",
  test: (value: unknown): boolean => typeof value === 'function' || NAMED.includes(value as (typeof NAMED)[number]),
};
const wordOptions: Known<WordTokenizerOptions> = {
  split: wordSplit,
  lowerCase: 'boolean',
  keepBlanks: 'boolean',
};

/**
 * Each word and each mark is a token.
 *
 * **Words**, by the first line that fits, with Unicode's properties, so that all platforms that know the characters cut alike:
 * 1. letters, digits and `_`, in one run: `word`, `x_1`. A full stop, an apostrophe or a hyphen between two of them is part of the word: `don't`, `well-known`,
 *    `U.S`, `3.14`; a comma or a colon is so between digits: `1,000`, `12:30`. An apostrophe before the first of them begins the word: `'tis`;
 * 2. one character of Han or Hiragana; a run of Katakana;
 * 3. one flag, or one emoji with all that is joined to it;
 * 4. a run of one and the same other character: `,`, `...`, `--`.
 *
 * Marks, joiners and skin tones belong to what stands before them. White space, as `\s` of regular expressions has it, separates. Words of Thai, Lao, Khmer and
 * Burmese are not known by properties: a run of their letters is one word; give a `split` with `Intl.Segmenter` for them, and texts of a line or so, since some engines
 * take time for it by the square of their length.
 *
 * **Text of tokens.** With `keepBlanks` exactly what there was. Otherwise words are joined by one blank, line breaks are gone, and no blank stands
 * - before marks that end or close (`. , ; : ! ? … % ) ] ”` and their like in all scripts, and an apostrophe), and behind those that open (`( [ “ ¿ ¡ # @`);
 * - around `—`, `--`, `/` and `\`;
 * - inside of `"…"`, of which every other one closes;
 * - between a sign of a currency and a number, and between two characters of scripts that set no blanks.
 *
 * With `split: 'whitespace'` there is a blank between all of them.
 *
 * @throws ArgumentError for what is no vocabulary, and when encoding for a `split` that gives what does not stand in the text.
 *
 * @example
 * ```ts
 * import { Vocabulary, WordTokenizer } from '@dl/lm';
 * const vocabulary = new Vocabulary(['<unk>', 'it', "isn't", '(', 'yet', ')', 'done', '.'], { unk: '<unk>' });
 * const tokenizer = new WordTokenizer(vocabulary, { lowerCase: true });
 * console.log(tokenizer.encode("It isn't (yet) over.")); // 1, 2, 3, 4, 5, 0, 7
 * console.log(tokenizer.decode([1, 2, 3, 4, 5, 0, 7])); // it isn't (yet) \uFFFD.
 * ```
 */
export class WordTokenizer extends Tokenizer {
  readonly split: WordSplit;
  readonly lowerCase: boolean;
  readonly keepBlanks: boolean;

  constructor(vocabulary: Vocabulary, options: WordTokenizerOptions = {}) {
    checkCall('WordTokenizer', arguments, ['vocabulary'], wordOptions);
    super(vocabulary);
    this.split = options.split ?? 'unicode';
    this.lowerCase = options.lowerCase ?? false;
    this.keepBlanks = options.keepBlanks ?? false;
  }

  /**
   * The tokenizer of a `state()`. A function that found the words is not saved: it is given here again.
   *
   * @throws FormatError for what is no such state, and ArgumentError for a function that is missing, or is one too many.
   */
  static fromState(
    state: TokenizerState,
    options: { readonly split?: (text: string) => Iterable<string> } = {},
  ): WordTokenizer {
    checkCall('fromState', arguments, ['state'], { split: 'function' });
    const where = 'WordTokenizer.fromState';
    const saved = savedState(where, 'words', state);
    const split = savedChoice(where, 'split', saved['split'], [...NAMED, OWN] as const);
    const lowerCase = savedChoice(where, 'lowerCase', saved['lowerCase'], [false, true]);
    const keepBlanks = savedChoice(where, 'keepBlanks', saved['keepBlanks'], [false, true]);
    if ((split === OWN) !== (options.split !== undefined)) {
      throw new ArgumentError(
        split === OWN
          ? `${where}: the words were found by a function, which is not saved; give it as split`
          : `${where}: the words were found by the rule ${shown(split)}; leave split out`,
      );
    }
    const vocabulary = savedVocabulary(where, saved['vocabulary']);
    return new WordTokenizer(vocabulary, { split: split === OWN ? options.split! : split, lowerCase, keepBlanks });
  }

  state(): TokenizerState {
    const { vocabulary, split, lowerCase, keepBlanks } = this;
    return {
      kind: 'words',
      vocabulary: vocabularyState(vocabulary),
      split: typeof split === 'function' ? OWN : split,
      lowerCase,
      keepBlanks,
    };
  }

  protected cut(text: string, at: number, into: TokenList): void {
    eachPiece(text, this, (piece, start, end) => into.push(this.idOf(piece, at + start), at + start, at + end));
  }

  protected write(id: number, into: Pieces): void {
    into.text(this.vocabulary.token(id));
  }

  override bytesOf(id: number): readonly [first: Uint8Array, later: Uint8Array] {
    if (this.keepBlanks) return super.bytesOf(id);
    const utf8 = new TextEncoder();
    const word = this.vocabulary.token(id);
    return [utf8.encode(word), utf8.encode(` ${word}`)];
  }

  override writing(): Writing {
    if (this.keepBlanks) return super.writing();
    const { vocabulary } = this;
    const behind = (joining: Joining): Writing => ({
      key: joining.key,
      way: (id) => (joining.before(vocabulary.token(id)) === '' ? 0 : 1),
      next: (id) => behind(joining.next(vocabulary.token(id))),
    });
    return behind(this.#joining());
  }

  protected override writer(into: Pieces): Writer {
    if (this.keepBlanks) return super.writer(into);
    let joining = this.#joining();
    return (id, instead = this.vocabulary.token(id)) => {
      into.text(joining.before(instead) + instead);
      joining = joining.next(instead);
    };
  }

  #joining(): Joining {
    return this.split === 'whitespace' ? joinedByBlanks() : joinedByPunctuation();
  }
}

/**
 * A {@link WordTokenizer} of the words of a text, or of several. Special tokens come first, then the words from the most frequent one on; see
 * {@link countVocabulary}. Without `unk` the vocabulary is closed: what the text had not is an error.
 *
 * @throws ArgumentError for no text, and when no word comes often enough.
 *
 * @example
 * ```ts
 * import { trainWords } from '@dl/lm';
 * const tokenizer = trainWords(['The cat sat.', 'The dog sat, too.'], { lowerCase: true, unk: '<unk>' });
 * console.log(tokenizer.vocabulary.tokens); // <unk>, '.', 'sat', 'the', ',', 'cat', 'dog', 'too'
 * console.log(tokenizer.decode(tokenizer.encode('The cat, too, sat.'))); // the cat, too, sat.
 * ```
 */
export function trainWords(text: string | Iterable<string>, options: TrainWordsOptions = {}): WordTokenizer {
  checkCall('trainWords', arguments, ['text'], { ...wordOptions, ...countOptions });
  const { split = 'unicode', lowerCase = false, keepBlanks = false, ...counting } = options;
  const rule = { split, lowerCase, keepBlanks };
  const counts = new Map<string, number>();
  for (const each of eachText('trainWords', 'text', text)) {
    eachPiece(each, rule, (piece) => counts.set(piece, (counts.get(piece) ?? 0) + 1));
  }
  return new WordTokenizer(vocabularyOf('trainWords', counts, counting), rule);
}

/** Visits what becomes tokens, in order. */
export function eachPiece(
  text: string,
  { split, lowerCase, keepBlanks }: Required<WordTokenizerOptions>,
  visit: (piece: string, start: number, end: number) => void,
): void {
  let last = 0;
  const visitWord: VisitWord = (start, end) => {
    if (keepBlanks && start > last) visit(text.slice(last, start), last, start);
    const word = text.slice(start, end);
    visit(lowerCase ? word.toLowerCase() : word, start, end);
    last = end;
  };
  if (split === 'unicode') eachWord(text, visitWord);
  else if (split === 'whitespace') eachUnspaced(text, visitWord);
  else eachGiven(text, split, visitWord);
  if (keepBlanks && last < text.length) visit(text.slice(last), last, text.length);
}

/** Finds what a function gives, each behind the one before. */
function eachGiven(text: string, split: (text: string) => Iterable<string>, visit: VisitWord): void {
  let from = 0;
  for (const word of eachText('WordTokenizer', 'what split gave', split(text))) {
    const start = text.indexOf(word, from);
    if (start < 0) {
      throw new ArgumentError(
        `WordTokenizer: split gave ${shown(word)}, which does not stand in the text from ${from} on; it gives parts of the text in their order`,
      );
    }
    from = start + word.length;
    if (from > start) visit(start, from);
  }
}
