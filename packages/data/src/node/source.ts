// Where the files of a data set are: in a folder, or below an address, from which they come into a folder first.

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ArgumentError, FormatError } from '@dl/autograd';
import { checkExpected, compare, type Expected } from '../checked.js';
import { cachedFile } from './cached-file.js';

/** Options of the loaders of data sets. */
export interface SourceOptions {
  /** The folder that files are downloaded into, when the source is an address. */
  cache?: string;
  /** Sizes and checksums of files by name, checked when they are downloaded, and when they are read from a folder. */
  files?: Readonly<Record<string, Expected>>;
}

/** Reads the files of one data set. */
export interface Files {
  /** The bytes of the file under the first of these names that is there, and that name. */
  read(names: readonly string[]): Promise<{ name: string; bytes: Uint8Array }>;
}

const isAddress = (source: string | URL): boolean => /^https?:\/\//.test(String(source));

/** `what` begins the errors; `needs` says which files the folder should have. */
export async function openSource(
  source: string | URL,
  options: SourceOptions,
  what: string,
  needs: string,
): Promise<Files> {
  const { cache, files = {} } = options;
  if (!isAddress(source)) {
    const isFile = String(source).startsWith('file:');
    return folderOf(isFile ? fileURLToPath(source) : String(source), files, what, needs);
  }
  if (cache === undefined) {
    throw new ArgumentError(`${what}: '${source}' is an address, needs the option cache: a folder to download into`);
  }
  const base = new URL(String(source).endsWith('/') ? source : `${source}/`);
  return {
    // Of several names the one with a checksum, else the compressed one.
    read: async (names) => {
      const name = names.find((each) => each in files) ?? names.find((each) => each.endsWith('.gz')) ?? names[0]!;
      const path = await cachedFile(new URL(name, base), cache, { ...files[name], name });
      return { name, bytes: await readFile(path) };
    },
  };
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
      const { [name]: known = {} } = expected;
      checkExpected(known, what);
      const sha256 = known.sha256 === undefined ? undefined : createHash('sha256').update(bytes).digest('hex');
      compare({ bytes: bytes.length, sha256 }, known, `${what}: ${name}`);
      return { name, bytes };
    },
  };
}
