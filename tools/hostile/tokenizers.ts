// The readers of tokenizers: files of Hugging Face's form, and saved states. What was read cuts a text, which must end, too.

import {
  BpeTokenizer,
  readTokenizer,
  type Tokenizer,
  type TokenizerState,
  tokenizerFromState,
  trainBpe,
  Vocabulary,
  WordPieceTokenizer,
  writeTokenizer,
} from '@dl/lm';
import type { Reader } from './readers.js';

const used = (tokenizer: Tokenizer): void => {
  for (const text of ['low lower, LOWEST  é🙂\n 12345', 'lo'.repeat(2000), ' '.repeat(2000)]) {
    tokenizer.decode(tokenizer.encode(text, { allowSpecial: true }));
  }
};

const bytes = trainBpe('low lower lowest', { merges: 6, eos: '</s>', end: ['</s>'], words: 'llama3' });
const characters = new BpeTokenizer(
  new Vocabulary(['<unk>', '<s>', '▁', 'l', 'o', 'w', 'lo', 'low', '<0xC3>', '<0xA9>', '<x>'], {
    unk: '<unk>',
    bos: '<s>',
  }),
  [
    ['l', 'o'],
    ['lo', 'w'],
  ],
  {
    level: 'characters',
    words: 'whole',
    blank: '▁',
    byteFallback: true,
    strip: 'one',
    begin: ['<s>'],
    added: [{ text: '<x>', stripLeft: true, singleWord: true, normalized: true }],
    normalizers: [
      { type: 'NFKC' },
      { type: 'Prepend', prepend: '▁' },
      { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      { type: 'Strip', strip_left: false, strip_right: true },
    ],
  },
);
const pieces = new WordPieceTokenizer(
  new Vocabulary(['[UNK]', 'low', 'lo', '##er', '##lo', '[CLS]'], { unk: '[UNK]', bos: '[CLS]' }),
  {
    begin: ['[CLS]'],
  },
);
const read = (file: Uint8Array): void => used(readTokenizer(Buffer.from(file).toString()));
const file = (tokenizer: BpeTokenizer | WordPieceTokenizer): Uint8Array =>
  new TextEncoder().encode(writeTokenizer(tokenizer));

function fromState(json: Uint8Array): void {
  let state: TokenizerState;
  try {
    state = JSON.parse(Buffer.from(json).toString()) as TokenizerState;
  } catch {
    return;
  }
  used(tokenizerFromState(state));
}

export const tokenizerReaders: readonly Reader[] = [
  { name: 'tokenizer of bytes', covers: ['readTokenizer'], valid: file(bytes), read },
  { name: 'tokenizer of characters', covers: ['readTokenizer'], valid: file(characters), read },
  { name: 'tokenizer of pieces of words', covers: ['readTokenizer'], valid: file(pieces), read },
  {
    name: 'state of a tokenizer',
    covers: ['tokenizerFromState'],
    valid: new TextEncoder().encode(JSON.stringify(characters.state())),
    read: fromState,
  },
];
