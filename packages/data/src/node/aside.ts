// Files that are written beside the one that they are to become: their names tell who writes them, so that what a process
// left that was killed can be told from what another is at.

import { createHash, randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** Process ids are of a machine; folders are shared by several. */
const host = /* @__PURE__ */ createHash('sha256').update(hostname()).digest('hex').slice(0, 8);

/** A new name beside `path`: no longer than file systems take, however long that one is. */
export function asideOf(path: string, end: string): string {
  return join(dirname(path), `${stemOf(path)}.${host}-${process.pid}-${randomBytes(6).toString('hex')}.${end}`);
}

/** Removes what processes that are no more left beside `path`. */
export async function removeAbandoned(path: string, end: string): Promise<void> {
  const folder = dirname(path);
  const start = `${stemOf(path)}.${host}-`;
  const names = await readdir(folder).catch(() => []);
  const left = names.filter((name) => {
    if (!name.startsWith(start) || !name.endsWith(`.${end}`)) return false;
    const pid = /^(\d+)-[0-9a-f]{12}\./.exec(name.slice(start.length))?.[1];
    return pid !== undefined && !isAlive(Number(pid));
  });
  await Promise.all(left.map((name) => rm(join(folder, name), { force: true }).catch(() => {})));
}

/** The beginning of a file's name, with room for what is put behind it in the 255 bytes of a name. */
function stemOf(path: string): string {
  const name = basename(path);
  let stem = name.slice(0, 200);
  while (Buffer.byteLength(stem) > 200) stem = stem.slice(0, -1);
  return stem.replace(/[\ud800-\udbff]$/, '');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process may not be signalled, and is there.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
