// Tokenizer: text to the numbers of its tokens and back, of whatever kind.

import { ArgumentError, checkCall, IndexError, type Known, shown } from '@dl/autograd';
import type { Vocabulary } from './vocabulary.js';

/** Options of {@link Tokenizer.encode}. */
export interface EncodeOptions {
  /** Whether text that reads as a special token, such as `<s>`, becomes that token: no, yes, or only those listed. Default false: what users type is text. */
  readonly allowSpecial?: boolean | readonly string[];
}

/** Options of {@link Tokenizer.decode}. */
export interface DecodeOptions {
  /** Whether special tokens are written. Default false. */
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
 */
export abstract class Tokenizer {
  readonly vocabulary: Vocabulary;
  #special: { readonly key: string; readonly pattern: RegExp | undefined } | undefined;

  constructor(vocabulary: Vocabulary) {
    this.vocabulary = vocabulary;
  }

  get vocabularySize(): number {
    return this.vocabulary.size;
  }

  /** Cuts text, which stands at `at` in the whole, without a look at special tokens. */
  protected abstract cut(text: string, at: number, into: TokenList): void;

  /** Writes the text of a token that is not special. `isFirst`: nothing was written before. */
  protected abstract write(id: number, into: Pieces, isFirst: boolean): void;

  /** What makes this tokenizer again; see `tokenizerFromState`. */
  abstract state(): TokenizerState;

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
    checkCall('decode', arguments, ['ids'], decodeOptions);
    const stream = this.stream(options);
    let text = '';
    for (let i = 0; i < ids.length; i++) text += stream.push(ids[i]!);
    return text + stream.end();
  }

  /** The text of tokens that come one by one, as {@link decode} would give it in the end. */
  stream(options: DecodeOptions = {}): TextStream {
    checkCall('stream', arguments, [], decodeOptions);
    const { keepSpecial = false } = options;
    const { vocabulary } = this;
    const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
    let text = '';
    let isFirst = true;
    const pieces: Pieces = {
      text: (piece) => {
        // Bytes that wait in the decoder come before it.
        text += utf8.decode() + piece;
      },
      bytes: (piece) => {
        text += utf8.decode(Uint8Array.from(piece), { stream: true });
      },
    };
    const taken = (): string => {
      const piece = text;
      text = '';
      return piece;
    };
    return {
      push: (id) => {
        if (!(Number.isInteger(id) && id >= 0 && id < vocabulary.size)) {
          throw new IndexError(`decode: there is no token ${shown(id)}, needs 0 … ${vocabulary.size - 1}`);
        }
        if (!vocabulary.isSpecial(id)) {
          this.write(id, pieces, isFirst);
          isFirst = false;
        } else if (keepSpecial) pieces.text(vocabulary.token(id));
        return taken();
      },
      end: () => {
        text += utf8.decode();
        return taken();
      },
    };
  }

  #encode(text: string, { allowSpecial = false }: EncodeOptions): TokenList {
    const list = new TokenList();
    const pattern = this.#pattern(allowSpecial);
    let from = 0;
    if (pattern !== undefined) {
      for (const { 0: found, index } of text.matchAll(pattern)) {
        if (index > from) this.cut(text.slice(from, index), from, list);
        from = index + found.length;
        list.push(this.vocabulary.find(found)!, index, from);
      }
    }
    if (from < text.length) this.cut(from === 0 ? text : text.slice(from), from, list);
    return list;
  }

  /** Finds the special tokens that are allowed, of two that begin alike the longer one. */
  #pattern(allowed: boolean | readonly string[]): RegExp | undefined {
    if (allowed === false) return undefined;
    const { vocabulary } = this;
    const texts = allowed === true ? vocabulary.specialIds.map((id) => vocabulary.token(id)) : [...allowed];
    for (const each of texts) {
      const id = vocabulary.find(each);
      if (id === undefined || !vocabulary.isSpecial(id)) {
        throw new ArgumentError(
          `encode: allowSpecial has ${shown(each)}, which is no special token of this vocabulary`,
        );
      }
    }
    const key = JSON.stringify(texts);
    if (this.#special?.key !== key) {
      const sorted = texts.filter((each) => each !== '').sort((a, b) => b.length - a.length);
      const source = sorted.map((each) => each.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|');
      this.#special = { key, pattern: source === '' ? undefined : new RegExp(source, 'g') };
    }
    return this.#special.pattern;
  }
}
