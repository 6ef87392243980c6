// Tokenizer: text to the numbers of its tokens and back, of whatever kind.

import { ArgumentError, checkCall, IndexError, type Known, shown } from '@dl/autograd';
import { type FoundToken, TokenFinder } from './added-tokens.js';
import { TextWriter } from './text-writer.js';
import { needVocabulary, type Vocabulary } from './vocabulary.js';

/** Options of {@link Tokenizer.encode}. */
export interface EncodeOptions {
  /** Whether text that reads as a special token, such as `<s>`, becomes that token: no, yes, or only those listed. Default false: what users type is text. */
  readonly allowSpecial?: boolean | readonly string[];
}

/** Options of {@link Tokenizer.decode}. */
export interface DecodeOptions {
  /** Whether special tokens are written, `unk` among them. Default false: that of unknown words is written as U+FFFD, all others not at all. */
  readonly keepSpecial?: boolean;
}

/** Tokens, and where in the text each stands. */
export interface Encoding {
  readonly ids: Int32Array;
  /** Token i stands for text.slice(starts[i], ends[i]), in UTF-16 code units, as everywhere in JavaScript. Tokens that are parts of one character share its place. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

const encodeOptions: Known<EncodeOptions> = { allowSpecial: 'boolean or list' };
const decodeOptions: Known<DecodeOptions> = { keepSpecial: 'boolean' };

/** A growing list of tokens with their places. */
export class TokenList {
  #ids = new Int32Array(64);
  #starts = new Int32Array(64);
  #ends = new Int32Array(64);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(id: number, start: number, end: number): void {
    const at = this.#length++;
    if (at === this.#ids.length) this.#grow();
    this.#ids[at] = id;
    this.#starts[at] = start;
    this.#ends[at] = end;
  }

  get ids(): Int32Array {
    return this.#ids.slice(0, this.#length);
  }

  get encoding(): Encoding {
    const length = this.#length;
    return { ids: this.ids, starts: this.#starts.slice(0, length), ends: this.#ends.slice(0, length) };
  }

  #grow(): void {
    const longer = (former: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
      const next = new Int32Array(2 * former.length);
      next.set(former);
      return next;
    };
    this.#ids = longer(this.#ids);
    this.#starts = longer(this.#starts);
    this.#ends = longer(this.#ends);
  }
}

/** Where tokens are written to when they become text again: some are text, some are bytes of which several make a character. */
export interface Pieces {
  text(piece: string): void;
  bytes(piece: ArrayLike<number>): void;
}

/** Where a text of tokens stands, as far as it decides how the next one is written. */
export interface Writing {
  /** Of two with the same key all tokens are written alike. */
  readonly key: string;
  /** Which of the two that {@link Tokenizer.bytesOf} gives is written here. */
  way(id: number): 0 | 1;
  /** Behind a token that is not special. */
  next(id: number): Writing;
}

/**
 * Writes the tokens of one text, one after another: a token that is not special by its number alone, that of unknown words with what stands for it.
 */
export type Writer = (id: number, instead?: string) => void;

/** The text of tokens that come one by one. Bytes that are only a part of a character wait for the rest of it. */
export interface TextStream {
  /** The text that is certain now; empty while a character is not whole. */
  push(id: number): string;
  /** What is left, with U+FFFD for what never became a character. */
  end(): string;
}

/** What a tokenizer is saved as: JSON. */
export interface TokenizerState {
  readonly kind: string;
  readonly [key: string]: unknown;
}

/**
 * Makes tokens of text, and text of tokens. Subclasses say how text between special tokens is cut, and what a token writes.
 *
 * @example
 * ```ts
 * import { type Pieces, type TokenList, Tokenizer, Vocabulary } from '@dl/lm';
 * // Each letter is a token.
 * class Letters extends Tokenizer {
 *   protected cut(text: string, at: number, into: TokenList): void {
 *     for (let i = 0; i < text.length; i++) into.push(this.vocabulary.id(text[i]!), at + i, at + i + 1);
 *   }
 *   protected write(id: number, into: Pieces): void {
 *     into.text(this.vocabulary.token(id));
 *   }
 *   state() {
 *     return { kind: 'letters' };
 *   }
 * }
 * const letters = new Letters(new Vocabulary(['a', 'b', '</s>'], { eos: '</s>' }));
 * console.log(letters.encode('abba'), letters.decode([0, 1, 2])); // 0, 1, 1, 0, and ab
 * ```
 */
export abstract class Tokenizer {
  readonly vocabulary: Vocabulary;
  #finder: { readonly key: string; readonly finder: TokenFinder | undefined } | undefined;

  constructor(vocabulary: Vocabulary) {
    needVocabulary('Tokenizer', vocabulary);
    this.vocabulary = vocabulary;
  }

  get vocabularySize(): number {
    return this.vocabulary.size;
  }

  /** The bytes in UTF-8 that a token writes: as the first one of a text, and with what parts it from those before. */
  bytesOf(id: number): readonly [first: Uint8Array, later: Uint8Array] {
    return [this.#written(id, true), this.#written(id, false)];
  }

  /** How tokens are written, from the begin of a text on. For subclasses whose tokens depend on more of what stands before them than whether there is any. */
  writing(): Writing {
    const later: Writing = { key: 'later', way: () => 1, next: () => later };
    return { key: 'first', way: () => 0, next: () => later };
  }

  #written(id: number, isFirst: boolean): Uint8Array {
    const all: number[] = [];
    const bytes = (piece: ArrayLike<number>): void => {
      for (let i = 0; i < piece.length; i++) all.push(piece[i]!);
    };
    this.write(id, { bytes, text: (piece) => bytes(new TextEncoder().encode(piece)) }, isFirst);
    return Uint8Array.from(all);
  }

  /** Cuts text, which stands at `at` in the whole, without a look at special tokens. */
  protected abstract cut(text: string, at: number, into: TokenList): void;

  /** Writes the text of a token that is not special. `isFirst`: nothing was written before. */
  protected abstract write(id: number, into: Pieces, isFirst: boolean): void;

  /** Tokens that are found in texts as they stand: always, or where they are allowed if they are special. Special ones need no entry, unless they take blanks into themselves. */
  protected get found(): readonly FoundToken[] {
    return [];
  }

  /** What makes this tokenizer again; see `tokenizerFromState`. */
  abstract state(): TokenizerState;

  /** What writes the tokens of one text. For subclasses whose tokens depend on those before them; others say what {@link write} does. */
  protected writer(into: Pieces): Writer {
    let isFirst = true;
    return (id, instead) => {
      if (instead === undefined) this.write(id, into, isFirst);
      else into.text(instead);
      isFirst = false;
    };
  }

  /** Writes a special token that is to be kept: as it stands, or as any other by `write`. */
  protected writeSpecial(token: string, into: Pieces, _write: () => void): void {
    into.text(token);
  }

  /**
   * The number of a piece of plain text, which stands at `at` in the whole: that of `unk` for what is not in the vocabulary, and for what reads as a special token.
   *
   * @throws ArgumentError for such a piece where there is no `unk`.
   */
  protected idOf(piece: string, at: number): number {
    const { vocabulary } = this;
    const id = vocabulary.find(piece);
    if (id !== undefined && !vocabulary.isSpecial(id)) return id;
    if (vocabulary.unk !== undefined) return vocabulary.unk;
    const which = `encode: ${shown(piece)}, which stands at ${at},`;
    throw new ArgumentError(
      id === undefined
        ? `${which} is not one of the ${vocabulary.size} tokens, and no token stands for unknown ones; make the vocabulary with unk, or of more text`
        : `${which} is a special token, and text is none unless allowed; set allowSpecial, or make the vocabulary with unk`,
    );
  }

  /**
   * The numbers of the tokens of a text.
   *
   * @throws ArgumentError for what is no text, and where the vocabulary is closed for a token that it has not.
   */
  encode(text: string, options: EncodeOptions = {}): Int32Array {
    checkCall('encode', arguments, [['text', 'string']], encodeOptions);
    return this.#encode(text, options).ids;
  }

  /** As {@link encode}, with the place of each token in the text. */
  encodeWithOffsets(text: string, options: EncodeOptions = {}): Encoding {
    checkCall('encodeWithOffsets', arguments, [['text', 'string']], encodeOptions);
    return this.#encode(text, options).encoding;
  }

  /**
   * The text of tokens.
   *
   * @throws IndexError for a number that is no token.
   */
  decode(ids: ArrayLike<number>, options: DecodeOptions = {}): string {
    checkCall('decode', arguments, [['ids', 'list']], decodeOptions);
    if (ids === undefined) throw new ArgumentError('decode: got no tokens, needs an array of their numbers');
    const text = new TextWriter();
    const write = this.#checkedWriter(text, options);
    for (let i = 0; i < ids.length; i++) write(ids[i]!);
    return text.end();
  }

  /** The text of tokens that come one by one: all that it gives together is what {@link decode} gives. */
  stream(options: DecodeOptions = {}): TextStream {
    checkCall('stream', arguments, [], decodeOptions);
    const text = new TextWriter();
    const write = this.#checkedWriter(text, options);
    return {
      push: (id) => {
        write(id);
        return text.take();
      },
      end: () => text.end(),
    };
  }

  #checkedWriter(into: Pieces, { keepSpecial = false }: DecodeOptions): Writer {
    const { vocabulary } = this;
    const write = this.writer(into);
    return (id) => {
      if (!(Number.isInteger(id) && id >= 0 && id < vocabulary.size)) {
        throw new IndexError(`decode: there is no token ${shown(id)}, needs 0 … ${vocabulary.size - 1}`);
      }
      if (!vocabulary.isSpecial(id)) write(id);
      else if (id === vocabulary.unk) write(id, keepSpecial ? vocabulary.token(id) : '\uFFFD');
      else if (keepSpecial) this.writeSpecial(vocabulary.token(id), into, () => write(id, vocabulary.token(id)));
    };
  }

  #encode(text: string, { allowSpecial = false }: EncodeOptions): TokenList {
    if (typeof text !== 'string') throw new ArgumentError('encode: got no text, needs a string');
    const list = new TokenList();
    const found = this.#finderOf(allowSpecial)?.find(text) ?? [];
    let from = 0;
    for (let i = 0; i < found.length; i += 3) {
      const [id, start, end] = [found[i]!, found[i + 1]!, found[i + 2]!];
      if (start > from) this.cut(text.slice(from, start), from, list);
      list.push(id, start, end);
      from = end;
    }
    if (from < text.length) this.cut(from === 0 ? text : text.slice(from), from, list);
    return list;
  }

  /** What finds the special tokens that are allowed, and those that always are; undefined where there are none. */
  #finderOf(allowed: boolean | readonly string[]): TokenFinder | undefined {
    const { vocabulary, found } = this;
    const isAll = typeof allowed === 'boolean';
    const ids = isAll ? (allowed ? vocabulary.specialIds : []) : allowed.map((text) => this.#specialId(text));
    const key = isAll ? String(allowed) : JSON.stringify(ids);
    if (this.#finder?.key !== key) {
      const tokens = new Map(ids.map((id): [number, FoundToken] => [id, { id, text: vocabulary.token(id) }]));
      for (const token of found)
        if (tokens.has(token.id) || !vocabulary.isSpecial(token.id)) tokens.set(token.id, token);
      this.#finder = { key, finder: tokens.size === 0 ? undefined : new TokenFinder(tokens.values()) };
    }
    return this.#finder.finder;
  }

  #specialId(text: string): number {
    const id = this.vocabulary.find(text);
    if (id !== undefined && this.vocabulary.isSpecial(id)) return id;
    throw new ArgumentError(`encode: allowSpecial has ${shown(text)}, which is no special token of this vocabulary`);
  }
}
