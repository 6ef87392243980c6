// Phrases: pairs of words that come together more often than chance has it, such as new_york, which then are words.

import { ArgumentError, checkCall, checkInteger, type Known, shown } from '@dl/autograd';
import { readWords, type WordTextOptions, type WordTexts, wordTextOptions } from './encoded-texts.js';

/** Options of {@link findPhrases}. */
export interface FindPhrasesOptions extends WordTextOptions {
  /** Pairs that come less often make no phrase. Default 5. */
  readonly minCount?: number;
  /** What is subtracted from the count of a pair, so that pairs of rare words need more than chance. Default `minCount`. */
  readonly discount?: number;
  /** A pair with a higher score is a phrase. Default 10. */
  readonly threshold?: number;
  /** Stands between the words of a phrase. Default `_`. */
  readonly delimiter?: string;
}

const findPhrasesOptions: Known<FindPhrasesOptions> = {
  ...wordTextOptions,
  minCount: 'number',
  discount: 'finite',
  threshold: 'finite',
  delimiter: 'string',
};

/**
 * Pairs of words that stand beside each other more often than chance has it:
 *
 *     score(a, b) = (count(a b) - discount) · N / (count(a) · count(b))
 *
 * with N words in all, and phrases are the pairs with a score above the threshold. 1 is what chance has, without the discount. Phrases of three and more words come by finding them again in what {@link Phrases.join}
 * gave, with a lower threshold each time.
 *
 * Source: Mikolov et al., "Distributed Representations of Words and Phrases and their Compositionality", 2013, equation 6, times N, as in the program word2phrase, so that a threshold is one for texts of any length.
 *
 * @throws ArgumentError for no words, and for lists of what are no words.
 *
 * @example
 * ```ts
 * import { findPhrases } from '@dl/lm';
 * const texts = ['New York is a city', 'a city such as New York', 'I was in New York', 'a new city in the state of York'];
 * const phrases = await findPhrases(texts, { minCount: 1, threshold: 3 });
 * console.log(phrases.score('New', 'York')); // 4: (3 - 1) · 24 / (3 · 4)
 * console.log(phrases.join('New York is new'.split(' '))); // New_York, is, new
 * ```
 */
export async function findPhrases(texts: WordTexts, options: FindPhrasesOptions = {}): Promise<Phrases> {
  checkCall('findPhrases', arguments, ['texts'], findPhrasesOptions);
  const { minCount = 5, discount = minCount, threshold = 10, delimiter = '_' } = options;
  checkInteger('findPhrases', 'minCount', minCount, 1);
  if (discount < 0) throw new ArgumentError(`findPhrases: discount is ${shown(discount)}, needs at least 0`);
  const words = new Map<string, number>();
  const pairs = new Map<string, Map<string, number>>();
  let total = 0;
  let before: string | undefined;
  const note = (word: string): void => {
    total++;
    words.set(word, (words.get(word) ?? 0) + 1);
    if (before !== undefined) {
      let followers = pairs.get(before);
      if (followers === undefined) {
        followers = new Map();
        pairs.set(before, followers);
      }
      followers.set(word, (followers.get(word) ?? 0) + 1);
    }
    before = word;
  };
  const end = (): void => {
    before = undefined;
  };
  await readWords('findPhrases', texts, options, { note, end });
  if (total === 0) throw new ArgumentError('findPhrases: the texts have no words; give some with words in them');
  const scores = new Map<string, Map<string, number>>();
  for (const [first, followers] of pairs) {
    const own = new Map<string, number>();
    for (const [second, count] of followers) {
      if (count < minCount) continue;
      const score = ((count - discount) * total) / (words.get(first)! * words.get(second)!);
      if (score > threshold) own.set(second, score);
    }
    if (own.size > 0) scores.set(first, own);
  }
  return new Phrases(scores, delimiter);
}

/** One of {@link Phrases}. */
export interface Phrase {
  readonly words: readonly [first: string, second: string];
  readonly score: number;
}

/**
 * The phrases that {@link findPhrases} found, and how they become words.
 *
 * @example
 * ```ts
 * import { findPhrases, Phrases } from '@dl/lm';
 * const phrases = await findPhrases('red wine , red wine and white bread', { minCount: 2, discount: 1, threshold: 1 });
 * console.log(phrases instanceof Phrases); // true
 * for (const { words, score } of phrases) console.log(words.join(' '), score); // red wine 2
 * console.log(phrases instanceof Phrases, phrases.join(['a', 'red', 'wine'])); // true, and a, red_wine
 * ```
 */
export class Phrases implements Iterable<Phrase> {
  readonly delimiter: string;
  readonly #scores: ReadonlyMap<string, ReadonlyMap<string, number>>;

  /** @internal */
  constructor(scores: ReadonlyMap<string, ReadonlyMap<string, number>>, delimiter: string) {
    checkCall('Phrases', arguments, ['scores', 'delimiter']);
    this.#scores = scores;
    this.delimiter = delimiter;
  }

  /** The score of a phrase; undefined for what is none. */
  score(first: string, second: string): number | undefined {
    return this.#scores.get(first)?.get(second);
  }

  /** Words with each phrase as one word, from left to right: in `a b c`, where `a b` and `b c` are phrases, the first of them is. */
  join(words: readonly string[]): string[] {
    checkCall('Phrases.join', arguments, [['words', 'list']]);
    const joined: string[] = [];
    for (let i = 0; i < words.length; i++) {
      const [word, next] = [words[i]!, words[i + 1]];
      if (next !== undefined && this.score(word, next) !== undefined) {
        joined.push(word + this.delimiter + next);
        i++;
      } else joined.push(word);
    }
    return joined;
  }

  /** All of them, the highest score first. */
  *[Symbol.iterator](): Iterator<Phrase> {
    const all = [...this.#scores].flatMap(([first, followers]) =>
      [...followers].map(([second, score]): Phrase => ({ words: [first, second], score })),
    );
    yield* all.sort((a, b) => b.score - a.score);
  }
}
