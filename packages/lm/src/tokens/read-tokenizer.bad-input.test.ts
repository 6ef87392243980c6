// Files that are broken, or say what is not read: one sentence each, and nothing half-loaded.

import { DlError, FormatError, Generator } from '@dl/autograd';
import { describe, expect, test } from 'vitest';
import {
  BpeTokenizer,
  readTokenizer,
  tokenizerFromState,
  trainBpe,
  Vocabulary,
  WordPieceTokenizer,
  writeTokenizer,
} from '../index.js';

type File = Record<string, unknown>;
const bytes = trainBpe('low lower lowest low', { merges: 3, bos: '<s>', eos: '</s>', begin: ['<s>'], end: ['</s>'] });
const file = (): File => JSON.parse(writeTokenizer(bytes)) as File;
const model = (): File => file()['model'] as File;
const withModel = (changes: File): File => ({ ...file(), model: { ...model(), ...changes } });

const texts = ['lowest low', ' lower  \n\n x1234 é🙂', "It's LOW'S", '', '<s>low</s>'];

describe('files with any part changed', () => {
  const random = new Generator(21);
  const lies = [
    null,
    true,
    -1,
    0.5,
    2 ** 40,
    '',
    'x',
    '<s>',
    '__proto__',
    [],
    {},
    [[]],
    ['l', 'o'],
    { type: 'Sequence' },
    { Regex: '(a+)+$' },
  ];
  const pick = <T>(list: readonly T[]): T => list[random.integer(0, list.length)]!;

  /** Changes, removes or doubles something at any depth. */
  function change(value: unknown): unknown {
    if (typeof value !== 'object' || value === null || random.uniform(0, 1) < 0.15) return pick(lies);
    if (Array.isArray(value)) {
      const index = random.integer(0, value.length + 1);
      const way = random.integer(0, 4);
      if (index === value.length || way === 0) return [...value, pick(value.length > 0 ? [...value, ...lies] : lies)];
      return way === 1 ? value.toSpliced(index, 1) : value.with(index, change(value[index]));
    }
    const keys = Object.keys(value);
    if (keys.length === 0) return pick(lies);
    const key = pick(keys);
    const { [key]: part, ...others } = value as File;
    const way = random.integer(0, 8);
    if (way === 0) return others;
    return way === 1
      ? { ...others, [pick(['x', '0', 'type', '__proto__'])]: part }
      : { ...others, [key]: change(part) };
  }

  const small = new BpeTokenizer(
    new Vocabulary(['<s>', ' ', 'l', 'o', 'w', 'lo', 'low'], { bos: '<s>' }),
    [
      ['l', 'o'],
      ['lo', 'w'],
    ],
    {
      level: 'characters',
      begin: ['<s>'],
      added: [{ text: 'low' }],
      normalizers: [{ type: 'NFC' }, { type: 'Lowercase' }],
    },
  );
  const pieces = new WordPieceTokenizer(new Vocabulary(['?', 'low', '##er'], { unk: '?' }), { end: ['?'] });

  test.each([
    ['bytes', bytes],
    ['characters', small],
    ['pieces', pieces],
  ] as const)('are read or refused, and what was read cuts texts: %s', (_, tokenizer) => {
    const written = JSON.parse(writeTokenizer(tokenizer)) as File;
    let [read, refusals] = [0, 0];
    for (let trial = 0; trial < 1500; trial++) {
      let changed: unknown = written;
      for (let k = random.integer(1, 4); k > 0; k--) changed = change(changed);
      try {
        const made = readTokenizer(changed as object);
        read++;
        for (const text of texts) made.decode(made.encode(text, { allowSpecial: true }));
      } catch (error) {
        if (!(error instanceof DlError)) throw error;
        expect(error.message).toMatch(/^[^\n]{1,600}$/);
        refusals++;
      }
    }
    expect(Math.min(read, refusals)).toBeGreaterThan(50);
  });
});

describe('what is broken, or not read, is refused', () => {
  const vocab = (changes: File): File => withModel({ vocab: { ...(model()['vocab'] as File), ...changes } });
  const count = bytes.vocabularySize;
  const deep = (levels: number, inner: unknown): unknown => {
    let value = inner;
    for (let i = 0; i < levels; i++) value = { type: 'Sequence', normalizers: [value] };
    return value;
  };
  const cases: [string, unknown, string][] = [
    ['no JSON', '{"model":', 'the file is no JSON; it is damaged, or another one'],
    ['another JSON', '[]', 'the file is [], needs an object'],
    ['null', 'null', 'the file is null, needs an object'],
    ['no model', '{}', 'model is undefined, needs an object'],
    [
      'another model',
      withModel({ type: 'Unigram' }),
      "model is of type 'Unigram', which is not read; it reads BPE and WordPiece",
    ],
    ['a vocabulary that is a list', withModel({ vocab: [['a', 0]] }), 'model.vocab is [[…]], needs an object'],
    [
      'a gap',
      vocab({ xyz: count + 1 }),
      `token 'xyz' has the number ${count + 1}, needs 0 … ${count}: there are ${count + 1} tokens, numbered without gaps`,
    ],
    ['a huge number', vocab({ xyz: 2 ** 40 }), `token 'xyz' has the number ${2 ** 40}, needs`],
    ['half a number', vocab({ xyz: 0.5 }), "token 'xyz' has the number 0.5, needs"],
    ['a number twice', vocab({ xyz: 5 }), "and 'xyz' both have the number 5"],
    [
      'another number among the added',
      { ...file(), added_tokens: [{ id: 7, content: '!' }] },
      "'!' is token 2 and, among added_tokens, token 7",
    ],
    [
      'a merge of what is no token',
      withModel({ merges: ['l q7'] }),
      "BpeTokenizer: merge 0 is of 'l' and 'q7', but 'q7' is not one of",
    ],
    [
      'a merge into what is no token',
      withModel({ merges: ['l q'] }),
      "BpeTokenizer: merge 0 is of 'l' and 'q', but 'lq' is not one of",
    ],
    ['a merge of nothing, which would never end', vocab({ '': count }), ''],
    ['a merge that comes twice', withModel({ merges: ['l o', 'l o'] }), "merge 1 is of 'l' and 'o', as is merge 0"],
    ['a merge of three', withModel({ merges: ['l o w'] }), 'model.merges[0] has 3 parts, needs two tokens'],
    ['merges of numbers', withModel({ merges: [[1, 2]] }), 'model.merges[0] is 1, needs a string'],
    ['no merges', withModel({ merges: null }), 'model.merges is null, needs an array'],
    ['dropout', withModel({ dropout: 0.1 }), 'model.dropout is 0.1, needs null: text is always cut the same way'],
    [
      'ends of words',
      withModel({ end_of_word_suffix: '</w>' }),
      "model.end_of_word_suffix is '</w>', which is not read for BPE; it needs null",
    ],
    [
      'an unk that is no token',
      withModel({ unk_token: '<u>', vocab: { a: 0, '<s>': 1, '</s>': 2 }, merges: [] }),
      "'<s>' is token 1 and",
    ],
    [
      'another pre-tokenizer',
      { ...file(), pre_tokenizer: { type: 'Digits' } },
      "pre_tokenizer is of type 'Digits', which is not read; it reads ByteLevel, Split with",
    ],
    [
      'another sequence',
      {
        ...file(),
        pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Punctuation' }, { type: 'ByteLevel' }] },
      },
      "pre_tokenizer is a sequence of ['Punctuation', 'ByteLevel'], which is not read",
    ],
    [
      'digits that stay together',
      { ...file(), pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Digits' }, { type: 'ByteLevel' }] } },
      'pre_tokenizer.Digits.individual_digits is false in a sequence of Digits and ByteLevel, needs true',
    ],
    [
      'digits with a blank in front',
      {
        ...file(),
        pre_tokenizer: {
          type: 'Sequence',
          pretokenizers: [{ type: 'Digits', individual_digits: true }, { type: 'ByteLevel' }],
        },
      },
      'pre_tokenizer.ByteLevel.add_prefix_space is true in a sequence of Digits and ByteLevel, needs false',
    ],
    [
      'an expression that takes forever',
      {
        ...file(),
        pre_tokenizer: { type: 'Split', pattern: { Regex: '(a+)+$' }, behavior: 'Isolated', invert: false },
      },
      "pre_tokenizer.Split.pattern is '(a+)+$', and no regular expressions are read but those of GPT-2, Llama 3 and Qwen 2",
    ],
    [
      'another normalizer',
      { ...file(), normalizer: { type: 'Nmt' } },
      "normalizer is of type 'Nmt', which is not read",
    ],
    [
      'an expression in a normalizer',
      { ...file(), normalizer: { type: 'Replace', pattern: { Regex: '(a+)+$' }, content: '' } },
      'normalizer.Replace.pattern is of Regex, needs String',
    ],
    [
      'a normalizer that makes much of little',
      { ...file(), normalizer: { type: 'Prepend', prepend: 'x'.repeat(1000) } },
      'normalizer.Prepend.prepend has 1000 characters, more than the 64 allowed',
    ],
    [
      'a deep normalizer',
      { ...file(), normalizer: deep(10_000, { type: 'NFC' }) },
      'normalizer is a sequence in a sequence, more than 4 deep',
    ],
    ['a normalizer that is a text', { ...file(), normalizer: 'NFC' }, "normalizer is 'NFC', needs an object"],
    ['another decoder', { ...file(), decoder: { type: 'CTC' } }, "decoder is of type 'CTC', which is not read"],
    [
      'a decoder of characters',
      { ...file(), decoder: { type: 'Fuse' } },
      'pre_tokenizer makes bytes, but decoder is not ByteLevel',
    ],
    [
      'a decoder of bytes alone',
      { ...file(), pre_tokenizer: null },
      'decoder makes text of bytes, but pre_tokenizer is not ByteLevel',
    ],
    [
      'a decoder of blanks that nobody makes',
      { ...file(), pre_tokenizer: null, decoder: { type: 'Replace', pattern: { String: '▁' }, content: ' ' } },
      "decoder makes blanks of '▁', but neither normalizer nor pre_tokenizer makes '▁' of blanks",
    ],
    [
      'another post-processor',
      { ...file(), post_processor: { type: 'Magic' } },
      "post_processor is of type 'Magic', which is not read",
    ],
    [
      'a post-processor of other numbers',
      { ...file(), post_processor: { type: 'BertProcessing', sep: ['</s>', 9], cls: ['<s>', 0] } },
      "post_processor has '</s>' as token 9, but in the vocabulary it is 1",
    ],
    [
      'a template without text',
      { ...file(), post_processor: { type: 'TemplateProcessing', single: [], special_tokens: {} } },
      "post_processor.TemplateProcessing.single has no text; needs the sequence 'A'",
    ],
    [
      'a template of what it does not explain',
      {
        ...file(),
        post_processor: {
          type: 'TemplateProcessing',
          single: [{ SpecialToken: { id: 'toString' } }],
          special_tokens: {},
        },
      },
      'post_processor.TemplateProcessing.special_tokens is undefined, needs an object',
    ],
    ['added tokens that are none', { ...file(), added_tokens: [5] }, 'added_tokens[0] is 5, needs an object'],
    [
      'a flag that is none',
      { ...file(), added_tokens: [{ id: 0, content: '<s>', special: 'yes' }] },
      "added_tokens[0].special is 'yes', needs true or false",
    ],
    [
      'WordPiece without its pre-tokenizer',
      { model: { type: 'WordPiece', vocab: { '[UNK]': 0 }, unk_token: '[UNK]' } },
      "pre_tokenizer is of type 'null', which is not read; it reads BertPreTokenizer for WordPiece",
    ],
    [
      'WordPiece without unk',
      { pre_tokenizer: { type: 'BertPreTokenizer' }, model: { type: 'WordPiece', vocab: { a: 0 } } },
      'WordPieceTokenizer: the vocabulary has no unk',
    ],
    [
      'WordPiece whose unk is no token',
      { pre_tokenizer: { type: 'BertPreTokenizer' }, model: { type: 'WordPiece', vocab: { a: 0 }, unk_token: 'b' } },
      "unk is 'b', which is not one of the tokens",
    ],
  ];
  test.each(cases)('%s', (_, given, message) => {
    if (message === '') {
      (given as { model: { merges: unknown } }).model.merges = [['', 'l']];
      message = "BpeTokenizer: merge 0 is of '' and 'l', but '' is not one of";
    }
    const read = () => readTokenizer(given as string | object);
    expect(read).toThrow(FormatError);
    expect(read).toThrow('readTokenizer: ');
    expect(read).toThrow(message);
  });

  test('arguments that are none', () => {
    for (const given of [undefined, null, 5, []]) expect(() => readTokenizer(given as never)).toThrow(DlError);
    expect(() => readTokenizer(file(), { mask: 'x' } as never)).toThrow('readTokenizer: there is no option mask');
    expect(() => readTokenizer(file(), { pad: 'xyz' })).toThrow("pad is 'xyz', which is not one of the tokens");
    expect(() => writeTokenizer({} as never)).toThrow(
      'writeTokenizer: tokenizer is an object of nothing, needs a BpeTokenizer or a WordPieceTokenizer',
    );
  });

  test('states that are none', () => {
    const state = bytes.state();
    for (const roles of [undefined, [], { mask: '<s>' }, { unk: 5 }, { unk: 'zzz' }]) {
      expect(() => tokenizerFromState({ ...state, roles })).toThrow(FormatError);
    }
    expect(() => tokenizerFromState({ ...state, file: '{}' })).toThrow(FormatError);
  });
});
