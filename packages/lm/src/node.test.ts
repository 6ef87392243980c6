// Files: texts as streams, and models that come back exactly or not at all.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArgumentError } from '@dl/autograd';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ByteTokenizer,
  LanguageModel,
  NgramCounts,
  type Pieces,
  Tokenizer,
  type TokenizerState,
  type TokenList,
  trainBpe,
  trainCharacters,
  trainNgram,
  trainWords,
  Vocabulary,
  WordPieceTokenizer,
  WordTokenizer,
  wittenBell,
} from './index.js';
import { loadModel, readText, saveModel, trainNgramFile } from './node.js';

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

describe('every tokenizer comes back through a file', () => {
  const text = 'the cat sat on the mat. the dog sat on the log. '.repeat(5);
  const counted = (tokenizer: Tokenizer): LanguageModel =>
    trainNgram(text, { tokenizer, order: 2, smoothing: 'wittenBell' });
  const through = async (model: LanguageModel, options?: Parameters<typeof loadModel>[1]): Promise<void> => {
    const path = join(folder, 'own.lm');
    await saveModel(path, model);
    const again = await loadModel(path, options);
    expect(await again.score('the dog')).toEqual(await model.score('the dog'));
    expect(again.tokenizer.state()).toEqual(model.tokenizer.state());
  };
  /** Each UTF-16 code unit is a token. */
  class Units extends Tokenizer {
    static fromState = ({ tokens }: TokenizerState): Units => new Units(new Vocabulary(tokens as string[]));
    protected cut(piece: string, at: number, into: TokenList): void {
      for (let i = 0; i < piece.length; i++) into.push(this.idOf(piece[i]!, at), at + i, at + i + 1);
    }
    protected write(id: number, into: Pieces): void {
      into.text(this.vocabulary.token(id));
    }
    state(): TokenizerState {
      return { kind: 'units', tokens: this.vocabulary.tokens };
    }
  }
  const units = new Units(new Vocabulary([...new Set(text)]));

  test.each([
    ['bytes', new ByteTokenizer()],
    ['characters', trainCharacters(text, { unk: '?' })],
    ['words', trainWords(text, { unk: '?' })],
    ['parts of words', trainBpe(text, { merges: 10 })],
    [
      'words of WordPiece',
      new WordPieceTokenizer(new Vocabulary(['[UNK]', 't', 'the', '##e', 'dog'], { unk: '[UNK]' })),
    ],
  ])('%s', async (_, tokenizer) => {
    await through(counted(tokenizer));
  });

  test('one of your own, by kinds or itself', async () => {
    await through(counted(units), { kinds: { units: Units } });
    await through(counted(units), { tokenizer: units });
    await expect(through(counted(units))).rejects.toThrow(
      /^loadModel: '.*own\.lm': .*there is no kind of tokenizer 'units'.*give others as kinds, or the tokenizer itself as tokenizer$/,
    );
  });

  test('words that a function found', async () => {
    const split = (piece: string): string[] => piece.split(/[ .]+/);
    const words = trainWords(text, { split, unk: '?' });
    await through(counted(words), { tokenizer: words });
    await through(counted(words), {
      kinds: { words: { fromState: (state) => WordTokenizer.fromState(state, { split }) } },
    });
    await expect(through(counted(words))).rejects.toThrow(ArgumentError);
    await expect(through(counted(words))).rejects.toThrow(/which is not saved.*or the tokenizer itself as tokenizer$/);
    await expect(through(counted(words), { tokenizer: units })).rejects.toThrow(/needs|token|made/);
    await expect(through(counted(words), { tokenizer: {} as never })).rejects.toThrow('needs a Tokenizer');
  });

  test('a model of more tokens than the tokenizer makes', async () => {
    const counts = new NgramCounts(300, { order: 2 }).add(new ByteTokenizer().encode(text));
    await through(new LanguageModel(wittenBell(counts), new ByteTokenizer()));
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
  [() => trainNgramFile(file('empty.txt', '')), /^trainNgramFile: '.*empty\.txt' has no text; give a file with some$/],
  [
    () => trainNgramFile('/dev/null'),
    process.platform === 'win32'
      ? /cannot read/
      : /^trainNgramFile: cannot read '\/dev\/null': it is no regular file; pipe it to -/,
  ],
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
