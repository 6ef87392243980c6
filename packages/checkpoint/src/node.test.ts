// Files: there and back, replaced as a whole, and never half-written.

import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArgumentError, FormatError } from '@dl/autograd';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { loadFile, loadState, lockFile, replaceFile, saveFile, saveState } from './node.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dl-checkpoint-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const weight = { data: Float32Array.of(1, 2), shape: [2], dtype: 'float32' as const };

test('tensors and states go to a file and come back', async () => {
  const path = join(folder, 'weights.safetensors');
  await saveFile(path, { weight }, { metadata: { a: 'b' } });
  expect(await loadFile(path)).toEqual({ tensors: { weight }, metadata: { a: 'b' } });
  await saveState(path, { epoch: 2, weight });
  expect(await loadState(path)).toEqual({ epoch: 2, weight });
  expect(readdirSync(folder)).toEqual(['weights.safetensors']);
});

test('what is written is on the disk before it takes the place of the former file', async () => {
  const path = join(folder, 'synced');
  await replaceFile(path, 'former');
  const any = await open(path);
  const handles = Object.getPrototypeOf(any) as { sync(): Promise<void> };
  await any.close();
  const { sync } = handles;
  const seen: string[][] = [];
  const spy = vi.spyOn(handles, 'sync').mockImplementation(function (this: object) {
    const beside = readdirSync(folder).filter((name) => name.startsWith('synced'));
    seen.push(beside.map((name) => readFileSync(join(folder, name), 'utf8')).sort());
    return sync.call(this);
  });
  try {
    await replaceFile(path, 'the next');
  } finally {
    spy.mockRestore();
  }
  expect(seen).toEqual([['former', 'the next']]);
  expect(readFileSync(path, 'utf8')).toBe('the next');
  rmSync(path);
});

test('a write that fails leaves the former file and nothing else', async () => {
  const inside = join(folder, 'inside');
  mkdirSync(inside);
  writeFileSync(join(inside, 'a'), 'former');
  // A folder stands where the file is to go: the rename fails at the very last.
  const taken = join(inside, 'taken');
  mkdirSync(join(taken, 'b'), { recursive: true });
  await expect(replaceFile(taken, 'new')).rejects.toThrow(`replaceFile: cannot write '${taken}': it is a folder`);
  await expect(saveFile(join(inside, 'a'), { weight: { ...weight, shape: [3] } })).rejects.toThrow('toSafetensors');
  expect(readFileSync(join(inside, 'a'), 'utf8')).toBe('former');
  expect(readdirSync(inside).sort()).toEqual(['a', 'taken']);
});

test('pieces are written one after the other; where they fail, the former file stays, and nothing else', async () => {
  const inside = join(folder, 'pieces');
  mkdirSync(inside);
  const path = join(inside, 'a');
  function* pieces(count: number): Generator<Uint8Array> {
    for (let i = 0; i < count; i++) yield Uint8Array.of(i, i + 1);
    if (count > 2) throw new FormatError('pieces: there is no third one');
  }
  async function* later(): AsyncGenerator<Uint8Array> {
    yield* pieces(1);
  }
  await replaceFile(path, pieces(2));
  expect([...readFileSync(path)]).toEqual([0, 1, 1, 2]);
  await expect(replaceFile(path, pieces(3))).rejects.toThrow(new FormatError('pieces: there is no third one'));
  expect([...readFileSync(path)]).toEqual([0, 1, 1, 2]);
  await replaceFile(path, later());
  expect([...readFileSync(path)]).toEqual([0, 1]);
  expect(readdirSync(inside)).toEqual(['a']);
});

test('a folder that is not there is named', async () => {
  const path = join(folder, 'no', 'file');
  await expect(saveState(path, 1)).rejects.toThrow(
    new ArgumentError(`saveState: cannot write '${path}': there is no such file or folder`),
  );
});

test('a file that is missing or damaged is named', async () => {
  const missing = join(folder, 'missing');
  await expect(loadFile(missing)).rejects.toThrow(
    new ArgumentError(`loadFile: cannot read '${missing}': there is no such file or folder`),
  );
  const short = join(folder, 'short');
  writeFileSync(short, 'abc');
  const words =
    'fromSafetensors: 3 bytes are too few for the length of a header; the file is truncated, or is another format';
  await expect(loadState(short)).rejects.toThrow(new FormatError(`loadState: '${short}': ${words}`));
});

test('a file keeps its permissions, and a link stays a link', async () => {
  const inside = mkdtempSync(join(folder, 'kept-'));
  const file = join(inside, 'file');
  writeFileSync(file, 'former');
  chmodSync(file, 0o600);
  const linked = join(inside, 'link');
  symlinkSync('file', linked);
  await replaceFile(linked, 'new');
  expect(readFileSync(file, 'utf8')).toBe('new');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(lstatSync(linked).isSymbolicLink()).toBe(true);
  // A link to a file that is yet to come.
  const early = join(inside, 'early');
  symlinkSync('later', early);
  await replaceFile(early, 'new');
  expect(readFileSync(join(inside, 'later'), 'utf8')).toBe('new');
  expect(readdirSync(inside).sort()).toEqual(['early', 'file', 'later', 'link']);
});

/** The id of a process that has ended. */
const ended = (): number => spawnSync(process.execPath, ['--version']).pid;

test('what a killed process left beside a file is removed, what others are at is not', async () => {
  const inside = mkdtempSync(join(folder, 'left-'));
  const file = join(inside, 'a');
  // How names are made is seen from one that is there while a file is written.
  const seen = new Set<string>();
  const writing = replaceFile(file, 'x'.repeat(20_000_000));
  for (let isOver = false; !isOver; ) {
    for (const name of readdirSync(inside)) if (name.endsWith('.tmp')) seen.add(name);
    isOver = await Promise.race([writing.then(() => true), new Promise<false>((go) => setImmediate(go, false))]);
  }
  const [one] = seen;
  expect(one).toContain(`-${process.pid}-`);
  const left = one!.replace(`-${process.pid}-`, `-${ended()}-`);
  for (const name of [left, one!, 'b.tmp', `a.${ended()}.tmp`]) writeFileSync(join(inside, name), 'half');
  await replaceFile(file, 'new');
  expect(readdirSync(inside)).not.toContain(left);
  expect(readdirSync(inside)).toHaveLength(4);
});

test('a name may be as long as the disk takes, and one that is longer is said to be', async () => {
  const inside = mkdtempSync(join(folder, 'long-'));
  for (const name of ['n'.repeat(255), 'é'.repeat(127), '👍'.repeat(63)]) {
    await saveState(join(inside, name), 1);
    expect(await loadState(join(inside, name))).toBe(1);
  }
  expect(readdirSync(inside)).toHaveLength(3);
  await expect(saveState(join(inside, 'n'.repeat(256)), 1)).rejects.toThrow(
    'the name is too long, a file system takes 255 bytes',
  );
});

test('a lock is held by one, and says by whom', async () => {
  const inside = mkdtempSync(join(folder, 'lock-'));
  const path = join(inside, 'run.lock');
  const release = await lockFile(path);
  await expect(lockFile(path)).rejects.toThrow(
    new ArgumentError(
      `lockFile: '${path}' is held by process ${process.pid}; wait for its end, write elsewhere, or delete the file if nobody writes any more`,
    ),
  );
  await release();
  expect(readdirSync(inside)).toEqual([]);
  const all = await Promise.allSettled(Array.from({ length: 8 }, () => lockFile(path)));
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(readdirSync(inside)).toEqual(['run.lock']);
});

test('the lock of a process that was killed is taken over, that of one that runs is not', async () => {
  const path = join(mkdtempSync(join(folder, 'killed-')), 'run.lock');
  const program = `
    import { lockFile } from ${JSON.stringify(new URL('./node.ts', import.meta.url).href)};
    await lockFile(process.argv[1]);
    setInterval(() => {}, 1000);
  `;
  const flags = ['--conditions=@dl/source', '--import', 'tsx', '--input-type=module', '--eval', program];
  const child = spawn(process.execPath, [...flags, path]);
  const over = new Promise((resolve) => child.once('exit', resolve));
  while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 20));
  await expect(lockFile(path)).rejects.toThrow(`is held by process ${child.pid};`);
  child.kill('SIGKILL');
  await over;
  await (await lockFile(path))();
  expect(existsSync(path)).toBe(false);
  writeFileSync(path, 'mine');
  await expect(lockFile(path)).rejects.toThrow('is held by something that is no lock of @dl');
});
