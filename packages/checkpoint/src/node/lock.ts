// A file that says who writes: two programs that write the same file or folder are told, and do not mix what they write.

import { randomBytes } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { ArgumentError, checkCall, DlError, printable } from '@dl/autograd';
import { host, isAlive, reason } from './replace.js';

/** Who has a lock. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly id: string;
}

/**
 * Makes a lock file, or says who has it: for a file or a folder that one run alone may write. What it gives is a function that removes
 * it. A lock that a process of this machine left when it was killed is taken over.
 *
 * @throws ArgumentError when another has the lock, with its process, and when the file cannot be written.
 *
 * @example
 * ```ts
 * import { lockFile } from '@dl/checkpoint/node';
 * const release = await lockFile('run.lock');
 * // … write what belongs to the run …
 * await release();
 * ```
 */
export async function lockFile(path: string): Promise<() => Promise<void>> {
  checkCall('lockFile', arguments, ['path']);
  const mine: Holder = { pid: process.pid, host, id: randomBytes(8).toString('hex') };
  const aside = `${path}.${mine.id}`;
  try {
    // Written whole before it has its name: nobody reads half of one.
    await writeFile(aside, `${JSON.stringify(mine)}\n`, { flag: 'wx' });
    for (let tries = 0; ; tries++) {
      if (await isFirst(aside, path)) break;
      const holder = await holderOf(path);
      const isLeft = holder === 'none' || (holder !== undefined && holder.host === host && !isAlive(holder.pid));
      if (!isLeft || tries > 9) throw taken(path, holder);
      if (holder !== 'none') await rm(path, { force: true });
    }
  } catch (cause) {
    if (cause instanceof DlError) throw cause;
    throw new ArgumentError(`lockFile: cannot write '${printable(path, 300)}': ${reason(cause)}`, { cause });
  } finally {
    await rm(aside, { force: true }).catch(() => {});
  }
  return async () => {
    const holder = await holderOf(path);
    if (typeof holder === 'object' && holder.id === mine.id) await rm(path, { force: true });
  };
}

async function isFirst(aside: string, path: string): Promise<boolean> {
  try {
    await link(aside, path).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') throw error;
      // File systems without links.
      await writeFile(path, await readFile(aside), { flag: 'wx' });
    });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** 'none' when the lock is gone, undefined when it is not one of these. */
async function holderOf(path: string): Promise<Holder | 'none' | undefined> {
  try {
    const holder = JSON.parse(await readFile(path, 'utf8')) as Holder;
    return Number.isSafeInteger(holder?.pid) && holder.pid > 0 ? holder : undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'none' : undefined;
  }
}

function taken(path: string, holder: Holder | 'none' | undefined): ArgumentError {
  const who =
    typeof holder !== 'object'
      ? 'something that is no lock of @dl'
      : `process ${holder.pid}${holder.host === host ? '' : ' of another machine'}`;
  return new ArgumentError(
    `lockFile: '${printable(path, 300)}' is held by ${who}; wait for its end, write elsewhere, or delete the file if nobody writes any more`,
  );
}
