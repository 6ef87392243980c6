// readTokenizer and writeTokenizer: the tokenizer.json of Hugging Face's libraries.

import { ArgumentError, checkCall, FormatError, type Known, shown } from '@dl/autograd';
import { type BpeOptions, BpeTokenizer } from './bpe.js';
import { byteCharacters } from './bytes.js';
import { flag, integer, list, optionalPart, type Part, part, refused, text, unreadable } from './file-parts.js';
import { type Ends, readBpeCut, readBpeDecoder, readNormalizer, readPostProcessor } from './file-stages.js';
import { refusingState, savedState } from './saved.js';
import { type AddedToken, SubwordTokenizer } from './subword.js';
import type { TokenizerState } from './tokenizer.js';
import { type SpecialTokens, Vocabulary } from './vocabulary.js';
import { WordPieceTokenizer } from './word-piece.js';

/** Options of {@link readTokenizer}: what special tokens are for, where the file does not say it. */
export interface ReadTokenizerOptions extends SpecialTokens {}

const readOptions: Known<ReadTokenizerOptions> = { unk: 'string', bos: 'string', eos: 'string', pad: 'string' };

/**
 * Makes a tokeniser of a `tokenizer.json`, the file in which Hugging Face's libraries keep one. It reads
 *
 * - models of type BPE, with merges in either form, `ignore_merges`, `fuse_unk` and `byte_fallback`, and of type WordPiece;
 * - normalizers: NFC, NFD, NFKC, NFKD, Lowercase, StripAccents, Prepend, Replace (of a text), Strip, BertNormalizer;
 * - pre-tokenizers: ByteLevel (GPT-2), Split by the regular expressions of GPT-2, Llama 3 and Qwen 2 with ByteLevel behind it or without, Digits with ByteLevel behind it (StarCoder, SmolLM), Metaspace, none, and
 *   BertPreTokenizer. Other regular expressions are refused, and so no file can bring one that takes forever;
 * - post-processors: ByteLevel, BertProcessing, RobertaProcessing, TemplateProcessing for one text. `encode` does not add their tokens; `withEnds` does;
 * - decoders: ByteLevel, Metaspace, WordPiece, and Replace, ByteFallback, Fuse and Strip in sequences;
 * - added tokens. Those that are special are text in texts, unless `encode` is told to allow them; all others are always found.
 *
 * Truncation and padding are left to whoever makes batches. Anything else is refused by its name, and nothing is half-read. Offsets count the blank in front of a word
 * to the word's first token.
 *
 * Roles: `unk` is that of the model, `bos` and `eos` are what the post-processor adds if it is one token each, `pad` is that of the file's padding; the options say it where
 * the file does not, as files of GPT-2 do not.
 *
 * @param file The text of the file, or what `JSON.parse` makes of it.
 *
 * @throws FormatError for what is no such file, and for one that does not fit together: tokens whose numbers leave gaps, come twice or are too large, merges of what is no
 * token.
 *
 * @example
 * ```ts
 * import { readTokenizer, trainBpe, writeTokenizer } from '@dl/lm';
 * const tokenizer = trainBpe('low lower lowest', { merges: 10 });
 * const again = readTokenizer(writeTokenizer(tokenizer));
 * console.log(again.encode('lowest')); // as tokenizer.encode('lowest')
 * ```
 */
export function readTokenizer(
  file: string | object,
  options: ReadTokenizerOptions = {},
): BpeTokenizer | WordPieceTokenizer {
  checkCall('readTokenizer', arguments, ['file'], readOptions);
  return readFile(typeof file === 'string' ? parsed(file) : file, (roles) => ({ ...roles, ...options }));
}

/** @param rolesOf What special tokens are for, beside what the file says of it. */
function readFile(value: unknown, rolesOf: (roles: SpecialTokens) => SpecialTokens): BpeTokenizer | WordPieceTokenizer {
  const file = part('the file', value);
  const model = part('model', file['model']);
  const type = modelType(model);
  const added = list('added_tokens', file['added_tokens'] ?? []).map(readAdded);
  const ends = readPostProcessor(file['post_processor']);
  const make: Make = (roles) => vocabularyOf(model, added, ends, rolesOf(roles));
  return refusingState('readTokenizer', () =>
    type === 'BPE' ? readBpe(file, model, added, ends, make) : readWordPiece(file, model, added, ends, make),
  );
}

/**
 * A tokeniser as the text of a `tokenizer.json`, which Hugging Face's libraries read, and {@link readTokenizer}. What special tokens are for is in it for `unk` alone, and
 * for `bos` and `eos` where `begin` and `end` are these; `tokenizer.state()` keeps all.
 *
 * @throws ArgumentError for a tokeniser of another kind.
 *
 * @example
 * ```ts
 * import { trainBpe, writeTokenizer } from '@dl/lm';
 * const file = JSON.parse(writeTokenizer(trainBpe('low lower lowest', { merges: 2 })));
 * console.log(file.model.merges); // l o, lo w
 * ```
 */
export function writeTokenizer(tokenizer: SubwordTokenizer): string {
  checkCall('writeTokenizer', arguments, ['tokenizer']);
  if (tokenizer instanceof SubwordTokenizer) return JSON.stringify(tokenizer.file());
  throw new ArgumentError(
    `writeTokenizer: tokenizer is ${shown(tokenizer)}, needs a BpeTokenizer or a WordPieceTokenizer; others have no such file`,
  );
}

/** The tokeniser of a state, in which its file stands beside the roles of its special tokens. */
export const savedFile = {
  fromState(state: TokenizerState): BpeTokenizer | WordPieceTokenizer {
    const { file, roles } = savedState('readTokenizer', 'tokenizer.json', state);
    const read = Object.entries(part('roles', roles));
    const wrong = read.find(([role, token]) => !Object.hasOwn(readOptions, role) || typeof token !== 'string');
    if (wrong !== undefined)
      throw refused(
        `roles.${shown(wrong[0]).slice(1, -1)} is ${shown(wrong[1])}, needs a token as unk, bos, eos or pad`,
      );
    return readFile(file, () => Object.fromEntries(read) as ReadTokenizerOptions);
  },
};

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new FormatError('readTokenizer: the file is no JSON; it is damaged, or another one', { cause });
  }
}

/** Files of the first versions do not say it. */
function modelType(model: Part): 'BPE' | 'WordPiece' {
  const type = model['type'] ?? (model['merges'] !== undefined ? 'BPE' : 'WordPiece');
  if (type === 'BPE' || type === 'WordPiece') return type;
  throw unreadable('model', text('model.type', type), 'BPE and WordPiece');
}

interface ReadToken extends AddedToken {
  readonly id: number;
  readonly isSpecial: boolean;
}

function readAdded(value: unknown, index: number): ReadToken {
  const name = `added_tokens[${index}]`;
  const token = part(name, value);
  const is = (key: string): boolean => flag(`${name}.${key}`, token[key], false);
  return {
    id: integer(`${name}.id`, token['id'], 0),
    text: text(`${name}.content`, token['content']),
    isSpecial: is('special'),
    stripLeft: is('lstrip'),
    stripRight: is('rstrip'),
    singleWord: is('single_word'),
    normalized: is('normalized'),
  };
}

/** Those that are found by more than their text, or although they are not special. */
function named(added: readonly ReadToken[]): AddedToken[] {
  return added
    .filter(({ isSpecial, stripLeft, stripRight, singleWord }) => !isSpecial || stripLeft || stripRight || singleWord)
    .map(({ id: _, isSpecial: __, ...token }) => token);
}

/** All tokens by their numbers, each of which comes once, from 0 on and without gaps. */
function vocabularyOf(model: Part, added: readonly ReadToken[], ends: Ends, roles: SpecialTokens): Vocabulary {
  const ids = new Map<string, unknown>(Object.entries(part('model.vocab', model['vocab'])));
  const fromOutside = [...added.map(({ text: token, id }): [string, number] => [token, id])];
  for (const [token, id] of fromOutside) {
    const former = ids.get(token);
    if (former !== undefined && former !== id) {
      throw refused(`${shown(token)} is token ${shown(former)} and, among added_tokens, token ${id}`);
    }
    ids.set(token, id);
  }
  const tokens = new Array<string | undefined>(ids.size).fill(undefined);
  for (const [token, id] of ids) {
    const index = id as number;
    if (!(Number.isInteger(id) && index >= 0 && index < ids.size)) {
      throw refused(
        `token ${shown(token)} has the number ${shown(id)}, needs 0 … ${ids.size - 1}: there are ${ids.size} tokens, numbered without gaps`,
      );
    }
    if (tokens[index] !== undefined)
      throw refused(`tokens ${shown(tokens[index])} and ${shown(token)} both have the number ${index}`);
    tokens[index] = token;
  }
  for (const [token, id] of [...ends.begin, ...ends.end]) {
    if (ids.get(token) !== id) {
      throw refused(
        `post_processor has ${shown(token)} as token ${id}, but in the vocabulary it is ${shown(ids.get(token))}`,
      );
    }
  }
  const special = added.filter(({ isSpecial }) => isSpecial).map(({ text: token }) => token);
  return new Vocabulary(tokens as string[], { ...roles, special: [...new Set(special)] });
}

/** What special tokens are for, as far as the file says it. */
function saidRoles(file: Part, model: Part, ends: Ends): SpecialTokens {
  const unk = model['unk_token'] ?? undefined;
  const pad = optionalPart('padding', file['padding'])?.['pad_token'];
  return {
    // An empty text is how some files say that there is none.
    ...(unk !== undefined && unk !== '' && { unk: text('model.unk_token', unk) }),
    ...(ends.begin.length === 1 && { bos: ends.begin[0]![0] }),
    ...(ends.end.length === 1 && { eos: ends.end[0]![0] }),
    ...(pad !== undefined && { pad: text('padding.pad_token', pad) }),
  };
}

const textsOf = ({ begin, end }: Ends): { begin: string[]; end: string[] } => ({
  begin: begin.map(([token]) => token),
  end: end.map(([token]) => token),
});

type Make = (roles: SpecialTokens) => Vocabulary;

function readBpe(file: Part, model: Part, added: readonly ReadToken[], ends: Ends, make: Make): BpeTokenizer {
  const { dropout = null } = model;
  if (dropout !== null && dropout !== 0)
    throw refused(`model.dropout is ${shown(dropout)}, needs null: text is always cut the same way`);
  for (const key of ['continuing_subword_prefix', 'end_of_word_suffix']) {
    const sign = model[key] ?? '';
    if (sign !== '') throw refused(`model.${key} is ${shown(sign)}, which is not read for BPE; it needs null`);
  }
  const cut = readBpeCut(file['pre_tokenizer']);
  const decoder = readBpeDecoder(file['decoder']);
  const normalizers = readNormalizer(file['normalizer']);
  const isBytes = cut.level === 'bytes';
  if (decoder !== undefined && decoder.isBytes !== isBytes) {
    throw refused(
      isBytes
        ? 'pre_tokenizer makes bytes, but decoder is not ByteLevel, which makes text of them'
        : 'decoder makes text of bytes, but pre_tokenizer is not ByteLevel, which makes them',
    );
  }
  const blank = decoder?.blank ?? cut.blank ?? ' ';
  const isMade = normalizers.some(
    (step) => step.type === 'Replace' && step.pattern.String === ' ' && step.content === blank,
  );
  if (blank !== (cut.blank ?? ' ') && !(cut.blank === undefined && isMade)) {
    throw refused(
      `decoder makes blanks of ${shown(blank)}, but neither normalizer nor pre_tokenizer makes ${shown(blank)} of blanks`,
    );
  }
  const is = (key: string): boolean => flag(`model.${key}`, model[key], false);
  const options: BpeOptions = {
    ...cut,
    ...textsOf(ends),
    ...(!isBytes && { blank, byteFallback: is('byte_fallback') }),
    ...(!isBytes && decoder !== undefined && { strip: decoder.strip }),
    normalizers,
    added: named(added),
    fuseUnknown: is('fuse_unk'),
    ignoreMerges: is('ignore_merges'),
  };
  const { unk, ...others } = saidRoles(file, model, ends);
  // Where every byte is a token nothing is unknown, whatever some files name there.
  const vocab = part('model.vocab', model['vocab']);
  const isComplete = isBytes && byteCharacters().every((character) => Object.hasOwn(vocab, character));
  const roles = isComplete || unk === undefined ? others : { ...others, unk };
  return new BpeTokenizer(make(roles), readMerges(model['merges']), options);
}

function readMerges(value: unknown): [string, string][] {
  return list('model.merges', value).flatMap((merge, rank): [string, string][] => {
    const name = `model.merges[${rank}]`;
    // What text files of merges begin with.
    if (rank === 0 && typeof merge === 'string' && merge.startsWith('#version')) return [];
    const parts = typeof merge === 'string' ? merge.split(' ') : list(name, merge);
    if (parts.length !== 2) throw refused(`${name} has ${parts.length} parts, needs two tokens`);
    return [[text(name, parts[0]), text(name, parts[1])]];
  });
}

function readWordPiece(
  file: Part,
  model: Part,
  added: readonly ReadToken[],
  ends: Ends,
  make: Make,
): WordPieceTokenizer {
  const cut = optionalPart('pre_tokenizer', file['pre_tokenizer'])?.['type'];
  if (cut !== 'BertPreTokenizer') {
    throw unreadable(
      'pre_tokenizer',
      cut === undefined ? 'null' : text('pre_tokenizer.type', cut),
      'BertPreTokenizer for WordPiece',
    );
  }
  const decoder = optionalPart('decoder', file['decoder']);
  if (decoder !== undefined && decoder['type'] !== 'WordPiece') {
    throw unreadable('decoder', text('decoder.type', decoder['type']), 'WordPiece for WordPiece');
  }
  const continuation = text('model.continuing_subword_prefix', model['continuing_subword_prefix'] ?? '##');
  const prefix = decoder?.['prefix'] ?? continuation;
  if (prefix !== continuation)
    throw refused(`decoder.prefix is ${shown(prefix)}, but model.continuing_subword_prefix is ${shown(continuation)}`);
  return new WordPieceTokenizer(make(saidRoles(file, model, ends)), {
    ...textsOf(ends),
    // All of it stands among the steps.
    ...{ lowerCase: false, stripAccents: false, cleanText: false, spaceChinese: false },
    normalizers: readNormalizer(file['normalizer']),
    added: named(added),
    continuation,
    maxWordLength: integer('model.max_input_chars_per_word', model['max_input_chars_per_word'] ?? 100, 1),
    cleanUp: flag('decoder.cleanup', decoder?.['cleanup'], true),
  });
}
