// What holds for every tokenizer: places, streams, exact texts, special tokens, states. A new one joins by a line in the table.

import { Generator } from '@dl/autograd';
import { describe, expect, test } from 'vitest';
import { randomText, randomUnits } from '../../test/random-text.js';
import {
  ByteTokenizer,
  type SpecialTokens,
  type Tokenizer,
  type TokenizerState,
  tokenizerFromState,
  trainBpe,
  trainCharacters,
  trainWords,
  WordTokenizer,
} from '../index.js';

interface Row {
  readonly name: string;
  /** A tokenizer that knows all of these texts, with these special tokens. */
  make(texts: readonly string[], special: SpecialTokens): Tokenizer;
  /** Whether texts come back exactly, if they have no half of a surrogate pair. */
  readonly exact?: boolean;
  /** Whether texts with halves of surrogate pairs come back, too. */
  readonly exactHalves?: boolean;
  /** What tokens say of their place in the text. */
  readonly said?: (slice: string) => string;
  /** The tokenizer of a state, where it is not `tokenizerFromState` alone that makes it. */
  readonly read?: (state: TokenizerState) => Tokenizer;
}

const lower = (slice: string): string => slice.toLowerCase();
const platformWords = (text: string): string[] =>
  [...new Intl.Segmenter('und', { granularity: 'word' }).segment(text)]
    .filter(({ isWordLike }) => isWordLike)
    .map(({ segment }) => segment);

const rows: readonly Row[] = [
  { name: 'bytes', make: (_, { bos, eos, pad }) => new ByteTokenizer({ bos, eos, pad } as object), exact: true },
  { name: 'characters', make: trainCharacters, exact: true, exactHalves: true },
  {
    name: 'code points',
    make: (texts, special) => trainCharacters(texts, { ...special, unit: 'codePoints' }),
    exact: true,
    exactHalves: true,
  },
  {
    name: 'characters, rare ones unknown',
    make: (texts, special) => trainCharacters(texts, { ...special, minCount: 5 }),
  },
  { name: 'words', make: trainWords },
  {
    name: 'words in lower case',
    make: (texts, special) => trainWords(texts, { ...special, lowerCase: true }),
    said: lower,
  },
  {
    name: 'words and blanks',
    make: (texts, special) => trainWords(texts, { ...special, keepBlanks: true }),
    exact: true,
    exactHalves: true,
  },
  { name: 'between white space', make: (texts, special) => trainWords(texts, { ...special, split: 'whitespace' }) },
  {
    name: 'words of a function, and what is between them',
    make: (texts, special) => trainWords(texts, { ...special, split: platformWords, keepBlanks: true }),
    exact: true,
    exactHalves: true,
    read: (state) => WordTokenizer.fromState(state, { split: platformWords }),
  },
  { name: 'byte-pair encoding', make: (texts, special) => trainBpe(texts, { ...special, merges: 300 }), exact: true },
  {
    name: "byte-pair encoding of Llama 3's words",
    make: (texts, special) => trainBpe(texts, { ...special, merges: 300, words: 'llama3' }),
    exact: true,
  },
  {
    name: 'byte-pair encoding of characters',
    make: (texts, special) => trainBpe(texts, { ...special, merges: 300, level: 'characters' }),
    exact: true,
  },
  {
    name: 'byte-pair encoding of the whole text, rare characters unknown',
    make: (texts, special) =>
      trainBpe(texts, { ...special, merges: 300, level: 'characters', words: 'whole', maxCharacters: 50 }),
  },
];

const special = { unk: '<unk>', bos: '<s>', eos: '</s>', pad: '<pad>' };
const random = new Generator(5);
const texts = [
  ...[
    '',
    'a',
    ' ',
    'To be, or not to be: "that" is the question.',
    'a<s>b</s><pad>c<unk>',
    '\ufeffa\ufeff',
    '👩‍👩‍👧‍👦🇩🇪é',
  ],
  ...Array.from({ length: 150 }, () => randomText(random, random.integer(1, 40))),
];
const halves = Array.from({ length: 50 }, () => randomUnits(random, random.integer(1, 30)));

const decodedPieces = (tokenizer: Tokenizer, ids: ArrayLike<number>, options = {}): string[] => {
  const stream = tokenizer.stream(options);
  return [...Array.from(ids, (id) => stream.push(id)), stream.end()];
};

describe.each(rows)('$name', ({ make, exact = false, exactHalves = false, said = (slice) => slice, read }) => {
  const tokenizer = make([...texts, ...halves], special);
  const { vocabulary } = tokenizer;

  test('tokens stand in order, and say what stands at their place', () => {
    for (const text of texts) {
      const { ids, starts, ends } = tokenizer.encodeWithOffsets(text);
      expect(ids).toEqual(tokenizer.encode(text));
      const wrong: unknown[] = [];
      let covered = 0;
      for (let i = 0, next = 0; i < ids.length; i = next) {
        const start = starts[i]!;
        let end = ends[i]!;
        // Tokens that share characters say something together.
        for (next = i + 1; next < ids.length && starts[next]! < end; next++) {
          if (starts[next]! < starts[next - 1]! || ends[next]! < end) wrong.push([i, next]);
          end = ends[next]!;
        }
        if (!(covered <= start && start <= end && end <= text.length)) wrong.push([i, start, end]);
        if (exact && start !== covered) wrong.push([i, covered, start]);
        covered = end;
        const group = ids.subarray(i, next);
        if (group.includes(vocabulary.unk ?? -1)) continue;
        const [came, stands] = [tokenizer.decode(group), said(text.slice(start, end))];
        if (came !== stands) wrong.push([i, came, stands]);
      }
      if (exact && covered !== text.length) wrong.push(['end', covered]);
      expect(wrong, JSON.stringify(text)).toEqual([]);
    }
  });

  test('a stream gives what decode gives, and never a part of a character', () => {
    for (const text of texts) {
      const ids = tokenizer.encode(text);
      const pieces = decodedPieces(tokenizer, ids);
      expect(pieces.join('')).toBe(tokenizer.decode(ids));
      if (exact && !text.includes('\ufffd'))
        expect(pieces.filter((piece) => /[\p{Surrogate}\ufffd]/u.test(piece))).toEqual([]);
    }
  });

  test('any tokens become text, with and without special ones', () => {
    for (let trial = 0; trial < 100; trial++) {
      const ids = Array.from({ length: random.integer(0, 40) }, () => random.integer(0, vocabulary.size));
      for (const options of [{}, { keepSpecial: true }]) {
        expect(decodedPieces(tokenizer, ids, options).join('')).toBe(tokenizer.decode(ids, options));
      }
    }
  });

  test('special tokens are written only where that is asked for', () => {
    const ids = [vocabulary.bos!, ...tokenizer.encode('a'), vocabulary.pad!, vocabulary.eos!];
    expect(tokenizer.decode(ids)).toBe('a');
    expect(tokenizer.decode(ids, { keepSpecial: true })).toBe('<s>a<pad></s>');
  });

  test('text that reads as a special token is text, unless allowed', () => {
    const text = 'a<s>b</s><pad>c<unk>';
    const isToken = (id: number): boolean => vocabulary.isSpecial(id) && id !== vocabulary.unk;
    expect([...tokenizer.encode(text)].filter(isToken)).toEqual([]);
    const { ids, starts, ends } = tokenizer.encodeWithOffsets(text, { allowSpecial: true });
    const found = [...ids].flatMap((id, i) => (isToken(id) ? [[id, starts[i], ends[i]]] : []));
    expect(found).toEqual([
      [vocabulary.bos, 1, 4],
      [vocabulary.eos, 5, 9],
      [vocabulary.pad, 9, 14],
    ]);
  });

  test('nothing is nothing', () => {
    expect(tokenizer.encode('')).toEqual(new Int32Array(0));
    expect(tokenizer.encodeWithOffsets('').starts).toHaveLength(0);
    expect(tokenizer.decode([])).toBe('');
    expect(tokenizer.stream().end()).toBe('');
  });

  test('its state makes it again', () => {
    const state = JSON.parse(JSON.stringify(tokenizer.state())) as TokenizerState;
    const again = (read ?? tokenizerFromState)(state);
    expect(again).toBeInstanceOf(tokenizer.constructor);
    expect(again.state()).toEqual(tokenizer.state());
    expect(again.vocabulary.tokens).toEqual(vocabulary.tokens);
    expect(again.vocabulary.specialIds).toEqual(vocabulary.specialIds);
    for (const text of [...texts.slice(0, 40), ...halves.slice(0, 10)]) {
      expect(again.encodeWithOffsets(text)).toEqual(tokenizer.encodeWithOffsets(text));
      const ids = tokenizer.encode(text);
      expect(again.decode(ids)).toBe(tokenizer.decode(ids));
    }
  });

  test.runIf(exact)('texts come back exactly', () => {
    for (const text of texts) expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });

  test.runIf(exactHalves)('texts with halves of surrogate pairs come back exactly', () => {
    for (const text of halves) expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });
});
