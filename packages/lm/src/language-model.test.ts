// LanguageModel: text in and out of any model, figures by the definition, and states that come back exactly.

import { ArgumentError, FormatError, Generator } from '@dl/autograd';
import { packState, unpackState } from '@dl/checkpoint';
import { functionModel } from '@dl/layers';
import { describe, expect, test } from 'vitest';
import { generateText } from './decoding/generate-text.js';
import { bitsPerCharacter } from './evaluation/characters.js';
import { LanguageModel, languageModelFromState } from './language-model.js';
import { type Mixture, mixture } from './ngram/mixtures/mixture.js';
import { type SmoothingName, smoothings } from './ngram/smoothing/by-name.js';
import { ByteTokenizer } from './tokens/byte-tokenizer.js';
import { trainCharacters } from './tokens/character-tokenizer.js';
import { trainNgram } from './train-ngram.js';

const names = ['anna', 'hannah', 'joanna', 'johanna', 'nan', 'jo'];
const list = trainNgram(names, { order: 3 });
const book = trainNgram('she sells sea shells by the sea shore; the shells she sells are sea shells', { order: 3 });

describe('score', () => {
  test('each token with its place, its text and its probability behind those before it', async () => {
    const { tokens, logProbability } = await list.score('hanna');
    const { vocabulary } = list.tokenizer;
    expect(tokens.map(({ token }) => token)).toEqual([...'hanna', '</s>']);
    expect(tokens.map(({ start, end }) => [start, end])).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 4],
      [4, 5],
      [5, 5],
    ]);
    const ids = [vocabulary.bos!, ...[...'hanna'].map((letter) => vocabulary.id(letter)), vocabulary.eos!];
    for (const [i, each] of tokens.entries()) {
      expect(each.id).toBe(ids[i + 1]);
      expect(each.logProbability).toBeCloseTo(list.model.logProbability(each.id, ids.slice(0, i + 1)), 12);
    }
    expect(logProbability).toBeCloseTo(
      tokens.reduce((sum, each) => sum + each.logProbability, 0),
      12,
    );
  });

  test('one text has no end', async () => {
    const { tokens } = await book.score('sea');
    expect(tokens.map(({ token }) => token)).toEqual(['s', 'e', 'a']);
    expect(book.end).toBeUndefined();
    expect(list.end).toBe(list.tokenizer.vocabulary.eos);
  });

  test('what never came is unknown, and possible', async () => {
    const { tokens } = await list.score('axa');
    expect(tokens[1]).toMatchObject({ token: '<unk>', start: 1, end: 2 });
    expect(tokens[1]!.logProbability).toBeGreaterThan(-Infinity);
  });
});

describe('perplexity', () => {
  test('by token, character and byte', async () => {
    const report = await list.perplexity(['hanna', 'näx']);
    const scores = await Promise.all(['hanna', 'näx'].map((name) => list.score(name)));
    const all = scores.flatMap(({ tokens }) => tokens);
    const sum = all.reduce((total, each) => total + each.logProbability, 0);
    expect(report).toMatchObject({ tokens: 10, unknown: 2, sequences: 2, characters: 10, bytes: 11, base: 2 });
    expect(report.logProbability).toBeCloseTo(sum, 10);
    expect(report.perplexity).toBeCloseTo(Math.exp(-sum / 10), 10);
    expect(report.bitsPerCharacter).toBeCloseTo(-sum / Math.LN2 / 10, 10);
    expect(report.bitsPerByte).toBeCloseTo(-sum / Math.LN2 / 11, 10);
    const known = all.filter(({ token }) => token !== '<unk>');
    expect(report.known.tokens).toBe(8);
    expect(report.known.logProbability).toBeCloseTo(
      known.reduce((total, each) => total + each.logProbability, 0),
      10,
    );
  });

  test('texts over other tokens compare by characters: a model of bytes and one of characters that say the same', async () => {
    const tokenizer = new ByteTokenizer();
    const coins = new LanguageModel(
      functionModel(256, () => new Array<number>(256).fill(-8 * Math.LN2)),
      tokenizer,
    );
    const report = await coins.perplexity('näh');
    expect(report).toMatchObject({ tokens: 4, characters: 3, bytes: 4 });
    expect(report.bitsPerByte).toBeCloseTo(8, 12);
    expect(report.bitsPerCharacter).toBeCloseTo(32 / 3, 12);
  });

  test('a model that knows what it has read is less surprised by it', async () => {
    const [seen, other] = [await book.perplexity('the sea shells'), await book.perplexity('zebras quack')];
    expect(seen.bitsPerCharacter).toBeLessThan(2);
    expect(other.bitsPerCharacter).toBeGreaterThan(4);
    await expect(book.perplexity(5 as never)).rejects.toThrow('perplexity: texts is 5, needs a text, or an iterable');
    await expect(book.perplexity(null as never)).rejects.toThrow('perplexity: texts is null');
    await expect(book.perplexity(['a', 5] as never)).rejects.toThrow('perplexity: text 1 is 5, needs a string');
    await expect(book.perplexity('')).rejects.toThrow('perplexity: got no tokens, needs at least 1');
  });

  test('other models score the end where the vocabulary has one', async () => {
    const { tokenizer } = list;
    const size = tokenizer.vocabularySize;
    const uniform = new LanguageModel(
      functionModel(size, () => new Array<number>(size).fill(-Math.log(size))),
      tokenizer,
    );
    const report = await uniform.perplexity(['jo', 'x']);
    expect(report).toMatchObject({ tokens: 5, unknown: 1, characters: 5 });
    expect(report.perplexity).toBeCloseTo(size, 10);
    expect((await uniform.score('jo')).tokens).toHaveLength(3);
  });
});

test('generates text: whole, in pieces, from a prompt, the same for a seed', async () => {
  const options = { temperature: 1, maxLength: 30 };
  const { text, samples } = await list.generate({ ...options, count: 20, generator: new Generator(1) });
  expect(samples).toHaveLength(20);
  expect(samples[0]!.text).toBe(text);
  for (const { text: name, reason } of samples) if (reason === 'end') expect(name).toMatch(/^[ahjno]*$/);
  let pieces = '';
  for await (const piece of list.generate({ ...options, generator: new Generator(5), prompt: 'jo' }))
    pieces += piece.text;
  expect((await list.generate({ ...options, generator: new Generator(5), prompt: 'jo' })).text).toBe(pieces);
});

describe('a model that was counted without ends', () => {
  const ended = trainCharacters('ab', { bos: '<s>', eos: '</s>' });
  const single = trainNgram('abab', { tokenizer: ended, order: 2, smoothing: 'wittenBell' });
  const eos = ended.vocabulary.eos!;
  // Its unseen share is that of eos, which would end most of a hundred samples.
  const options = { temperature: 3, maxLength: 30, count: 20, generator: new Generator(1) };

  test('goes on to the largest length, as scoring has it', async () => {
    expect(single.end).toBeUndefined();
    expect((await single.score('ab')).tokens).toHaveLength(2);
    const { samples } = await single.generate(options);
    for (const { reason, tokens } of samples) {
      expect(reason).toBe('length');
      expect(Array.from(tokens)).not.toContain(eos);
    }
    const { samples: bare } = await generateText({ model: single.model, tokenizer: ended }, options);
    expect(new Set(bare.map(({ reason }) => reason))).toEqual(new Set(['length']));
    const banned = await single.generate({ ...options, ban: [ended.encode('b')[0]!] });
    expect(banned.samples.map(({ text }) => text)).toEqual(new Array(20).fill('a'.repeat(30)));
    expect(() => single.generate({ ban: 5 as never })).toThrow('ban');
  });

  test('ends where end is given', async () => {
    const { samples } = await single.generate({ ...options, end: eos });
    expect(samples.map(({ reason }) => reason)).toContain('end');
  });

  test('nor has a mixture of such an end', async () => {
    const both = new LanguageModel(mixture([single.model, single.model]), ended);
    expect(both.end).toBeUndefined();
    expect((await both.generate(options)).samples.map(({ reason }) => reason)).not.toContain('end');
    expect(new LanguageModel(mixture([list.model, list.model]), list.tokenizer).end).toBe(list.end);
  });
});

describe('what stands before prompts and behind texts', () => {
  const letters = trainCharacters('abcd', { bos: '<s>', eos: '</s>' });
  const { vocabulary } = letters;
  const [a, b, c] = [...'abc'].map((letter) => vocabulary.id(letter)) as [number, number, number];
  const seen: number[][] = [];
  // Says the token behind the last one, and remembers what it was asked.
  const model = functionModel(vocabulary.size, (tokens) => {
    seen.push([...tokens]);
    const next = ((tokens.at(-1) ?? a) + 1) % vocabulary.size;
    return Array.from({ length: vocabulary.size }, (_, token) => (token === next ? -0.1 : -5));
  });

  test('a prompt is read behind the begin, an empty one as the begin alone, and neither is written', async () => {
    const begun = new LanguageModel(model, letters, { begin: [c, a], ends: [vocabulary.size - 1] });
    seen.length = 0;
    const { tokens, text, reason } = await begun.generate({ prompt: 'a', maxLength: 5 });
    expect(seen.at(seen.findIndex(({ length }) => length === 3))).toEqual([c, a, a]);
    expect([tokens, text, reason]).toEqual([[b, c], 'bc', 'end']);
    expect((await begun.generate({ maxLength: 2 })).tokens).toEqual([b, c]);
    expect((await generateText({ model, tokenizer: letters, begin: [b] }, { maxLength: 1 })).tokens).toEqual([c]);
    expect((await generateText({ model, tokenizer: letters, ends: [c] }, { prompt: 'a' })).text).toBe('b');
    expect((await begun.generate({ prompt: 'a', maxLength: 3, end: [] })).reason).toBe('length');
  });

  test('texts are scored with their end, or without', async () => {
    const plain = new LanguageModel(model, letters);
    expect([plain.begin, plain.ends, plain.end]).toEqual([[], [vocabulary.eos], vocabulary.eos]);
    const without = new LanguageModel(model, letters, { scoreEnd: false, begin: [b] });
    expect([without.ends, without.end]).toEqual([[vocabulary.eos], undefined]);
    expect((await plain.score('ab')).tokens).toHaveLength(3);
    const { tokens } = await without.score('ab');
    expect(tokens.map(({ logProbability }) => logProbability)).toEqual(
      (await plain.score('ab')).tokens.slice(0, 2).map(({ logProbability }) => logProbability),
    );
    expect(await without.perplexity('ab')).toMatchObject({ tokens: 2, characters: 2 });
  });

  test('come back from a state, and are checked there', () => {
    const options = { begin: [2], ends: [3, 4], scoreEnd: false };
    const given = new LanguageModel(list.model, list.tokenizer, options);
    const again = languageModelFromState(unpackState(packState(given.state())));
    expect([again.begin, again.ends, again.end]).toEqual([[2], [3, 4], undefined]);
    expect(list.state()).not.toHaveProperty('options');
    for (const damage of [{ begin: [99] }, { ends: [-1] }, { ends: 5 }, { scoreEnd: 'yes' }, { other: 1 }, 7]) {
      const damaged = { ...given.state(), options: damage };
      expect(() => languageModelFromState(damaged)).toThrow(FormatError);
      expect(() => languageModelFromState(damaged)).toThrow('the file is damaged');
    }
  });

  test('are tokens of the model', () => {
    expect(() => new LanguageModel(model, letters, { begin: [99] })).toThrow(
      new ArgumentError(`LanguageModel: begin has 99, needs tokens of the model, 0 … ${vocabulary.size - 1}`),
    );
    expect(() => new LanguageModel(model, letters, { ends: [0.5] })).toThrow('LanguageModel: ends has 0.5');
    expect(() => new LanguageModel(model, letters, { end: 1 } as never)).toThrow(
      'there is no option end; did you mean ends?',
    );
  });
});

test('a mixture of n-gram models comes back exactly, and others are refused', async () => {
  const other = trainNgram(names, { order: 1, tokenizer: list.tokenizer, smoothing: 'laplace' });
  const mixed = new LanguageModel(mixture([list.model, other.model], { weights: [0.7, 0.3] }), list.tokenizer);
  const again = languageModelFromState(unpackState(packState(mixed.state())));
  expect((again.model as Mixture).weights).toEqual(mixed.model.weights);
  expect(again.end).toBe(list.end);
  for (const text of ['hanna', 'xyz']) expect(await again.score(text)).toEqual(await mixed.score(text));
  const { model, ...rest } = mixed.state();
  for (const damage of [{ weights: [2, -1] }, { weights: 1 }, { version: 2 }, { models: {} }, { models: [] }]) {
    const damaged = { ...rest, model: { ...(model as object), ...damage } };
    expect(() => languageModelFromState(damaged)).toThrow(FormatError);
  }
  const odd = functionModel(8, () => new Array<number>(8).fill(0));
  expect(() => new LanguageModel(mixture([list.model, odd]), list.tokenizer).state()).toThrow('needs an n-gram model');
});

test('a model of other tokens than the tokenizer makes is refused by the first of them', () => {
  const other = trainNgram(['bob', 'rob', 'orb'], { order: 1, smoothing: 'laplace' });
  const ab = trainCharacters('abb', { unk: '<unk>' });
  const counted = trainNgram('baab a b', {
    tokenizer: trainCharacters('aab', { unk: '<unk>' }),
    order: 1,
    smoothing: 'laplace',
  });
  const trouble = "token 1 of the model is 'a', but that of the tokenizer 'b'";
  expect(() => new LanguageModel(counted.model, ab)).toThrow(
    `LanguageModel: ${trouble}; they must be made for each other`,
  );
  expect(() => new LanguageModel(mixture([counted.model]), ab)).toThrow(trouble);
  expect(() => languageModelFromState(counted.state(), { tokenizer: ab })).toThrow(
    `languageModelFromState: ${trouble}; give the tokenizer that the model was made with`,
  );
  const both = { tokenizer: ab, kinds: {} };
  expect(() => languageModelFromState(counted.state(), both)).toThrow('there are a tokenizer and kinds');
  const damaged = { ...counted.state(), tokenizer: JSON.stringify(ab.state()) };
  expect(() => languageModelFromState(damaged)).toThrow(`${trouble}; the file is damaged`);
  // More tokens than the tokenizer has are none of its.
  expect(() => new LanguageModel(list.model, other.tokenizer)).toThrow('token 3 of the model is');
});

test.each([
  ['lines', list],
  ['a text', book],
] as const)('%s: a state comes back exactly', async (_, model) => {
  const again = languageModelFromState(unpackState(packState(model.state())));
  for (const text of ['hanna', 'sea shells', 'xyz']) expect(await again.score(text)).toEqual(await model.score(text));
  expect(again.end).toBe(model.end);
  expect(again.tokenizer.state()).toEqual(model.tokenizer.state());
  const generator = (): Generator => new Generator(3);
  const options = { temperature: 1, maxLength: 20 };
  expect((await again.generate({ ...options, generator: generator() })).text).toBe(
    (await model.generate({ ...options, generator: generator() })).text,
  );
});

describe('bad input', () => {
  const state = list.state();
  test.each([
    [() => new LanguageModel(list.model, {} as never), 'LanguageModel: tokenizer is '],
    [
      () =>
        new LanguageModel(
          functionModel(3, () => [0, 0, 0]),
          list.tokenizer,
        ),
      'LanguageModel: the model has 3 tokens, but the tokenizer makes 8',
    ],
    [() => new LanguageModel(undefined as never, list.tokenizer), 'LanguageModel: the model has undefined tokens'],
    [
      () =>
        new LanguageModel(
          functionModel(300, () => []),
          new ByteTokenizer(),
        ).state(),
      'needs an n-gram model',
    ],
  ])('arguments %#', (call, message) => {
    expect(call).toThrow(ArgumentError);
    expect(call).toThrow(message);
  });

  test.each([
    [undefined, 'languageModelFromState: this is no language model'],
    [{ ...state, format: 'other' }, 'languageModelFromState: this is no language model'],
    [{ ...state, version: 2 }, 'the model was saved in version 2, needs 1'],
    [{ ...state, tokenizer: JSON.stringify({ kind: 'runes' }) }, "there is no kind of tokenizer 'runes'"],
    [
      { ...state, tokenizer: undefined },
      'languageModelFromState: the tokenizer is undefined, needs JSON; the file is damaged',
    ],
    [{ ...state, tokenizer: '{' }, "languageModelFromState: the tokenizer is '{', needs JSON; the file is damaged"],
    [{ ...state, tokenizer: '[]' }, 'tokenizerFromState: '],
    [{ ...state, model: undefined }, 'modelFromState: '],
    [
      { ...state, tokenizer: book.state().tokenizer },
      /the model has \d+ tokens, but the tokenizer makes \d+; the file is damaged/,
    ],
  ])('states %#', (damaged, message) => {
    expect(() => languageModelFromState(damaged)).toThrow(FormatError);
    expect(() => languageModelFromState(damaged)).toThrow(message);
  });
});

test.each(Object.keys(smoothings) as SmoothingName[])('%s comes back exactly', async (smoothing) => {
  const text = 'she sells sea shells by the sea shore; the shells she sells are sea shells. '.repeat(20);
  const model = trainNgram(text, { order: 3, smoothing });
  const again = languageModelFromState(unpackState(packState(model.state())));
  expect(again.model).toBeInstanceOf(model.model.constructor);
  for (const each of ['sea shore', 'xyz', 'ssss']) expect(await again.score(each)).toEqual(await model.score(each));
});

test('what is certain has 0 bits, and not -0', async () => {
  const sure = trainNgram('aaaaaaaa', { order: 1, smoothing: 'maximumLikelihood' });
  expect(await sure.perplexity('aaa')).toMatchObject({ entropy: 0, bitsPerCharacter: 0, bitsPerByte: 0 });
  expect(bitsPerCharacter(0, 'aaa')).toBe(0);
});
