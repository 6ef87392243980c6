// Tokens, places and texts by Hugging Face's own library: writes tokenizers.json beside this file.
//
//   npm install --no-save --prefix FOLDER tokenizers@0.23.2
//   node packages/lm/golden/make-tokenizers.mjs FOLDER
//
// tokenizers 0.23.2 (Apache-2.0) is their library in Rust, with its trainer of byte-pair encoding. The texts are made up here. Offsets are turned from code points into
// UTF-16 code units.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const { Tokenizer, byteLevelAlphabet } = createRequire(join(resolve(process.argv[2]), 'any.js'))('tokenizers');

const corpus = [
  "The cat sat on the mat, and the rat that the cat chased sat on the cat's hat. It's 12345 o'clock; they'll say it isn't.",
  'Der Bär saß im Café und aß Käse. Żółw żółty, żółw zielony; naïve coöperation. ÀÉÎ déjà vu.',
  'Кот сидел на ковре, и кот ел. שלום עולם. مرحبا بالعالم. नमस्ते दुनिया।',
  '東京都に住んでいる猫は、東京が好きです。한국어 한글. 🙂🙂 👩‍👩‍👧 🇩🇪',
  'low low low lower lower newest newest newest widest    widest\n\n\tindented\n  code 3.14 1,000 x_1 <a href="b">',
].join('\n');

const texts = [
  'The cat sat on the mat.',
  "It's they'll DON'T we'Ve 'tis rock'n'roll 's",
  '  two  blanks   and more    ',
  'line\nends\r\n\r\n\n  tabs\t\t and\u00a0no break\u3000wide',
  '12345 3.14159 1,000,000 x1y22 ²½ ٣٤٥',
  'Café café Żółw Å \u212b ﬁ ① ｶﾞ e\u0301\u0323',
  '東京都の猫、한국어 각 ᄒ\u1161ᆫ',
  '🙂 👩‍👩‍👧‍👦🇩🇪❤️ a\u200db\u200cc\u00ad',
  'नमस्ते مَرْحَبًا שָׁלוֹם',
  'x'.repeat(30) + 'aaaaaaaaaaaaaaaa',
  '<s>cat</s> <mask> a <mask>, [MASK] [CLS]<|end|>\n<tool>cat</tool>',
  '▁cat▁▁sat <0x41> Ġthe',
  ' cat',
  'ΑΣ İI ǅ ß ſ \'ſ',
  '!!! ... --- "q" (p) [b] {c} ~ ` ^ $ + = < > |',
  '\u0000\u0007\ufffd\ufeff\u2028\u0085 end',
];

/** What the trainer makes of texts: pairs, in order. It goes on until no pairs are left. */
function trained(around, text) {
  const folder = mkdtempSync(join(tmpdir(), 'dl-golden-'));
  const file = join(folder, 'text');
  writeFileSync(file, text);
  const tokenizer = Tokenizer.fromString(
    JSON.stringify({ ...nothing, ...around, model: { type: 'BPE', ...plain, vocab: {}, merges: [] } }),
  );
  tokenizer.train([file]);
  const saved = join(folder, 'saved');
  tokenizer.save(saved);
  const { model } = JSON.parse(readFileSync(saved, 'utf8'));
  rmSync(folder, { recursive: true });
  return model.merges;
}

const nothing = {
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: null,
  post_processor: null,
  decoder: null,
};
const plain = {
  dropout: null,
  unk_token: null,
  continuing_subword_prefix: null,
  end_of_word_suffix: null,
  fuse_unk: false,
  byte_fallback: false,
  ignore_merges: false,
};

const anyCase = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const behind = ' ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
const patterns = {
  gpt2: "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
  llama3: `${anyCase}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|${behind}`,
  qwen2: `${anyCase}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|${behind}`,
};
const byteLevel = (options = {}) => ({
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: false,
  use_regex: true,
  ...options,
});
const split = (name) => ({ type: 'Split', pattern: { Regex: patterns[name] }, behavior: 'Isolated', invert: false });
const sequence = (key, ...list) => ({ type: 'Sequence', [key]: list });
const splitBytes = (name) => sequence('pretokenizers', split(name), byteLevel({ use_regex: false }));
const metaspace = (prepend_scheme, splits) => ({ type: 'Metaspace', replacement: '▁', prepend_scheme, split: splits });
const replace = { type: 'Replace', pattern: { String: ' ' }, content: '▁' };
const back = (...more) =>
  sequence('decoders', { type: 'Replace', pattern: { String: '▁' }, content: ' ' }, ...more);
const strip = { type: 'Strip', content: ' ', start: 1, stop: 0 };
const template = (begin, end, ids) => ({
  type: 'TemplateProcessing',
  single: [
    ...begin.map((id) => ({ SpecialToken: { id, type_id: 0 } })),
    { Sequence: { id: 'A', type_id: 0 } },
    ...end.map((id) => ({ SpecialToken: { id, type_id: 0 } })),
  ],
  pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
  special_tokens: Object.fromEntries(
    [...begin, ...end].map((token) => [token, { id: token, ids: [ids[token]], tokens: [token] }]),
  ),
});

const training = {
  bytes: trained({ pre_tokenizer: byteLevel() }, corpus),
  characters: trained({ pre_tokenizer: split('gpt2') }, corpus),
  blanks: trained({ pre_tokenizer: metaspace('always', true) }, corpus),
};

const merged = (merges, count) => merges.slice(0, count);
const numbered = (tokens) => Object.fromEntries([...new Set(tokens)].map((token, id) => [token, id]));
const bytesNamed = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
const charactersOf = (text) => [...new Set(text)].filter((character) => character < 'Ѐ').sort();
const whole = (merges) => merges.map(([left, right]) => left + right);

const byteMerges = merged(training.bytes, 220);
const byteVocab = numbered(['<s>', '</s>', '<unk>', '<mask>', '<|end|>', '<tool>', '</tool>', ...byteLevelAlphabet().sort(), ...whole(byteMerges)]);
const inVocabulary = (vocab) => ([left, right]) => left in vocab && right in vocab && left + right in vocab;
const letters = charactersOf(corpus.replaceAll(' ', '▁')).concat('▁');
const blankMerges = merged(training.blanks, 200).filter((pair) => pair.every((part) => [...part].every((each) => letters.includes(each))));
const blankVocab = numbered(['<unk>', '<s>', '</s>', ...bytesNamed, ...letters, ...whole(blankMerges)]);
const characterMerges = merged(training.characters, 150);
const characterVocab = numbered(['<unk>', '<s>', ...new Set(corpus), ...whole(characterMerges)]);
const pieces = numbered([
  ...['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'],
  ...'abcdefghijklmnopqrstuvwxyzABCDT0123456789.,!?\'"-()[]{}<>|~`^$+=:;',
  ...[...'abcdefghijklmnopqrstuvwxyz0123456789'].map((letter) => `##${letter}`),
  ...['the', 'cat', 'sat', 'on', 'mat', 'it', 'they', 'don', '##ll', '##ve', 'cafe', 'café', 'ż', '##ó', '東', '京', '猫', 'α', 'σ', '##σ', 'i̇', 'end', 'The', 'ss', 'ß', 'न', '##म', '\u1112', '##\u1161'],
]);

const added = (vocab, list) =>
  list.map(([content, options = {}]) => ({
    id: vocab[content],
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
    ...options,
  }));
const bytesModel = { vocab: 'bytes', merges: 'bytes', pairs: false };

/** The parts of each file; `model.vocab` and `model.merges` are named, and stand once in what is written. */
const files = {
  'GPT-2': {
    added_tokens: added(byteVocab, [['<s>'], ['</s>']]),
    pre_tokenizer: byteLevel(),
    decoder: byteLevel(),
    model: bytesModel,
  },
  RoBERTa: {
    added_tokens: added(byteVocab, [['<s>'], ['</s>'], ['<unk>'], ['<mask>', { lstrip: true }]]),
    pre_tokenizer: byteLevel({ add_prefix_space: true }),
    post_processor: { type: 'RobertaProcessing', sep: ['</s>', 1], cls: ['<s>', 0], trim_offsets: false, add_prefix_space: true },
    decoder: byteLevel({ add_prefix_space: true }),
    model: { ...bytesModel, unk_token: '<unk>' },
  },
  'Llama 3': {
    added_tokens: added(byteVocab, [['<s>'], ['</s>'], ['<|end|>', { rstrip: true }]]),
    pre_tokenizer: splitBytes('llama3'),
    post_processor: sequence('processors', byteLevel(), template(['<s>'], ['</s>', '<|end|>'], byteVocab)),
    decoder: byteLevel(),
    model: { ...bytesModel, pairs: true, ignore_merges: true },
  },
  SmolLM: {
    added_tokens: added(byteVocab, [['<s>'], ['<|end|>']]),
    pre_tokenizer: sequence('pretokenizers', { type: 'Digits', individual_digits: true }, byteLevel()),
    decoder: byteLevel(),
    model: bytesModel,
  },
  'Qwen 2': {
    added_tokens: added(byteVocab, [
      ['<|end|>'],
      ['<tool>', { special: false }],
      ['</tool>', { special: false }],
      ['<mask>', { special: false, single_word: true, normalized: true }],
    ]),
    normalizer: { type: 'NFC' },
    pre_tokenizer: splitBytes('qwen2'),
    post_processor: byteLevel(),
    decoder: byteLevel(),
    model: { ...bytesModel, pairs: true },
  },
  'Llama 2': {
    added_tokens: added(blankVocab, [['<unk>'], ['<s>'], ['</s>']]),
    normalizer: sequence('normalizers', { type: 'Prepend', prepend: '▁' }, replace),
    post_processor: template(['<s>'], [], blankVocab),
    decoder: back({ type: 'ByteFallback' }, { type: 'Fuse' }, strip),
    model: { vocab: 'blanks', merges: 'blanks', pairs: false, unk_token: '<unk>', fuse_unk: true, byte_fallback: true },
  },
  Mistral: {
    added_tokens: added(blankVocab, [['<unk>'], ['<s>'], ['</s>']]),
    pre_tokenizer: metaspace('first', false),
    post_processor: template(['<s>'], [], blankVocab),
    decoder: back({ type: 'ByteFallback' }, { type: 'Fuse' }, strip),
    model: { vocab: 'blanks', merges: 'blanks', pairs: true, unk_token: '<unk>', fuse_unk: true, byte_fallback: true },
  },
  'words at blanks': {
    added_tokens: added(blankVocab, [['<unk>'], ['<s>'], ['</s>']]),
    normalizer: sequence('normalizers', { type: 'NFKC' }, { type: 'Lowercase' }, { type: 'Strip', strip_left: true, strip_right: true }),
    pre_tokenizer: metaspace('always', true),
    decoder: metaspace('always', true),
    model: { vocab: 'blanks', merges: 'blanks', pairs: true, unk_token: '<unk>' },
  },
  'characters, unknown ones fused': {
    added_tokens: added(characterVocab, [['<unk>'], ['<s>']]),
    normalizer: sequence('normalizers', { type: 'NFD' }, { type: 'StripAccents' }),
    pre_tokenizer: split('gpt2'),
    decoder: { type: 'Fuse' },
    model: { vocab: 'characters', merges: 'characters', pairs: true, unk_token: '<unk>', fuse_unk: true },
  },
  'BERT, uncased': bert({ lowercase: true, strip_accents: null }),
  'BERT, cased': bert({ lowercase: false, strip_accents: false }),
  'BERT, as it comes': bert({ lowercase: true, strip_accents: false, clean_text: false, handle_chinese_chars: false }, false),
};

function bert(options, cleanup = true) {
  return {
    added_tokens: added(pieces, [['[PAD]'], ['[UNK]'], ['[CLS]'], ['[SEP]'], ['[MASK]']]),
    normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, ...options },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: template(['[CLS]'], ['[SEP]'], pieces),
    decoder: { type: 'WordPiece', prefix: '##', cleanup },
    model: { type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 40, vocab: 'pieces' },
  };
}

const vocabularies = { bytes: byteVocab, blanks: blankVocab, characters: characterVocab, pieces };
const merges = {
  bytes: byteMerges,
  blanks: blankMerges.filter(inVocabulary(blankVocab)),
  characters: characterMerges.filter(inVocabulary(characterVocab)),
};

/** A file as it would be. The tests put it together in the same way. */
function put({ model: { vocab, merges: name, pairs, ...model }, ...around }) {
  const made = { ...model, vocab: vocabularies[vocab] };
  if (name === undefined) return { ...nothing, ...around, model: made };
  const list = pairs ? merges[name] : merges[name].map((pair) => pair.join(' '));
  return { ...nothing, ...around, model: { type: 'BPE', ...plain, ...made, merges: list } };
}

/** JavaScript puts names that are numbers first. */
const byNumber = (vocab) =>
  Object.entries(vocab)
    .sort(([, a], [, b]) => a - b)
    .map(([token]) => token);

/** Where each code point begins, in UTF-16 code units. */
const units = (text) => [...text].reduce((all, character) => [...all, all.at(-1) + character.length], [0]);

const answers = {};
for (const [name, file] of Object.entries(files)) {
  const tokenizer = Tokenizer.fromString(JSON.stringify(put(file)));
  answers[name] = [];
  for (const text of texts) {
    const encoding = await tokenizer.encode(text, null, { addSpecialTokens: false });
    const around = await tokenizer.encode(text, null, { addSpecialTokens: true });
    const ids = encoding.getIds();
    const at = units(text);
    answers[name].push({
      ids,
      places: encoding.getOffsets().flatMap(([start, end]) => [at[start], at[end]]),
      withEnds: around.getIds().length - ids.length,
      text: await tokenizer.decode(ids, true),
      whole: await tokenizer.decode(ids, false),
    });
  }
}

const lines = (object) => `{\n${Object.entries(object).map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`).join(',\n')}\n}`;
writeFileSync(
  new URL('tokenizers.json', import.meta.url),
  `{"corpus": ${JSON.stringify(corpus)},
"texts": ${JSON.stringify(texts)},
"training": ${lines(training)},
"vocabularies": ${lines(Object.fromEntries(Object.entries(vocabularies).map(([name, vocab]) => [name, byNumber(vocab)])))},
"merges": ${lines(merges)},
"files": ${lines(files)},
"answers": ${lines(answers)}}\n`,
);
