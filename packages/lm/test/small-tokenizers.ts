// Tokenizers of given tokens, as small as they can be.

import { type Pieces, Tokenizer, type TokenizerState, type TokenList, Vocabulary } from '../src/index.js';

/** Tokens that are texts; text is cut at none of them. With `blanks` a blank stands between them. */
export class GivenTokens extends Tokenizer {
  readonly #blanks: boolean;

  constructor(tokens: readonly string[], options: { readonly blanks?: boolean } = {}) {
    super(new Vocabulary(['</s>', ...tokens], { eos: '</s>' }));
    this.#blanks = options.blanks ?? false;
  }

  protected cut(_text: string, _at: number, _into: TokenList): void {}

  protected write(id: number, into: Pieces, isFirst: boolean): void {
    into.text(`${this.#blanks && !isFirst ? ' ' : ''}${this.vocabulary.token(id)}`);
  }

  state(): TokenizerState {
    return { kind: 'test' };
  }
}

/** Tokens that are runs of bytes, which need not be whole characters. */
export class GivenBytes extends Tokenizer {
  readonly #bytes: readonly (readonly number[])[];

  constructor(bytes: readonly (readonly number[])[]) {
    super(new Vocabulary(['</s>', ...bytes.map((each) => each.join('.'))], { eos: '</s>' }));
    this.#bytes = bytes;
  }

  protected cut(_text: string, _at: number, _into: TokenList): void {}

  protected write(id: number, into: Pieces): void {
    into.bytes(this.#bytes[id - 1]!);
  }

  state(): TokenizerState {
    return { kind: 'test' };
  }
}
