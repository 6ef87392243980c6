// Byte-pair encoding: merging by its definition, places, unknown characters, texts of any length.

import { ArgumentError, Generator } from '@dl/autograd';
import { describe, expect, test } from 'vitest';
import { randomText } from '../../test/random-text.js';
import { BpeTokenizer, trainBpe, Vocabulary } from '../index.js';
import { byteCharacters, bytesOfToken, writeUtf8 } from './bytes.js';
import { mergeWord } from './merge.js';
import { PairIndex } from './pair-index.js';

const random = new Generator(15);
const training = Array.from({ length: 40 }, () => randomText(random, 60));

/** The definition: the pair of the lowest rank, of several the first, until there is none. */
function mergedBySearch(
  ids: readonly number[],
  ranks: ReadonlyMap<string, number>,
  results: ArrayLike<number>,
): number[] {
  const left = [...ids];
  for (;;) {
    const found = left.slice(1).map((right, i) => ranks.get(`${left[i]} ${right}`) ?? Infinity);
    const best = Math.min(...found);
    if (!Number.isFinite(best)) return left;
    left.splice(found.indexOf(best), 2, results[best]!);
  }
}

describe('merging', () => {
  test('is what searching for the lowest rank again and again gives, for short words and long ones', () => {
    for (let trial = 0; trial < 300; trial++) {
      const size = random.integer(1, 5);
      const pairs = new PairIndex();
      const ranks = new Map<string, number>();
      const results: number[] = [];
      const count = random.integer(0, 25);
      for (let rank = 0; rank < count; rank++) {
        const [a, b] = [random.integer(0, size + rank), random.integer(0, size + rank)];
        results.push(size + rank);
        if (ranks.has(`${a} ${b}`)) continue;
        ranks.set(`${a} ${b}`, rank);
        pairs.set(a, b, rank);
      }
      const word = Array.from({ length: random.integer(1, 150) }, () => random.integer(0, size));
      const [ids, widths] = [Int32Array.from(word), new Int32Array(word.length)];
      const left = mergeWord({ ranks: pairs, results: Int32Array.from(results) }, ids, widths, word.length);
      expect([...ids.subarray(0, left)]).toEqual(mergedBySearch(word, ranks, results));
      expect(widths.subarray(0, left).reduce((sum, width) => sum + width, 0)).toBe(word.length);
    }
  });

  test.each(['bytes', 'characters'] as const)('a million letters without a blank, %s', (level) => {
    const tokenizer = trainBpe(['a'.repeat(5000), 'abcab '.repeat(100)], { level, merges: 40, words: 'gpt2' });
    for (const text of ['a'.repeat(1e6), 'abc'.repeat(3e5), 'cab'.repeat(3e5)]) {
      const ids = tokenizer.encode(text);
      expect(ids.length).toBeLessThan(text.length);
      expect(tokenizer.decode(ids) === text).toBe(true);
    }
  });

  test('pairs of numbers are found, however many there are', () => {
    const index = new PairIndex(2);
    const pair = (k: number): [number, number] => [(k * 7919) % 50_000, k % 313];
    for (let k = 0; k < 20_000; k++) index.set(...pair(k), k);
    for (let k = 0; k < 20_000; k++) expect(index.get(...pair(k))).toBe(k);
    expect([index.size, index.get(1, 0), index.get(50_001, 0)]).toEqual([20_000, index.get(1, 0), -1]);
    index.set(...pair(5), 6);
    expect([index.size, index.get(...pair(5))]).toEqual([20_000, 6]);
  });
});

describe('bytes', () => {
  test("GPT-2's alphabet: what prints is itself, all others follow from U+0100 on", () => {
    const characters = byteCharacters();
    expect(new Set(characters).size).toBe(256);
    expect([characters[33], characters[126], characters[161], characters[255]]).toEqual(['!', '~', '¡', 'ÿ']);
    expect([characters[0], characters[32], characters[10], characters[127], characters[173]]).toEqual([
      'Ā',
      'Ġ',
      'Ċ',
      'ġ',
      'Ń',
    ]);
    expect(bytesOfToken('Ġé')).toEqual(Uint8Array.of(32, 0xe9));
    expect(bytesOfToken('Ġ中')).toBeUndefined();
  });

  test('UTF-8, and where each byte comes from', () => {
    for (const text of training) {
      const bytes = new Uint8Array(3 * text.length);
      const places = new Int32Array(3 * text.length);
      const length = writeUtf8(text, bytes, places);
      expect(bytes.slice(0, length)).toEqual(new TextEncoder().encode(text));
      const starts = [...text.matchAll(/./gsu)].map(({ index }) => index);
      expect([...new Set(places.subarray(0, length))]).toEqual(starts);
    }
  });

  test('halves of surrogate pairs become U+FFFD, in their places', () => {
    const tokenizer = trainBpe('abc', { merges: 0 });
    const { ids, starts, ends } = tokenizer.encodeWithOffsets('a\ud800b');
    expect(tokenizer.decode(ids)).toBe('a\ufffdb');
    expect([...starts]).toEqual([0, 1, 1, 1, 2]);
    expect([...ends]).toEqual([1, 2, 2, 2, 3]);
  });

  test('a token that stands for several bytes has the place of all characters that they are part of', () => {
    const vocabulary = new Vocabulary([...byteCharacters(), 'Ł©', 'ÃŁ', '©Ã']);
    // ß is C3 9F, é is C3 A9: the merged bytes are the end of one and the beginning of the next.
    const merges = [['©', 'Ã']] as const;
    const tokenizer = new BpeTokenizer(vocabulary, merges);
    const { ids, starts, ends } = tokenizer.encodeWithOffsets('xéßx');
    expect(tokenizer.decode(ids)).toBe('xéßx');
    expect([...starts]).toEqual([0, 1, 1, 2, 3]);
    expect([...ends]).toEqual([1, 2, 3, 3, 4]);
  });
});

describe('characters', () => {
  const letters = new Vocabulary(['<unk>', ' ', 'a', 'b', 'ab', ' ab'], { unk: '<unk>' });
  const merges = [
    ['a', 'b'],
    [' ', 'ab'],
  ] as const;

  test('unknown ones are unk, each by itself or all in a row as one', () => {
    const each = new BpeTokenizer(letters, merges, { level: 'characters' });
    expect([...each.encode('ab xy ab')]).toEqual([4, 1, 0, 0, 5]);
    const fused = new BpeTokenizer(letters, merges, { level: 'characters', fuseUnknown: true });
    const { ids, starts, ends } = fused.encodeWithOffsets('ab 🙂y ab');
    expect([...ids]).toEqual([4, 1, 0, 0, 5]);
    expect(fused.encodeWithOffsets('xyzab')).toEqual({
      ids: Int32Array.of(0, 4),
      starts: Int32Array.of(0, 3),
      ends: Int32Array.of(3, 5),
    });
    expect([...starts, ...ends]).toEqual([0, 2, 3, 5, 6, 2, 3, 5, 6, 9]);
    expect(fused.decode(ids)).toBe('ab \ufffd\ufffd ab');
  });

  test('unknown ones are an error where nothing stands for them', () => {
    const closed = new BpeTokenizer(new Vocabulary(['a', 'b', 'ab']), [['a', 'b']], { level: 'characters' });
    expect(() => closed.encode('ab\nc')).toThrow(
      "encode: '\uFFFD', in the word at 2, is made of none of the 3 tokens, and no token stands for unknown ones; train on text that has it, or with unk",
    );
  });

  test('bytes stand for unknown ones where all of them are tokens', () => {
    const vocabulary = new Vocabulary(['<unk>', '▁', 'a', '<0xC3>', '<0xA9>', '<0xE2>'], { unk: '<unk>' });
    const tokenizer = new BpeTokenizer(vocabulary, [], {
      level: 'characters',
      words: 'whole',
      blank: '▁',
      byteFallback: true,
    });
    const { ids, starts, ends } = tokenizer.encodeWithOffsets('a éa→');
    expect([...ids]).toEqual([2, 1, 3, 4, 2, 0]);
    expect([...starts]).toEqual([0, 1, 2, 2, 3, 4]);
    expect([...ends]).toEqual([1, 2, 3, 3, 4, 5]);
    expect(tokenizer.decode(ids.subarray(0, 5))).toBe('a éa');
    const stream = tokenizer.stream();
    expect([3, 4, 2, 3].map((id) => stream.push(id)).concat(stream.end())).toEqual(['', 'é', 'a', '', '\ufffd']);
  });

  test('a blank in front: never, of the text alone, behind special tokens, too', () => {
    const vocabulary = new Vocabulary(['<s>', '▁', 'a', '▁a'], { bos: '<s>' });
    const made = (prefix: 'never' | 'first' | 'always') =>
      new BpeTokenizer(vocabulary, [['▁', 'a']], { level: 'characters', words: 'blanks', blank: '▁', prefix });
    const encoded = (prefix: 'never' | 'first' | 'always', text: string) => [
      ...made(prefix).encode(text, { allowSpecial: true }),
    ];
    expect(encoded('never', 'a a<s>a')).toEqual([2, 3, 0, 2]);
    expect(encoded('first', 'a a<s>a')).toEqual([3, 3, 0, 2]);
    expect(encoded('always', 'a a<s>a')).toEqual([3, 3, 0, 3]);
    expect(encoded('first', '<s>a')).toEqual([0, 2]);
    expect(encoded('always', ' a  a')).toEqual([3, 1, 3]);
    expect(made('always').decode([3, 3])).toBe('a a');
    expect(made('never').decode([3, 3])).toBe(' a a');
    expect(made('always').decode([0, 3, 3], { keepSpecial: true })).toBe('<s> a a');
  });

  test('a word that is a token is one, where merges are ignored for that', () => {
    const merge = [['a', 'b']] as const;
    const vocabulary = new Vocabulary(['a', 'b', 'ab', 'aab']);
    const made = (ignoreMerges: boolean) => new BpeTokenizer(vocabulary, merge, { level: 'characters', ignoreMerges });
    expect([...made(false).encode('aab')]).toEqual([0, 2]);
    expect([...made(true).encode('aab')]).toEqual([3]);
    expect([...made(true).encode('aaab')]).toEqual([0, 0, 2]);
  });

  test('merging makes no special token of text', () => {
    const vocabulary = new Vocabulary(['a', 'b', 'ab'], { eos: 'ab' });
    const tokenizer = new BpeTokenizer(vocabulary, [['a', 'b']], { level: 'characters', ignoreMerges: true });
    expect([...tokenizer.encode('ab')]).toEqual([0, 1]);
    expect([...tokenizer.encode('ab', { allowSpecial: true })]).toEqual([2]);
  });
});

describe('added tokens', () => {
  const vocabulary = new Vocabulary(['<mask>', ' ', 'a', 'b', 'ab', '<x>', 'é'], { special: ['<mask>'] });
  const make = (added: readonly object[], normalizers: readonly object[] = []) =>
    new BpeTokenizer(vocabulary, [], { level: 'characters', added, normalizers } as never);

  test('are always found unless they are special', () => {
    const tokenizer = make([{ text: '<x>' }, { text: 'ab' }]);
    expect([...tokenizer.encode('a<x>ab')]).toEqual([2, 5, 4]);
    expect(() => tokenizer.encode('<mask>')).toThrow(ArgumentError);
    expect([...tokenizer.encode('a<mask>ab', { allowSpecial: true })]).toEqual([2, 0, 4]);
  });

  test('take blanks, or want a border', () => {
    const stripped = make([{ text: '<mask>', stripLeft: true, stripRight: true }]);
    expect(stripped.encodeWithOffsets('a  <mask> \n b', { allowSpecial: true })).toEqual({
      ids: Int32Array.of(2, 0, 3),
      starts: Int32Array.of(0, 1, 12),
      ends: Int32Array.of(1, 12, 13),
    });
    const whole = make([{ text: 'ab', singleWord: true }]);
    expect([...whole.encode('ab a ab bab aba')]).toEqual([4, 1, 2, 1, 4, 1, 3, 2, 3, 1, 2, 3, 2]);
  });

  test('are found in the normalised text where that is asked for', () => {
    const lower = [{ type: 'Lowercase' }];
    expect(() => make([{ text: '<x>' }], lower).encode('<X>')).toThrow(ArgumentError);
    const tokenizer = make([{ text: '<x>', normalized: true }], lower);
    expect(tokenizer.encodeWithOffsets('A<X>B')).toEqual({
      ids: Int32Array.of(2, 5, 3),
      starts: Int32Array.of(0, 1, 4),
      ends: Int32Array.of(1, 4, 5),
    });
  });
});

test('the tokens of common words are kept, and no more than so many', () => {
  const texts = [...training, ...training];
  const [kept, fresh, few] = [32768, 0, 3].map((cacheSize) => trainBpe(training, { merges: 200, cacheSize }));
  for (const text of texts) {
    expect(kept!.encodeWithOffsets(text)).toEqual(fresh!.encodeWithOffsets(text));
    expect(few!.encodeWithOffsets(text)).toEqual(fresh!.encodeWithOffsets(text));
  }
});

test('tokens that a model wants around a text', () => {
  const tokenizer = trainBpe('abc', { merges: 0, bos: '<s>', eos: '</s>', begin: ['<s>'], end: ['</s>', '</s>'] });
  const { bos, eos } = tokenizer.vocabulary;
  expect([...tokenizer.withEnds([7, 8])]).toEqual([bos, 7, 8, eos, eos]);
  expect(tokenizer.encode('a')).toHaveLength(1);
});

describe('bad input', () => {
  const vocabulary = new Vocabulary(['a', 'b', 'ab', ''], {});
  const cases: [merges: unknown, options: object, message: string][] = [
    [[['a', 'c']], {}, "BpeTokenizer: merge 0 is of 'a' and 'c', but 'c' is not one of the 4 tokens"],
    [[['a', 'a']], {}, "BpeTokenizer: merge 0 is of 'a' and 'a', but 'aa' is not one of the 4 tokens"],
    [
      [
        ['a', 'b'],
        ['', 'a'],
      ],
      {},
      "BpeTokenizer: merge 1 is of '' and 'a', but '' is not one of the 4 tokens",
    ],
    [
      [
        ['a', 'b'],
        ['a', 'b'],
      ],
      {},
      "BpeTokenizer: merge 1 is of 'a' and 'b', as is merge 0",
    ],
    [['a b'], {}, "BpeTokenizer: merge 0 is 'a b', needs two tokens"],
    [
      [],
      { words: 'gpt4' },
      "BpeTokenizer: words is 'gpt4', needs 'gpt2', 'llama3', 'qwen2', 'starcoder', 'blanks' or 'whole'",
    ],
    [
      [],
      { words: 'blanks' },
      "BpeTokenizer: words is 'blanks', which is for characters; use 'gpt2', or set level: 'characters'",
    ],
    [
      [],
      { level: 'characters', words: 'starcoder' },
      "BpeTokenizer: words is 'starcoder', which is for bytes; use 'gpt2', or set level: 'bytes'",
    ],
    [[], { level: 'characters', words: 'blanks', blank: '__' }, "BpeTokenizer: blank is '__', needs one character"],
    [
      [],
      { level: 'characters', blank: '_' },
      "BpeTokenizer: blank is '_', which does not go with level 'characters' and words 'gpt2'; leave it out, or use words: 'blanks' or 'whole'",
    ],
    [
      [],
      { byteFallback: true },
      "BpeTokenizer: byteFallback is true, which does not go with level 'bytes' and words 'gpt2'; leave it out, or set level: 'characters'",
    ],
    [[], { begin: ['<s>'] }, "BpeTokenizer: begin has '<s>', which is not one of the 4 tokens"],
    [[], { added: [{}] }, 'BpeTokenizer: added has undefined, which is not one of the 4 tokens'],
  ];
  test.each(cases)('%j %j', (merges, options, message) => {
    expect(() => new BpeTokenizer(vocabulary, merges as never, options)).toThrow(new ArgumentError(message));
  });
});
