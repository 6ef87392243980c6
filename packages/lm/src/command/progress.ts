// A line on the terminal that says how far a command has come; nothing where there is none.

const BAR = 24;
const EVERY_MS = 80;

/** A line that is written over again and again. */
export class Progress {
  readonly #stream: NodeJS.WriteStream;
  #last = 0;
  #isShown = false;

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.#stream = stream;
  }

  /** Says what is done, and which share of it, where that is known. */
  show(what: string, share?: number): void {
    if (!this.#stream.isTTY) return;
    const now = performance.now();
    if (share !== undefined && share < 1 && now - this.#last < EVERY_MS) return;
    this.#last = now;
    this.#isShown = true;
    const line =
      share === undefined ? `${what} …` : `${what}  ${bar(share)} ${`${Math.round(100 * share)} %`.padStart(5)}`;
    this.#stream.write(`\r\u001b[K${line.slice(0, Math.max(20, (this.#stream.columns || 80) - 1))}`);
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#isShown) this.#stream.write('\r\u001b[K');
    this.#isShown = false;
  }
}

function bar(share: number): string {
  const full = Math.round(BAR * Math.min(1, Math.max(0, share)));
  return '█'.repeat(full) + '░'.repeat(BAR - full);
}
