// TextWriter: text put together of pieces, some of which are bytes of characters that are not whole yet.

import type { Pieces } from './tokenizer.js';

/** What tokens are written to. Bytes go through one decoder, however many tokens they come from. */
export class TextWriter implements Pieces {
  readonly #utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  #text = '';
  /** Bytes that the decoder has not seen. */
  #bytes = new Uint8Array(64);
  #length = 0;
  /** Whether the decoder may hold a part of a character. */
  #waits = false;

  text(piece: string): void {
    // Bytes come before it, and what is no character by now never will be.
    if (this.#length > 0 || this.#waits) this.#decode(false);
    this.#text += piece;
  }

  bytes(piece: ArrayLike<number>): void {
    const length = this.#length + piece.length;
    if (length > this.#bytes.length) {
      const longer = new Uint8Array(2 * length);
      longer.set(this.#bytes);
      this.#bytes = longer;
    }
    this.#bytes.set(piece, this.#length);
    this.#length = length;
  }

  /** The text that is certain now, and was not taken before. */
  take(): string {
    if (this.#length > 0) this.#decode(true);
    const text = this.#text;
    this.#text = '';
    return text;
  }

  /** What is left, with U+FFFD for what never became a character. */
  end(): string {
    this.text('');
    return this.take();
  }

  #decode(goesOn: boolean): void {
    this.#text += this.#utf8.decode(this.#bytes.subarray(0, this.#length), { stream: goesOn });
    this.#length = 0;
    this.#waits = goesOn;
  }
}
