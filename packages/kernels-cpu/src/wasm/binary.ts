// A WebAssembly binary as text in a module, which every bundler carries, every policy allows and nothing has to fetch. It
// weighs, compressed, hardly more than the binary does, where base64 weighs half as much again: gzip finds repeated bytes
// only where a byte is a letter.

/** What scripts/build-wasm.ts writes. */
export interface Binary {
  /** One letter for each of the bytes that come most often, two for each of the others. */
  readonly text: string;
  /** The bytes, two hexadecimal digits each, the most frequent one first. */
  readonly order: string;
  /** Where the binary says what memory it imports: 1 for one with a limit, 3 for one that is also shared. */
  readonly memoryKind: number;
}

/** The letters: printable ASCII without what a minifier escapes, and without what begins a tag. */
const letters = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).filter(
  (c) => !'"\'\\`$<'.includes(c),
);
/** The last of them begin a pair, the others stand for themselves. */
const PAIRS = 2;
const SINGLES = letters.length - PAIRS;
const SHARED = 3;

/** The text for a binary. */
export function textOf(bytes: Uint8Array): Pick<Binary, 'text' | 'order'> {
  const count = new Array<number>(256).fill(0);
  for (const byte of bytes) count[byte]!++;
  const order = [...count.keys()].sort((a, b) => count[b]! - count[a]! || a - b);
  const code = new Array<string>(256);
  for (const [i, byte] of order.entries()) {
    const rest = i - SINGLES;
    code[byte] =
      rest < 0 ? letters[i]! : letters[SINGLES + Math.floor(rest / letters.length)]! + letters[rest % letters.length]!;
  }
  return {
    text: Array.from(bytes, (byte) => code[byte]!).join(''),
    order: order.map((byte) => byte.toString(16).padStart(2, '0')).join(''),
  };
}

/** The binary, for a memory that threads share or for one that they do not. */
export function bytesOf({ text, order, memoryKind }: Binary, isShared: boolean): Uint8Array<ArrayBuffer> {
  const rank = new Uint8Array(128);
  for (const [i, letter] of letters.entries()) rank[letter.charCodeAt(0)] = i;
  const byte = Uint8Array.from(order.match(/../g)!, (digits) => Number.parseInt(digits, 16));
  const bytes = new Uint8Array(text.length);
  let size = 0;
  for (let at = 0; at < text.length; at++) {
    let i = rank[text.charCodeAt(at)]!;
    if (i >= SINGLES) i += (i - SINGLES) * (letters.length - 1) + rank[text.charCodeAt(++at)]!;
    bytes[size++] = byte[i]!;
  }
  // One binary serves both kinds of memory: they differ in this byte.
  if (isShared) bytes[memoryKind] = SHARED;
  return bytes.subarray(0, size);
}
