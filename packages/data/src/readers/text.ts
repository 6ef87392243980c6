// Readers of plain text: bytes to characters, lines, and lines of two languages side by side.

import { checkCall, FormatError } from '@dl/autograd';

/**
 * The characters in UTF-8 bytes; a byte order mark at the beginning is left out.
 *
 * @throws FormatError when the bytes are not UTF-8.
 *
 * @example
 * ```ts
 * import { decodeText } from '@dl/data';
 * console.log(decodeText(Uint8Array.of(0xc3, 0xa9))); // é
 * ```
 */
export function decodeText(bytes: Uint8Array): string {
  checkCall('decodeText', arguments, ['bytes']);
  return textOf(bytes, 'decodeText');
}

/** decodeText, with the words that its errors begin with. */
export function textOf(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new FormatError(`${what}: the bytes are not UTF-8 text; unpack or convert the file first`, { cause });
  }
}

/**
 * The lines of a text, without their ends (`\n`, `\r\n` or `\r`). What follows the last end is a line when
 * it is not empty; empty lines in between are kept. A byte order mark at the beginning is left out.
 *
 * @example
 * ```ts
 * import { parseLines } from '@dl/data';
 * console.log(parseLines('emma\nolivia\r\n')); // emma, olivia
 * ```
 */
export function parseLines(text: string): string[] {
  checkCall('parseLines', arguments, ['text']);
  const lines = (text.startsWith('\uFEFF') ? text.slice(1) : text).split(/\r\n|\n|\r/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** A sentence and its translation. */
export interface SentencePair {
  readonly source: string;
  readonly target: string;
}

/**
 * Line i of one text with line i of the other: a corpus for translation.
 *
 * @throws FormatError when the texts have different numbers of lines.
 *
 * @example
 * ```ts
 * import { parseParallel } from '@dl/data';
 * console.log(parseParallel('Ein Hund.\n', 'A dog.\n')[0]); // { source: 'Ein Hund.', target: 'A dog.' }
 * ```
 */
export function parseParallel(source: string, target: string): SentencePair[] {
  checkCall('parseParallel', arguments, ['source', 'target']);
  const sources = parseLines(source);
  const targets = parseLines(target);
  if (sources.length !== targets.length) {
    throw new FormatError(
      `parseParallel: the source has ${sources.length} lines but the target ${targets.length}; ` +
        'take both files from the same release',
    );
  }
  return sources.map((line, i) => ({ source: line, target: targets[i]! }));
}
