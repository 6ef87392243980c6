// readTokenizer and writeTokenizer: what a file can say comes back.

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
    ["bytes, in StarCoder's words", trainBpe('low lower 12 lowest low', { words: 'starcoder', merges: 5 })],
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
