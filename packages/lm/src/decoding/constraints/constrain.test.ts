// constrain: which tokens may come, for tokens that are characters, bytes, parts of both, and words; searches under constraints.

import { Generator } from '@dl/autograd';
import { functionModel, type StepModel } from '@dl/layers';
import { describe, expect, test } from 'vitest';
import { logSoftmax, randomFunction } from '../../../test/every-sequence.js';
import { GivenBytes, GivenTokens } from '../../../test/small-tokenizers.js';
import {
  type Adjustment,
  ByteTokenizer,
  beamSearch,
  constrain,
  generateText,
  grammar,
  type Pattern,
  regularExpression,
  sampleSequences,
  type Tokenizer,
  trainBpe,
  trainCharacters,
  trainWords,
} from '../../index.js';

/** The tokens that an adjustment leaves behind others. */
function left(adjustment: Adjustment, size: number, tokens: readonly number[]): number[] {
  const sequence = { prompt: [], tokens };
  const scores = new Float64Array(size);
  adjustment.apply(scores, sequence, adjustment.begin!(sequence));
  return Array.from(scores.keys()).filter((id) => scores[id] === 0);
}

const utf8 = new TextEncoder();
/** Characters of one to four bytes. */
const characters = ['a', 'b', 'é', 'è', '€', '₭', '😀', '😁'];

/** Whether bytes may begin what fits, by trying all characters behind what is whole. */
function mayBegin(pattern: Pattern, bytes: readonly number[]): boolean {
  let whole = bytes.length;
  while (whole > 0 && (bytes[whole - 1]! & 0xc0) === 0x80) whole--;
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const tried = (end: number): string | undefined => {
    try {
      return text.decode(Uint8Array.from(bytes.slice(0, end)));
    } catch {
      return undefined;
    }
  };
  const all = tried(bytes.length);
  if (all !== undefined) return pattern.canBegin(all);
  const before = tried(whole - 1);
  if (whole === 0 || before === undefined) return false;
  const part = bytes.slice(whole - 1);
  return characters.some(
    (character) => part.every((byte, i) => utf8.encode(character)[i] === byte) && pattern.canBegin(before + character),
  );
}

const patterns: readonly Pattern[] = [
  regularExpression(/(a|é)*(€b?|😀)+/),
  regularExpression(/[bè€₭😀]{1,3}|a[é€]{2}|ba*/u),
  grammar('root ::= "a" root "é" | "😀" | "" | [b€] root'),
];

describe('behind a prompt', () => {
  const tokenizer = trainWords('the cat sat', { eos: '</s>' });
  const { size } = tokenizer.vocabulary;
  const [the, cat, sat, end] = ['the', 'cat', 'sat', '</s>'].map((token) => tokenizer.vocabulary.id(token)) as [
    number,
    number,
    number,
    number,
  ];
  const model = functionModel(size, () => new Array<number>(size).fill(-Math.log(size)), { context: 0 });
  const behind = (pattern: RegExp, prompt: readonly number[], tokens: readonly number[] = []): number[] => {
    const adjustment = constrain(pattern, tokenizer);
    const state = adjustment.begin!({ prompt, tokens });
    const scores = new Float64Array(size);
    adjustment.apply(scores, { prompt, tokens }, state);
    return Array.from(scores.keys()).filter((id) => scores[id] === 0);
  };

  test('words are written as behind it, with the blank that parts them', () => {
    expect(behind(/cat sat/, [])).toEqual([cat]);
    expect(behind(/cat sat/, [the])).toEqual([]);
    expect(behind(/ cat sat/, [the])).toEqual([cat]);
    expect(behind(/ ?cat sat/, [the], [cat])).toEqual([sat]);
    // What is special writes nothing, so that the text is still at its begin.
    expect(behind(/cat sat/, [end])).toEqual([cat]);
  });

  test('the text that generateText gives fits', async () => {
    const adjustments = [constrain(/ cat( sat){2}/, tokenizer)];
    const { text, reason } = await generateText({ model, tokenizer }, { prompt: 'the', adjustments });
    expect([text, reason]).toEqual([' cat sat sat', 'end']);
    const bare = await generateText({ model, tokenizer }, { adjustments: [constrain(/cat( sat){2}/, tokenizer)] });
    expect(bare.text).toBe('cat sat sat');
  });
});

describe('tokens that are parts of characters, whole ones, and several', () => {
  const bytes = [...new Set(characters.flatMap((character) => [...utf8.encode(character)]))].map((byte) => [byte]);
  const several = ['ab', 'éa', '€€', 'a😀b', 'bb'].map((text) => [...utf8.encode(text)]);
  const across = [[0x82], [0xac, 0x61], [0xa9, 0xc3], [0x9f, 0x98], [0xff], [0x61, 0xe2], [0xc3, 0xc3]];
  const pieces = [...bytes, ...several, ...across].filter(
    (piece, i, all) => all.findIndex((other) => `${other}` === `${piece}`) === i,
  );
  const tokenizer = new GivenBytes(pieces);
  const size = pieces.length + 1;

  test.each(patterns.map((pattern): [string, Pattern] => [pattern.name, pattern]))(
    '%s: as by trying them all',
    (_, pattern) => {
      const adjustment = constrain(pattern, tokenizer);
      const generator = new Generator(5);
      for (let walk = 0; walk < 40; walk++) {
        const tokens: number[] = [];
        for (let length = 0; length < 7; length++) {
          const before = tokens.flatMap((token) => pieces[token - 1]!);
          const wanted = pieces.flatMap((piece, i) => (mayBegin(pattern, [...before, ...piece]) ? [i + 1] : []));
          const text = tokenizer.decode(tokens);
          // A part of a character is none.
          const isWhole = !text.includes('\uFFFD') && pattern.fits(text);
          const found = left(adjustment, size, tokens);
          expect(found).toEqual(isWhole ? [0, ...wanted] : wanted);
          if (wanted.length === 0) break;
          tokens.push(wanted[generator.integer(0, wanted.length)]!);
        }
      }
    },
  );
});

describe('words joined by blanks', () => {
  const words = ['the', 'cat', 'cats', 'sat', 'th', ',', 'e'];
  const tokenizer = new GivenTokens(words, { blanks: true });

  test('the blank is part of what is behind the first word', () => {
    const adjustment = constrain(/the cats?( sat)*/, tokenizer);
    const names = (tokens: readonly number[]): string[] =>
      left(adjustment, 8, tokens).map((id) => tokenizer.vocabulary.token(id));
    expect(names([])).toEqual(['the']);
    expect(names([1])).toEqual(['cat', 'cats']);
    expect(names([1, 2])).toEqual(['</s>', 'sat']);
    expect(names([1, 2, 4])).toEqual(['</s>', 'sat']);
  });

  test('what does not fit any more leaves nothing', () => {
    expect(left(constrain(/the cat/, tokenizer), 8, [3])).toEqual([]);
  });
});

describe('every kind of tokenizer: what is allowed is what decode makes of it', () => {
  const text = 'He said: "No (or yes)!" The price, $5 and 東京駅 – well-known/true. "Yes" ... don\'t';
  const options = { eos: '</s>', unk: '<unk>' };
  const kinds: Readonly<Record<string, () => Tokenizer>> = {
    characters: () => trainCharacters(text, options),
    bytes: () => new ByteTokenizer({ eos: '</s>' }),
    'words and marks': () => trainWords(text, options),
    'words with their blanks': () => trainWords(text, { ...options, keepBlanks: true }),
    'words between white space': () => trainWords(text, { ...options, split: 'whitespace' }),
    'byte pairs': () => trainBpe(text.repeat(4), { eos: '</s>', merges: 40 }),
  };

  test.each(Object.entries(kinds))('%s', (_, make) => {
    const tokenizer = make();
    const { eos, size: tokens } = tokenizer.vocabulary;
    // Anything of these characters, so that all that matters is where blanks stand: never two, none at the ends.
    const pattern = regularExpression('[^ ]+( [^ ]+)*');
    const adjustment = constrain(pattern, tokenizer, { end: eos! });
    const generator = new Generator(8);
    for (let walk = 0; walk < 12; walk++) {
      const said: number[] = [];
      for (let length = 0; length < 12; length++) {
        const allowed = left(adjustment, tokens, said);
        const whole = tokenizer.decode(said);
        if (!whole.includes('\uFFFD')) expect([whole, allowed.includes(eos!)]).toEqual([whole, pattern.fits(whole)]);
        for (const id of Array.from({ length: tokens }, (_, i) => i).filter((each) => each % 7 === walk % 7)) {
          if (tokenizer.vocabulary.isSpecial(id)) continue;
          const next = tokenizer.decode([...said, id]);
          // Parts of characters are another test's.
          if (!next.includes('\uFFFD')) expect([next, allowed.includes(id)]).toEqual([next, pattern.canBegin(next)]);
        }
        const onward = allowed.filter((id) => id !== eos);
        if (onward.length === 0) break;
        said.push(onward[generator.integer(0, onward.length)]!);
      }
    }
  });

  test('a sentence in quotation marks, of words', async () => {
    const tokenizer = trainWords(text, options);
    const { size: tokens, eos } = tokenizer.vocabulary;
    const adjustment = constrain(/He said: "(Yes|No)( and (Yes|No))?!"/, tokenizer);
    const [found] = await beamSearch(randomFunction(tokens, 1), {
      ...{ beams: 6, nBest: 6, end: eos!, maxLength: 20, adjustments: [adjustment] },
    });
    expect(found!.map(({ tokens: each }) => tokenizer.decode(each)).sort()).toEqual(
      ['No and No', 'No and Yes', 'No', 'Yes and No', 'Yes and Yes', 'Yes'].map((each) => `He said: "${each}!"`),
    );
  });
});

const letters = new GivenTokens([...'abcdefghijklmnopqrstuvwxyz0123456789-{}":, ']);
const size = letters.vocabularySize;

/** Text of each that ended. */
async function beams(model: StepModel, adjustment: Adjustment, tokenizer: Tokenizer = letters): Promise<string[]> {
  const [found] = await beamSearch(model, { beams: 8, nBest: 8, end: 0, maxLength: 60, adjustments: [adjustment] });
  return found!.map(({ tokens, end }) => `${tokenizer.decode(tokens)}${end === undefined ? '…' : ''}`);
}

describe('a cookbook', () => {
  const model = randomFunction(size, 3);

  test('a date', async () => {
    const date = /20\d\d-(0[1-9]|1[0-2])-([0-2]\d|3[01])/;
    const found = await beams(model, constrain(date, letters));
    expect(found).toHaveLength(8);
    for (const text of found) expect(text).toMatch(new RegExp(`^${date.source}$`));
  });

  test('an object of fixed keys', async () => {
    const object = grammar(`
      root ::= "{" "\\"name\\": " string ", \\"age\\": " number "}"
      string ::= "\\"" [a-z]{1,8} "\\""
      number ::= [1-9] [0-9]?
    `);
    const found = await beams(model, constrain(object, letters));
    expect(found).toHaveLength(8);
    for (const text of found) {
      const { name, age } = JSON.parse(text) as { readonly name: string; readonly age: number };
      expect([/^[a-z]{1,8}$/.test(name), age >= 1 && age < 100]).toEqual([true, true]);
    }
  });

  test('one word of a list, the most probable one', async () => {
    const found = await beams(model, constrain(/yes|no|maybe/, letters));
    expect([...found].sort()).toEqual(['maybe', 'no', 'yes']);
    const [drawn] = await sampleSequences(model, {
      ...{
        count: 5,
        end: 0,
        maxLength: 20,
        generator: new Generator(1),
        adjustments: [constrain(/yes|no|maybe/, letters)],
      },
    });
    expect(drawn!.map(({ tokens }) => letters.decode(tokens)).sort()).toEqual(['maybe', 'no', 'yes']);
  });
});

test('a step costs what the pattern lets through, not the whole vocabulary', () => {
  const generator = new Generator(2);
  const word = (): string =>
    Array.from({ length: 3 + generator.integer(0, 6) }, () => 'abcdefgh'[generator.integer(0, 8)]).join('');
  const tokenizer = new GivenTokens([...new Set(Array.from({ length: 20_000 }, word))]);
  const pattern = regularExpression(/(ab|ba)*x?/);
  let steps = 0;
  // All states of a pattern are of one class.
  const prototype = Object.getPrototypeOf(pattern.bytes) as { step(byte: number): unknown };
  const { step } = prototype;
  prototype.step = function (byte: number): unknown {
    steps++;
    return step.call(this, byte);
  };
  try {
    const adjustment = constrain(pattern, tokenizer);
    const allowed = left(adjustment, tokenizer.vocabularySize, []);
    for (const id of allowed.slice(1)) expect(tokenizer.vocabulary.token(id)).toMatch(/^(ab|ba)*[ab]?x?$/);
    expect(allowed.length).toBeGreaterThan(1);
    expect(steps).toBeLessThan(2_000);
    // The same state again costs nothing.
    const before = steps;
    left(adjustment, tokenizer.vocabularySize, []);
    expect(steps).toBe(before);
  } finally {
    prototype.step = step;
  }
});

test('a model with more tokens than the tokenizer never says those', () => {
  expect(left(constrain(/[ab]+/, letters), size + 3, [])).toEqual([1, 2]);
});

test.each<[string, () => unknown]>([
  ["constrain: the pattern is 'a+', needs a RegExp, such as /[a-z]+/", () => constrain('a+' as never, letters)],
  ['constrain: the tokenizer is undefined, needs a Tokenizer', () => constrain(/a/, undefined as never)],
  ['constrain: the tokenizer is an object of decode, needs a Tokenizer', () => constrain(/a/, { decode: 1 } as never)],
  ['constrain: no token could end a text: the vocabulary has no eos', () => constrain(/a/, letters, { end: [] })],
  ['constrain: end is 99, needs a token from 0 to', () => constrain(/a/, letters, { end: 99 })],
  [
    'constrain: the model has 5 tokens, but the tokenizer 44; needs the tokenizer of the model',
    () => left(constrain(/a/, letters), 5, []),
  ],
])('%s', (message, run) => {
  expect(run).toThrow(message);
});

test('where no token can go on, the search says so, with the name of the constraint', async () => {
  const model = functionModel(size, () => logSoftmax(new Array<number>(size).fill(0)));
  await expect(beams(model, constrain(/aÄ+|Ä/, letters))).rejects.toThrow(
    'beamSearch: nothing is left to choose from: constraint /aÄ+|Ä/ took all tokens out; loosen one of them, at token 1 of sequence 0',
  );
});
