// maskTokens: some tokens left out, for a model that is to say what they were.

import {
  ArgumentError,
  type Backend,
  checkCall,
  checkInteger,
  defaultGenerator,
  type Generator,
  type Known,
  type Shape,
  ShapeError,
  shown,
  type Tensor,
  tensor,
} from '@dl/autograd';

/** Options of {@link maskRows}. */
export interface MaskRowsOptions {
  /** How many tokens there are. */
  readonly vocabularySize: number;
  /** The token that stands where one was left out. */
  readonly mask: number;
  /** Which share of the tokens of a sequence is to be said. Default 0.15. */
  readonly share?: number;
  /** Tokens that are never left out and never put in, such as those that begin, separate and end; `mask` is always one of them. */
  readonly special?: readonly number[];
  /** How many tokens of each sequence count; those behind are padding. Default: all. */
  readonly lengths?: readonly number[];
  /**
   * Of which word of its sequence each token is, in rows like those of the tokens: the tokens of a word are left out together (whole-word masking). Those with a
   * number below 0 are of no word, and are never left out. Default: each token is a word by itself.
   */
  readonly words?: readonly ArrayLike<number>[];
  /** What draws. Default: the one that `manualSeed` seeds. */
  readonly generator?: Generator;
}

const maskRowsOptions: Known<MaskRowsOptions> = {
  vocabularySize: 'number',
  mask: 'number',
  share: 'number',
  special: 'numbers',
  lengths: 'numbers',
  words: 'list',
  generator: 'generator',
};

/** Options of {@link maskTokens}. */
export interface MaskTokensOptions extends MaskRowsOptions {
  /** Where the tensors live. Default: the backend in use. */
  readonly backend?: Backend;
}

const maskTokensOptions: Known<MaskTokensOptions> = { ...maskRowsOptions, backend: 'backend' };

/** Whole numbers with their shape. */
export interface TokenArray {
  readonly data: Int32Array;
  readonly shape: Shape;
}

/** What {@link maskRows} gives. */
export interface MaskedRows {
  /** What the model reads: [batch, length]. */
  readonly tokens: TokenArray;
  /** Where it is to say something, in the sequences laid one behind the other: [count]. */
  readonly places: TokenArray;
  /** What it is to say there: [count]. */
  readonly labels: TokenArray;
}

/** What {@link maskTokens} gives. */
export interface MaskedTokens {
  /** What the model reads: int32 [batch, length]. */
  readonly tokens: Tensor;
  /** Where it is to say something, in the sequences laid one behind the other: int32 [count]. */
  readonly places: Tensor;
  /** What it is to say there: int32 [count]. */
  readonly labels: Tensor;
}

/**
 * Chooses 15 % of the tokens of each sequence, one at least, as what a model is to say. Of ten that are chosen it reads eight as `mask`, one as
 * another token drawn at random, and one as it is, so that what it makes of a token is worth something where nothing is left out, too (Devlin et
 * al., "BERT", 2019, section 3.1 and appendix A.1). `special` tokens are not chosen, nor are they drawn.
 *
 * With `words` whole words are chosen, in an order that is drawn, as long as they fit into the share: one that does not is passed over, and where none fits, one of the
 * shortest is chosen. What is read in place of a token is drawn for each by itself, as in the code of BERT's authors.
 *
 * @param rows Sequences of tokens, all of one length.
 *
 * @throws ShapeError for rows of different lengths, ArgumentError for tokens or lengths that do not fit.
 *
 * @example
 * ```ts
 * import { Generator, useBackend } from '@dl/autograd';
 * import { maskTokens } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const rows = [[5, 6, 7, 8, 9, 10, 11, 12], [9, 8, 7, 6, 5, 0, 0, 0]];
 * const masked = maskTokens(rows, { vocabularySize: 13, mask: 1, special: [0], lengths: [8, 5], generator: new Generator(1) });
 * console.log(masked.tokens.shape, masked.places.shape); // [2, 8] [2]: one of each sequence is to be said
 * ```
 */
export function maskTokens(rows: readonly ArrayLike<number>[], options: MaskTokensOptions): MaskedTokens {
  checkCall('maskTokens', arguments, [['rows', 'list']], maskTokensOptions);
  const { backend, ...how } = options;
  const { tokens, places, labels } = masked('maskTokens', rows, how);
  const on = backend === undefined ? {} : { backend };
  return { tokens: tensor(tokens, on), places: tensor(places, on), labels: tensor(labels, on) };
}

/**
 * What {@link maskTokens} chooses, as plain arrays: for the `transform` of a `loader`, which prepares batches ahead and draws other tokens in each epoch.
 *
 * @throws ShapeError for rows of different lengths, ArgumentError for tokens or lengths that do not fit.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { maskRows } from '@dl/attention';
 * // Of 'un ##aff ##able, he said' a word is left out with all its tokens; 0 begins and ends.
 * const options = { vocabularySize: 12, mask: 1, special: [0], words: [[-1, 0, 0, 0, 1, 2, 3, -1]], share: 0.5 };
 * const { tokens, places, labels } = maskRows([[0, 5, 6, 7, 8, 9, 10, 0]], { ...options, generator: new Generator(1) });
 * console.log(tokens.shape, places.data, labels.data); // [1, 8], places 1, 2 and 3, or three of the others
 * ```
 */
export function maskRows(rows: readonly ArrayLike<number>[], options: MaskRowsOptions): MaskedRows {
  checkCall('maskRows', arguments, [['rows', 'list']], maskRowsOptions);
  return masked('maskRows', rows, options);
}

function masked(where: string, rows: readonly ArrayLike<number>[], options: MaskRowsOptions): MaskedRows {
  const { vocabularySize, mask, share = 0.15, special = [], lengths, words } = options;
  const { generator = defaultGenerator() } = options;
  const length = checkRows(where, rows, options);
  const isSpecial = new Set([mask, ...special]);
  const ordinary = Array.from({ length: vocabularySize }, (_, token) => token).filter((token) => !isSpecial.has(token));
  const read = new Int32Array(rows.length * length);
  const chosen: number[] = [];
  rows.forEach((row, i) => {
    const start = i * length;
    for (let t = 0; t < length; t++) read[start + t] = row[t]!;
    const units = unitsOf(row, lengths?.[i] ?? length, isSpecial, words?.[i]);
    const candidates = units.reduce((sum, unit) => sum + unit.length, 0);
    if (candidates === 0) return;
    for (const t of drawUnits(units, Math.max(1, Math.round(share * candidates)), generator)) chosen.push(start + t);
  });
  const labels = Int32Array.from(chosen, (place) => read[place]!);
  for (const place of chosen) {
    const drawn = generator.uniform53();
    if (drawn < 0.8) read[place] = mask;
    else if (drawn < 0.9) read[place] = ordinary[generator.integer(0, ordinary.length)]!;
  }
  return {
    tokens: { data: read, shape: [rows.length, length] },
    places: { data: Int32Array.from(chosen), shape: [chosen.length] },
    labels: { data: labels, shape: [chosen.length] },
  };
}

/** Places of a row that are chosen together: those of a word, or each by itself. */
function unitsOf(
  row: ArrayLike<number>,
  length: number,
  isSpecial: ReadonlySet<number>,
  words: ArrayLike<number> | undefined,
): number[][] {
  const units = new Map<number, number[]>();
  for (let t = 0; t < length; t++) {
    const word = words === undefined ? t : words[t]!;
    if (isSpecial.has(row[t]!) || word < 0) continue;
    const places = units.get(word);
    if (places === undefined) units.set(word, [t]);
    else places.push(t);
  }
  return [...units.values()];
}

/** Places of whole units in ascending order: `count` at most, but one unit at least. */
function drawUnits(units: readonly (readonly number[])[], count: number, generator: Generator): number[] {
  const drawn = Array.from(generator.permutation(units.length), (i) => units[i]!);
  const chosen: number[] = [];
  for (const unit of drawn) if (chosen.length + unit.length <= count) chosen.push(...unit);
  if (chosen.length === 0) chosen.push(...drawn.reduce((least, unit) => (unit.length < least.length ? unit : least)));
  return chosen.sort((a, b) => a - b);
}

/** Throws unless all fits together; gives the length of the rows. */
function checkRows(where: string, rows: readonly ArrayLike<number>[], options: MaskRowsOptions): number {
  const { vocabularySize, mask, share = 0.15, special = [], lengths, words } = options;
  checkInteger(where, 'vocabularySize', vocabularySize, 1);
  const isToken = (token: number): boolean => Number.isInteger(token) && token >= 0 && token < vocabularySize;
  const range = `a token from 0 to ${vocabularySize - 1}`;
  if (!isToken(mask)) throw new ArgumentError(`${where}: mask is ${shown(mask)}, needs ${range}`);
  for (const token of special) {
    if (!isToken(token)) throw new ArgumentError(`${where}: special has ${shown(token)}, needs ${range}`);
  }
  if (!(share > 0 && share <= 1)) {
    throw new ArgumentError(`${where}: share is ${shown(share)}, needs a number above 0, and 1 at most`);
  }
  const length = rows[0]?.length ?? 0;
  const other = rows.findIndex((row) => row.length !== length);
  if (other >= 0) {
    throw new ShapeError(
      `${where}: row 0 has ${length} tokens and row ${other} has ${rows[other]!.length}; needs rows of one length: fill the shorter ones up, and give lengths`,
    );
  }
  if (lengths !== undefined && lengths.length !== rows.length) {
    throw new ArgumentError(`${where}: got ${lengths.length} lengths for ${rows.length} rows; needs one for each`);
  }
  for (const each of lengths ?? []) {
    if (!(Number.isInteger(each) && each >= 0 && each <= length)) {
      throw new ArgumentError(`${where}: lengths has ${shown(each)}, needs whole numbers from 0 to ${length}`);
    }
  }
  rows.forEach((row, i) => {
    const wrong = Array.prototype.findIndex.call(row, (token: number) => !isToken(token));
    if (wrong >= 0) throw new ArgumentError(`${where}: row ${i} has ${shown(row[wrong])} at ${wrong}, needs ${range}`);
  });
  if (words !== undefined) checkWords(where, words, rows.length, length);
  return length;
}

/** Throws unless each token has the number of its word. */
function checkWords(where: string, words: readonly ArrayLike<number>[], count: number, length: number): void {
  if (words.length !== count) {
    throw new ShapeError(`${where}: words has ${words.length} rows for ${count} of tokens; needs one for each`);
  }
  for (const [i, row] of words.entries()) {
    if (row?.length !== length) {
      throw new ShapeError(
        `${where}: words has ${shown(row)} for row ${i}, needs ${length} numbers, one for each token`,
      );
    }
    const at = Array.prototype.findIndex.call(row, (word: number) => !Number.isInteger(word));
    if (at >= 0) throw new ArgumentError(`${where}: words has ${shown(row[at])} in row ${i}, needs whole numbers`);
  }
}
