// Files: texts as streams, and models that come back exactly or not at all.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadModel, readText, saveModel, trainNgramFile } from './node.js';
import { trainNgram } from './train-ngram.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dl-lm-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const piecesOf = async (path: string, options?: Parameters<typeof readText>[1]): Promise<string[]> => {
  const pieces: string[] = [];
  for await (const piece of readText(path, options)) pieces.push(piece);
  return pieces;
};

/** Longer than several chunks of a stream, with characters of one to four bytes and blanks of all kinds. */
const long = Array.from(
  { length: 60_000 },
  (_, i) =>
    ['word', 'für', '你好', '👍🏽', 'e\u0301a', 'end.'][(i * 7) % 6]! +
    [' ', '\n', '\r\n', '  ', ' \n\n '][(i * i) % 5]!,
).join('');

describe('readText', () => {
  test('pieces are the text, and are cut before white space, never in it or in a word', async () => {
    const pieces = await piecesOf(file('long.txt', long));
    expect(pieces.join('')).toBe(long);
    expect(pieces.length).toBeGreaterThan(3);
    for (const [i, piece] of pieces.entries()) {
      if (i > 0) expect(piece).toMatch(/^\s/);
      if (i < pieces.length - 1) expect(piece).toMatch(/\S$/);
      expect(piece.length).toBeLessThan(300_000);
    }
  });

  test('lines are the lines, without ends and empty ones', async () => {
    expect(await piecesOf(join(folder, 'long.txt'), { lines: true })).toEqual(
      long.split(/\r?\n/).filter((line) => line.trim() !== ''),
    );
    expect(await piecesOf(file('lines.txt', 'a\n\n \nb c\r\nd'), { lines: true })).toEqual(['a', 'b c', 'd']);
    expect(await piecesOf(file('empty.txt', ''))).toEqual([]);
  });

  test('a byte order mark is no text', async () => {
    expect(await piecesOf(file('bom.txt', '\ufeffabc'))).toEqual(['abc']);
  });

  test('progress rises to 1', async () => {
    const shares: number[] = [];
    await piecesOf(join(folder, 'long.txt'), { onProgress: (share) => shares.push(share) });
    expect(shares.length).toBeGreaterThan(3);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
  });

  test('stops by a signal, with its reason', async () => {
    const controller = new AbortController();
    const reading = async (): Promise<void> => {
      for await (const _ of readText(join(folder, 'long.txt'), { signal: controller.signal }))
        controller.abort(new Error('enough'));
    };
    await expect(reading()).rejects.toThrow('enough');
  });
});

describe('trainNgramFile', () => {
  test('is trainNgram of the text, though it comes in pieces', async () => {
    for (const tokenizer of ['characters', 'words', 'bytes'] as const) {
      const options = { order: 2, tokenizer };
      const [streamed, whole] = [await trainNgramFile(join(folder, 'long.txt'), options), trainNgram(long, options)];
      expect(streamed.model.arrays()).toEqual(whole.model.arrays());
      expect(streamed.tokenizer.state()).toEqual(whole.tokenizer.state());
    }
  });

  test('of lines, and of lines with text held out', async () => {
    const names = Array.from({ length: 30 }, (_, i) => ['anna', 'hannah', 'jo'][i % 3]! + 'aeiou'[i % 5]!);
    const path = file('names.txt', `${names.join('\n')}\n`);
    for (const smoothing of ['wittenBell', 'jelinekMercer'] as const) {
      const options = { order: 3, smoothing };
      expect((await trainNgramFile(path, { ...options, lines: true })).model.arrays()).toEqual(
        trainNgram(names, options).model.arrays(),
      );
    }
  });

  test('progress over both passes rises to 1', async () => {
    const shares: number[] = [];
    await trainNgramFile(join(folder, 'long.txt'), { order: 1, onProgress: (share) => shares.push(share) });
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
    expect(shares).toContain(0.5);
  });
});

describe('models in files', () => {
  const model = trainNgram(['anna', 'hannah', 'jo'], { order: 3 });

  test('come back exactly, and nothing is left beside them', async () => {
    const path = join(folder, 'names.lm');
    await saveModel(path, model);
    const again = await loadModel(path);
    expect(await again.score('hanna')).toEqual(await model.score('hanna'));
    expect(again.tokenizer.state()).toEqual(model.tokenizer.state());
    expect(readdirSync(folder).filter((name) => name.includes('tmp'))).toEqual([]);
  });

  test('a damaged one is refused in a sentence that names it', async () => {
    const bytes = readFileSync(join(folder, 'names.lm'));
    const path = file('damaged.lm', bytes.subarray(0, bytes.length - 9));
    await expect(loadModel(path)).rejects.toThrow(/^loadModel: '.*damaged\.lm': /);
    const other = file('other.lm', readFileSync(join(folder, 'names.txt')));
    await expect(loadModel(other)).rejects.toThrow(/^loadModel: '.*other\.lm': /);
  });
});

test.each([
  [() => loadModel(join(folder, 'none.lm')), /^loadModel: cannot read '.*none\.lm': /],
  [() => saveModel(join(folder, 'no/such/folder.lm'), trainNgram('abc')), /^saveModel: cannot write '.*folder\.lm': /],
  [() => saveModel(join(folder, 'x.lm'), {} as never), /^saveModel: model is .*, needs a LanguageModel/],
  [
    () => trainNgramFile(join(folder, 'none.txt')),
    /^trainNgramFile: cannot read '.*none\.txt': there is no such file$/,
  ],
  [() => trainNgramFile(folder), /^trainNgramFile: cannot read '.*': it is a folder$/],
  [() => trainNgramFile(file('empty.txt', '')), /^trainNgramFile: /],
  [
    () => trainNgramFile(file('blank.txt', ' \n\n'), { lines: true, tokenizer: 'bytes' }),
    /^trainNgramFile: '.*blank\.txt' has no text/,
  ],
  [
    () => trainNgramFile(file('latin.txt', Uint8Array.of(0x66, 0xfc, 0x72))),
    /^trainNgramFile: '.*latin\.txt' is not a text in UTF-8/,
  ],
  [
    () => piecesOf(file('zeros.txt', 'x'.repeat(2 ** 22 + 2 ** 17))),
    /^readText: '.*zeros\.txt' has \d+ characters without a blank/,
  ],
])('bad input %#', async (call, message) => {
  await expect(call()).rejects.toThrow(message);
});
