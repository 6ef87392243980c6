// Replaces a file as a whole or not at all: the new one is written beside it and renamed.

import { createHash, randomBytes } from 'node:crypto';
import { open, readdir, readlink, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';

/** Process ids are of a machine; folders are shared by several. */
export const host = /* @__PURE__ */ createHash('sha256').update(hostname()).digest('hex').slice(0, 8);

/** What a file is written from: as a whole, or piece by piece. */
export type FileContent = Uint8Array | string | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** The file keeps its permissions; where the path is a link, what it leads to is replaced. */
export async function replace(path: string, content: FileContent): Promise<void> {
  const target = await placeOf(path);
  const mode = await stat(target).then(
    (former) => former.mode & 0o7777,
    () => undefined,
  );
  await removeAbandoned(target);
  const aside = `${asideStem(target)}${process.pid}-${randomBytes(6).toString('hex')}.tmp`;
  try {
    // Nobody may read for a moment what only the owner may.
    const file = await open(aside, 'wx', mode === undefined ? 0o666 : mode & 0o700);
    try {
      await writeFile(file, content);
      if (mode !== undefined) await file.chmod(mode);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, target);
  } catch (error) {
    // What went wrong is told, not that there was nothing to tidy up.
    await rm(aside, { force: true }).catch(() => {});
    throw error;
  }
}

/** Where a path leads, through all links; the last one may lead to a file that is yet to come. */
async function placeOf(path: string): Promise<string> {
  const real = await realpath(path).catch(() => undefined);
  if (real !== undefined) return real;
  const link = await readlink(path).catch(() => undefined);
  return link === undefined ? path : resolve(dirname(path), link);
}

/** Removes what processes of this machine that are no more left beside a file. */
async function removeAbandoned(path: string): Promise<void> {
  const stem = basename(asideStem(path));
  const names = await readdir(dirname(path)).catch(() => []);
  const left = names.filter((name) => {
    if (!name.startsWith(stem)) return false;
    const pid = /^(\d+)-[0-9a-f]{12}\.tmp$/.exec(name.slice(stem.length))?.[1];
    return pid !== undefined && !isAlive(Number(pid));
  });
  await Promise.all(left.map((name) => rm(join(dirname(path), name), { force: true }).catch(() => {})));
}

/** How names beside a file begin, with room for the rest in the 255 bytes of a name. */
function asideStem(path: string): string {
  const name = basename(path);
  let stem = name.slice(0, 200);
  while (Buffer.byteLength(stem) > 200) stem = stem.slice(0, -1);
  return join(dirname(path), `${stem.replace(/[\ud800-\udbff]$/, '')}.${host}-`);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process may not be signalled, and is there.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EEXIST: 'there is a file or folder of that name',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is a file, not a folder',
  ELOOP: 'it is a link that leads to itself',
  ENAMETOOLONG: 'the name is too long, a file system takes 255 bytes',
  ENOSPC: 'the disk is full',
  EROFS: 'the disk is read-only',
};

/** What an error of the file system means, in words. */
export function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return reasons[code ?? ''] ?? message;
}
