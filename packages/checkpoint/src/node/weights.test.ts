// Weights in one file or many: what there is, and each tensor when it is asked for.

import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArgumentError, FormatError } from '@dl/autograd';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadFile, openWeights, saveFile } from '../node.js';
import { toSafetensors } from '../write.js';

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'dl-weights-'));
});
afterAll(() => rmSync(root, { recursive: true }));

const floats = (...data: readonly number[]) => ({ data: Float32Array.from(data), shape: [data.length] });

/** A folder with these files. */
function folder(files: Readonly<Record<string, Uint8Array | string>>): string {
  const path = mkdtempSync(join(root, 'folder-'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content);
  return path;
}

const INDEX = 'model.safetensors.index.json';
const index = (map: unknown): string => JSON.stringify({ metadata: { total_size: 16 }, weight_map: map });
const [first, second] = [
  toSafetensors({ a: floats(1, 2) }, { metadata: { x: 'y' } }),
  toSafetensors({ b: floats(3), c: floats(4) }),
];

test('a file, and a folder with one', async () => {
  const path = join(root, 'weights.safetensors');
  const tensors = { a: floats(1, 2), b: { data: Int32Array.of(5), shape: [] } };
  await saveFile(path, tensors, { metadata: { x: 'y' } });
  const weights = await openWeights(path);
  expect(weights.tensors).toEqual({
    a: { shape: [2], dtype: 'float32', file: 'weights.safetensors' },
    b: { shape: [], dtype: 'int32', file: 'weights.safetensors' },
  });
  expect(weights.metadata).toEqual({ x: 'y' });
  expect(await weights.read('a')).toEqual((await loadFile(path)).tensors['a']);
  await weights.close();
  const inFolder = await openWeights(folder({ 'model.safetensors': first }));
  expect((await inFolder.read('a')).data).toEqual(Float32Array.of(1, 2));
  await inFolder.close();
});

test('several files with their index are as one', async () => {
  const map = { a: 'one.safetensors', b: 'two.safetensors', c: 'two.safetensors' };
  const weights = await openWeights(
    folder({ [INDEX]: index(map), 'one.safetensors': first, 'two.safetensors': second }),
  );
  expect(Object.keys(weights.tensors).sort()).toEqual(['a', 'b', 'c']);
  expect(weights.tensors['b']).toEqual({ shape: [1], dtype: 'float32', file: 'two.safetensors' });
  expect((await weights.read('c')).data).toEqual(Float32Array.of(4));
  expect((await weights.read('a')).data).toEqual(Float32Array.of(1, 2));
  await expect(weights.read('d')).rejects.toThrow(
    new ArgumentError("openWeights: there is no tensor 'd' in 'one.safetensors', 'two.safetensors'"),
  );
  await weights.close();
});

test('floats are what is asked for, in the list as in what is read; others stay', async () => {
  const half = { data: Float32Array.of(1, 0.5), shape: [2], dtype: 'bfloat16' as const };
  const path = folder({ 'model.safetensors': toSafetensors({ half, count: { data: Int32Array.of(1), shape: [1] } }) });
  for (const [dtype, found] of [[undefined, 'bfloat16'] as const, ['float64', 'float64'] as const]) {
    const weights = await openWeights(path, dtype === undefined ? {} : { dtype });
    expect([weights.tensors['half']!.dtype, weights.tensors['count']!.dtype]).toEqual([found, 'int32']);
    expect((await weights.read('half')).dtype).toBe(found);
    await weights.close();
  }
});

test('a file is read no further than to the tensor that is asked for', async () => {
  const path = join(root, 'cut.safetensors');
  await saveFile(path, { a: floats(1, 2), b: floats(3, 4) });
  const weights = await openWeights(path);
  const { size } = { size: toSafetensors({ a: floats(1, 2), b: floats(3, 4) }).length };
  truncateSync(path, size - 4);
  expect((await weights.read('a')).data).toEqual(Float32Array.of(1, 2));
  await expect(weights.read('b')).rejects.toThrow(
    new FormatError(`openWeights: '${path}': the file was cut short while it was read`),
  );
  await weights.close();
});

describe('an index that', () => {
  const files = { 'one.safetensors': first, 'two.safetensors': second };
  test.each<[string, string, string]>([
    ['is no JSON', '{', 'it is no JSON; the file is damaged'],
    ['has no map', '{}', 'it has no weight_map, which says in which file each tensor is'],
    [
      'has a name twice',
      '{"weight_map":{"a":"one.safetensors","a":"one.safetensors"}}',
      "it has the name 'a' twice in one object",
    ],
    [
      'leads elsewhere',
      index({ a: '../one.safetensors' }),
      `it says that tensor 'a' is in "../one.safetensors", needs the name of a .safetensors file beside it`,
    ],
    [
      'has a number for a file',
      index({ a: 4 }),
      `it says that tensor 'a' is in 4, needs the name of a .safetensors file beside it`,
    ],
    [
      'names a tensor that is not there',
      index({ a: 'one.safetensors', z: 'one.safetensors' }),
      "it says that tensor 'z' is in 'one.safetensors', which has none of that name",
    ],
    [
      'does not name one that is',
      index({ a: 'one.safetensors', b: 'two.safetensors' }),
      "'two.safetensors' has tensor 'c', which it does not name",
    ],
  ])('%s', async (_, text, words) => {
    const path = folder({ ...files, [INDEX]: text });
    await expect(openWeights(path)).rejects.toThrow(new FormatError(`openWeights: '${join(path, INDEX)}': ${words}`));
  });

  test('names a file that is not there', async () => {
    const path = folder({ [INDEX]: index({ a: 'none.safetensors' }) });
    await expect(openWeights(path)).rejects.toThrow(
      new ArgumentError(
        `openWeights: cannot read '${join(path, 'none.safetensors')}': there is no such file or folder`,
      ),
    );
  });
});

test('nothing, a folder without weights, and a damaged file', async () => {
  const none = join(root, 'none');
  await expect(openWeights(none)).rejects.toThrow(
    new ArgumentError(`openWeights: cannot read '${none}': there is no such file or folder`),
  );
  const empty = folder({});
  const lacks = `openWeights: '${empty}' has neither model.safetensors nor ${INDEX}`;
  await expect(openWeights(empty)).rejects.toThrow(new ArgumentError(lacks));
  const damaged = folder({ 'model.safetensors': first.subarray(0, first.length - 1) });
  const words = "fromSafetensors: tensor 'a' ends at byte 8 of the values but only 7 are there; the file is truncated";
  await expect(openWeights(damaged)).rejects.toThrow(
    new FormatError(`openWeights: '${join(damaged, 'model.safetensors')}': ${words}`),
  );
  await expect(openWeights(damaged, { dtype: 'int32' as never })).rejects.toThrow('dtype is int32');
});
