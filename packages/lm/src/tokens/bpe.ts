// BpeTokenizer: byte-pair encoding, over bytes as in GPT-2 or over characters as in Llama 2.

import { ArgumentError, checkCall, type Known, shown } from '@dl/autograd';
import type { AlignedText } from './aligned-text.js';
import { byteCharacters, byteNames, bytesOfToken, writeUtf8 } from './bytes.js';
import { type Merges, mergeWord } from './merge.js';
import { prepended } from './normalize.js';
import { PairIndex } from './pair-index.js';
import { patternEnds, signEnd, starcoderEnd, type WordEnd, type WordPattern, wordPatterns } from './pre-tokens.js';
import {
  type SubwordOptions,
  SubwordTokenizer,
  subwordOptions,
  type TokenizerFile,
  type WordTokens,
} from './subword.js';
import type { Pieces } from './tokenizer.js';
import { needVocabulary, type Vocabulary } from './vocabulary.js';

/** What the first symbols of a {@link BpeTokenizer} are. */
export type BpeLevel = 'bytes' | 'characters';
/** Where a {@link BpeTokenizer} cuts text, over which it merges nothing. */
export type BpeWords = WordPattern | 'starcoder' | 'blanks' | 'whole';

/** How a {@link BpeTokenizer} cuts, whether it was trained or read. */
export interface BpeCutOptions extends SubwordOptions {
  /**
   * `bytes`: the symbols are the bytes of UTF-8, written in GPT-2's alphabet, so that every text has tokens. `characters`: they are Unicode's code points.
   * Default `bytes`.
   */
  readonly level?: BpeLevel;
  /**
   * Words, each of which is cut by itself. `gpt2`, `llama3` and `qwen2`: those of the models' regular expressions, where a blank belongs to the word behind it.
   * `starcoder`: as `gpt2`, but each digit is a word of its own; for bytes. `blanks`: a word begins at each `blank`. `whole`: the whole text is one. Default `gpt2`.
   */
  readonly words?: BpeWords;
  /** The one character that stands for a blank in tokens of characters, such as `▁`. Default: the blank itself. */
  readonly blank?: string;
  /** Where a blank is put before text that has none in front: `never`, at the beginning of the text (`first`), behind each special token, too (`always`). Default `never`. */
  readonly prefix?: 'never' | 'first' | 'always';
  /** What `decode` takes off the first token of characters: nothing, `one` blank, or `all`. Default `one`, and `none` without a prefix. */
  readonly strip?: 'none' | 'one' | 'all';
}

/** Options of {@link BpeTokenizer}'s constructor. */
export interface BpeOptions extends BpeCutOptions {
  /** Characters that are no token become the tokens of their bytes, `<0x00>` to `<0xFF>`. For characters. Default false. */
  readonly byteFallback?: boolean;
  /** Unknown characters in a row become one `unk`. Default false. */
  readonly fuseUnknown?: boolean;
  /** A word that is a token becomes it, whatever its merges would make. Default false. */
  readonly ignoreMerges?: boolean;
}

export const bpeCutOptions: Known<BpeCutOptions> = {
  level: ['bytes', 'characters'],
  words: ['gpt2', 'llama3', 'qwen2', 'starcoder', 'blanks', 'whole'],
  blank: 'string',
  prefix: ['never', 'first', 'always'],
  strip: ['none', 'one', 'all'],
  ...subwordOptions,
};
const bpeOptions: Known<BpeOptions> = {
  ...bpeCutOptions,
  byteFallback: 'boolean',
  fuseUnknown: 'boolean',
  ignoreMerges: 'boolean',
};

/** A symbol that stands for unknown characters where there is no token for them. */
const NONE = -1;

/**
 * Byte-pair encoding (Sennrich et al., 2016). A text is cut into words, a word into symbols, and again and again the two neighbours become one that come first in the
 * list of merges. Made by {@link trainBpe}, by {@link readTokenizer}, or of a vocabulary and its merges.
 *
 * With bytes every text has tokens, and what they decode to is the text: halves of surrogate pairs that stand alone are no text, and become U+FFFD. With characters
 * it is so for texts of known characters, where nothing is normalised. Each merge makes a longer token of two that are not empty, so that merging ends, after
 * n log n steps for a word of n symbols.
 *
 * @throws ArgumentError for a merge whose parts, or what they make, are no tokens, for one that comes twice, and for options that do not fit together.
 *
 * @example
 * ```ts
 * import { BpeTokenizer, Vocabulary } from '@dl/lm';
 * const vocabulary = new Vocabulary(['a', 'b', 'n', 'an', 'ban']);
 * const tokenizer = new BpeTokenizer(vocabulary, [['a', 'n'], ['b', 'an']], { level: 'characters' });
 * console.log(tokenizer.encode('banana')); // 4 3 0: ban, an, a
 * ```
 */
export class BpeTokenizer extends SubwordTokenizer {
  readonly level: BpeLevel;
  readonly #options: Required<Omit<BpeOptions, keyof SubwordOptions>>;
  readonly #pairs: Int32Array;
  readonly #merges: Merges;
  readonly #wordEnd: WordEnd;
  /** The tokens of bytes: symbols at level `bytes`, else what unknown characters become. */
  readonly #byteIds: Int32Array;
  readonly #byteOf: ReadonlyMap<number, number>;
  #buffers = { bytes: new Uint8Array(0), ids: new Int32Array(0), places: new Int32Array(0), widths: new Int32Array(0) };

  constructor(vocabulary: Vocabulary, merges: readonly (readonly [string, string])[], options: BpeOptions = {}) {
    checkCall('BpeTokenizer', arguments, ['vocabulary', ['merges', 'list']], bpeOptions);
    needVocabulary('BpeTokenizer', vocabulary);
    super('BpeTokenizer', vocabulary, options);
    const { level = 'bytes', words = 'gpt2', blank = ' ', prefix = 'never' } = options;
    const { byteFallback = false, fuseUnknown = false, ignoreMerges = false } = options;
    const isBytes = level === 'bytes';
    const strip = options.strip ?? (isBytes || prefix === 'never' ? 'none' : 'one');
    checkFit({ level, words, blank, prefix, strip, byteFallback });
    this.level = level;
    this.#options = { level, words, blank, prefix, strip, byteFallback, fuseUnknown, ignoreMerges };
    this.#wordEnd = wordEndOf(words, blank);
    [this.#pairs, this.#merges] = indexed(vocabulary, merges);
    const byteTokens = isBytes ? byteCharacters() : byteFallback ? byteNames() : [];
    this.#byteIds = Int32Array.from(byteTokens, (token) => vocabulary.find(token) ?? NONE);
    this.#byteOf = new Map(Array.from(this.#byteIds, (id, byte) => [id, byte]));
  }

  /** What is merged, in order. */
  get merges(): [string, string][] {
    const { vocabulary } = this;
    const pairs = this.#pairs;
    return Array.from({ length: pairs.length / 2 }, (_, rank) => [
      vocabulary.token(pairs[2 * rank]!),
      vocabulary.token(pairs[2 * rank + 1]!),
    ]);
  }

  override file(): TokenizerFile {
    const { level, words, blank, prefix, strip, byteFallback, fuseUnknown, ignoreMerges } = this.#options;
    const { vocabulary, merges } = this;
    const pattern = hasPattern(words) ? wordPatterns[words] : undefined;
    const isBytes = level === 'bytes';
    const byteLevel = (usesRegex: boolean): object => ({
      type: 'ByteLevel',
      add_prefix_space: prefix !== 'never',
      trim_offsets: true,
      use_regex: usesRegex,
    });
    const split = {
      type: 'Split',
      pattern: { Regex: pattern },
      behavior: 'Isolated',
      invert: false,
    };
    const metaspace = { type: 'Metaspace', replacement: blank, prepend_scheme: prefix, split: words === 'blanks' };
    const ofBytes =
      words === 'gpt2' || words === 'whole'
        ? byteLevel(words === 'gpt2')
        : words === 'starcoder'
          ? sequence('pretokenizers', [{ type: 'Digits', individual_digits: true }, byteLevel(true)])
          : sequence('pretokenizers', [split, byteLevel(false)]);
    const replaces = blank !== ' ' || words === 'blanks';
    const ofCharacters = pattern !== undefined ? split : replaces || prefix !== 'never' ? metaspace : null;
    const decoders = [
      ...(replaces ? [{ type: 'Replace', pattern: { String: blank }, content: ' ' }] : []),
      ...(byteFallback ? [{ type: 'ByteFallback' }] : []),
      { type: 'Fuse' },
      ...(strip === 'one' ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
    ];
    const decoderOfCharacters =
      strip === 'all'
        ? sequence('decoders', [
            ...(byteFallback ? [{ type: 'ByteFallback' }] : []),
            { ...metaspace, prepend_scheme: 'always' },
          ])
        : sequence('decoders', decoders);
    const { unk } = vocabulary;
    // Older libraries read only the first form, in which a blank can be no part.
    const hasBlanks = merges.some(([left, right]) => left.includes(' ') || right.includes(' '));
    return {
      ...this.fileAround(),
      pre_tokenizer: isBytes ? ofBytes : ofCharacters,
      decoder: isBytes ? byteLevel(true) : decoderOfCharacters,
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: unk === undefined ? null : vocabulary.token(unk),
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: fuseUnknown,
        byte_fallback: byteFallback,
        ignore_merges: ignoreMerges,
        vocab: Object.fromEntries(vocabulary.tokens.map((token, id) => [token, id])),
        merges: hasBlanks ? merges : merges.map(([left, right]) => `${left} ${right}`),
      },
    };
  }

  protected override wordEnd(text: string, from: number): number {
    return this.#wordEnd(text, from);
  }

  protected override prepare(part: AlignedText): AlignedText {
    const { blank, prefix } = this.#options;
    const marked = blank === ' ' ? part : part.replaced(part.text.replaceAll(' ', blank));
    const wanted = prefix === 'always' || (prefix === 'first' && part.start(0) === 0);
    return wanted && !marked.text.startsWith(blank) ? prepended(marked, blank) : marked;
  }

  protected override cutWord(word: string, at: number): WordTokens {
    if (this.#options.ignoreMerges) {
      const id = this.vocabulary.find(this.level === 'bytes' ? this.#inAlphabet(word) : word);
      if (id !== undefined && !this.vocabulary.isSpecial(id)) return [id, 0, word.length];
    }
    const count = this.level === 'bytes' ? this.#byteSymbols(word, at) : this.#characterSymbols(word, at);
    const { ids, places, widths } = this.#buffers;
    const left = mergeWord(this.#merges, ids, widths, count);
    const tokens: number[] = [];
    for (let i = 0, from = 0; i < left; i++) {
      const to = from + widths[i]!;
      // The last symbol may be a part of a character, which ends where the next one begins.
      let next = to;
      while (next < count && places[next] === places[to - 1]) next++;
      tokens.push(ids[i]!, places[from]!, next < count ? places[next]! : word.length);
      from = to;
    }
    return tokens;
  }

  protected override write(id: number, into: Pieces, isFirst: boolean): void {
    const token = this.vocabulary.token(id);
    if (this.level === 'bytes') {
      const bytes = bytesOfToken(token);
      if (bytes === undefined) into.text(token);
      else into.bytes(bytes);
      return;
    }
    const byte = this.#byteOf.get(id);
    if (byte !== undefined) {
      into.bytes([byte]);
      return;
    }
    const { blank, strip } = this.#options;
    let text = blank === ' ' ? token : token.replaceAll(blank, ' ');
    if (isFirst && strip !== 'none') text = strip === 'one' ? text.replace(/^ /, '') : text.replace(/^ +/, '');
    into.text(text);
  }

  /** Room for the symbols of a word of so many code units. */
  #reserve(length: number): void {
    const needed = 3 * length;
    if (this.#buffers.ids.length >= needed) return;
    const [bytes, [ids, places, widths]] = [
      new Uint8Array(2 * needed),
      [0, 0, 0].map(() => new Int32Array(2 * needed)),
    ];
    this.#buffers = { bytes, ids: ids!, places: places!, widths: widths! };
  }

  #byteSymbols(word: string, at: number): number {
    this.#reserve(word.length);
    const { bytes, ids, places } = this.#buffers;
    const length = writeUtf8(word, bytes, places);
    let count = 0;
    for (let i = 0; i < length; i++) {
      const id = this.#byteIds[bytes[i]!]!;
      if (id >= 0) ids[count] = id;
      else if (!this.#unknown(count, places[i]!, word, at)) continue;
      places[count++] = places[i]!;
    }
    return count;
  }

  #characterSymbols(word: string, at: number): number {
    this.#reserve(word.length);
    const { vocabulary } = this;
    const { bytes, ids, places } = this.#buffers;
    let count = 0;
    for (let i = 0; i < word.length; ) {
      const width = word.codePointAt(i)! > 0xffff ? 2 : 1;
      const character = word.slice(i, i + width);
      const id = vocabulary.find(character);
      if (id !== undefined && !vocabulary.isSpecial(id)) {
        ids[count] = id;
        places[count++] = i;
      } else if (this.#options.byteFallback && this.#fallsBack(character)) {
        const length = writeUtf8(character, bytes, new Int32Array(4));
        for (let k = 0; k < length; k++) {
          ids[count] = this.#byteIds[bytes[k]!]!;
          places[count++] = i;
        }
      } else if (this.#unknown(count, i, word, at)) places[count++] = i;
      i += width;
    }
    return count;
  }

  /** Whether all bytes of a character are tokens. */
  #fallsBack(character: string): boolean {
    const bytes = new TextEncoder().encode(character);
    return bytes.every((byte) => this.#byteIds[byte]! >= 0);
  }

  /** Puts `unk` at a place among the symbols. Whether it was put: not where it joins the one before. */
  #unknown(count: number, place: number, word: string, at: number): boolean {
    const { unk, size } = this.vocabulary;
    const { ids } = this.#buffers;
    if (unk === undefined) {
      const character = String.fromCodePoint(word.codePointAt(place)!);
      throw new ArgumentError(
        `encode: ${shown(character)}, in the word at ${at}, is made of none of the ${size} tokens, and no token stands for unknown ones; train on text that has it, or with unk`,
      );
    }
    if (this.#options.fuseUnknown && count > 0 && ids[count - 1] === unk) return false;
    ids[count] = unk;
    return true;
  }

  #inAlphabet(word: string): string {
    this.#reserve(word.length);
    const { bytes, places } = this.#buffers;
    const characters = byteCharacters();
    const length = writeUtf8(word, bytes, places);
    let text = '';
    for (let i = 0; i < length; i++) text += characters[bytes[i]!]!;
    return text;
  }
}

const hasPattern = (words: BpeWords): words is WordPattern => Object.hasOwn(wordPatterns, words);

/** How a text is cut into words. */
function wordEndOf(words: BpeWords, blank: string): WordEnd {
  if (words === 'whole') return (text) => text.length;
  if (words === 'blanks') return signEnd(blank);
  return words === 'starcoder' ? starcoderEnd : patternEnds[words];
}

/** What goes with what: all that a file can say, and no more. */
function checkFit({
  level,
  words,
  blank,
  prefix,
  strip,
  byteFallback,
}: Required<Pick<BpeOptions, 'level' | 'words' | 'blank' | 'prefix' | 'strip' | 'byteFallback'>>): void {
  if (blank.length !== 1) throw new ArgumentError(`BpeTokenizer: blank is ${shown(blank)}, needs one character`);
  const unfit = (name: string, value: unknown, needs: string): ArgumentError =>
    new ArgumentError(
      `BpeTokenizer: ${name} is ${shown(value)}, which does not go with level '${level}' and words '${words}'; ${needs}`,
    );
  if (level === 'bytes') {
    const forCharacters = "leave it out, or set level: 'characters'";
    if (words === 'blanks')
      throw new ArgumentError(
        `BpeTokenizer: words is 'blanks', which is for characters; use 'gpt2', or set level: 'characters'`,
      );
    if (blank !== ' ') throw unfit('blank', blank, forCharacters);
    if (strip !== 'none') throw unfit('strip', strip, forCharacters);
    if (byteFallback) throw unfit('byteFallback', byteFallback, forCharacters);
    if (prefix === 'first') throw unfit('prefix', prefix, "use 'always'");
    if (prefix === 'always' && words !== 'gpt2' && words !== 'whole')
      throw unfit('prefix', prefix, "leave it out, or use words: 'gpt2'");
  } else if (words === 'starcoder') {
    throw new ArgumentError(
      `BpeTokenizer: words is 'starcoder', which is for bytes; use 'gpt2', or set level: 'bytes'`,
    );
  } else if (hasPattern(words)) {
    const needs = "leave it out, or use words: 'blanks' or 'whole'";
    if (blank !== ' ') throw unfit('blank', blank, needs);
    if (prefix !== 'never') throw unfit('prefix', prefix, needs);
  }
}

const sequence = (name: 'pretokenizers' | 'decoders', list: readonly object[]): object =>
  list.length === 1 ? list[0]! : { type: 'Sequence', [name]: list };

/** The merges as numbers: the parts of each, and what a pair becomes by its rank. */
function indexed(vocabulary: Vocabulary, merges: readonly (readonly [string, string])[]): [Int32Array, Merges] {
  const pairs = new Int32Array(2 * merges.length);
  const results = new Int32Array(merges.length);
  const ranks = new PairIndex(merges.length);
  for (const [rank, merge] of merges.entries()) {
    const wrong = (words: string): ArgumentError => new ArgumentError(`BpeTokenizer: merge ${rank} ${words}`);
    const isPair = Array.isArray(merge) && merge.length === 2 && merge.every((part) => typeof part === 'string');
    if (!isPair) throw wrong(`is ${shown(merge)}, needs two tokens`);
    const [left, right] = merge;
    const ids = [left, right, left + right].map((token) => {
      const id = vocabulary.find(token);
      if (id !== undefined && token !== '') return id;
      throw wrong(
        `is of ${shown(left)} and ${shown(right)}, but ${shown(token)} is not one of the ${vocabulary.size} tokens`,
      );
    });
    const [a, b, whole] = ids as [number, number, number];
    if (ranks.get(a, b) >= 0) throw wrong(`is of ${shown(left)} and ${shown(right)}, as is merge ${ranks.get(a, b)}`);
    // Text becomes no special token unless that is allowed.
    if (!vocabulary.isSpecial(whole)) ranks.set(a, b, rank);
    pairs[2 * rank] = a;
    pairs[2 * rank + 1] = b;
    results[rank] = whole;
  }
  return [pairs, { ranks, results }];
}
