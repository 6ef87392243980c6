// Downloads into a folder: checked while they come, written aside, and renamed when they are whole.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ArgumentError, checkCall, DlError, type Known, type Platform, printable } from '@dl/autograd';
import { checkExpected, compare, download, type FetchOptions, fetchOptions } from '../checked.js';
import { asideOf, removeAbandoned } from './aside.js';

/** Options of {@link cachedFile}. */
export interface CachedFileOptions extends FetchOptions {
  /** The file's name in the folder. Default: the last part of the address. */
  name?: string;
}

const cachedFileOptions: Known<CachedFileOptions> = { name: 'string', ...fetchOptions };

const MOST_ON_DISK = 2 ** 34;

/**
 * The path of a file in `folder`, downloaded from `url` if it is not there yet, or not as expected. Until it
 * is whole and checked it lies beside under another name, so that an interruption leaves no half file; what a process that was
 * killed left of it is removed.
 *
 * @throws FormatError when the server does not answer with the file, falls silent, or the file is not as expected or too long;
 * ArgumentError for an address that is none, a name that leads out of the folder, and a folder that cannot be written to.
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
export async function cachedFile(
  url: string | Platform<'URL', never>,
  folder: string,
  options: CachedFileOptions = {},
): Promise<string> {
  checkCall('cachedFile', arguments, ['url', 'folder'], cachedFileOptions);
  const address = addressOf(url, 'cachedFile');
  const name = options.name ?? lastPart(address);
  if (name === '' || name === '.' || name === '..' || /[/\\\0]/.test(name) || Buffer.byteLength(name) > 255) {
    throw new ArgumentError(
      `cachedFile: the name is '${printable(name)}', needs one of at most 255 bytes without slashes; set the option name`,
    );
  }
  checkExpected(options, 'cachedFile');
  const path = join(folder, name);
  if (await isAsExpected(path, options)) return path;
  await onDisk(path, mkdir(folder, { recursive: true }));
  // A link stays one, and what it leads to keeps its permissions.
  const target = await realpath(path).catch(() => path);
  const former = await stat(target).catch(() => undefined);
  await removeAbandoned(target, 'part');
  const aside = asideOf(target, 'part');
  try {
    await write(address, { path, aside }, options);
    if (former !== undefined) await onDisk(path, chmod(aside, former.mode & 0o7777));
    await onDisk(path, rename(aside, target));
  } finally {
    await rm(aside, { force: true }).catch(() => {});
  }
  return path;
}

/** The address in a text, or an error that says that it is none. */
export function addressOf(url: string | Platform<'URL', never>, what: string): URL {
  if (URL.canParse(String(url))) {
    const address = new URL(url);
    if (/^https?:$/.test(address.protocol)) return address;
  }
  throw new ArgumentError(
    `${what}: '${printable(url, 200)}' is no address, needs one that begins with https:// or http://`,
  );
}

function lastPart({ pathname }: URL): string {
  const part = pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // A stray percent sign: the name is as good with it.
  }
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

async function write(url: URL, files: { path: string; aside: string }, options: CachedFileOptions): Promise<void> {
  const hash = createHash('sha256');
  let bytes = 0;
  const file = await onDisk(files.path, open(files.aside, 'wx'));
  try {
    for await (const chunk of download(url, options, 'cachedFile', MOST_ON_DISK)) {
      bytes += chunk.length;
      hash.update(chunk);
      await onDisk(files.path, file.writeFile(chunk));
    }
    await onDisk(files.path, file.sync());
  } finally {
    await file.close();
  }
  compare({ bytes, sha256: hash.digest('hex') }, options, `cachedFile: '${printable(url, 200)}'`);
}

async function onDisk<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (cause instanceof DlError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new ArgumentError(
      `cachedFile: cannot write '${printable(path, 200)}' (${code ?? message}); needs a folder that can be written to, with room for it`,
      { cause },
    );
  }
}
