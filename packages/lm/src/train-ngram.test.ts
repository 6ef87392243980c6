// trainNgram: what is counted is what a program would count by itself, and every smoothing has a name.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as lm from './index.js';
import { NgramCounts } from './ngram/counts.js';
import { type SmoothingName, smoothings } from './ngram/smoothing/by-name.js';
import { kneserNey, modifiedKneserNey } from './ngram/smoothing/kneser-ney.js';
import { wittenBell } from './ngram/smoothing/witten-bell.js';
import { ByteTokenizer } from './tokens/byte-tokenizer.js';
import { trainCharacters } from './tokens/character-tokenizer.js';
import { trainWords } from './tokens/word-tokenizer.js';
import { trainNgram } from './train-ngram.js';

const words = 'the cat sat on the mat and the dog sat on the log while the cat and the dog ran and ran';
const text = `${words}. ${words.split(' ').reverse().join(' ')}!`.repeat(12);
const names = Array.from(
  { length: 40 },
  (_, i) => ['anna', 'hannah', 'joanna', 'johanna', 'nan', 'jo', 'ann'][(i * i) % 7]! + 'aeiou'[i % 5]!,
);

describe('the same as by hand', () => {
  test('one text: characters, without ends', async () => {
    const found = trainNgram(text);
    const tokenizer = trainCharacters(text, { unk: '<unk>' });
    expect(found.tokenizer.state()).toEqual(tokenizer.state());
    const counts = new NgramCounts(tokenizer.vocabulary, { order: 5 }).add(tokenizer.encode(text));
    expect(counts.padding).toBe('none');
    expect(found.model.arrays()).toEqual(modifiedKneserNey(counts).arrays());
    expect(found.model.info.smoothing).toBe(modifiedKneserNey(counts).info.smoothing);
  });

  test('several: with ends', () => {
    const found = trainNgram(names, { order: 2, smoothing: 'wittenBell' });
    const tokenizer = trainCharacters(names, { unk: '<unk>', bos: '<s>', eos: '</s>' });
    const counts = new NgramCounts(tokenizer.vocabulary, { order: 2, padding: 'ends' });
    for (const name of names) counts.add(tokenizer.encode(name));
    expect(found.model.arrays()).toEqual(wittenBell(counts).arrays());
    expect(found.model.order).toBe(2);
  });

  test('words, those that come rarely unknown; a smoothing with options', () => {
    const found = trainNgram(text, {
      tokenizer: 'words',
      minCount: 30,
      smoothing: (counts) => kneserNey(counts, { discount: 0.4 }),
    });
    const tokenizer = trainWords(text, { unk: '<unk>', minCount: 30 });
    expect(found.tokenizer.vocabulary.tokens).toEqual(tokenizer.vocabulary.tokens);
    const counts = new NgramCounts(tokenizer.vocabulary, { order: 3 }).add(tokenizer.encode(text));
    expect(found.model.arrays()).toEqual(kneserNey(counts, { discount: 0.4 }).arrays());
  });

  test('bytes, and a tokenizer of the caller', () => {
    const bytes = trainNgram(names, { tokenizer: 'bytes', order: 2 });
    expect(bytes.tokenizer).toBeInstanceOf(ByteTokenizer);
    expect(bytes.model.info.padding).toBe('ends');
    const tokenizer = trainCharacters(text, { unk: '?' });
    const own = trainNgram(text, { tokenizer, order: 2 });
    expect(own.tokenizer).toBe(tokenizer);
    expect(own.model.order).toBe(2);
    // Without tokens for begin and end there are none.
    expect(trainNgram(names, { tokenizer, order: 2 }).model.info.padding).toBe('none');
  });

  test('an iterator is read once', () => {
    function* some(): Generator<string> {
      yield* names;
    }
    expect(trainNgram(some(), { order: 2 }).model.arrays()).toEqual(trainNgram(names, { order: 2 }).model.arrays());
  });
});

test('every smoothing of the package has a name', () => {
  const index = readFileSync(new URL('./index.ts', import.meta.url), 'utf8');
  const lines = index.matchAll(/export \{([^}]*)\} from '.\/ngram\/smoothing\/(?!arguments|by-name)/g);
  const names = [...lines]
    .flatMap(([, list]) => list!.split(',').map((each) => each.trim()))
    .filter((name) => /^(?!type )[a-z]/.test(name));
  expect(names.sort()).toEqual(Object.keys(smoothings).sort());
  for (const name of names) expect(typeof (lm as Readonly<Record<string, unknown>>)[name]).toBe('function');
});

test.each(Object.keys(smoothings) as SmoothingName[])('%s, by name', async (smoothing) => {
  for (const given of [text, names]) {
    const { model } = trainNgram(given, { order: 3, smoothing });
    expect(model.order).toBe(3);
    if (model.info.isDistribution) {
      const sum = model.distribution([]).reduce((all, each) => all + Math.exp(each), 0);
      expect(sum).toBeCloseTo(1, 9);
    }
  }
});

test('jelinekMercer holds a tenth out: every tenth text, and of one text a hundred of each thousand tokens', () => {
  const held = (model: lm.NgramModel): number => (model.info.details['heldOut'] as { readonly tokens: number }).tokens;
  const list = trainNgram(names, { order: 2, smoothing: 'jelinekMercer' });
  // The 2nd, the 12th, the 22nd and the 32nd, each with its end.
  expect(held(list.model)).toBe([1, 11, 21, 31].reduce((sum, i) => sum + names[i]!.length + 1, 0));
  const book = trainNgram(text, { order: 2, smoothing: 'jelinekMercer' });
  expect(held(book.model)).toBe(
    100 * Math.floor(text.length / 1000) + Math.min(100, Math.max(0, (text.length % 1000) - 100)),
  );
});

test.each([
  [
    () => trainNgram(text.slice(0, 100), { smoothing: 'jelinekMercer' }),
    'trainNgram: jelinekMercer finds its weights by a tenth of the text, which needs more than 100 tokens, or two texts',
  ],
  [() => trainNgram(['anna'], { smoothing: 'jelinekMercer' }), 'trainNgram: jelinekMercer finds its weights'],
  [
    () => trainNgram('abc', { tokenizer: 'bytes', minCount: 2 }),
    'trainNgram: minCount is 2, but the tokenizer is one of bytes; it is for characters and words',
  ],
  [
    () => trainNgram('abc', { tokenizer: trainCharacters('abc'), minCount: 1 }),
    'trainNgram: minCount is 1, but the tokenizer is there already',
  ],
  [
    () => trainNgram(names, { tokenizer: new ByteTokenizer({ eos: '</s>' }) }),
    'trainNgram: the vocabulary of the tokenizer has eos, but no bos; several texts are counted with both or none: give it bos, too, or all texts as one',
  ],
  [() => trainNgram(names, { tokenizer: new ByteTokenizer({ bos: '<s>' }) }), 'has bos, but no eos'],
  [() => trainNgram(''), 'trainNgram: '],
  [() => trainNgram([]), 'trainNgram: '],
  [() => trainNgram(1 as never), 'trainNgram: text is 1, needs a string or an iterable of strings'],
  [() => trainNgram(['a', 1] as never), 'trainNgram: text[1] is 1, needs a string'],
  [() => trainNgram('abc', { order: 0 }), 'trainNgram: order is 0, needs a whole number of at least 1'],
  [() => trainNgram('abc', { minCount: 0 }), 'trainNgram: minCount is 0, needs a whole number of at least 1'],
  [() => trainNgram('abc', { minCount: 5 }), 'trainNgram: nothing came 5 times or more'],
  [
    () => trainNgram('abc', { smoothing: 'ney' as never }),
    "trainNgram: smoothing is 'ney', needs one of maximumLikelihood, laplace,",
  ],
  [() => trainNgram('abc', { smoothing: 'toString' as never }), "trainNgram: smoothing is 'toString', needs one of"],
  [
    () => trainNgram('abc', { tokenizer: 'letters' as never }),
    "trainNgram: tokenizer is 'letters', needs 'characters', 'words', 'bytes' or a Tokenizer",
  ],
])('bad input %#', (call, message) => {
  expect(call).toThrow(message);
});
