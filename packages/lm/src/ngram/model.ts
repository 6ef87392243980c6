// NgramModel: what all n-gram models have in common, however they are smoothed.

import { ArgumentError, checkCall, IndexError, ShapeError, shown } from '@dl/autograd';
import type { NextToken, StepModel } from '@dl/layers';
import type { Vocabulary } from '../tokens/vocabulary.js';
import { type NgramCounts, type Padding, timesPadded } from './counts.js';
import type { NgramTrie } from './trie.js';

/** What is true of a model beside its numbers. */
export interface NgramInfo {
  /** How it was smoothed, such as `modified Kneser-Ney`. */
  readonly smoothing: string;
  /**
   * Whether the probabilities of all tokens sum to 1 in each context, or under maximum likelihood in each that came; stupid back-off gives scores that
   * do not.
   */
  readonly isDistribution: boolean;
  readonly padding: Padding;
  /** The tokens; undefined where only numbers are known. */
  readonly vocabulary: Vocabulary | undefined;
  /** What the smoothing found or was given: discounts, weights, fall-backs that it took. To be shown. */
  readonly details: Readonly<Record<string, unknown>>;
}

/**
 * A model of the next token by the order - 1 tokens before it. A {@link StepModel}, so that whatever generates and scores takes it; and asked by itself, without
 * a backend. Logarithms are natural.
 *
 * A context is a number: a state of {@link NgramModel.begin} and {@link NgramModel.next}.
 *
 * @example
 * ```ts
 * import { NgramCounts, NgramModel, wittenBell } from '@dl/lm';
 * const model: NgramModel = wittenBell(new NgramCounts(3, { order: 2 }).add([0, 1, 2, 0, 1]));
 * console.log(model.probability(1, [2, 0]), model.distribution([0]).map(Math.exp)); // after 0, whatever was before it
 * const after = model.next(model.begin, 0); // a context
 * console.log(model.logProbabilityIn(after, 1) === model.logProbability(1, [0])); // true
 * ```
 */
export abstract class NgramModel implements StepModel<Float64Array> {
  readonly trie: NgramTrie;
  readonly info: NgramInfo;

  constructor(trie: NgramTrie, info: NgramInfo) {
    this.trie = trie;
    this.info = info;
  }

  get order(): number {
    return this.trie.order;
  }

  get vocabularySize(): number {
    return this.trie.vocabularySize;
  }

  /** The context in which a sequence begins: behind the begin tokens, where sequences were padded. */
  get begin(): number {
    const { padding, vocabulary } = this.info;
    const times = timesPadded(padding, this.order);
    let context = this.empty;
    for (let i = 0; i < times; i++) context = this.next(context, vocabulary!.bos!);
    return context;
  }

  /** The context without any token before it. */
  abstract get empty(): number;

  /**
   * The context after a token.
   *
   * @throws IndexError for a token that there is not.
   */
  abstract next(context: number, token: number): number;

  /**
   * The logarithm of the probability of a token in a context. -Infinity for what cannot come.
   *
   * @throws IndexError for a token that there is not.
   */
  abstract logProbabilityIn(context: number, token: number): number;

  /** Those of all tokens, written to `into` from `at` on. */
  abstract fill(context: number, into: Float64Array, at: number): void;

  /** Goes on from a context by tokens, and writes the logarithm of the probability of each. Gives the context after them. The tokens are not checked. */
  abstract run(context: number, tokens: ArrayLike<number>, into: Float64Array): number;

  /** The numbers of the model, by their names: what is saved. */
  abstract arrays(): Readonly<Record<string, Float64Array>>;

  /** Which class it is, in files. */
  abstract readonly kind: string;

  /**
   * The probability of a token after others, of which the last order - 1 count.
   *
   * @throws IndexError for a token that there is not.
   */
  probability(token: number, context: ArrayLike<number> = []): number {
    return Math.exp(this.logProbability(token, context));
  }

  /** The logarithm of {@link probability}. */
  logProbability(token: number, context: ArrayLike<number> = []): number {
    this.check('logProbability', context);
    this.checkToken('logProbability', token);
    return this.logProbabilityIn(this.#behind(context), token);
  }

  /** The logarithms of the probabilities of all tokens after others. */
  distribution(context: ArrayLike<number> = []): Float64Array {
    this.check('distribution', context);
    const all = new Float64Array(this.vocabularySize);
    this.fill(this.#behind(context), all, 0);
    return all;
  }

  /**
   * The logarithm of the probability of each token of a sequence, with what stood before it. Padded models begin behind the begin token, and have one number
   * more for the end token.
   */
  score(tokens: ArrayLike<number>): Float64Array {
    this.check('score', tokens);
    const { padding, vocabulary } = this.info;
    if (padding === 'none') {
      const all = new Float64Array(tokens.length);
      this.run(this.begin, tokens, all);
      return all;
    }
    const all = new Float64Array(tokens.length + 1);
    this.run(this.begin, [...Array.from(tokens), vocabulary!.eos!], all);
    return all;
  }

  /**
   * The context after some tokens, without a begin.
   *
   * @throws IndexError for a token that there is not.
   */
  contextOf(tokens: ArrayLike<number>): number {
    this.check('contextOf', tokens);
    return this.#behind(tokens);
  }

  #behind(tokens: ArrayLike<number>): number {
    let context = this.empty;
    for (let i = Math.max(0, tokens.length - this.order + 1); i < tokens.length; i++) {
      context = this.next(context, tokens[i]!);
    }
    return context;
  }

  start(batch: number): NextToken<Float64Array> {
    return this.#asked(new Float64Array(batch).fill(this.begin));
  }

  step(tokens: ArrayLike<number>, state: Float64Array): NextToken<Float64Array> {
    // All of them first, so that a wrong one leaves the state as it was.
    for (let row = 0; row < state.length; row++) this.checkToken('step', tokens[row]!);
    for (let row = 0; row < state.length; row++) state[row] = this.next(state[row]!, tokens[row]!);
    return this.#asked(state);
  }

  select(state: Float64Array, rows: readonly number[]): Float64Array {
    return Float64Array.from(rows, (row) => state[row]!);
  }

  read(tokens: readonly ArrayLike<number>[], state: Float64Array): NextToken<Float64Array> {
    for (let row = 0; row < state.length; row++) this.check('read', tokens[row]!);
    for (let row = 0; row < state.length; row++) {
      const given = tokens[row]!;
      for (let i = 0; i < given.length; i++) state[row] = this.next(state[row]!, given[i]!);
    }
    return this.#asked(state);
  }

  protected check(method: string, tokens: ArrayLike<number>): void {
    if (typeof tokens?.length !== 'number' || typeof tokens === 'string') {
      throw new ArgumentError(
        `${method}: got ${shown(tokens)} as tokens, needs a list of token numbers; a tokenizer makes them of text`,
      );
    }
    for (let i = 0; i < tokens.length; i++) this.checkToken(method, tokens[i]!);
  }

  protected checkToken(method: string, token: number): void {
    const size = this.trie.vocabularySize;
    // A whole number of at least 0 is what it is without its sign and fraction.
    if (token >>> 0 === token && token < size) return;
    throw new IndexError(`${method}: token ${shown(token)} is outside 0 … ${size - 1}`);
  }

  #asked(state: Float64Array): NextToken<Float64Array> {
    const size = this.vocabularySize;
    const logProbabilities = new Float64Array(state.length * size);
    for (let row = 0; row < state.length; row++) this.fill(state[row]!, logProbabilities, row * size);
    return { logProbabilities, state };
  }
}

/**
 * A model that backs off: an n-gram that is in the tree has its probability there, and any other that of its suffix, times a weight of its context:
 *
 *     p(w | h) = p[h w]                        where h w is in the tree
 *              = weight[h] · p(w | h without its first token)   otherwise
 *
 * Interpolated models are of this form, too, with the interpolated probability in the tree. It is what an ARPA file holds.
 *
 * @example
 * ```ts
 * import { BackoffModel, modifiedKneserNey, NgramCounts } from '@dl/lm';
 * const model = modifiedKneserNey(new NgramCounts(3, { order: 2 }).add([0, 1, 2, 0, 1]));
 * const halves = { logProbabilities: model.logProbabilities.map((p) => p / 2), backoffs: model.backoffs }; // numbers of one's own
 * console.log(new BackoffModel(model.trie, halves, { ...model.info, smoothing: 'mine', isDistribution: false }).probability(1, [0]));
 * ```
 */
export class BackoffModel extends NgramModel {
  readonly kind = 'backoff';
  /** Logarithms of probabilities, by node; that of the root is not used. */
  readonly logProbabilities: Float64Array;
  /** Logarithms of weights, by node below the highest order. */
  readonly backoffs: Float64Array;

  constructor(
    trie: NgramTrie,
    numbers: { readonly logProbabilities: Float64Array; readonly backoffs: Float64Array },
    info: NgramInfo,
  ) {
    checkCall('BackoffModel', arguments, ['trie', 'numbers', 'info']);
    super(trie, info);
    const { logProbabilities, backoffs } = numbers;
    if (logProbabilities.length !== trie.size || backoffs.length !== trie.contexts) {
      throw new ShapeError(
        `BackoffModel: got ${logProbabilities.length} probabilities and ${backoffs.length} weights, needs ${trie.size} and ${trie.contexts}`,
      );
    }
    this.logProbabilities = logProbabilities;
    this.backoffs = backoffs;
  }

  get empty(): number {
    return 0;
  }

  next(context: number, token: number): number {
    this.checkToken('next', token);
    return this.trie.after(context, token);
  }

  logProbabilityIn(context: number, token: number): number {
    this.checkToken('logProbabilityIn', token);
    const { trie, backoffs } = this;
    let weight = 0;
    for (let node = context; ; node = trie.suffixes[node]!) {
      const child = trie.child(node, token);
      if (child >= 0) return weight + this.logProbabilities[child]!;
      weight += backoffs[node]!;
    }
  }

  fill(context: number, into: Float64Array, at: number): void {
    const { trie, backoffs, logProbabilities } = this;
    const { suffixes, children, words, vocabularySize } = trie;
    // From the longest context to the shortest, with the weight that what it has of its own comes with: summed in the order of `run`, for the same bits.
    const chain: number[] = [];
    const weights: number[] = [];
    let weight = 0;
    for (let node = context; node !== 0; node = suffixes[node]!) {
      chain.push(node);
      weights.push(weight);
      weight += backoffs[node]!;
    }
    for (let word = 0; word < vocabularySize; word++) into[at + word] = weight + logProbabilities[1 + word]!;
    // Longer ones overwrite what shorter ones said.
    for (let i = chain.length - 1; i >= 0; i--) {
      const node = chain[i]!;
      const end = children[node + 1]!;
      for (let child = children[node]!; child < end; child++) {
        into[at + words[child]!] = weights[i]! + logProbabilities[child]!;
      }
    }
  }

  run(context: number, tokens: ArrayLike<number>, into: Float64Array): number {
    const { trie, backoffs, logProbabilities } = this;
    const { suffixes, contexts } = trie;
    let node = context;
    for (let i = 0; i < tokens.length; i++) {
      const token = tokens[i]!;
      let weight = 0;
      let child = trie.child(node, token);
      while (child < 0) {
        weight += backoffs[node]!;
        node = suffixes[node]!;
        child = trie.child(node, token);
      }
      into[i] = weight + logProbabilities[child]!;
      node = child < contexts ? child : suffixes[child]!;
    }
    return node;
  }

  arrays(): Readonly<Record<string, Float64Array>> {
    return { logProbabilities: this.logProbabilities, backoffs: this.backoffs };
  }
}

/**
 * A model that does not back off: what came in a context has its probability there, each other token the floor of that context, and in a context that never came
 * each token has the same: one answer, `unseen`.
 *
 *     p(w | h) = p[h w]      where h w came
 *              = floor[h]    where only h came
 *              = unseen      otherwise
 *
 * and 0 wherever p(w) = 0 without a context, as for a begin token. Maximum likelihood, Laplace, Lidstone and Good–Turing are of this form.
 *
 * @example
 * ```ts
 * import { FloorModel, laplace, NgramCounts } from '@dl/lm';
 * const model = laplace(new NgramCounts(3, { order: 2 }).add([0, 1, 2, 0, 1]));
 * console.log(model instanceof FloorModel, model.probability(1, [0]), model.probability(2, [0])); // true, 3/5 and the floor, 1/5
 * ```
 */
export class FloorModel extends NgramModel {
  readonly kind = 'floor';
  readonly logProbabilities: Float64Array;
  /** Logarithms, by node below the highest order. */
  readonly floors: Float64Array;
  readonly unseen: number;
  /** Tokens that never come. */
  readonly #never: readonly number[];

  constructor(
    trie: NgramTrie,
    numbers: { readonly logProbabilities: Float64Array; readonly floors: Float64Array; readonly unseen: number },
    info: NgramInfo,
  ) {
    checkCall('FloorModel', arguments, ['trie', 'numbers', 'info']);
    super(trie, info);
    const { logProbabilities, floors, unseen } = numbers;
    if (logProbabilities.length !== trie.size || floors.length !== trie.contexts) {
      throw new ShapeError(
        `FloorModel: got ${logProbabilities.length} probabilities and ${floors.length} floors, needs ${trie.size} and ${trie.contexts}`,
      );
    }
    this.logProbabilities = logProbabilities;
    this.floors = floors;
    this.unseen = unseen;
    const never: number[] = [];
    for (let word = 0; word < trie.vocabularySize; word++) {
      if (logProbabilities[1 + word] === -Infinity) never.push(word);
    }
    this.#never = never;
  }

  // A context is the longest node that matches and how many tokens there were, up to order - 1: where there were more than the node has, it never came.
  get empty(): number {
    return 0;
  }

  next(context: number, token: number): number {
    this.checkToken('next', token);
    const { trie } = this;
    const node = trie.after(context % trie.size, token);
    const length = Math.min(Math.floor(context / trie.size) + 1, trie.order - 1);
    return length * trie.size + node;
  }

  logProbabilityIn(context: number, token: number): number {
    this.checkToken('logProbabilityIn', token);
    const { size } = this.trie;
    return this.#logProbabilityBehind(context % size, Math.floor(context / size), token);
  }

  fill(context: number, into: Float64Array, at: number): void {
    const { children, words, vocabularySize } = this.trie;
    const node = context % this.trie.size;
    const isSeen = this.#isSeen(node, Math.floor(context / this.trie.size));
    into.fill(isSeen ? this.floors[node]! : this.unseen, at, at + vocabularySize);
    if (isSeen) {
      const end = children[node + 1]!;
      for (let child = children[node]!; child < end; child++) into[at + words[child]!] = this.logProbabilities[child]!;
    }
    for (const word of this.#never) into[at + word] = -Infinity;
  }

  run(context: number, tokens: ArrayLike<number>, into: Float64Array): number {
    const { trie } = this;
    const longest = trie.order - 1;
    let node = context % trie.size;
    let length = Math.floor(context / trie.size);
    for (let i = 0; i < tokens.length; i++) {
      const token = tokens[i]!;
      into[i] = this.#logProbabilityBehind(node, length, token);
      node = trie.after(node, token);
      if (length < longest) length++;
    }
    return length * trie.size + node;
  }

  arrays(): Readonly<Record<string, Float64Array>> {
    return { logProbabilities: this.logProbabilities, floors: this.floors, unseen: Float64Array.of(this.unseen) };
  }

  #logProbabilityBehind(node: number, length: number, token: number): number {
    if (this.logProbabilities[1 + token] === -Infinity) return -Infinity;
    if (!this.#isSeen(node, length)) return this.unseen;
    const child = this.trie.child(node, token);
    return child < 0 ? this.floors[node]! : this.logProbabilities[child]!;
  }

  /** Whether a context of so many tokens, of which a node has the end, came and was followed by something. */
  #isSeen(node: number, length: number): boolean {
    const { trie } = this;
    return trie.orderOf(node) === length && trie.children[node]! < trie.children[node + 1]!;
  }
}

/** What estimators say of a model of these counts. */
export function infoOf(
  counts: NgramCounts,
  smoothing: string,
  details: Readonly<Record<string, unknown>> = {},
  isDistribution = true,
): NgramInfo {
  const { padding, vocabulary } = counts;
  return { smoothing, isDistribution, padding, vocabulary, details };
}
