// JSON of a folder, none of which is trusted.

import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { ArgumentError, DlError, FormatError, printable, shown } from '@dl/autograd';

export type JsonObject = Readonly<Record<string, unknown>>;

/** A file of a folder in a sentence. */
export const inFolder = (folder: string, name: string): string => `'${printable(join(folder, name), 300)}'`;

/**
 * The object that a file of a folder has; undefined where there is no such file.
 *
 * @param most How many bytes it may have.
 *
 * @throws FormatError for a file that is larger, no JSON, or no object, ArgumentError for one that cannot be read.
 */
export async function readJson(
  where: string,
  folder: string,
  name: string,
  most: number,
): Promise<JsonObject | undefined> {
  const wrong = (words: string, cause?: unknown): FormatError =>
    new FormatError(`${where}: ${inFolder(folder, name)}: ${words}`, { cause });
  let text: string;
  try {
    const file = await open(join(folder, name));
    try {
      const info = await file.stat();
      if (!info.isFile()) throw wrong('it is no file');
      if (info.size > most) throw wrong(`it has ${info.size} bytes, more than the ${most} that it is allowed`);
      text = decoded(await file.readFile(), wrong);
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof DlError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new ArgumentError(`${where}: cannot read ${inFolder(folder, name)}: ${printable(message, 200)}`, { cause });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw wrong('it is no JSON; the file is damaged', cause);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw wrong(`it has ${shown(value)}, needs an object`);
}

function decoded(bytes: Uint8Array, wrong: (words: string, cause?: unknown) => FormatError): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw wrong('it is not UTF-8; the file is damaged', cause);
  }
}
