// NgramCounts: how often each run of up to `order` tokens came, counted in one pass.

import { ArgumentError, checkCall, checkInteger, IndexError, type Known, shown } from '@dl/autograd';
import { Vocabulary } from '../tokens/vocabulary.js';
import { CountLevel } from './count-level.js';
import { MOST_ORDER, NgramTrie } from './trie.js';

/**
 * What stands around each sequence: `none`; `ends`, one begin token in front and one end token behind, as KenLM has it; `full`, order - 1 of each, as NLTK has it.
 */
export type Padding = 'none' | 'ends' | 'full';

/** Options of {@link NgramCounts}. */
export interface NgramCountsOptions {
  /** The longest runs that are counted, 1 to 100: 3 for trigrams. */
  readonly order: number;
  /** Default `ends` for a vocabulary with `bos` and `eos`, otherwise `none`. */
  readonly padding?: Padding;
}

const countsOptions: Known<NgramCountsOptions> = { order: 'number', padding: ['none', 'ends', 'full'] };

/** Counts in a fixed form: a trie, and how often each of its n-grams came. */
export interface CountedTrie {
  readonly trie: NgramTrie;
  /** By node of the trie; that of the root is the number of all tokens. */
  readonly counts: Float64Array;
  /** By node below the highest order: how often some token followed it, also in n-grams that a cut-off took out. */
  readonly totals: Float64Array;
}

/**
 * Counts of runs of tokens, from which every smoothing makes its model. Sequences are added one by one, or token by token, and none is kept.
 *
 * @throws ArgumentError for an order that is not 1 to 100, and for a padding for which the vocabulary has no tokens.
 *
 * @example
 * ```ts
 * import { NgramCounts } from '@dl/lm';
 * const counts = new NgramCounts(3, { order: 2 }); // of the tokens 0, 1, 2
 * counts.add([0, 1, 2, 0, 1]);
 * console.log(counts.count([0, 1]), counts.count([1]), counts.total); // 2 2 5
 * ```
 */
export class NgramCounts {
  readonly order: number;
  readonly vocabularySize: number;
  readonly vocabulary: Vocabulary | undefined;
  readonly padding: Padding;
  /** How often each token came. */
  readonly #single: Float64Array;
  /** Of two tokens and more; the first of them is that of pairs. */
  readonly #levels: readonly CountLevel[];
  /** The n-gram of the last k tokens, at k, for k below the order and at most #known. */
  readonly #last: Int32Array;
  #known = 0;
  #total = 0;
  #sequences = 0;

  constructor(vocabulary: Vocabulary | number, options: NgramCountsOptions) {
    checkCall('NgramCounts', arguments, ['vocabulary'], countsOptions);
    const { order } = options ?? {};
    if (!(Number.isInteger(order) && order >= 1 && order <= MOST_ORDER)) {
      throw new ArgumentError(`NgramCounts: order is ${shown(order)}, needs 1 … ${MOST_ORDER}`);
    }
    if (vocabulary instanceof Vocabulary) this.vocabulary = vocabulary;
    const size = vocabulary instanceof Vocabulary ? vocabulary.size : vocabulary;
    checkInteger('NgramCounts', 'vocabulary', size, 1);
    const hasEnds = this.vocabulary?.bos !== undefined && this.vocabulary.eos !== undefined;
    const { padding = hasEnds ? 'ends' : 'none' } = options;
    if (padding !== 'none' && !hasEnds) {
      throw new ArgumentError(
        `NgramCounts: padding is '${padding}', which needs a vocabulary with bos and eos; make it with those, or leave padding out`,
      );
    }
    this.order = order;
    this.vocabularySize = size;
    this.padding = padding;
    this.#single = new Float64Array(size);
    this.#levels = Array.from({ length: order - 1 }, () => new CountLevel());
    this.#last = new Int32Array(order + 1);
  }

  /** How many tokens were counted, padding included. */
  get total(): number {
    return this.#total;
  }

  /** How many sequences were added. */
  get sequences(): number {
    return this.#sequences;
  }

  /** How many different n-grams of each order there are, the order 1 first. */
  get sizes(): readonly number[] {
    return [this.#single.reduce((sum, count) => sum + Number(count > 0), 0), ...this.#levels.map(({ size }) => size)];
  }

  /** Tokens that no model says: `bos`, where sequences were padded or where it never came, and a `pad` that never came. One that is the end or the unknown token as well is said. */
  get silent(): readonly number[] {
    const { unk, bos, eos, pad } = this.vocabulary ?? {};
    const silent = new Set<number>();
    if (bos !== undefined && (this.padding !== 'none' || this.#single[bos] === 0)) silent.add(bos);
    if (pad !== undefined && this.#single[pad] === 0) silent.add(pad);
    return [...silent].filter((token) => token !== eos && token !== unk);
  }

  /**
   * Counts a sequence, with the padding around it.
   *
   * @throws ArgumentError for what is no list; IndexError for a token that there is not, and then nothing of the sequence is counted.
   */
  add(tokens: ArrayLike<number>): this {
    this.#checkList('add', tokens);
    for (let i = 0; i < tokens.length; i++) this.#check(tokens[i]!);
    this.begin();
    for (let i = 0; i < tokens.length; i++) this.push(tokens[i]!);
    this.end();
    return this;
  }

  /** Begins a sequence that comes token by token: what stood before is no context of it. */
  begin(): this {
    this.#known = 0;
    this.#sequences++;
    const times = timesPadded(this.padding, this.order);
    for (let i = 0; i < times; i++) this.push(this.vocabulary!.bos!);
    return this;
  }

  /** Counts the next token of the sequence. */
  push(token: number): void {
    this.#check(token);
    this.#single[token]!++;
    this.#total++;
    const last = this.#last;
    const levels = this.#levels;
    const known = this.#known;
    let node = token;
    for (let k = 1; k <= known; k++) {
      const context = last[k]!;
      last[k] = node;
      // Its suffix, without the first token, is what was counted just before.
      node = levels[k - 1]!.count(context, token, node);
    }
    if (known < this.order - 1) {
      this.#known = known + 1;
      last[known + 1] = node;
    }
  }

  /** Ends a sequence that came token by token. */
  end(): this {
    const times = timesPadded(this.padding, this.order);
    for (let i = 0; i < times; i++) this.push(this.vocabulary!.eos!);
    this.#known = 0;
    return this;
  }

  /**
   * How often a run of tokens came; of no tokens: how many tokens there were.
   *
   * @throws ArgumentError for what is no list, and for more tokens than the order; IndexError for a token that there is not.
   */
  count(tokens: ArrayLike<number>): number {
    this.#checkList('count', tokens);
    if (tokens.length === 0) return this.#total;
    if (tokens.length > this.order) {
      throw new ArgumentError(
        `NgramCounts.count: got ${tokens.length} tokens, but runs of at most ${this.order} are counted`,
      );
    }
    for (let i = 0; i < tokens.length; i++) this.#check(tokens[i]!);
    let node = tokens[0]!;
    let count = this.#single[node]!;
    for (let k = 1; k < tokens.length; k++) {
      const level = this.#levels[k - 1]!;
      node = level.find(node, tokens[k]!);
      if (node < 0) return 0;
      count = level.often(node);
    }
    return count;
  }

  /**
   * The counts as a trie, without the n-grams that came less often than their order's cut-off: `[1, 1, 2]` takes out trigrams that came once, and 4-grams, too, where
   * nothing is said of them. What is under an n-gram that is left out goes with it. Tokens alone always stay.
   *
   * @throws ArgumentError when nothing was counted, and for cut-offs that are no whole numbers of at least 1.
   */
  trie(cutoffs: readonly number[] = []): CountedTrie {
    if (this.#total === 0) {
      throw new ArgumentError('NgramCounts: nothing was counted yet; add a sequence first, with at least one token');
    }
    if (typeof (cutoffs as Iterable<number> | null)?.[Symbol.iterator] !== 'function' || typeof cutoffs === 'string') {
      throw new ArgumentError(
        `NgramCounts: cutoffs is ${shown(cutoffs)}, needs a list of whole numbers, one for each order, such as [1, 1, 2]`,
      );
    }
    for (const cutoff of cutoffs) checkInteger('NgramCounts', 'a cut-off', cutoff, 1);
    return NgramTrie.ofLevels(this.#single, this.#total, this.#levels, cutoffs);
  }

  /**
   * How many different n-grams of an order came so often: at 3 those that came three times. Without those that end in a token that no model says.
   * Good–Turing and the discounts of Katz, Ney and Kneser are made of them.
   */
  countsOfCounts(order: number): ReadonlyMap<number, number> {
    const found = new Map<number, number>();
    this.#forEachSaid(order, (_, count) => void found.set(count, (found.get(count) ?? 0) + 1));
    return found;
  }

  /** How many different n-grams of an order were followed by a token that a model says. Of order 0 that is 1: the empty one. */
  followed(order: number): number {
    const size = order === 0 ? 1 : order === 1 ? this.vocabularySize : (this.#levels[order - 2]?.size ?? 0);
    const isFollowed = new Uint8Array(size);
    this.#forEachSaid(order + 1, (context) => void (isFollowed[context] = 1));
    return isFollowed.reduce((sum, each) => sum + each, 0);
  }

  /** Calls back with the number of each context in its level, and how often one token came behind it. */
  #forEachSaid(order: number, each: (context: number, count: number) => void): void {
    if (!(Number.isInteger(order) && order >= 1 && order <= this.order)) {
      throw new ArgumentError(`NgramCounts: order is ${shown(order)}, but those from 1 to ${this.order} are counted`);
    }
    const isSilent = new Uint8Array(this.vocabularySize);
    for (const token of this.silent) isSilent[token] = 1;
    if (order === 1) {
      this.#single.forEach((count, token) => {
        if (count > 0 && !isSilent[token]) each(0, count);
      });
      return;
    }
    const level = this.#levels[order - 2]!;
    for (let node = 0; node < level.size; node++) {
      if (!isSilent[level.word(node)]) each(level.parent(node), level.often(node));
    }
  }

  #checkList(method: string, tokens: ArrayLike<number>): void {
    if (typeof tokens?.length === 'number' && typeof tokens !== 'string') return;
    throw new ArgumentError(
      `NgramCounts.${method}: got ${shown(tokens)}, needs a list of token numbers; a tokenizer makes them of text`,
    );
  }

  #check(token: number): void {
    // Undefined also at what is no whole number.
    if (typeof token === 'number' && this.#single[token] !== undefined) return;
    throw new IndexError(`NgramCounts: token ${shown(token)} is outside 0 … ${this.vocabularySize - 1}`);
  }
}

/** How many begin tokens stand in front of each sequence, and as many end tokens behind it. */
export function timesPadded(padding: Padding, order: number): number {
  return padding === 'none' ? 0 : padding === 'ends' ? 1 : order - 1;
}
