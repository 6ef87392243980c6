// ByteTokenizer: each byte of the text in UTF-8 is a token.

import { checkCall, type Known } from '@dl/autograd';
import { refusingState, savedState } from './saved.js';
import { type Pieces, Tokenizer, type TokenizerState, type TokenList } from './tokenizer.js';
import { Vocabulary, type VocabularyOptions } from './vocabulary.js';

/** Options of {@link ByteTokenizer}: its special tokens. Nothing is unknown to it. */
export type ByteTokenizerOptions = Omit<VocabularyOptions, 'unk'>;

const byteOptions: Known<ByteTokenizerOptions> = { bos: 'string', eos: 'string', pad: 'string', special: 'list' };
const BYTES = 256;

/**
 * Each byte of the text in UTF-8 is a token: byte b has the number b, and is called `<0x41>` or so in the vocabulary. Special tokens follow from 256 on, in the
 * order `bos`, `eos`, `pad`, `special`. No text is unknown, and every text comes back exactly. One exception: half of a surrogate pair is no character, and
 * becomes U+FFFD, as in every file.
 *
 * @example
 * ```ts
 * import { ByteTokenizer } from '@dl/lm';
 * const tokenizer = new ByteTokenizer({ eos: '</s>' });
 * console.log(tokenizer.vocabularySize, tokenizer.encode('né')); // 257 [110, 195, 169]
 * console.log(tokenizer.decode([110, 195, 169, 256])); // né
 * ```
 */
export class ByteTokenizer extends Tokenizer {
  constructor(options: ByteTokenizerOptions = {}) {
    checkCall('ByteTokenizer', arguments, [], byteOptions);
    const { bos = [], eos = [], pad = [], special = [] } = options;
    const names = Array.from({ length: BYTES }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
    super(new Vocabulary([...names, ...new Set([bos, eos, pad, special].flat())], options));
  }

  /**
   * The tokenizer of a `state()`.
   *
   * @throws FormatError for what is none.
   */
  static fromState(state: TokenizerState): ByteTokenizer {
    const where = 'ByteTokenizer.fromState';
    const { bos, eos, pad, special } = savedState(where, 'bytes', state);
    return refusingState(where, () => new ByteTokenizer({ bos, eos, pad, special } as ByteTokenizerOptions));
  }

  state(): TokenizerState {
    return { kind: 'bytes', ...this.vocabulary.options };
  }

  protected cut(text: string, at: number, into: TokenList): void {
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      const start = at + i;
      if (unit < 0x80) into.push(unit, start, start + 1);
      else if (unit < 0x800) {
        into.push(0xc0 | (unit >> 6), start, start + 1);
        into.push(0x80 | (unit & 0x3f), start, start + 1);
      } else {
        const point = text.codePointAt(i)!;
        if (point > 0xffff) i++;
        pushLong(point >= 0xd800 && point < 0xe000 ? 0xfffd : point, start, into);
      }
    }
  }

  protected write(id: number, into: Pieces): void {
    into.bytes([id]);
  }
}

/** A code point of three or four bytes. */
function pushLong(point: number, start: number, into: TokenList): void {
  const end = start + (point > 0xffff ? 2 : 1);
  if (point > 0xffff) {
    into.push(0xf0 | (point >> 18), start, end);
    into.push(0x80 | ((point >> 12) & 0x3f), start, end);
  } else into.push(0xe0 | (point >> 12), start, end);
  into.push(0x80 | ((point >> 6) & 0x3f), start, end);
  into.push(0x80 | (point & 0x3f), start, end);
}
