// SubwordTokenizer: what tokenisers share whose tokens are parts of words: a text is normalised, cut into words, and each word into tokens.

import { ArgumentError, checkCall, checkInteger, type Known, shown } from '@dl/autograd';
import { type FoundToken, TokenFinder } from './added-tokens.js';
import { AlignedText } from './aligned-text.js';
import { wellFormed } from './bytes.js';
import { type NormalizerStep, normalize } from './normalize.js';
import { type Pieces, Tokenizer, type TokenizerState, type TokenList, type Writer } from './tokenizer.js';
import type { Vocabulary } from './vocabulary.js';

/** A token of the vocabulary that is found in texts as it stands, before anything else: always, or only where it is allowed if it is special. */
export interface AddedToken {
  readonly text: string;
  /** Takes the blanks on its left, or right, into itself. Default false. */
  readonly stripLeft?: boolean;
  readonly stripRight?: boolean;
  /** Is found only where no letter, digit or underscore stands beside it. Default false. */
  readonly singleWord?: boolean;
  /** Is looked for in the normalised text. Default false. */
  readonly normalized?: boolean;
}

/** Options of tokenisers whose tokens are parts of words. */
export interface SubwordOptions {
  /** What is done to a text first, in this order. Default: nothing. */
  readonly normalizers?: readonly NormalizerStep[];
  /** Tokens that a model wants before and after a text; {@link SubwordTokenizer.withEnds} puts them there. Default: none. */
  readonly begin?: readonly string[];
  readonly end?: readonly string[];
  /** Tokens that are found as they stand. Special tokens need no entry, unless they take blanks into themselves. */
  readonly added?: readonly AddedToken[];
  /** The tokens of so many different words are kept, which makes texts of common words quick. Default 32768. */
  readonly cacheSize?: number;
}

export const subwordOptions: Known<SubwordOptions> = {
  normalizers: 'list',
  begin: 'list',
  end: 'list',
  added: 'list',
  cacheSize: 'number',
};

/** The tokens of a word: number, start and end of each in the word, one after another. */
export type WordTokens = readonly number[];

/** Longer words are hardly ever the same. */
const LONGEST_KEPT = 64;

/** A `tokenizer.json`, as `JSON.parse` gives it. */
export type TokenizerFile = Readonly<Record<string, unknown>>;

/** Base of {@link BpeTokenizer} and {@link WordPieceTokenizer}. */
export abstract class SubwordTokenizer extends Tokenizer {
  /** Tokens that a model wants before a text, and after it. `encode` does not add them; {@link withEnds} does. */
  readonly begin: Int32Array;
  readonly end: Int32Array;
  protected readonly normalizers: readonly NormalizerStep[];
  protected readonly addedTokens: readonly AddedToken[];
  readonly #found: readonly FoundToken[];
  readonly #foundNormalized: TokenFinder | undefined;
  readonly #kept = new Map<string, WordTokens>();
  readonly #cacheSize: number;

  constructor(where: string, vocabulary: Vocabulary, options: SubwordOptions) {
    super(vocabulary);
    const { normalizers = [], begin = [], end = [], added = [], cacheSize = 32768 } = options;
    checkInteger(where, 'cacheSize', cacheSize, 0);
    const idOf = (name: string, text: unknown): number => {
      const id = typeof text === 'string' ? vocabulary.find(text) : undefined;
      if (id !== undefined) return id;
      throw new ArgumentError(
        `${where}: ${name} has ${shown(text)}, which is not one of the ${vocabulary.size} tokens`,
      );
    };
    this.begin = Int32Array.from(begin, (text) => idOf('begin', text));
    this.end = Int32Array.from(end, (text) => idOf('end', text));
    this.normalizers = [...normalizers];
    this.addedTokens = [...added];
    const found = added.map((token) => ({ ...token, id: idOf('added', token?.text) }));
    this.#found = found.filter(({ id, normalized = false }) => vocabulary.isSpecial(id) || !normalized);
    const others = found.filter(({ id, normalized = false }) => !vocabulary.isSpecial(id) && normalized);
    // What they are in a text that was normalised is what normalising makes of them.
    this.#foundNormalized =
      others.length === 0
        ? undefined
        : new TokenFinder(
            others.map((token) => ({
              ...token,
              text: normalize(new AlignedText(token.text, 0), this.normalizers).text,
            })),
          );
    this.#cacheSize = cacheSize;
  }

  /** The `tokenizer.json` that {@link readTokenizer} makes the same tokeniser of, but for the roles of its special tokens. */
  abstract file(): TokenizerFile;

  /** Tokens of a text between those that a model wants before and after it. */
  withEnds(ids: ArrayLike<number>): Int32Array {
    const { begin, end } = this;
    const all = new Int32Array(begin.length + ids.length + end.length);
    all.set(begin);
    all.set(ids, begin.length);
    all.set(end, begin.length + ids.length);
    return all;
  }

  /** The words that a text is cut into, each of which gets its tokens by itself, as they are after normalising. */
  words(text: string): string[] {
    checkCall('words', arguments, [['text', 'string']]);
    const words: string[] = [];
    const part = this.prepare(normalize(new AlignedText(wellFormed(text), 0), this.normalizers));
    for (let from = 0, to = 0; from < part.length; from = to) {
      to = this.wordEnd(part.text, from);
      words.push(part.text.slice(from, to));
    }
    return words;
  }

  /** Where the word ends that begins at a place. */
  protected abstract wordEnd(text: string, from: number): number;

  /** The tokens of one word, which stands at `at` in the whole text. */
  protected abstract cutWord(word: string, at: number): WordTokens;

  /** What is done to each part of a normalised text that is no added token. */
  protected prepare(part: AlignedText): AlignedText {
    return part;
  }

  /** Writes what stands for a token instead of its own text. */
  protected writeText(text: string, into: Pieces, _isFirst: boolean): void {
    into.text(text);
  }

  protected override writer(into: Pieces): Writer {
    let isFirst = true;
    return (id, instead) => {
      if (instead === undefined) this.write(id, into, isFirst);
      else this.writeText(instead, into, isFirst);
      isFirst = false;
    };
  }

  protected override writeSpecial(_token: string, _into: Pieces, write: () => void): void {
    write();
  }

  protected override get found(): readonly FoundToken[] {
    return this.#found;
  }

  override state(): TokenizerState {
    const { vocabulary } = this;
    const { special: _, ...roles } = vocabulary.options;
    return { kind: 'tokenizer.json', file: this.file(), roles };
  }

  protected override cut(text: string, at: number, into: TokenList): void {
    const whole = normalize(new AlignedText(wellFormed(text), at), this.normalizers);
    const found = this.#foundNormalized?.find(whole.text) ?? [];
    let from = 0;
    for (let i = 0; i < found.length; i += 3) {
      const [start, end] = [found[i + 1]!, found[i + 2]!];
      this.#cutWords(whole.slice(from, start), into);
      into.push(found[i]!, whole.start(start), whole.end(end - 1));
      from = end;
    }
    this.#cutWords(whole.slice(from, whole.length), into);
  }

  #cutWords(part: AlignedText, into: TokenList): void {
    if (part.length === 0) return;
    const prepared = this.prepare(part);
    const { text, at } = prepared;
    for (let from = 0; from < text.length; ) {
      const to = this.wordEnd(text, from);
      const tokens = this.#tokensOf(text.slice(from, to), prepared, from);
      if (at !== undefined) {
        const base = at + from;
        for (let i = 0; i < tokens.length; i += 3) {
          into.push(tokens[i]!, base + tokens[i + 1]!, base + tokens[i + 2]!);
        }
      } else {
        for (let i = 0; i < tokens.length; i += 3) {
          into.push(tokens[i]!, prepared.start(from + tokens[i + 1]!), prepared.end(from + tokens[i + 2]! - 1));
        }
      }
      from = to;
    }
  }

  /** The tokens of a word, which stands at a unit of a text. */
  #tokensOf(word: string, text: AlignedText, unit: number): WordTokens {
    const kept = this.#kept.get(word);
    if (kept !== undefined) return kept;
    const tokens = this.cutWord(word, text.start(unit));
    if (word.length <= LONGEST_KEPT && this.#cacheSize > 0) {
      // Common words are soon back.
      if (this.#kept.size >= this.#cacheSize) this.#kept.clear();
      this.#kept.set(word, tokens);
    }
    return tokens;
  }

  /** The tokens that are found in texts, as files list them. */
  protected listAdded(): readonly object[] {
    const { vocabulary } = this;
    const named = new Map(this.addedTokens.map((token) => [vocabulary.find(token.text)!, token]));
    const ids = [...new Set([...vocabulary.specialIds, ...named.keys()])].sort((a, b) => a - b);
    return ids.map((id) => {
      const { stripLeft = false, stripRight = false, singleWord = false, normalized = false } = named.get(id) ?? {};
      return {
        id,
        content: vocabulary.token(id),
        single_word: singleWord,
        lstrip: stripLeft,
        rstrip: stripRight,
        normalized,
        special: vocabulary.isSpecial(id),
      };
    });
  }

  /** What stands around the model in files. */
  protected fileAround(): TokenizerFile {
    const { normalizers, vocabulary, begin, end } = this;
    const special = [...new Set([...begin, ...end])].map((id): [string, object] => {
      const text = vocabulary.token(id);
      return [text, { id: text, ids: [id], tokens: [text] }];
    });
    const sequence = (name: string, type: number): object => ({ Sequence: { id: name, type_id: type } });
    const tokens = (ids: Int32Array, type: number): object[] =>
      Array.from(ids, (id) => ({ SpecialToken: { id: vocabulary.token(id), type_id: type } }));
    return {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: this.listAdded(),
      normalizer:
        normalizers.length === 0 ? null : normalizers.length === 1 ? normalizers[0] : { type: 'Sequence', normalizers },
      post_processor:
        special.length === 0
          ? null
          : {
              type: 'TemplateProcessing',
              single: [...tokens(begin, 0), sequence('A', 0), ...tokens(end, 0)],
              pair: [...tokens(begin, 0), sequence('A', 0), ...tokens(end, 0), sequence('B', 1), ...tokens(end, 1)],
              special_tokens: Object.fromEntries(special),
            },
    };
  }
}
