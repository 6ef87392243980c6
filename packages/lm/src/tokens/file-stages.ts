// What stands around the model in a tokenizer.json: normalizer, pre_tokenizer, post_processor and decoder.

import { shown } from '@dl/autograd';
import type { BpeCutOptions } from './bpe.js';
import { flag, integer, list, type Part, part, refused, sequenceOf, text, typeOf, unreadable } from './file-parts.js';
import type { NormalizerStep } from './normalize.js';
import { type WordPattern, wordPatterns } from './pre-tokens.js';

/** Longer texts put in would make texts of any size out of short ones. */
const LONGEST_PUT_IN = 64;

/** The steps of a normalizer. */
export function readNormalizer(value: unknown): readonly NormalizerStep[] {
  return sequenceOf('normalizer', value, 'normalizers').map(readStep);
}

function readStep(step: Part): NormalizerStep {
  const type = typeOf('normalizer', step);
  const name = `normalizer.${type}`;
  switch (type) {
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
    case 'Lowercase':
    case 'StripAccents':
      return { type };
    case 'Prepend':
      return { type, prepend: putIn(`${name}.prepend`, step['prepend']) };
    case 'Replace': {
      const pattern = part(`${name}.pattern`, step['pattern']);
      if (pattern['String'] === undefined) {
        throw refused(
          `${name}.pattern is of ${Object.keys(pattern).slice(0, 1).join('') || 'nothing'}, needs String; regular expressions are not read here`,
        );
      }
      return {
        type,
        pattern: { String: text(`${name}.pattern.String`, pattern['String']) },
        content: putIn(`${name}.content`, step['content']),
      };
    }
    case 'Strip':
      return {
        type,
        strip_left: flag(`${name}.strip_left`, step['strip_left'], true),
        strip_right: flag(`${name}.strip_right`, step['strip_right'], true),
      };
    case 'BertNormalizer': {
      const is = (key: string): boolean => flag(`${name}.${key}`, step[key], true);
      const strips = step['strip_accents'] ?? null;
      return {
        type,
        clean_text: is('clean_text'),
        handle_chinese_chars: is('handle_chinese_chars'),
        strip_accents: strips === null ? null : flag(`${name}.strip_accents`, strips, false),
        lowercase: is('lowercase'),
      };
    }
    default:
      throw unreadable(
        'normalizer',
        type,
        'NFC, NFD, NFKC, NFKD, Lowercase, StripAccents, Prepend, Replace, Strip, BertNormalizer and sequences of them',
      );
  }
}

function putIn(name: string, value: unknown): string {
  const read = text(name, value);
  if (read.length <= LONGEST_PUT_IN) return read;
  throw refused(`${name} has ${read.length} characters, more than the ${LONGEST_PUT_IN} allowed`);
}

const readableCuts =
  'ByteLevel, Split with the pattern of GPT-2, Llama 3 or Qwen 2, Split or Digits and ByteLevel in a sequence, and Metaspace';

/** How the pre-tokenizer of a BPE cuts. */
export function readBpeCut(value: unknown): BpeCutOptions {
  const steps = sequenceOf('pre_tokenizer', value, 'pretokenizers');
  const types = steps.map((step) => typeOf('pre_tokenizer', step));
  switch (types.join(' ')) {
    case '':
      return { level: 'characters', words: 'whole' };
    case 'ByteLevel': {
      const name = 'pre_tokenizer.ByteLevel';
      const [step] = steps as [Part];
      const prefix = flag(`${name}.add_prefix_space`, step['add_prefix_space'], true) ? 'always' : 'never';
      return { level: 'bytes', words: flag(`${name}.use_regex`, step['use_regex'], true) ? 'gpt2' : 'whole', prefix };
    }
    case 'Split':
      return { level: 'characters', words: readSplit(steps[0]!) };
    case 'Split ByteLevel': {
      const name = 'pre_tokenizer.ByteLevel';
      const [split, bytes] = steps as [Part, Part];
      for (const key of ['add_prefix_space', 'use_regex']) {
        if (flag(`${name}.${key}`, bytes[key], true)) throw refused(`${name}.${key} behind Split is true, needs false`);
      }
      return { level: 'bytes', words: readSplit(split) };
    }
    case 'Digits ByteLevel':
      return readDigits(steps[0]!, steps[1]!);
    case 'Metaspace':
      return readMetaspace('pre_tokenizer', steps[0]!);
    default:
      throw types.length === 1
        ? unreadable('pre_tokenizer', types[0]!, readableCuts)
        : refused(`pre_tokenizer is a sequence of ${shown(types)}, which is not read; it reads ${readableCuts}`);
  }
}

function readDigits(digits: Part, bytes: Part): BpeCutOptions {
  const needOnly = (name: string, value: unknown, otherwise: boolean, needed: boolean): void => {
    const given = flag(`pre_tokenizer.${name}`, value, otherwise);
    if (given !== needed) {
      throw refused(`pre_tokenizer.${name} is ${given} in a sequence of Digits and ByteLevel, needs ${needed}`);
    }
  };
  needOnly('Digits.individual_digits', digits['individual_digits'], false, true);
  needOnly('ByteLevel.add_prefix_space', bytes['add_prefix_space'], true, false);
  needOnly('ByteLevel.use_regex', bytes['use_regex'], true, true);
  return { level: 'bytes', words: 'starcoder' };
}

function readSplit(step: Part): WordPattern {
  const name = 'pre_tokenizer.Split';
  const { Regex: source } = part(`${name}.pattern`, step['pattern']);
  const found = Object.entries(wordPatterns).find(([, known]) => known === source);
  if (found === undefined) {
    throw refused(
      `${name}.pattern is ${source === undefined ? 'no Regex' : shown(source)}, and no regular expressions are read but those of GPT-2, Llama 3 and Qwen 2`,
    );
  }
  const inverts = flag(`${name}.invert`, step['invert'], false);
  // Whichever way it is said: what the expression finds is a word, and it finds everything.
  const isKnown = step['behavior'] === 'Isolated' ? !inverts : step['behavior'] === 'Removed' && inverts;
  if (isKnown) return found[0] as WordPattern;
  throw refused(
    `${name} has behavior ${shown(step['behavior'])} and invert ${inverts}, needs 'Isolated' and false, or 'Removed' and true`,
  );
}

function readMetaspace(where: string, step: Part): BpeCutOptions & { readonly prefix: 'never' | 'first' | 'always' } {
  const name = `${where}.Metaspace`;
  const blank = text(`${name}.replacement`, step['replacement']);
  if (blank.length !== 1) throw refused(`${name}.replacement is ${shown(blank)}, needs one character`);
  const prefix =
    step['prepend_scheme'] ?? (flag(`${name}.add_prefix_space`, step['add_prefix_space'], true) ? 'always' : 'never');
  if (prefix !== 'never' && prefix !== 'first' && prefix !== 'always') {
    throw refused(`${name}.prepend_scheme is ${shown(prefix)}, needs 'always', 'first' or 'never'`);
  }
  return { level: 'characters', words: flag(`${name}.split`, step['split'], true) ? 'blanks' : 'whole', blank, prefix };
}

/** What a decoder makes of tokens. */
export interface ReadDecoder {
  readonly isBytes: boolean;
  readonly blank?: string;
  readonly strip: 'none' | 'one' | 'all';
}

/** The decoder of a BPE; undefined where there is none. */
export function readBpeDecoder(value: unknown): ReadDecoder | undefined {
  const steps = sequenceOf('decoder', value, 'decoders');
  if (steps.length === 0) return undefined;
  let isBytes = false;
  let blank: string | undefined;
  let strip: ReadDecoder['strip'] = 'none';
  for (const step of steps) {
    const type = typeOf('decoder', step);
    const name = `decoder.${type}`;
    if (type === 'ByteLevel') isBytes = true;
    else if (type === 'Metaspace') {
      const { prefix, blank: sign } = readMetaspace('decoder', step);
      blank = sign!;
      strip = prefix === 'never' ? 'none' : 'all';
    } else if (type === 'Replace') {
      const { String: sign } = part(`${name}.pattern`, step['pattern']);
      if (typeof sign !== 'string' || sign.length !== 1 || step['content'] !== ' ') {
        throw refused(`${name} is not of one character by a blank, which is all that is read`);
      }
      blank = sign;
    } else if (type === 'Strip') {
      const [start, stop] = [integer(`${name}.start`, step['start'], 0), integer(`${name}.stop`, step['stop'], 0)];
      if (step['content'] !== ' ' || start > 1 || stop > 0) {
        throw refused(`${name} is not of one blank at the start, which is all that is read`);
      }
      strip = start === 1 ? 'one' : 'none';
    } else if (type !== 'ByteFallback' && type !== 'Fuse') {
      throw unreadable(
        'decoder',
        type,
        'ByteLevel, Metaspace, Replace, ByteFallback, Fuse, Strip and sequences of them',
      );
    }
  }
  return { isBytes, ...(blank !== undefined && { blank }), strip };
}

/** Tokens that a post-processor puts before and after a text, each with its number as the file has it. */
export interface Ends {
  readonly begin: readonly (readonly [text: string, id: number])[];
  readonly end: readonly (readonly [text: string, id: number])[];
}

/** What a post-processor puts around one text. What it would put around a pair is not read. */
export function readPostProcessor(value: unknown): Ends {
  const [begin, end]: [[string, number][], [string, number][]] = [[], []];
  for (const step of sequenceOf('post_processor', value, 'processors')) {
    const type = typeOf('post_processor', step);
    const name = `post_processor.${type}`;
    if (type === 'ByteLevel') continue;
    if (type === 'RobertaProcessing' || type === 'BertProcessing') {
      begin.unshift(numbered(`${name}.cls`, step['cls']));
      end.push(numbered(`${name}.sep`, step['sep']));
    } else if (type === 'TemplateProcessing') {
      const ends = readTemplate(name, step);
      begin.unshift(...ends.begin);
      end.push(...ends.end);
    } else {
      throw unreadable(
        'post_processor',
        type,
        'ByteLevel, BertProcessing, RobertaProcessing, TemplateProcessing and sequences of them',
      );
    }
  }
  return { begin, end };
}

function numbered(name: string, value: unknown): [string, number] {
  const pair = list(name, value);
  return [text(`${name}[0]`, pair[0]), integer(`${name}[1]`, pair[1], 0)];
}

function readTemplate(name: string, step: Part): { begin: [string, number][]; end: [string, number][] } {
  const known = part(`${name}.special_tokens`, step['special_tokens']);
  const [begin, end]: [[string, number][], [string, number][]] = [[], []];
  let isBehind = false;
  for (const each of list(`${name}.single`, step['single'])) {
    const { SpecialToken: special, Sequence: sequence } = part(`${name}.single`, each);
    if (special === undefined) {
      const { id } = part(`${name}.single`, sequence);
      if (id !== 'A' || isBehind) throw refused(`${name}.single has ${shown(id)}, needs the text, 'A', once`);
      isBehind = true;
      continue;
    }
    const id = text(`${name}.single`, part(`${name}.single`, special)['id']);
    const entry = part(`${name}.special_tokens`, Object.hasOwn(known, id) ? known[id] : undefined);
    const [ids, tokens] = [
      list(`${name}.special_tokens`, entry['ids']),
      list(`${name}.special_tokens`, entry['tokens']),
    ];
    if (ids.length !== tokens.length) {
      throw refused(
        `${name}.special_tokens has ${ids.length} ids and ${tokens.length} tokens for ${shown(id)}, needs as many`,
      );
    }
    tokens.forEach((token, i) => (isBehind ? end : begin).push(numbered(`${name}.special_tokens`, [token, ids[i]])));
  }
  if (!isBehind) throw refused(`${name}.single has no text; needs the sequence 'A'`);
  return { begin, end };
}
