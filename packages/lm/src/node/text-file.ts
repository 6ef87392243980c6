// Text files as streams: piece by piece, or line by line, so that none is held as a whole.

import { createReadStream } from 'node:fs';
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

/**
 * A file in UTF-8, in pieces that are cut before white space, where no tokenizer would take what stands on both sides together. A byte order mark at its begin is left out.
 *
 * @throws ArgumentError when it cannot be read, FormatError when it is not UTF-8.
 */
export async function* textPieces(
  where: string,
  path: string,
  reading: Reading,
): AsyncGenerator<string, void, undefined> {
  let rest = '';
  for await (const text of decoded(where, path, reading)) {
    rest += text;
    if (rest.length < PIECE) continue;
    const end = lastBorder(rest);
    if (end > 0) {
      yield rest.slice(0, end);
      rest = rest.slice(end);
    } else if (rest.length > MOST) {
      throw new FormatError(
        `${where}: '${printable(path, 300)}' has ${MOST} characters without a blank, so it is no text; give a text file`,
      );
    }
  }
  if (rest !== '') yield rest;
}

/** The lines of a file, without their ends; those with nothing but blanks are left out. */
export async function* textLines(
  where: string,
  path: string,
  reading: Reading,
): AsyncGenerator<string, void, undefined> {
  let rest = '';
  for await (const text of decoded(where, path, reading)) {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    if (rest.length > MOST) {
      throw new FormatError(
        `${where}: '${printable(path, 300)}' has a line of more than ${MOST} characters; give a file with shorter lines`,
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

async function* decoded(
  where: string,
  path: string,
  { onProgress, signal }: Reading,
): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (bytes?: Uint8Array): string => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch (cause) {
      throw new FormatError(`${where}: '${printable(path, 300)}' is not a text in UTF-8; save it as one first`, {
        cause,
      });
    }
  };
  const size = await sizeOf(where, path);
  let read = 0;
  try {
    for await (const chunk of createReadStream(path, { signal: signal as AbortSignal | undefined })) {
      const bytes = chunk as Uint8Array;
      yield decode(bytes);
      read += bytes.length;
      onProgress?.(size === 0 ? 1 : Math.min(1, read / size));
    }
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof FormatError || !isSystemError(cause)) throw cause;
    throw unreadable(where, path, cause);
  }
  const rest = decode();
  if (rest !== '') yield rest;
}

async function sizeOf(where: string, path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (cause) {
    throw unreadable(where, path, cause);
  }
}

const isSystemError = (cause: unknown): boolean => typeof (cause as { readonly code?: unknown }).code === 'string';

function unreadable(where: string, path: string, cause: unknown): ArgumentError {
  const { code, message } = cause as { readonly code?: string; readonly message: string };
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    EISDIR: 'it is a folder',
    EACCES: 'it may not be read',
  };
  return new ArgumentError(`${where}: cannot read '${printable(path, 300)}': ${reasons[code ?? ''] ?? message}`, {
    cause,
  });
}
