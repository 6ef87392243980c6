// readTokenizer and writeTokenizer: what a file can say comes back, and what is broken or unknown is refused in one sentence.

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
import { byteNames } from './bytes.js';
import { wordPatterns } from './pre-tokens.js';

type File = Record<string, unknown>;
const bytes = trainBpe('low lower lowest low', { merges: 3, bos: '<s>', eos: '</s>', begin: ['<s>'], end: ['</s>'] });
const file = (): File => JSON.parse(writeTokenizer(bytes)) as File;
const model = (): File => file()['model'] as File;
const withModel = (changes: File): File => ({ ...file(), model: { ...model(), ...changes } });

const texts = ['lowest low', ' lower  \n\n x1234 é🙂', "It's LOW'S", '', '<s>low</s>'];

describe('what is written is read', () => {
  const letters = ['<unk>', ...byteNames(), '▁', 'l', 'o', 'w', 'lo', 'low', '▁low', '▁l'];
  const merges = [
    ['l', 'o'],
    ['lo', 'w'],
    ['▁', 'low'],
    ['▁', 'l'],
  ] as const;
  const characters = new Vocabulary(letters, { unk: '<unk>' });
  const blanks = { level: 'characters', blank: '▁', byteFallback: true } as const;
  const cases: [string, BpeTokenizer | WordPieceTokenizer][] = [
    ['bytes', bytes],
    ["bytes, in Llama 3's words", trainBpe('low lower lowest low', { words: 'llama3', merges: 5 })],
    ["bytes, in Qwen 2's words", trainBpe('low lower lowest low', { words: 'qwen2', merges: 5 })],
    ['bytes, a blank in front', trainBpe('low lower lowest low', { prefix: 'always', merges: 5 })],
    ['bytes, the whole text one word', trainBpe('low lower lowest low', { words: 'whole', merges: 5 })],
    ['characters', trainBpe('low lower lowest low', { level: 'characters', unk: '<unk>', merges: 5 })],
    [
      'blanks as signs',
      new BpeTokenizer(characters, merges, { ...blanks, words: 'blanks', prefix: 'first', fuseUnknown: true }),
    ],
    [
      'the whole text, ignoring merges',
      new BpeTokenizer(characters, merges, { ...blanks, words: 'whole', prefix: 'always', ignoreMerges: true }),
    ],
    [
      'taking all blanks off',
      new BpeTokenizer(characters, merges, { ...blanks, words: 'whole', prefix: 'always', strip: 'all' }),
    ],
    ['no blank in front, and none taken off', new BpeTokenizer(characters, merges, { ...blanks, words: 'blanks' })],
    [
      'normalised, with added tokens',
      new BpeTokenizer(characters, merges, {
        ...blanks,
        words: 'whole',
        normalizers: [
          { type: 'NFKC' },
          { type: 'Strip', strip_left: true, strip_right: false },
          { type: 'Prepend', prepend: '▁' },
          { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
        ],
        strip: 'one',
        added: [
          { text: 'low', singleWord: true },
          { text: '<0x41>', stripLeft: true, stripRight: true, normalized: true },
        ],
      }),
    ],
    [
      'pieces of words',
      new WordPieceTokenizer(
        new Vocabulary(['[UNK]', 'low', '##er', '##est', '[CLS]'], { unk: '[UNK]', bos: '[CLS]' }),
        { begin: ['[CLS]'] },
      ),
    ],
  ];
  test.each(cases)('%s', (_, tokenizer) => {
    const again = readTokenizer(writeTokenizer(tokenizer));
    expect(again).toBeInstanceOf(tokenizer.constructor);
    expect(JSON.parse(writeTokenizer(again))).toEqual(JSON.parse(writeTokenizer(tokenizer)));
    expect([again.begin, again.end]).toEqual([tokenizer.begin, tokenizer.end]);
    const ofState = tokenizerFromState(JSON.parse(JSON.stringify(tokenizer.state())));
    expect(ofState.vocabulary.options).toEqual(tokenizer.vocabulary.options);
    for (const text of texts) {
      for (const allowSpecial of [false, true]) {
        const encoded = tokenizer.encodeWithOffsets(text, { allowSpecial });
        for (const other of [again, ofState]) {
          expect(other.encodeWithOffsets(text, { allowSpecial })).toEqual(encoded);
          for (const keepSpecial of [false, true]) {
            expect(other.decode(encoded.ids, { keepSpecial })).toBe(tokenizer.decode(encoded.ids, { keepSpecial }));
          }
        }
      }
    }
  });

  test('merges in the form that older libraries read, unless a part has a blank', () => {
    expect(model()['merges']).toEqual(['l o', 'lo w', 'Ġ low']);
    const { merges: pairs } = (
      JSON.parse(writeTokenizer(trainBpe(' a a a', { level: 'characters', merges: 1 }))) as { model: File }
    ).model;
    expect(pairs).toEqual([[' ', 'a']]);
  });

  test('tokens whose names JavaScript keeps for itself', () => {
    const names = ['__proto__', 'constructor', '10', '2', 'toString'];
    const tokenizer = new BpeTokenizer(new Vocabulary(names), [], {
      level: 'characters',
      added: names.map((text) => ({ text })),
    });
    const again = readTokenizer(writeTokenizer(tokenizer));
    expect(again.vocabulary.tokens).toEqual(names);
    expect([...again.encode('10__proto__2')]).toEqual([2, 0, 3]);
  });
});

describe('forms that files come in', () => {
  const same = (changed: File, options = {}): void => {
    const read = readTokenizer(changed, options);
    for (const text of texts) {
      expect(read.encodeWithOffsets(text, { allowSpecial: true })).toEqual(
        bytes.encodeWithOffsets(text, { allowSpecial: true }),
      );
      expect(read.decode(read.encode(text))).toBe(text);
    }
    expect([read.begin, read.end]).toEqual([bytes.begin, bytes.end]);
  };

  test('as text and as an object, with a type and without, with merges as texts and as pairs', () => {
    same(file());
    const { type: _, ...untyped } = model();
    same({ ...file(), model: untyped });
    same(withModel({ merges: bytes.merges }));
    same(withModel({ merges: ['#version: 0.2', ...(model()['merges'] as string[])] }));
    expect((readTokenizer(JSON.stringify(file())) as BpeTokenizer).merges).toEqual(bytes.merges);
  });

  test("Llama 3's post-processor, RoBERTa's and BERT's add the same tokens", () => {
    const { post_processor: template } = file();
    same({
      ...file(),
      post_processor: { type: 'Sequence', processors: [{ type: 'ByteLevel', trim_offsets: false }, template] },
    });
    for (const type of ['RobertaProcessing', 'BertProcessing']) {
      same({ ...file(), post_processor: { type, sep: ['</s>', 1], cls: ['<s>', 0] } });
    }
  });

  test('both ways to say that an expression finds the words', () => {
    const words = wordPatterns.llama3;
    const split = (behavior: string, invert: boolean) => ({
      ...file(),
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [
          { type: 'Split', pattern: { Regex: words }, behavior, invert },
          { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
        ],
      },
    });
    const [isolated, removed] = [readTokenizer(split('Isolated', false)), readTokenizer(split('Removed', true))];
    expect([...isolated.encode('low1234 LOW\n\nlow')]).toEqual([...removed.encode('low1234 LOW\n\nlow')]);
    expect((isolated as BpeTokenizer).words('a1234\n\nb')).toEqual(['a', '123', '4', '\n\n', 'b']);
    expect(() => readTokenizer(split('Removed', false))).toThrow(
      "readTokenizer: pre_tokenizer.Split has behavior 'Removed' and invert false, needs 'Isolated' and false, or 'Removed' and true",
    );
  });

  test("Llama 2's blanks, in the normalizer as in the pre-tokenizer", () => {
    const vocab = Object.fromEntries(['<unk>', '<s>', ...byteNames(), '▁', 'a', '▁a'].map((token, id) => [token, id]));
    const around = {
      added_tokens: [
        { id: 0, content: '<unk>', special: true },
        { id: 1, content: '<s>', special: true, normalized: false },
      ],
      post_processor: null,
      model: { type: 'BPE', unk_token: '<unk>', fuse_unk: true, byte_fallback: true, vocab, merges: ['▁ a'] },
    };
    const decoder = {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    };
    const normalizer = {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: '▁' },
        { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      ],
    };
    const older = readTokenizer({ ...around, decoder, normalizer, pre_tokenizer: null });
    const newer = readTokenizer({
      ...around,
      decoder,
      pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first', split: false },
    });
    const oldest = readTokenizer({
      ...around,
      pre_tokenizer: { type: 'Metaspace', replacement: '▁', add_prefix_space: true },
    });
    for (const read of [older, newer, oldest]) {
      expect(Array.from(read.encode('a é'), (id) => read.vocabulary.token(id))).toEqual([
        '▁a',
        '▁',
        '<0xC3>',
        '<0xA9>',
      ]);
      expect(read.decode(read.encode('a é'))).toBe('a é');
    }
    expect(older.encode(' a')).toHaveLength(2);
    expect(newer.encode(' a')).toHaveLength(1);
  });

  test('roles: what the file says, and what the reader is told', () => {
    const plain = readTokenizer(file()).vocabulary;
    expect([plain.bos, plain.eos, plain.unk, plain.pad]).toEqual([0, 1, undefined, undefined]);
    const told = readTokenizer(
      { ...file(), post_processor: null, padding: { pad_token: '<s>' } },
      { eos: '</s>' },
    ).vocabulary;
    expect([told.bos, told.eos, told.pad]).toEqual([undefined, 1, 0]);
    // Every byte is a token, and so nothing is unknown.
    expect(readTokenizer(withModel({ unk_token: '</s>' })).vocabulary.unk).toBeUndefined();
    expect(readTokenizer(withModel({ unk_token: '' })).vocabulary.unk).toBeUndefined();
    expect(readTokenizer(file(), { unk: '</s>' }).vocabulary.unk).toBe(1);
  });
});

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
      { ...file(), pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Digits' }, { type: 'ByteLevel' }] } },
      "pre_tokenizer is a sequence of ['Digits', 'ByteLevel'], which is not read",
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
