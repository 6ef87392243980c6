// AlignedText: a text that was changed, and where each of its code units stood before.

/** A text made of a part of another. */
export class AlignedText {
  /** Where in the whole it begins, as long as nothing was changed. */
  readonly #at: number;
  readonly #starts: Int32Array | undefined;
  readonly #ends: Int32Array | undefined;
  readonly text: string;

  constructor(text: string, at: number, starts?: Int32Array, ends?: Int32Array) {
    this.text = text;
    this.#at = at;
    this.#starts = starts;
    this.#ends = ends;
  }

  get length(): number {
    return this.text.length;
  }

  /** Where it begins, where all units are still in their places; undefined for others. */
  get at(): number | undefined {
    return this.#starts === undefined ? this.#at : undefined;
  }

  /** Where a unit begins in the whole text. One that was put in stands at the end of what is before it, and takes no place. */
  start(unit: number): number {
    return this.#starts === undefined ? this.#at + unit : this.#starts[unit]!;
  }

  end(unit: number): number {
    return this.#ends === undefined ? this.#at + unit + 1 : this.#ends[unit]!;
  }

  slice(from: number, to: number): AlignedText {
    if (from === 0 && to === this.length) return this;
    const text = this.text.slice(from, to);
    if (this.#starts === undefined) return new AlignedText(text, this.#at + from);
    return new AlignedText(text, this.#at, this.#starts.subarray(from, to), this.#ends!.subarray(from, to));
  }

  /** Other units in the same places. */
  replaced(text: string): AlignedText {
    return new AlignedText(text, this.#at, this.#starts, this.#ends);
  }

  /** What a change made of it. */
  changed(edit: TextEdit): AlignedText {
    const { text, length } = edit;
    const starts = new Int32Array(length);
    const ends = new Int32Array(length);
    const last = this.length - 1;
    for (let i = 0; i < length; i++) {
      const [from, to] = [edit.starts[i]!, edit.ends[i]!];
      if (from < to) {
        starts[i] = this.start(from);
        ends[i] = this.end(to - 1);
      } else starts[i] = ends[i] = from <= last ? this.start(from) : last < 0 ? this.#at : this.end(last);
    }
    return new AlignedText(text, this.#at, starts, ends);
  }
}

/** A text that is written piece by piece out of another. */
export class TextEdit {
  readonly #parts: string[] = [];
  starts: Int32Array = new Int32Array(64);
  ends: Int32Array = new Int32Array(64);
  length = 0;

  get text(): string {
    return this.#parts.join('');
  }

  /** Puts a piece, all of which stands for the units from `start` to `end` of the text before. */
  put(piece: string, start: number, end: number): void {
    if (piece === '') return;
    this.#parts.push(piece);
    this.#reserve(piece.length);
    this.starts.fill(start, this.length, this.length + piece.length);
    this.ends.fill(end, this.length, this.length + piece.length);
    this.length += piece.length;
  }

  /** Takes a part of the text before as it is. */
  keep(text: string, start: number, end: number): void {
    if (start === end) return;
    this.#parts.push(text.slice(start, end));
    this.#reserve(end - start);
    for (let at = start; at < end; at++) {
      this.starts[this.length] = at;
      this.ends[this.length++] = at + 1;
    }
  }

  #reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.starts.length) return;
    const longer = (former: Int32Array): Int32Array<ArrayBuffer> => {
      const next = new Int32Array(2 * needed);
      next.set(former);
      return next;
    };
    this.starts = longer(this.starts);
    this.ends = longer(this.ends);
  }
}
