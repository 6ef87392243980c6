// Files: there and back, replaced as a whole, and never half-written.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArgumentError, FormatError } from '@dl/autograd';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadFile, loadState, replaceFile, saveFile, saveState } from './node.js';

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
