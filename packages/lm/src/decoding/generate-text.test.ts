// generateText: text in pieces that are certain, whole characters, stop strings over the borders of tokens, and nothing special in it.

import { Generator } from '@dl/autograd';
import { functionModel, type StepModel } from '@dl/layers';
import { describe, expect, test } from 'vitest';
import {
  type GenerateTextOptions,
  generateText,
  type Pieces,
  type TextModel,
  type TextPiece,
  Tokenizer,
  type TokenizerState,
  type TokenList,
  Vocabulary,
} from '../index.js';

/** A token for each byte of UTF-8, and four special ones. */
class Bytes extends Tokenizer {
  constructor() {
    const bytes = Array.from({ length: 256 }, (_, byte) => `<${byte}>`);
    const special = { unk: '<unk>', bos: '<s>', eos: '</s>', pad: '<pad>' };
    super(new Vocabulary([...bytes, ...Object.values(special)], special));
  }

  protected cut(text: string, at: number, into: TokenList): void {
    for (const byte of new TextEncoder().encode(text)) into.push(byte, at, at + 1);
  }

  protected write(id: number, into: Pieces): void {
    into.bytes([id]);
  }

  state(): TokenizerState {
    return { kind: 'test bytes' };
  }
}

/** Words with spaces between them. */
class Words extends Tokenizer {
  protected cut(text: string, at: number, into: TokenList): void {
    for (const { 0: word, index } of text.matchAll(/\S+/g)) {
      into.push(this.vocabulary.id(word), at + index, at + index + word.length);
    }
  }

  protected write(id: number, into: Pieces, isFirst: boolean): void {
    into.text((isFirst ? '' : ' ') + this.vocabulary.token(id));
  }

  state(): TokenizerState {
    return { kind: 'test words' };
  }
}

const bytes = new Bytes();
const { unk, bos, eos, pad } = bytes.vocabulary as { unk: number; bos: number; eos: number; pad: number };
const SIZE = bytes.vocabularySize;
const scores = (weights: Readonly<Record<number, number>>, size = SIZE): number[] =>
  Array.from({ length: size }, (_, i) => Math.log(weights[i] ?? 0));

/** Says these tokens one after another, behind a prompt of so many. */
const saying = (tokens: ArrayLike<number>, behind = 0, size = SIZE): StepModel =>
  functionModel(size, (said) => scores({ [tokens[said.length - behind] ?? eos]: 1 }, size));
const textModel = (text: string): TextModel => ({ model: saying(bytes.encode(text)), tokenizer: bytes });

async function piecesOf(lm: TextModel, options: GenerateTextOptions = {}): Promise<TextPiece[]> {
  const pieces: TextPiece[] = [];
  for await (const piece of generateText(lm, options)) pieces.push(piece);
  return pieces;
}

const TEXT = 'naïve 😀 façade — ß';

describe('characters', () => {
  test('come whole, each as soon as its last byte is there', async () => {
    const pieces = await piecesOf(textModel(TEXT));
    expect(pieces.map(({ text }) => text)).toEqual([...TEXT, '']);
    expect(pieces.at(-1)).toEqual({ sample: 0, text: '', reason: 'end' });
    const { text, reason, samples, tokens } = await generateText(textModel(TEXT));
    expect([text, reason, samples.length]).toEqual([TEXT, 'end', 1]);
    expect(tokens).toEqual(Array.from(bytes.encode(TEXT)));
  });

  test('that are not whole at the end are left out, at whatever length', async () => {
    const all = bytes.encode(TEXT);
    for (let maxLength = 0; maxLength <= all.length; maxLength++) {
      const whole = new TextDecoder().decode(Uint8Array.from(all.slice(0, maxLength))).replace(/\uFFFD$/u, '');
      const { text, reason } = await generateText(textModel(TEXT), { maxLength });
      expect([text, reason]).toEqual([whole, 'length']);
      const pieces = await piecesOf(textModel(TEXT), { maxLength });
      expect(pieces.map((piece) => piece.text).join('')).toBe(whole);
    }
  });

  test('that the model gets wrong are one U+FFFD each, as decode has it', async () => {
    const tokens = [65, 0xff, 66, 0xc3, 67];
    const { text } = await generateText({ model: saying(tokens), tokenizer: bytes });
    expect(text).toBe('A\uFFFDB\uFFFDC');
    expect(text).toBe(bytes.decode(tokens));
  });
});

describe('stop strings', () => {
  test.each([
    ['one that is there', '😀', 'naïve ', 'stop'],
    ['over many tokens', ' façade —', 'naïve 😀', 'stop'],
    ['the first of several', ['ß', 'aç', 'ade'], 'naïve 😀 f', 'stop'],
    ['one that begins and does not go on', 'naïve 😀 facade', TEXT, 'end'],
    ['one that the end cuts off', 'ßß', TEXT, 'end'],
  ] as const)('%s', async (_, stop, expected, reason) => {
    const result = await generateText(textModel(TEXT), { stop });
    expect([result.text, result.reason]).toEqual([expected, reason]);
    const pieces = await piecesOf(textModel(TEXT), { stop });
    expect(pieces.map(({ text }) => text).join('')).toBe(expected);
    expect(pieces.at(-1)!.reason).toBe(reason);
  });

  test('text that may be the begin of one waits, and comes when it is none', async () => {
    const pieces = await piecesOf(textModel('abcabd!'), { stop: 'abd' });
    expect(pieces.map(({ text }) => text)).toEqual(['abc', '']);
    const other = await piecesOf(textModel('ababx'), { stop: 'abd' });
    expect(other.map(({ text }) => text)).toEqual(['ab', 'abx', '']);
  });

  test('end the sample: the model is asked no more', async () => {
    const { tokens } = await generateText(textModel('abcdef'), { stop: 'cd' });
    expect(tokens).toHaveLength(4);
  });
});

describe('prompts', () => {
  test('are read, and not repeated; what comes is written as behind them', async () => {
    const tokenizer = new Words(new Vocabulary(['the', 'cat', 'sat', '</s>'], { eos: '</s>' }));
    const model = functionModel(4, (said) => scores({ [said.length]: 1 }, 4));
    const said = await generateText({ model, tokenizer }, { prompt: 'the' });
    expect([said.text, said.tokens]).toEqual([' cat sat', [1, 2]]);
    expect((await generateText({ model, tokenizer })).text).toBe('the cat sat');
  });

  test('what reads as a special token is text, unless it is allowed', async () => {
    const seen: number[] = [];
    const model = functionModel(SIZE, (said) => {
      seen.push(said.length);
      return scores({ [eos]: 1 });
    });
    await generateText({ model, tokenizer: bytes }, { prompt: '<s>' });
    await generateText({ model, tokenizer: bytes }, { prompt: '<s>', allowSpecial: true });
    await generateText({ model, tokenizer: bytes }, { prompt: '<s>', allowSpecial: ['<s>'] });
    expect(seen).toEqual([0, 1, 2, 3, 0, 1, 0, 1]);
  });
});

describe('what is special', () => {
  const model = functionModel(SIZE, () => scores({ [unk]: 5, [bos]: 5, [pad]: 5, 97: 1, [eos]: 1 }), { context: 0 });

  test('is never chosen, but for the end', async () => {
    const options = { count: 50, temperature: 1, generator: new Generator(1), maxLength: 5 };
    const { samples } = await generateText({ model, tokenizer: bytes }, options);
    expect(new Set(samples.flatMap(({ tokens }) => tokens))).toEqual(new Set([97]));
    expect(new Set(samples.map(({ reason }) => reason))).toEqual(new Set(['end', 'length']));
    expect(samples.every(({ text }) => /^a*$/.test(text))).toBe(true);
  });

  test('is not written where it may be chosen', async () => {
    const options = { count: 50, temperature: 1, generator: new Generator(1), maxLength: 9, banSpecial: false };
    const { samples } = await generateText({ model, tokenizer: bytes }, options);
    expect(samples.some(({ tokens }) => tokens.includes(unk))).toBe(true);
    // An unknown token is a character that cannot be shown, as everywhere; the others are nothing.
    expect(samples.every(({ text }) => /^[a\ufffd]*$/.test(text))).toBe(true);
    expect(samples.some(({ text }) => text.includes('\ufffd'))).toBe(true);
  });

  test('ends where `end` says, or nowhere', async () => {
    const alphabet = functionModel(SIZE, (said) =>
      scores({ [said.length % 3 === 2 ? eos : 97 + said.length]: 1, 122: 1e-9 }),
    );
    const lm = { model: alphabet, tokenizer: bytes };
    expect((await generateText(lm)).text).toBe('ab');
    expect((await generateText(lm, { end: 98 })).text).toBe('a');
    // What would end elsewhere is special, and does not come where it ends nothing.
    const nowhere = await generateText(lm, { end: [], maxLength: 6 });
    expect([nowhere.text, nowhere.tokens.includes(eos)]).toEqual(['abzdez', false]);
    const other = await generateText(lm, { end: [], maxLength: 6, banSpecial: false });
    expect([other.text, other.tokens.includes(eos)]).toEqual(['abde', true]);
  });

  test.each<[string, (token: string) => object]>([
    ['begins and ends, as of GPT-2', (token) => ({ bos: token, eos: token })],
    ['fills up and ends', (token) => ({ pad: token, eos: token })],
    ['is unknown, begins, fills up and ends', (token) => ({ unk: token, bos: token, pad: token, eos: token })],
  ])('comes where it ends, though it %s', async (_, special) => {
    const tokenizer = new Words(new Vocabulary(['a', 'b', '<|endoftext|>'], special('<|endoftext|>')));
    const model = functionModel(3, (said) => scores({ [said.length]: 1, 0: 1e-9 }, 3));
    const { text, reason } = await generateText({ model, tokenizer }, { maxLength: 9 });
    expect([text, reason]).toEqual(['a b', 'end']);
  });

  test('tables longer than the vocabulary say nothing beyond it', async () => {
    const longer = functionModel(SIZE + 4, () => scores({ [SIZE + 1]: 9, 97: 1, [eos]: 1 }, SIZE + 4), { context: 0 });
    const options = { count: 20, temperature: 1, generator: new Generator(1) };
    const { samples } = await generateText({ model: longer, tokenizer: bytes }, options);
    expect(new Set(samples.flatMap(({ tokens }) => tokens))).toEqual(new Set([97]));
  });
});

test('samples of one prompt are streams of their own, each the same among more or fewer', async () => {
  const model = functionModel(SIZE, () => scores({ 97: 2, 98: 1, 195: 1, 169: 1, [eos]: 0.5 }), { context: 0 });
  const lm = { model, tokenizer: bytes };
  const options = (count: number): GenerateTextOptions => ({
    prompt: 'x',
    count,
    temperature: 1,
    stop: ['bb', 'é'],
    generator: new Generator(3),
  });
  const five = await generateText(lm, options(5));
  const two = await generateText(lm, options(2));
  expect(two.samples).toEqual(five.samples.slice(0, 2));
  expect(five.text).toBe(five.samples[0]!.text);
  const texts = ['', '', '', '', ''];
  for (const { sample, text } of await piecesOf(lm, options(5))) texts[sample] += text;
  expect(texts).toEqual(five.samples.map(({ text }) => text));
  expect(new Set(texts).size).toBeGreaterThan(2);
});

test('the signal ends it with what there is', async () => {
  const controller = new AbortController();
  const lm = textModel('abcdefgh');
  let text = '';
  for await (const piece of generateText(lm, { signal: controller.signal, stop: 'efx' })) {
    text += piece.text;
    if (text === 'abcd') controller.abort();
    if (piece.reason) expect(piece.reason).toBe('aborted');
  }
  expect(text).toBe('abcd');
});

test('explain shows texts, and the parts of characters as the vocabulary has them', async () => {
  const dice: string[] = [];
  await generateText(textModel('é'), { explain: (die) => dice.push(die), prompt: '' });
  expect(dice).toHaveLength(3);
  expect(dice[0]).toContain('"<195>" 195  ◀ the best');
  expect(dice[2]).toContain('"</s>" 258');
});

test.each<[() => unknown, string]>([
  [
    () => generateText(textModel('a'), { signal: new AbortController() as never }),
    'generateText: signal is an AbortController, needs an AbortSignal, such as controller.signal',
  ],
  [
    () => generateText({} as never),
    'generateText: lm is an object of nothing, needs { model, tokenizer }: a StepModel and a Tokenizer',
  ],
  [() => generateText(undefined as never), 'generateText: lm is undefined, needs { model, tokenizer }'],
  [
    () => generateText({ model: functionModel(3, () => [0, 0, 0]), tokenizer: bytes }),
    'generateText: the tokenizer has 260 tokens, but the model 3; needs both of one vocabulary',
  ],
  [
    () => generateText(textModel('a'), { stop: '' }),
    "generateText: stop has '', needs texts of at least one character",
  ],
  [() => generateText(textModel('a'), { stop: ['a', 3 as never] }), 'generateText: stop has 3, needs texts'],
  [() => generateText(textModel('a'), { count: 0 }), 'generateText: count is 0, needs a whole number of at least 1'],
  [() => generateText(textModel('a'), { prompt: 3 as never }), 'generateText: prompt is 3, needs a string'],
  [
    () => generateText(textModel('a'), { maxLength: -1 }),
    'generateText: maxLength is -1, needs a whole number of at least 0',
  ],
  [() => generateText(textModel('a'), { end: 999 }), 'generateText: end is 999, needs a token from 0 to 259'],
])('%s', (make, message) => {
  expect(make).toThrow(message);
});
