// Vocabulary: which tokens there are, and which number each has.

import { ArgumentError, checkCall, checkInteger, IndexError, type Known, shown } from '@dl/autograd';
import { eachText } from './texts.js';

/** The texts of special tokens, each of which stands in the vocabulary. */
export interface SpecialTokens {
  /** What stands for tokens that are not in the vocabulary. Without it the vocabulary is closed. */
  readonly unk?: string;
  /** What stands before the first token of a text. It is read, and never said. */
  readonly bos?: string;
  /** What ends a text. */
  readonly eos?: string;
  /** What fills up shorter texts of a batch. It is neither read nor said. */
  readonly pad?: string;
}

/** Options of {@link Vocabulary}'s constructor. */
export interface VocabularyOptions extends SpecialTokens {
  /** Further tokens that are special, such as `<|user|>`: text that looks like them is text unless allowed. */
  readonly special?: readonly string[];
}

/** Options of {@link countVocabulary}. */
export interface CountVocabularyOptions extends VocabularyOptions {
  /** Tokens that come less often are left out. Default 1. */
  readonly minCount?: number;
  /** At most so many tokens, special ones counted. Default: as many as there are. */
  readonly maxSize?: number;
}

const roles = ['unk', 'bos', 'eos', 'pad'] as const;
const vocabularyOptions: Known<VocabularyOptions> = {
  unk: 'string',
  bos: 'string',
  eos: 'string',
  pad: 'string',
  special: 'list',
};
/** Those of everything that counts a vocabulary. */
export const countOptions: Known<CountVocabularyOptions> = {
  unk: 'string',
  bos: 'string',
  eos: 'string',
  pad: 'string',
  special: 'list',
  minCount: 'number',
  maxSize: 'number',
};

/**
 * Tokens and their numbers, 0 to size - 1 in the order given.
 *
 * @throws ArgumentError for no token, a token that comes twice, and a special token that is not in the list.
 *
 * @example
 * ```ts
 * import { Vocabulary } from '@dl/lm';
 * const vocabulary = new Vocabulary(['<unk>', 'the', 'cat'], { unk: '<unk>' });
 * console.log(vocabulary.id('cat'), vocabulary.id('dog'), vocabulary.token(1)); // 2 0 the
 * ```
 */
export class Vocabulary {
  readonly tokens: readonly string[];
  /** Numbers of the special tokens; undefined for those that there are not. */
  readonly unk: number | undefined;
  readonly bos: number | undefined;
  readonly eos: number | undefined;
  readonly pad: number | undefined;
  readonly #ids = new Map<string, number>();
  readonly #special = new Set<number>();

  constructor(tokens: readonly string[], options: VocabularyOptions = {}) {
    checkCall('Vocabulary', arguments, [['tokens', 'list']], vocabularyOptions);
    if (!(tokens?.length > 0)) throw new ArgumentError('Vocabulary: got no tokens, needs at least 1');
    for (const [id, token] of tokens.entries()) {
      if (typeof token !== 'string')
        throw new ArgumentError(`Vocabulary: token ${id} is ${shown(token)}, needs a text`);
      const former = this.#ids.get(token);
      if (former !== undefined) {
        throw new ArgumentError(`Vocabulary: ${shown(token)} is token ${former} and token ${id}; each may come once`);
      }
      this.#ids.set(token, id);
    }
    this.tokens = Object.freeze([...tokens]);
    for (const text of options.special ?? []) this.#special.add(this.#need('special', text));
    const found = roles.map((role) => {
      const text = options[role];
      if (text === undefined) return undefined;
      const id = this.#need(role, text);
      this.#special.add(id);
      return id;
    });
    [this.unk, this.bos, this.eos, this.pad] = found;
  }

  get size(): number {
    return this.tokens.length;
  }

  has(token: string): boolean {
    return this.#ids.has(token);
  }

  /**
   * The number of a token; that of `unk` for one that is not in the vocabulary.
   *
   * @throws ArgumentError for such a token where there is no `unk`.
   */
  id(token: string): number {
    const id = this.#ids.get(token) ?? this.unk;
    if (id !== undefined) return id;
    throw new ArgumentError(
      `Vocabulary: ${shown(token)} is not one of the ${this.size} tokens, and no token stands for unknown ones; make the vocabulary with unk, or of more text`,
    );
  }

  /** The number of a token that is in the vocabulary; undefined for others. */
  find(token: string): number | undefined {
    return this.#ids.get(token);
  }

  /**
   * The token of a number.
   *
   * @throws IndexError for a number that there is not.
   */
  token(id: number): string {
    const token = this.tokens[id];
    if (typeof id !== 'number' || token === undefined)
      throw new IndexError(`Vocabulary: there is no token ${shown(id)}, needs 0 … ${this.size - 1}`);
    return token;
  }

  isSpecial(id: number): boolean {
    return this.#special.has(id);
  }

  /** Numbers of all special tokens, in ascending order. */
  get specialIds(): readonly number[] {
    return [...this.#special].sort((a, b) => a - b);
  }

  /** The options that the constructor makes the same vocabulary of, with {@link tokens}. */
  get options(): VocabularyOptions {
    const named: Record<string, string> = {};
    for (const role of roles) {
      const id = this[role];
      if (id !== undefined) named[role] = this.tokens[id]!;
    }
    return { ...named, special: this.specialIds.map((id) => this.tokens[id]!) };
  }

  #need(role: string, text: string): number {
    const id = this.#ids.get(text);
    if (id === undefined) {
      throw new ArgumentError(
        `Vocabulary: ${role} is ${shown(text)}, which is not one of the tokens; put it among them`,
      );
    }
    return id;
  }
}

/**
 * The vocabulary of what comes often enough: special tokens first, in the order `unk`, `bos`, `eos`, `pad`, then those of `special`, then the others from the most
 * frequent one on, of equal counts in the order of their UTF-16 code units.
 *
 * @throws ArgumentError for no tokens at all, none that comes often enough, and a size that special tokens fill.
 *
 * @example
 * ```ts
 * import { countVocabulary } from '@dl/lm';
 * const words = 'the cat and the dog and the fish'.split(' ');
 * const vocabulary = countVocabulary(words, { unk: '<unk>', minCount: 2 });
 * console.log(vocabulary.tokens); // <unk>, the, and
 * ```
 */
export function countVocabulary(tokens: Iterable<string>, options: CountVocabularyOptions = {}): Vocabulary {
  checkCall('countVocabulary', arguments, ['tokens'], countOptions);
  if (typeof tokens === 'string') {
    throw new ArgumentError(
      `countVocabulary: tokens is one text, ${shown(tokens)}, needs a list of tokens; cut the text first, or use trainCharacters or trainWords`,
    );
  }
  const counts = new Map<string, number>();
  for (const token of eachText('countVocabulary', 'tokens', tokens)) counts.set(token, (counts.get(token) ?? 0) + 1);
  return vocabularyOf('countVocabulary', counts, options);
}

/**
 * As {@link countVocabulary}, of tokens that the caller has counted.
 *
 * @param where The function that the user called.
 */
export function vocabularyOf(
  where: string,
  counts: ReadonlyMap<string, number>,
  options: CountVocabularyOptions,
): Vocabulary {
  const { minCount = 1, maxSize = Infinity, ...named } = options;
  checkInteger(where, 'minCount', minCount, 1);
  if (counts.size === 0) throw new ArgumentError(`${where}: got nothing to count, needs some text`);
  const first = new Set([...roles.flatMap((role) => named[role] ?? []), ...(named.special ?? [])]);
  if (maxSize !== Infinity) checkInteger(where, 'maxSize', maxSize, first.size + 1);
  const often = [...counts].filter(([token, count]) => count >= minCount && !first.has(token));
  if (often.length === 0) {
    throw new ArgumentError(`${where}: nothing came ${minCount} times or more; lower minCount, or give more text`);
  }
  often.sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return new Vocabulary([...first, ...often.map(([token]) => token)].slice(0, maxSize), named);
}

/**
 * Checks that a tokenizer is made of a vocabulary.
 *
 * @throws ArgumentError that says how to make one.
 */
export function needVocabulary(where: string, value: unknown): asserts value is Vocabulary {
  if (value instanceof Vocabulary) return;
  throw new ArgumentError(
    `${where}: vocabulary is ${shown(value)}, needs a Vocabulary, such as new Vocabulary(['<unk>', 'a', 'b'], { unk: '<unk>' })`,
  );
}
