// StopStrings: text that comes in pieces, up to the first of some strings, wherever the pieces are cut.

/**
 * Lets text through until one of the strings is complete, and holds back what may be the begin of one. The string that is complete first ends the text, of several
 * that are complete at once the longest; the text is cut where that begins.
 */
export class StopStrings {
  readonly #stops: readonly string[];
  readonly #longest: number;
  #held = '';
  #isOver = false;

  /** @param stops none of them empty */
  constructor(stops: readonly string[]) {
    this.#stops = stops;
    this.#longest = Math.max(0, ...stops.map(({ length }) => length));
  }

  /** Whether one of the strings has come. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** What of the text is certain now. */
  push(piece: string): string {
    if (this.#isOver || piece === '') return '';
    const text = this.#held + piece;
    const begin = this.#firstIn(text);
    if (begin >= 0) {
      this.#isOver = true;
      this.#held = '';
      return text.slice(0, begin);
    }
    const certain = text.length - this.#pending(text);
    this.#held = text.slice(certain);
    return text.slice(0, certain);
  }

  /** What was held back, when nothing comes any more. */
  end(): string {
    const held = this.#held;
    this.#held = '';
    return held;
  }

  /** Where the string begins that is complete first; -1 where there is none. */
  #firstIn(text: string): number {
    let begin = -1;
    let end = Infinity;
    for (const stop of this.#stops) {
      const at = text.indexOf(stop);
      if (at < 0) continue;
      const until = at + stop.length;
      if (until < end || (until === end && at < begin)) [begin, end] = [at, until];
    }
    return begin;
  }

  /** How much of the end may be the begin of a string. */
  #pending(text: string): number {
    for (let length = Math.min(this.#longest - 1, text.length); length > 0; length--) {
      const tail = text.slice(text.length - length);
      if (this.#stops.some((stop) => stop.length > length && stop.startsWith(tail))) return length;
    }
    return 0;
  }
}
