// maskTokens: some tokens left out, for a model that is to say what they were.

import {
  ArgumentError,
  type Backend,
  checkCall,
  checkInteger,
  defaultGenerator,
  type Generator,
  type Known,
  ShapeError,
  shown,
  type Tensor,
  tensor,
} from '@dl/autograd';

/** Options of {@link maskTokens}. */
export interface MaskTokensOptions {
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
  /** What draws. Default: the one that `manualSeed` seeds. */
  readonly generator?: Generator;
  /** Where the tensors live. Default: the backend in use. */
  readonly backend?: Backend;
}

const maskTokensOptions: Known<MaskTokensOptions> = {
  vocabularySize: 'number',
  mask: 'number',
  share: 'number',
  special: 'numbers',
  lengths: 'numbers',
  generator: 'generator',
  backend: 'backend',
};

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
  checkCall(NAME, arguments, [['rows', 'list']], maskTokensOptions);
  const { vocabularySize, mask, share = 0.15, special = [], lengths } = options;
  const { generator = defaultGenerator() } = options;
  const length = checkRows(rows, options);
  const isSpecial = new Set([mask, ...special]);
  const ordinary = Array.from({ length: vocabularySize }, (_, token) => token).filter((token) => !isSpecial.has(token));
  const read = new Int32Array(rows.length * length);
  const chosen: number[] = [];
  rows.forEach((row, i) => {
    const start = i * length;
    for (let t = 0; t < length; t++) read[start + t] = row[t]!;
    const candidates = Array.from({ length: lengths?.[i] ?? length }, (_, t) => start + t).filter(
      (place) => !isSpecial.has(read[place]!),
    );
    if (candidates.length === 0) return;
    const count = Math.max(1, Math.round(share * candidates.length));
    const order = generator.permutation(candidates.length);
    chosen.push(...Array.from(order.subarray(0, count), (j) => candidates[j]!).sort((a, b) => a - b));
  });
  const labels = Int32Array.from(chosen, (place) => read[place]!);
  for (const place of chosen) {
    const drawn = generator.uniform53();
    if (drawn < 0.8) read[place] = mask;
    else if (drawn < 0.9) read[place] = ordinary[generator.integer(0, ordinary.length)]!;
  }
  const on = options.backend === undefined ? {} : { backend: options.backend };
  return {
    tokens: tensor({ data: read, shape: [rows.length, length] }, on),
    places: tensor(Int32Array.from(chosen), on),
    labels: tensor(labels, on),
  };
}

const NAME = 'maskTokens';

/** Throws unless all fits together; gives the length of the rows. */
function checkRows(rows: readonly ArrayLike<number>[], options: MaskTokensOptions): number {
  const { vocabularySize, mask, share = 0.15, special = [], lengths } = options;
  checkInteger(NAME, 'vocabularySize', vocabularySize, 1);
  const isToken = (token: number): boolean => Number.isInteger(token) && token >= 0 && token < vocabularySize;
  const range = `a token from 0 to ${vocabularySize - 1}`;
  if (!isToken(mask)) throw new ArgumentError(`${NAME}: mask is ${shown(mask)}, needs ${range}`);
  for (const token of special) {
    if (!isToken(token)) throw new ArgumentError(`${NAME}: special has ${shown(token)}, needs ${range}`);
  }
  if (!(share > 0 && share <= 1)) {
    throw new ArgumentError(`${NAME}: share is ${shown(share)}, needs a number above 0, and 1 at most`);
  }
  const length = rows[0]?.length ?? 0;
  const other = rows.findIndex((row) => row.length !== length);
  if (other >= 0) {
    throw new ShapeError(
      `${NAME}: row 0 has ${length} tokens and row ${other} has ${rows[other]!.length}; needs rows of one length: fill the shorter ones up, and give lengths`,
    );
  }
  if (lengths !== undefined && lengths.length !== rows.length) {
    throw new ArgumentError(`${NAME}: got ${lengths.length} lengths for ${rows.length} rows; needs one for each`);
  }
  for (const each of lengths ?? []) {
    if (!(Number.isInteger(each) && each >= 0 && each <= length)) {
      throw new ArgumentError(`${NAME}: lengths has ${shown(each)}, needs whole numbers from 0 to ${length}`);
    }
  }
  rows.forEach((row, i) => {
    const wrong = Array.prototype.findIndex.call(row, (token: number) => !isToken(token));
    if (wrong >= 0) throw new ArgumentError(`${NAME}: row ${i} has ${shown(row[wrong])} at ${wrong}, needs ${range}`);
  });
  return length;
}
