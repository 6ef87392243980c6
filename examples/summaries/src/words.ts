// From words to numbers and back, with numbers for words of a source that no vocabulary has.

/** Token 0 begins and ends a summary, 1 stands for every word that is not known. */
export const END = 0;
export const UNKNOWN = 1;

/** A source in numbers. */
export interface Source {
  /** Words beyond the vocabulary have the numbers behind it: the first of them in this source, the second, and so on. */
  readonly tokens: readonly number[];
  /** Those words. */
  readonly own: readonly string[];
}

/** Words that come at least so often in texts. */
export class Vocabulary {
  readonly words: readonly string[];
  readonly #numbers: ReadonlyMap<string, number>;

  constructor(texts: readonly string[], leastCount: number) {
    const counts = new Map<string, number>();
    for (const word of texts.flatMap((text) => text.split(' '))) counts.set(word, (counts.get(word) ?? 0) + 1);
    const known = [...counts].filter(([, count]) => count >= leastCount).map(([word]) => word);
    this.words = ['<end>', '<unk>', ...known];
    this.#numbers = new Map(this.words.map((word, i) => [word, i]));
  }

  get size(): number {
    return this.words.length;
  }

  has(word: string): boolean {
    return this.#numbers.has(word);
  }

  source(text: string): Source {
    const words = text.split(' ');
    const own = [...new Set(words.filter((word) => !this.has(word)))];
    return { tokens: words.map((word) => this.#numbers.get(word) ?? this.size + own.indexOf(word)), own };
  }

  /** A summary of a source, which has the source's numbers for the source's own words, and the token that ends it. */
  target(text: string, { own }: Source): number[] {
    const number = (word: string): number => (own.includes(word) ? this.size + own.indexOf(word) : UNKNOWN);
    return [...text.split(' ').map((word) => this.#numbers.get(word) ?? number(word)), END];
  }

  /** What was said to a source. */
  text(tokens: readonly number[], { own }: Source): string {
    return tokens.map((token) => this.words[token] ?? own[token - this.size]!).join(' ');
  }
}
