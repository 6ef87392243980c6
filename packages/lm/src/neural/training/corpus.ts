// The tokens of the text that a network learns from, and those of the text that is held out, by which it is measured.

import { ArgumentError, FormatError, shown } from '@dl/autograd';
import { charactersOf } from '../../evaluation/characters.js';
import { tokenizerFromState } from '../../tokens/from-state.js';
import { eachText } from '../../tokens/texts.js';
import { Tokenizer, type TokenizerState } from '../../tokens/tokenizer.js';
import { type TokenizerOptions, TokenizerTraining } from '../../tokens/train-tokenizer.js';

/** A part of the text: the one, or several with their ends. */
export interface CorpusPart {
  readonly rows: readonly Int32Array[];
  readonly tokens: number;
  /** Characters, and one for the end of each of several texts. */
  readonly characters: number;
}

export interface Corpus {
  readonly tokenizer: Tokenizer;
  /** Whether there are several texts, with a begin and an end each. */
  readonly isSeveral: boolean;
  readonly train: CorpusPart;
  readonly heldOut: CorpusPart | undefined;
  /** What is held out, as a share. */
  readonly share: number;
  /** Of all tokens: another text has another one, as good as always. */
  readonly checksum: number;
}

/** A tenth is held out of so much text, if nothing is said. */
const TENTH = 0.1;
const ENOUGH_CHARACTERS = 1000;
const ENOUGH_TEXTS = 20;

/**
 * @param saved the state of the tokenizer, as JSON, of a training that goes on
 * @param share of the text that is held out: the last of it, or of several texts one in so many
 */
export function corpusOf(
  where: string,
  text: string | Iterable<string>,
  options: TokenizerOptions,
  { saved, share: asked }: { readonly saved: string | undefined; readonly share: number | undefined },
): Corpus {
  const isSeveral = typeof text !== 'string';
  const texts = [...eachText(where, 'text', text)];
  if (texts.every((each) => each === '')) throw new ArgumentError(`${where}: the text is empty; give some`);
  const isLong = isSeveral ? texts.length >= ENOUGH_TEXTS : texts[0]!.length >= ENOUGH_CHARACTERS;
  const share = asked ?? (isLong ? TENTH : 0);
  const { learned, heldOut } = isSeveral ? dealt(where, texts, share) : cut(where, texts[0]!, share);
  const tokenizer = saved === undefined ? trained(where, isSeveral, learned, options) : again(where, saved, options);
  const { eos } = tokenizer.vocabulary;
  if (isSeveral && eos === undefined) {
    throw new ArgumentError(
      `${where}: there are several texts, but the vocabulary of the tokenizer has no token that ends them; make it with eos, such as eos: '</s>', or give all texts as one`,
    );
  }
  const partOf = (some: readonly string[]): CorpusPart => {
    const rows = some.map((each) => encoded(tokenizer, each, isSeveral ? eos : undefined));
    const ends = isSeveral ? some.length : 0;
    return {
      rows,
      tokens: rows.reduce((sum, { length }) => sum + length, 0),
      characters: some.reduce((sum, each) => sum + charactersOf(each), ends),
    };
  };
  const train = partOf(learned);
  const tested = heldOut.length === 0 ? undefined : partOf(heldOut);
  if (train.tokens < 2) {
    throw new ArgumentError(
      `${where}: the text is ${train.tokens === 0 ? 'no token' : 'one token'}, needs at least 2 to learn from; give more`,
    );
  }
  const rows = [...train.rows, ...(tested?.rows ?? [])];
  return {
    tokenizer,
    isSeveral,
    train,
    heldOut: tested?.tokens === 0 ? undefined : tested,
    share,
    checksum: checksumOf(rows),
  };
}

interface Split {
  readonly learned: readonly string[];
  readonly heldOut: readonly string[];
}

/** One text: its end is held out. */
function cut(where: string, text: string, share: number): Split {
  if (share === 0) return { learned: [text], heldOut: [] };
  let at = Math.floor((1 - share) * text.length);
  // Not between the two halves of a character.
  if (/^[\uDC00-\uDFFF]/.test(text.slice(at))) at--;
  if (at <= 0 || at === text.length) throw tooLittle(where, share, `a text of ${text.length} characters`);
  return { learned: [text.slice(0, at)], heldOut: [text.slice(at)] };
}

/** Several texts: of a tenth it is every tenth. */
function dealt(where: string, texts: readonly string[], share: number): Split {
  const isHeldOut = (i: number): boolean => Math.floor((i + 1) * share) > Math.floor(i * share);
  const learned = texts.filter((_, i) => !isHeldOut(i));
  const heldOut = texts.filter((_, i) => isHeldOut(i));
  if (learned.length === 0 || (share > 0 && heldOut.length === 0))
    throw tooLittle(where, share, `${texts.length} texts`);
  return { learned, heldOut };
}

const tooLittle = (where: string, share: number, of: string): ArgumentError =>
  new ArgumentError(
    `${where}: heldOut is ${share} of ${of}, which leaves a part without any; give more text, or heldOut: 0`,
  );

function trained(where: string, isSeveral: boolean, texts: readonly string[], options: TokenizerOptions): Tokenizer {
  const training = new TokenizerTraining(where, isSeveral, options);
  if (training.looks) for (const text of texts) training.look(text);
  return training.finish();
}

function again(where: string, saved: string, { tokenizer, minCount }: TokenizerOptions): Tokenizer {
  if (tokenizer instanceof Tokenizer) return tokenizer;
  const odd = tokenizer !== undefined ? 'tokenizer' : minCount !== undefined ? 'minCount' : undefined;
  if (odd !== undefined) {
    throw new ArgumentError(`${where}: got ${odd}, but the state has the tokenizer of its training; leave it out`);
  }
  let state: TokenizerState;
  try {
    state = JSON.parse(saved) as TokenizerState;
  } catch (cause) {
    throw new FormatError(`${where}: the state has no tokenizer; pass what event.state() gave`, { cause });
  }
  return tokenizerFromState(state);
}

function encoded(tokenizer: Tokenizer, text: string, end: number | undefined): Int32Array {
  const ids = tokenizer.encode(text);
  if (end === undefined) return ids;
  const row = new Int32Array(ids.length + 1);
  row.set(ids);
  row[ids.length] = end;
  return row;
}

/** FNV-1a, a token at a time (Fowler, Noll, Vo). */
function checksumOf(rows: readonly Int32Array[]): number {
  let sum = 0x811c9dc5;
  for (const row of rows) {
    for (const token of row) sum = Math.imul(sum ^ token, 0x01000193);
    sum = Math.imul(sum ^ -1, 0x01000193);
  }
  return sum >>> 0;
}

/** Throws unless it is a share of a text that can be held out. */
export function checkShare(where: string, share: number | undefined): void {
  if (share === undefined || (share >= 0 && share < 1)) return;
  throw new ArgumentError(`${where}: heldOut is ${shown(share)}, needs a share of the text, from 0 to below 1`);
}
