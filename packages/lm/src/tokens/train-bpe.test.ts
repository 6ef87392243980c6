// trainBpe: the definition, by counting all pairs again for each merge; ties, limits, special tokens. Hugging Face's trainer: read-tokenizer.golden.test.ts.

import { ArgumentError, Generator } from '@dl/autograd';
import { describe, expect, test } from 'vitest';
import { randomText } from '../../test/random-text.js';
import { trainBpe } from '../index.js';

type Merge = readonly [string, string];

/** Counts all pairs of all words again for each merge. */
function learnedByCounting(words: readonly string[], merges: number, minCount: number): Merge[] {
  const split = words.map((word) => [...word]);
  const ids = new Map(
    [...new Set(split.flat())].sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!).map((token, id) => [token, id]),
  );
  const learned: Merge[] = [];
  while (learned.length < merges) {
    const counts = new Map<string, { pair: Merge; count: number }>();
    for (const word of split) {
      for (let i = 0; i + 1 < word.length; i++) {
        const pair = [word[i]!, word[i + 1]!] as const;
        const key = JSON.stringify(pair);
        counts.set(key, { pair, count: (counts.get(key)?.count ?? 0) + 1 });
      }
    }
    const order = ({ pair: [a, b] }: { pair: Merge }) => [ids.get(a)!, ids.get(b)!] as const;
    const best = [...counts.values()].sort(
      (x, y) => y.count - x.count || order(x)[0] - order(y)[0] || order(x)[1] - order(y)[1],
    )[0];
    if (best === undefined || best.count < minCount) break;
    const [a, b] = best.pair;
    const token = a + b;
    if (!ids.has(token)) ids.set(token, ids.size);
    const key = JSON.stringify(best.pair);
    const former = learned.findIndex((merge) => JSON.stringify(merge) === key);
    if (former >= 0) learned.splice(former, 1);
    learned.push(best.pair);
    for (const word of split) {
      for (let i = 0; i + 1 < word.length; i++) if (word[i] === a && word[i + 1] === b) word.splice(i, 2, token);
    }
  }
  return learned;
}

const random = new Generator(8);

describe('merges are those of counting again for each of them', () => {
  const cases: [name: string, texts: string[]][] = [
    [
      'few letters, many ties',
      Array.from({ length: 60 }, () => Array.from({ length: 8 }, () => 'ab c'[random.integer(0, 4)]).join('')),
    ],
    ['one letter', ['aaaa aaa aa aaaaaaaaa', 'a'.repeat(37)]],
    ['random texts', Array.from({ length: 40 }, () => randomText(random, 30))],
    ['English', ['the cat sat on the mat; the rat sat on that cat, and that was that. '.repeat(3)]],
  ];
  test.each(cases)('%s', (_, texts) => {
    for (const minCount of [1, 2, 5]) {
      const tokenizer = trainBpe(texts, { level: 'characters', merges: 80, minCount });
      const words = texts.flatMap((text) => tokenizer.words(text));
      expect(tokenizer.merges).toEqual(learnedByCounting(words, 80, minCount));
    }
  });

  test('bytes, which have tokens for all 256', () => {
    const texts = ['żółw żółty żółw', 'naïve café 🙂🙂'];
    const { merges, vocabulary } = trainBpe(texts, { merges: 10 });
    expect(vocabulary.tokens.slice(0, 256)).toEqual([...vocabulary.tokens.slice(0, 256)].sort());
    expect(vocabulary.size).toBe(256 + merges.length);
    // Five pairs of bytes come three times; B3 is the smallest of their first ones.
    expect(merges[0]).toEqual(['³', 'Å']);
  });
});

describe('limits', () => {
  const text = 'low low low low low lower lower newest newest newest newest newest newest widest widest widest';

  test('merges, tokens and counts', () => {
    expect(trainBpe(text, { merges: 5 }).merges).toHaveLength(5);
    expect(trainBpe(text, { maxSize: 260 }).vocabulary.size).toBe(260);
    expect(trainBpe(text, { merges: 2, maxSize: 300 }).merges).toHaveLength(2);
    expect(trainBpe(text, { merges: 0 }).merges).toEqual([]);
    expect(trainBpe(text, { minCount: 100 }).merges).toEqual([]);
    expect(trainBpe('ab ab', { minCount: 3 }).merges).toEqual([]);
    expect(trainBpe('ab', { minCount: 1 }).merges).toEqual([['a', 'b']]);
  });

  test('only the most frequent characters, others are unknown', () => {
    const tokenizer = trainBpe('aaa bbb cc d', { level: 'characters', maxCharacters: 3, unk: '<unk>', merges: 0 });
    expect(tokenizer.vocabulary.tokens).toEqual(['<unk>', ' ', 'a', 'b']);
    expect([...tokenizer.encode('abc')]).toEqual([2, 3, 0]);
  });

  test('nothing is merged over what has no token', () => {
    const { merges } = trainBpe('axb axb axb aaa bbb', {
      level: 'characters',
      maxCharacters: 3,
      unk: '<unk>',
      minCount: 1,
    });
    expect(merges.flat().join('')).not.toContain('x');
    expect(merges).not.toContainEqual(['a', 'b']);
  });
});

test('special tokens come first, and no text becomes one', () => {
  const tokenizer = trainBpe('ab ab ab <s> <s> <s>', {
    unk: '<unk>',
    bos: '<s>',
    pad: '<pad>',
    special: ['ab', '<unk>'],
    merges: 50,
    minCount: 1,
  });
  const { tokens, specialIds } = tokenizer.vocabulary;
  expect(tokens.slice(0, 5)).toEqual(['<unk>', '<s>', '<pad>', 'ab', '!']);
  expect([...specialIds]).toEqual([0, 1, 2, 3]);
  expect([...tokenizer.encode('ab <s>')].filter((id) => id < 4)).toEqual([]);
  expect(tokenizer.decode(tokenizer.encode('ab <s>'))).toBe('ab <s>');
});

test('texts are normalised as they will be, and words may begin at blanks', () => {
  const tokenizer = trainBpe(['Ab aB AB', 'ab'], {
    level: 'characters',
    words: 'blanks',
    blank: '▁',
    prefix: 'always',
    normalizers: [{ type: 'Lowercase' }],
    merges: 2,
  });
  expect(tokenizer.words('AB c')).toEqual(['▁ab', '▁c']);
  expect(tokenizer.merges).toEqual([
    ['a', 'b'],
    ['▁', 'ab'],
  ]);
  expect(tokenizer.decode(tokenizer.encode('AB ab'))).toBe('ab ab');
});

test('one text and its parts give the same, from any iterable', () => {
  const parts = ['one two ', 'three two'];
  function* each() {
    yield* parts;
  }
  expect(trainBpe(each(), { merges: 9 }).merges).toEqual(trainBpe(parts, { merges: 9 }).merges);
  expect(trainBpe(new Set(parts), { merges: 9 }).merges).toEqual(trainBpe(parts, { merges: 9 }).merges);
});

describe('bad input', () => {
  const cases: [text: unknown, options: object, message: string][] = [
    ['', {}, 'trainBpe: got no text, needs some to learn from'],
    [[], {}, 'trainBpe: got no text, needs some to learn from'],
    [5, {}, 'trainBpe: text is 5, needs a string or an iterable of strings'],
    [['a', 5], {}, 'trainBpe: text[1] is 5, needs a string'],
    ['a', { merges: -1 }, 'merges'],
    ['a', { minCount: 0 }, 'minCount'],
    ['a', { maxSize: 255 }, 'maxSize'],
    ['a', { maxCharacters: 5 }, "trainBpe: maxCharacters is for characters; leave it out, or set level: 'characters'"],
    ['a', { vocabularySize: 5 }, 'trainBpe: there is no option vocabularySize'],
  ];
  test.each(cases)('%j %j', (text, options, message) => {
    expect(() => trainBpe(text as never, options)).toThrow(ArgumentError);
    expect(() => trainBpe(text as never, options)).toThrow(message);
  });
});
