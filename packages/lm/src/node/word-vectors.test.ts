// Word vectors in files: come back to the bit, are replaced as a whole, and what is wrong names the file.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ArgumentError, FormatError, Generator } from '@dl/autograd';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WordVectors } from '../index.js';
import { loadWordVectors, saveWordVectors } from '../node.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dl-vectors-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const random = new Generator(1);
const COUNT = 3000;
const SIZE = 30;
const vectors = new WordVectors(
  Array.from({ length: COUNT }, (_, i) => `wört${i}`),
  Float32Array.from({ length: COUNT * SIZE }, () => random.normal()),
);

async function expectSame(path: string): Promise<WordVectors> {
  const again = await loadWordVectors(path);
  expect(again.words).toEqual(vectors.words);
  const [came, went] = [again, vectors].map(({ vectors: { buffer, byteOffset, byteLength } }) =>
    Buffer.from(buffer, byteOffset, byteLength),
  );
  expect(Buffer.compare(came!, went!)).toBe(0);
  return again;
}

describe('saveWordVectors and loadWordVectors', () => {
  test('all formats come back to the bit, and nothing is left beside them', async () => {
    for (const format of ['text', 'binary', 'glove'] as const) {
      await saveWordVectors(join(folder, format), vectors, { format });
      await expectSame(join(folder, format));
      writeFileSync(join(folder, `${format}.gz`), gzipSync(readFileSync(join(folder, format))));
      await expectSame(join(folder, `${format}.gz`));
    }
    await saveWordVectors(join(folder, 'a.bin'), vectors);
    await saveWordVectors(join(folder, 'a.txt'), vectors);
    const isSame = (a: string, b: string): boolean =>
      readFileSync(join(folder, a)).equals(readFileSync(join(folder, b)));
    expect([isSame('a.bin', 'binary'), isSame('a.txt', 'text'), isSame('a.bin', 'a.txt')]).toEqual([true, true, false]);
    expect(readdirSync(folder).sort()).toEqual(
      ['a.bin', 'a.txt', ...['text', 'binary', 'glove'].flatMap((name) => [name, `${name}.gz`])].sort(),
    );
  });

  test('a file without a header is counted first, so that its vectors are made once', async () => {
    const again = await expectSame(join(folder, 'glove'));
    expect(again.vectors.buffer.byteLength).toBe(4 * SIZE * (COUNT + 1));
  });

  test('the first words, how far it is, and a signal', async () => {
    const path = join(folder, 'text');
    const some = await loadWordVectors(path, { limit: 7 });
    expect(some.words).toEqual(vectors.words.slice(0, 7));
    const shares: number[] = [];
    await loadWordVectors(path, { onProgress: (share) => shares.push(share) });
    expect(shares.length).toBeGreaterThan(5);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
    await expect(loadWordVectors(path, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  });

  test('a file that is wrong is named, and one that is there stays when a write is refused', async () => {
    const path = join(folder, 'wrong.txt');
    writeFileSync(path, '9 2\na 1 2\n');
    await expect(loadWordVectors(path)).rejects.toThrow(
      new FormatError(
        `loadWordVectors: '${path}': the header announces 9 words of 2 numbers, which take 53 bytes at least, but the file has 10; it is cut off, or the header is wrong`,
      ),
    );
    const odd = new WordVectors(['a b'], Float32Array.of(1));
    await expect(saveWordVectors(path, odd)).rejects.toThrow(
      new ArgumentError(
        "saveWordVectors: the word 'a b' has white space in it, which stands between words in the file; name it otherwise, such as with _",
      ),
    );
    expect(readFileSync(path, 'utf8')).toBe('9 2\na 1 2\n');
    const missing = join(folder, 'no', 'file');
    await expect(loadWordVectors(missing)).rejects.toThrow(
      new ArgumentError(`loadWordVectors: cannot read '${missing}': there is no such file`),
    );
    await expect(saveWordVectors(missing, vectors)).rejects.toThrow(
      new ArgumentError(`saveWordVectors: cannot write '${missing}': there is no such file or folder`),
    );
    mkdirSync(join(folder, 'folder'));
    await expect(loadWordVectors(join(folder, 'folder'))).rejects.toThrow(
      new ArgumentError(`loadWordVectors: cannot read '${join(folder, 'folder')}': it is a folder`),
    );
    await expect(saveWordVectors(path, {} as never)).rejects.toThrow(
      new ArgumentError('saveWordVectors: vectors is an object of nothing, needs WordVectors'),
    );
  });
});
