// ByteWindow: bytes that come in chunks, of which a row at a time has to stand in one piece.

/** What came of a stream and is not read yet: `bytes` from `from` to `to`. */
export class ByteWindow {
  bytes: Uint8Array = new Uint8Array(0);
  from = 0;
  to = 0;
  readonly #chunks: AsyncIterator<Uint8Array>;
  /** Whether `bytes` may be written to. */
  #isOwn = false;

  constructor(chunks: AsyncIterator<Uint8Array>) {
    this.#chunks = chunks;
  }

  /** How many bytes stand there. */
  get length(): number {
    return this.to - this.from;
  }

  /** Takes one chunk more behind what is there; false at the end of the stream. */
  async more(): Promise<boolean> {
    const { done, value } = await this.#chunks.next();
    if (done === true) return false;
    const { length } = this;
    if (length === 0) {
      this.bytes = value;
      this.from = 0;
      this.to = value.length;
      this.#isOwn = false;
      return true;
    }
    if (!this.#isOwn || this.to + value.length > this.bytes.length) this.#makeRoom(length + value.length);
    this.bytes.set(value, this.to);
    this.to += value.length;
    return true;
  }

  /** Takes chunks until so many bytes are there; false where the stream ends before. */
  async need(count: number): Promise<boolean> {
    while (this.length < count) if (!(await this.more())) return false;
    return true;
  }

  /** Where a byte stands first, after taking chunks until it does; -1 where the stream, or the first `most` bytes, have none. */
  async find(byte: number, most: number): Promise<number> {
    let seen = 0;
    for (;;) {
      const at = this.bytes.subarray(0, Math.min(this.to, this.from + most)).indexOf(byte, this.from + seen);
      if (at >= 0) return at;
      seen = this.length;
      if (seen >= most || !(await this.more())) return -1;
    }
  }

  #makeRoom(need: number): void {
    const { bytes, from, to } = this;
    if (this.#isOwn && need <= bytes.length / 2) bytes.copyWithin(0, from, to);
    else {
      // Twice as long, so that a row that comes in many small chunks is not copied for each.
      const longer = new Uint8Array(2 * need);
      longer.set(bytes.subarray(from, to));
      this.bytes = longer;
      this.#isOwn = true;
    }
    this.to -= from;
    this.from = 0;
  }
}
