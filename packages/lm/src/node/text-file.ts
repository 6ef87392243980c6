// Text files as streams: piece by piece, or line by line, so that none is held as a whole.

import { createReadStream, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { ArgumentError, FormatError, type Platform, printable } from '@dl/autograd';

/** Who wants to know how far reading has come, or to stop it. */
export interface Reading {
  /** Called as the file is read, with the share that was read, from 0 to 1. */
  readonly onProgress?: ((share: number) => void) | undefined;
  readonly signal?: Platform<'AbortSignal'> | undefined;
}

/** A piece is handed on when it has so many characters, and can be cut. */
const PIECE = 2 ** 16;
/** A line without a blank may have so many characters. */
const MOST = 2 ** 22;

/** Texts that come one after the other. */
export type Texts = AsyncGenerator<string, void, undefined>;

/**
 * A file in UTF-8, in pieces of 65,536 characters or more that are cut before white space. Characters, bytes and words are the same as in the whole. A tokenizer that looks over white space, with tokens that have blanks
 * inside of them, or a function that finds words by more than what stands beside them, may cut otherwise at such a border. A byte order mark at the begin is left out.
 *
 * @throws ArgumentError when it cannot be read, FormatError when it is not UTF-8, or has no white space for four million characters.
 */
export const textPieces = (where: string, path: string, reading: Reading): Texts =>
  inPieces(where, named(path), decoded(where, named(path), chunksOf(where, path, reading)));

/** The lines of a file, without their ends; those with nothing but blanks are left out. */
export const textLines = (where: string, path: string, reading: Reading): Texts =>
  inLines(where, named(path), decoded(where, named(path), chunksOf(where, path, reading)));

const named = (path: string): string => `'${printable(path, 300)}'`;

async function* inPieces(where: string, name: string, texts: Texts): Texts {
  let rest = '';
  for await (const text of texts) {
    rest += text;
    if (rest.length < PIECE) continue;
    const end = lastBorder(rest);
    if (end > 0) {
      yield rest.slice(0, end);
      rest = rest.slice(end);
    } else if (rest.length > MOST) {
      throw new FormatError(
        `${where}: ${name} has ${MOST} characters without a blank, so it is no text; give a text file`,
      );
    }
  }
  if (rest !== '') yield rest;
}

/** The lines of a text that comes in pieces, as those of {@link textLines}. */
export async function* inLines(where: string, name: string, texts: Texts): Texts {
  let rest = '';
  for await (const text of texts) {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    if (rest.length > MOST) {
      throw new FormatError(
        `${where}: ${name} has a line of more than ${MOST} characters; give a file with shorter lines`,
      );
    }
    for (const line of lines) if (line.trim() !== '') yield withoutReturn(line);
  }
  if (rest.trim() !== '') yield withoutReturn(rest);
}

const withoutReturn = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line);

/** Where the last white space begins that follows something else, and is followed by something else. */
function lastBorder(text: string): number {
  let at = text.length - 1;
  while (at > 0 && isBlank(text, at)) at--;
  while (at > 0 && !isBlank(text, at)) at--;
  while (at > 0 && isBlank(text, at - 1)) at--;
  return at;
}

const isBlank = (text: string, at: number): boolean => /\s/.test(text[at]!);

/** Bytes as text, without a byte order mark. */
export async function* decoded(where: string, name: string, chunks: AsyncIterable<Uint8Array>): Texts {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (bytes?: Uint8Array): string => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch (cause) {
      throw new FormatError(`${where}: ${name} is not a text in UTF-8; save it as one first`, { cause });
    }
  };
  for await (const chunk of chunks) yield decode(chunk);
  const rest = decode();
  if (rest !== '') yield rest;
}

/** The bytes of a file as they are read. */
export async function* chunksOf(
  where: string,
  path: string,
  { onProgress, signal }: Reading,
): AsyncGenerator<Uint8Array, void, undefined> {
  const size = await sizeOf(where, path);
  let read = 0;
  try {
    for await (const chunk of createReadStream(path, { signal: signal as AbortSignal | undefined })) {
      const bytes = chunk as Uint8Array;
      yield bytes;
      read += bytes.length;
      onProgress?.(size === 0 ? 1 : Math.min(1, read / size));
    }
  } catch (cause) {
    signal?.throwIfAborted();
    if (!isSystemError(cause)) throw cause;
    throw unreadable(where, path, cause);
  }
}

/** How many bytes a file has. */
export async function sizeOf(where: string, path: string): Promise<number> {
  let found: Stats;
  try {
    found = await stat(path);
  } catch (cause) {
    throw unreadable(where, path, cause);
  }
  if (found.isFile() || found.isDirectory()) return found.size;
  // What flows through a pipe comes once, and is read twice.
  throw new ArgumentError(
    `${where}: cannot read ${named(path)}: it is no regular file; pipe it to - where a command reads that, or save it`,
  );
}

const isSystemError = (cause: unknown): boolean => typeof (cause as { readonly code?: unknown }).code === 'string';

function unreadable(where: string, path: string, cause: unknown): ArgumentError {
  const { code, message } = cause as { readonly code?: string; readonly message: string };
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    EISDIR: 'it is a folder',
    EACCES: 'it may not be read',
  };
  return new ArgumentError(`${where}: cannot read ${named(path)}: ${reasons[code ?? ''] ?? message}`, {
    cause,
  });
}
