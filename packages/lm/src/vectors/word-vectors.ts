// WordVectors: words with a vector each, in which what words have in common can be computed with.

import { ArgumentError, checkCall, checkInteger, type Known, ShapeError, shown } from '@dl/autograd';
import {
  type AnalogyMethod,
  type AnalogyReport,
  analogyMethods,
  type EvaluateAnalogiesOptions,
  evaluate,
  evaluateOptions,
  searchOf,
} from './analogies.js';
import { dot, inverseLengths, nearestRows, type Search, sum } from './search.js';

/** A word that was found, and how close it stands. */
export interface Neighbour {
  readonly word: string;
  /** The cosine of the angle between the two vectors, from -1 to 1; of an analogy by `multiply`, its quotient. */
  readonly similarity: number;
}

/** Options of {@link WordVectors.nearest}. */
export interface NearestOptions {
  /** How many words. Default 10. */
  readonly count?: number;
  /** Words that are not looked for. */
  readonly without?: readonly string[];
}

/** Options of {@link WordVectors.analogy}. */
export interface AnalogyOptions {
  /** How many words. Default 10. */
  readonly count?: number;
  /** `add` is 3CosAdd, `multiply` is 3CosMul; see {@link WordVectors.analogy}. Default `add`. */
  readonly method?: AnalogyMethod;
}

const nearestOptions: Known<NearestOptions> = { count: 'number', without: 'list' };
const analogyOptions: Known<AnalogyOptions> = { count: 'number', method: analogyMethods };

/**
 * Words and their vectors, [words, size]. Those of GloVe and word2vec stand with the most frequent word first, as ties are decided by the order.
 *
 * How alike two words are is the cosine of the angle between their vectors; a vector of zeros has the cosine 0 with all. The lengths of all vectors are computed once, when they are first needed. A search goes
 * through all vectors, words × size multiplications.
 *
 * @throws ArgumentError for no word, a word that comes twice, and numbers that are not finite; ShapeError where the numbers are not as many for each word. A word that
 * is asked for and not there is an ArgumentError.
 *
 * @example
 * ```ts
 * import { WordVectors } from '@dl/lm';
 * // Of each word: how royal it is, and how female.
 * const vectors = new WordVectors('man woman king queen throne'.split(' '), Float32Array.of(0, -1, 0, 1, 1, -1, 1, 1, 1, 0));
 * console.log(vectors.size, vectors.similarity('king', 'throne').toFixed(2)); // 2 0.71
 * console.log(vectors.nearest('throne', { count: 2 }).map(({ word }) => word)); // king, queen
 * console.log(vectors.analogy('man', 'king', 'woman')[0]!.word); // queen: as king is to man, so is queen to woman
 * ```
 */
export class WordVectors {
  readonly words: readonly string[];
  /** Row after row, [words, size]. They are those that were given, and must not be changed. */
  readonly vectors: Float32Array;
  /** How many numbers a vector has. */
  readonly size: number;
  readonly #places = new Map<string, number>();
  #inverse: Float64Array | undefined;

  /**
   * @param vectors as many numbers for each word, row after row; they are kept, not copied
   */
  constructor(words: readonly string[], vectors: Float32Array) {
    checkCall('WordVectors', arguments, [['words', 'list'], 'vectors']);
    if (!(words?.length > 0)) throw new ArgumentError('WordVectors: got no words, needs at least 1');
    if (!(vectors instanceof Float32Array)) {
      throw new ArgumentError(
        `WordVectors: vectors is ${shown(vectors)}, needs a Float32Array of all of them, row after row`,
      );
    }
    const size = vectors.length / words.length;
    if (!(Number.isInteger(size) && size > 0)) {
      throw new ShapeError(
        `WordVectors: there are ${vectors.length} numbers for ${words.length} words, needs as many for each word, at least 1`,
      );
    }
    for (const [place, word] of words.entries()) {
      if (typeof word !== 'string')
        throw new ArgumentError(`WordVectors: word ${place} is ${shown(word)}, needs a text`);
      const former = this.#places.get(word);
      if (former !== undefined) {
        throw new ArgumentError(`WordVectors: ${shown(word)} is word ${former} and word ${place}; each may come once`);
      }
      this.#places.set(word, place);
    }
    for (let i = 0; i < vectors.length; i++) {
      if (Number.isFinite(vectors[i]!)) continue;
      throw new ArgumentError(
        `WordVectors: the vector of ${shown(words[Math.floor(i / size)])} has ${vectors[i]} at place ${i % size}, needs finite numbers`,
      );
    }
    this.words = Object.freeze([...words]);
    this.vectors = vectors;
    this.size = size;
  }

  has(word: string): boolean {
    return this.#places.has(word);
  }

  /** The number of a word's row; undefined for a word that is not there. */
  place(word: string): number | undefined {
    return this.#places.get(word);
  }

  /** A word's vector, [size], as a copy. */
  vector(word: string): Float32Array {
    checkCall('WordVectors.vector', arguments, ['word']);
    const at = this.#need('vector', 'word', word) * this.size;
    return this.vectors.slice(at, at + this.size);
  }

  /** The cosine of the angle between the vectors of two words, -1 to 1. */
  similarity(a: string, b: string): number {
    checkCall('WordVectors.similarity', arguments, ['a', 'b']);
    const [first, second] = [this.#need('similarity', 'a', a), this.#need('similarity', 'b', b)];
    const { vectors, size } = this;
    const product = dot(vectors, first * size, vectors, second * size, size);
    return Math.max(-1, Math.min(1, product * this.#inverses[first]! * this.#inverses[second]!));
  }

  /**
   * The words whose vectors have the largest cosine with that of a word, which is not one of them, or with a vector, [size]; the closest one first, of equals the one that comes first.
   *
   * @example
   * ```ts
   * import { WordVectors } from '@dl/lm';
   * const vectors = new WordVectors(['up', 'high', 'down'], Float32Array.of(0, 1, 0.1, 1, 0, -1));
   * console.log(vectors.nearest('up', { count: 2 }).map(({ word }) => word)); // high, down
   * console.log(vectors.nearest([0, 2], { count: 1, without: ['up'] })[0]!.word); // high
   * ```
   */
  nearest(of: string | ArrayLike<number>, options: NearestOptions = {}): Neighbour[] {
    checkCall('WordVectors.nearest', arguments, ['of'], nearestOptions);
    const { count = 10, without = [] } = options;
    checkInteger('WordVectors.nearest', 'count', count, 1);
    const left = without.map((word, i) => this.#need('nearest', `without[${i}]`, word));
    const search = this.#search;
    if (typeof of !== 'string') return this.#named(nearestRows(search, this.#query(of), count, left));
    const place = this.#need('nearest', 'of', of);
    return this.#named(nearestRows(search, sum(search, [[place, 1]]), count, [place, ...left]));
  }

  /**
   * What is to c as b is to a: the best words other than these three. With all vectors at length 1,
   *
   *     add       cos(x, b - a + c)                                   3CosAdd (Mikolov, Yih & Zweig 2013)
   *     multiply  cos(x, b) · cos(x, c) / (cos(x, a) + 0.001)         3CosMul (Levy & Goldberg 2014)
   *
   * where the cosines of the latter are moved to 0 … 1 first, as (cos + 1) / 2. It weighs all three alike, where in a sum the largest one decides.
   *
   * Sources: Mikolov, Yih & Zweig, "Linguistic Regularities in Continuous Space Word Representations", 2013; Levy & Goldberg, "Linguistic Regularities in Sparse and Explicit Word Representations", 2014.
   *
   * @example
   * ```ts
   * import { WordVectors } from '@dl/lm';
   * const words = ['go', 'went', 'see', 'saw'];
   * const vectors = new WordVectors(words, Float32Array.of(1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 1));
   * console.log(vectors.analogy('go', 'went', 'see', { count: 1, method: 'multiply' })[0]!.word); // saw
   * ```
   */
  analogy(a: string, b: string, c: string, options: AnalogyOptions = {}): Neighbour[] {
    checkCall('WordVectors.analogy', arguments, ['a', 'b', 'c'], analogyOptions);
    const { count = 10, method = 'add' } = options;
    checkInteger('WordVectors.analogy', 'count', count, 1);
    const places = [
      this.#need('analogy', 'a', a),
      this.#need('analogy', 'b', b),
      this.#need('analogy', 'c', c),
    ] as const;
    return this.#named(searchOf[method](this.#search, places, count));
  }

  /**
   * How many analogies come out as they should: questions are lines of four words, `a b c d`, of which the fourth one has to be the best answer of {@link WordVectors.analogy}; a line `: name` begins a section, as in the file `questions-words.txt` of word2vec.
   * Questions with a word that is not there are counted as unknown, and as nothing else.
   *
   * Costs questions × words × size multiplications, three times that by `multiply`; with `restrict` the words are the first ones alone, as word2vec's own program has it with 30,000. Now and then it lets others run, and can be stopped by `signal`.
   *
   * @throws ArgumentError for a line that has not four words, with its number.
   *
   * @example
   * ```ts
   * import { WordVectors } from '@dl/lm';
   * const vectors = new WordVectors(['go', 'went', 'see', 'saw'], Float32Array.of(1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 1));
   * const report = await vectors.evaluateAnalogies(': past tense\ngo went see saw\nsee saw go went\nsee saw eat ate\n');
   * console.log(report.accuracy, report.questions, report.unknown); // 1 2 1
   * console.log(report.sections[0]!.name); // past tense
   * ```
   */
  async evaluateAnalogies(
    questions: string | Iterable<string>,
    options: EvaluateAnalogiesOptions = {},
  ): Promise<AnalogyReport> {
    checkCall('WordVectors.evaluateAnalogies', arguments, ['questions'], evaluateOptions);
    return evaluate(this.#search, this.words, questions, options);
  }

  get #inverses(): Float64Array {
    this.#inverse ??= inverseLengths(this.vectors, this.size);
    return this.#inverse;
  }

  get #search(): Search {
    return { vectors: this.vectors, size: this.size, rows: this.words.length, inverses: this.#inverses };
  }

  #named(found: readonly { readonly place: number; readonly score: number }[]): Neighbour[] {
    return found.map(({ place, score }) => ({ word: this.words[place]!, similarity: score }));
  }

  #query(of: unknown): Float64Array {
    const list = of as ArrayLike<number>;
    if (typeof of !== 'object' || of === null || list.length !== this.size) {
      const came = typeof of === 'object' && of !== null && Number.isInteger(list.length);
      throw new ArgumentError(
        `WordVectors.nearest: of is ${came ? `a list of ${list.length}` : shown(of)}, needs a word, or a vector of ${this.size} numbers`,
      );
    }
    const query = Float64Array.from(list);
    const wrong = query.findIndex((value) => !Number.isFinite(value));
    if (wrong < 0) return query;
    throw new ArgumentError(
      `WordVectors.nearest: of has ${shown(list[wrong])} at place ${wrong}, needs finite numbers`,
    );
  }

  #need(method: string, name: string, word: unknown): number {
    const place = this.#places.get(word as string);
    if (place !== undefined) return place;
    const way = typeof word === 'string' ? 'ask has(word) first, or try it in other letters' : 'needs a text';
    throw new ArgumentError(
      `WordVectors.${method}: ${name} is ${shown(word)}, which is none of the ${this.words.length} words; ${way}`,
    );
  }
}
