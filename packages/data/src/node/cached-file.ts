// Downloads into a folder: checked while they come, written aside, and renamed when they are whole.

import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ArgumentError } from '@dl/autograd';
import { checkExpected, compare, download, type FetchOptions } from '../checked.js';

/** Options of {@link cachedFile}. */
export interface CachedFileOptions extends FetchOptions {
  /** The file's name in the folder. Default: the last part of the address. */
  name?: string;
}

/**
 * The path of a file in `folder`, downloaded from `url` if it is not there yet, or not as expected. Until it
 * is whole and checked it lies beside under another name, so that an interruption leaves no half file.
 *
 * @throws FormatError when the server does not answer with the file, or it is not as expected; ArgumentError for a
 * name that leads out of the folder.
 *
 * @example
 * ```ts no-run
 * import { cachedFile } from '@dl/data/node';
 * const path = await cachedFile('https://example.org/mnist/t10k-labels-idx1-ubyte.gz', 'cache', {
 *   bytes: 4542,
 *   sha256: 'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6',
 * });
 * console.log(path); // cache/t10k-labels-idx1-ubyte.gz
 * ```
 */
export async function cachedFile(url: string | URL, folder: string, options: CachedFileOptions = {}): Promise<string> {
  const address = new URL(url);
  const { name = decodeURIComponent(address.pathname.split('/').at(-1) ?? '') } = options;
  if (name === '' || name === '.' || name === '..' || /[/\\]/.test(name)) {
    throw new ArgumentError(`cachedFile: the name is '${name}', needs one without slashes; set the option name`);
  }
  checkExpected(options, 'cachedFile');
  const path = join(folder, name);
  if (await isAsExpected(path, options)) return path;
  await mkdir(folder, { recursive: true });
  const aside = `${path}.${randomUUID()}.part`;
  try {
    await write(address, aside, options);
    await rename(aside, path);
  } finally {
    await rm(aside, { force: true });
  }
  return path;
}

async function isAsExpected(path: string, expected: CachedFileOptions): Promise<boolean> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      hash.update(chunk);
    }
    compare({ bytes, sha256: hash.digest('hex') }, expected, path);
    return true;
  } catch {
    return false; // Not there, or damaged: both mean to download it.
  }
}

async function write(url: URL, aside: string, options: CachedFileOptions): Promise<void> {
  const hash = createHash('sha256');
  let bytes = 0;
  const file = await open(aside, 'wx');
  try {
    for await (const chunk of download(url, options.signal, 'cachedFile')) {
      bytes += chunk.length;
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  compare({ bytes, sha256: hash.digest('hex') }, options, `cachedFile: '${url}'`);
}
