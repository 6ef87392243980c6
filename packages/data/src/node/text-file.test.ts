import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ArgumentError, FormatError } from '@dl/autograd';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileLines } from './text-file.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'data-'));
});
afterEach(() => rm(folder, { recursive: true }));

const caught = (act: Promise<unknown>): Promise<unknown> => act.catch((error: unknown) => error);

describe('fileLines', () => {
  it('reads plain and packed files, again and again, and may be left', async () => {
    const text = Array.from({ length: 50_000 }, (_, i) => `line ${i}`).join('\n');
    await writeFile(join(folder, 'a.txt'), text);
    await writeFile(join(folder, 'a.txt.gz'), gzipSync(text));
    for (const name of ['a.txt', 'a.txt.gz', 'a.txt.gz']) {
      let count = 0;
      for await (const line of fileLines(join(folder, name))) expect(line === `line ${count++}`).toBe(true);
      expect(count).toBe(50_000);
    }
    for await (const line of fileLines(join(folder, 'a.txt.gz'))) if (line === 'line 3') break;
  });

  it('says when a file is not there, or cut off', async () => {
    const all = async (path: string) => {
      for await (const _ of fileLines(path));
    };
    expect(await caught(all(join(folder, 'no.txt')))).toEqual(
      new ArgumentError(`fileLines: cannot read '${join(folder, 'no.txt')}', needs a text file, plain or .gz`),
    );
    const packed = gzipSync(Array.from({ length: 50_000 }, (_, i) => `line ${i * i}`).join('\n'));
    await writeFile(join(folder, 'cut.gz'), packed.subarray(0, packed.length >> 1));
    expect(await caught(all(join(folder, 'cut.gz')))).toEqual(
      new FormatError(`fileLines: '${join(folder, 'cut.gz')}' is damaged, cut off, or not UTF-8 text; get it again`),
    );
    await writeFile(join(folder, 'latin.txt'), Uint8Array.of(0x61, 0xe9, 0x0a));
    expect(await caught(all(join(folder, 'latin.txt')))).toBeInstanceOf(FormatError);
  });

  it('ends at a line that does not', async () => {
    await writeFile(join(folder, 'zeros.gz'), gzipSync(Buffer.alloc(20_000_000, 0x61)));
    const first = async (options: object) => {
      for await (const line of fileLines(join(folder, 'zeros.gz'), options)) return line.length;
      return 0;
    };
    expect(await first({ maxLine: 20_000_000 })).toBe(20_000_000);
    expect(await caught(first({}))).toEqual(
      new FormatError(
        `fileLines: '${join(folder, 'zeros.gz')}' has a line of more than 16000000 characters; is it a text file? If it is, set maxLine higher`,
      ),
    );
    expect(() => fileLines('a', { maxLine: 0 })).toThrow(ArgumentError);
  });

  it('knows all ends of lines, wherever a piece of the file ends', async () => {
    // A piece has 64 KiB: the ends fall on both sides of its border, and on it.
    for (const length of [65533, 65534, 65535, 65536]) {
      const text = `${'x'.repeat(length)}\r\n\ncrème\rlast\r`;
      await writeFile(join(folder, 'a.txt'), text);
      const seen: string[] = [];
      for await (const line of fileLines(join(folder, 'a.txt'))) seen.push(line);
      expect(seen).toEqual(['x'.repeat(length), '', 'crème', 'last']);
    }
  });
});
