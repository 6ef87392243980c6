// Where the files of a data set are: in a folder, or below an address, from which they come into a folder first.

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ArgumentError, FormatError, type Known, type Platform, printable } from '@dl/autograd';
import { checkExpected, compare, type Expected, type FetchOptions } from '../checked.js';
import { addressOf, cachedFile } from './cached-file.js';

/** Options of the loaders of data sets. */
export interface SourceOptions extends Pick<FetchOptions, 'timeout' | 'signal'> {
  /** The folder that files are downloaded into, when the source is an address. */
  cache?: string;
  /** Sizes and checksums of files by name, checked when they are downloaded, and when they are read from a folder. */
  files?: Readonly<Record<string, Expected>>;
  /** The most bytes that a file may have, as it is downloaded and when it is unpacked. Default: those of `cachedFile` and `gunzip`. */
  maxBytes?: number;
}

export const sourceOptions: Known<SourceOptions> = {
  cache: 'string',
  files: 'object',
  maxBytes: 'number',
  timeout: 'number',
  signal: 'object',
};

/** Reads the files of one data set. */
export interface Files {
  /** The bytes of the file under the first of these names that is there, and that name. */
  read(names: readonly string[]): Promise<{ name: string; bytes: Uint8Array }>;
}

const isAddress = (source: string | Platform<'URL', never>): boolean => /^https?:\/\//.test(String(source));

/** `what` begins the errors; `needs` says which files the folder should have. */
export async function openSource(
  source: string | Platform<'URL', never>,
  options: SourceOptions,
  what: string,
  needs: string,
): Promise<Files> {
  const { cache, files = {} } = options;
  if (!isAddress(source)) {
    return folderOf(folderName(source, what, needs), files, what, needs);
  }
  if (cache === undefined) {
    throw new ArgumentError(`${what}: '${source}' is an address, needs the option cache: a folder to download into`);
  }
  const base = addressOf(String(source).endsWith('/') ? source : `${source}/`, what);
  const { maxBytes, timeout, signal } = options;
  const bounds = {
    ...(maxBytes !== undefined && { maxBytes }),
    ...(timeout !== undefined && { timeout }),
    ...(signal !== undefined && { signal }),
  };
  return {
    // Of several names the one with a checksum, else the compressed one.
    read: async (names) => {
      const name =
        names.find((each) => Object.hasOwn(files, each)) ?? names.find((each) => each.endsWith('.gz')) ?? names[0]!;
      const path = await cachedFile(new URL(name, base), cache, { ...bounds, ...known(files, name), name });
      return { name, bytes: await readFile(path) };
    },
  };
}

/** What is known of a file; a name such as `constructor` is no property of every object here. */
const known = (files: Readonly<Record<string, Expected>>, name: string): Expected =>
  Object.hasOwn(files, name) ? files[name]! : {};

function folderName(source: string | Platform<'URL', never>, what: string, needs: string): string {
  if (!String(source).startsWith('file:')) return String(source);
  try {
    return fileURLToPath(source);
  } catch (cause) {
    throw new ArgumentError(
      `${what}: '${printable(source, 200)}' is no address of a folder here, needs one with ${needs}`,
      {
        cause,
      },
    );
  }
}

async function folderOf(
  folder: string,
  expected: Readonly<Record<string, Expected>>,
  what: string,
  needs: string,
): Promise<Files> {
  let there: Set<string>;
  try {
    there = new Set(await readdir(folder));
  } catch (cause) {
    throw new ArgumentError(`${what}: cannot read '${folder}', needs a folder with ${needs}`, { cause });
  }
  return {
    read: async (names) => {
      const name = names.find((candidate) => there.has(candidate));
      if (name === undefined) {
        throw new ArgumentError(`${what}: '${folder}' has none of ${names.join(', ')}; put one of them there`);
      }
      let bytes: Uint8Array;
      try {
        bytes = await readFile(join(folder, name));
      } catch (cause) {
        throw new FormatError(`${what}: cannot read ${name} in '${folder}'; is it a file?`, { cause });
      }
      const expectedOfIt = known(expected, name);
      checkExpected(expectedOfIt, what);
      const sha256 = expectedOfIt.sha256 === undefined ? undefined : createHash('sha256').update(bytes).digest('hex');
      compare({ bytes: bytes.length, sha256 }, expectedOfIt, `${what}: ${name}`);
      return { name, bytes };
    },
  };
}
