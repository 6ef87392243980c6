// sentencePairs: pairs of sentences, of which half follow one on the other.

import { ArgumentError, checkCall, defaultGenerator, type Generator, type Known, shown } from '@dl/autograd';

/** Two sentences, and whether they stand one behind the other. */
export interface NextSentencePair<T> {
  readonly first: T;
  readonly second: T;
  /** 0 where the second follows on the first, 1 where it comes from elsewhere: the classes of BERT's weights. */
  readonly label: 0 | 1;
}

/** Options of {@link sentencePairs}. */
export interface SentencePairsOptions {
  /** Which share of the pairs follow one on the other. Default 0.5. */
  readonly share?: number;
  /** What draws. Default: the one that `manualSeed` seeds. */
  readonly generator?: Generator;
}

const sentencePairsOptions: Known<SentencePairsOptions> = { share: 'number', generator: 'generator' };

/**
 * Pairs for the task of the next sentence (Devlin et al., "BERT", 2019, section 3.1): each sentence that has one behind it, with that one (label 0), or with one drawn from the other documents (label 1).
 * Where there is a single document, it is drawn from all of its sentences but these two. Sentences may be anything, such as texts, or tokens.
 *
 * @param documents Sentences in their order.
 *
 * @throws ArgumentError where no sentence stands behind another one, and for a single document of fewer than three.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { sentencePairs } from '@dl/lm/neural';
 * const stories = [['It rained.', 'They stayed at home.'], ['Bears sleep.', 'In spring they wake.', 'They are hungry.']];
 * for (const { first, second, label } of sentencePairs(stories, { generator: new Generator(1) })) console.log(first, second, label);
 * ```
 */
export function sentencePairs<T>(
  documents: readonly (readonly T[])[],
  options: SentencePairsOptions = {},
): NextSentencePair<T>[] {
  checkCall('sentencePairs', arguments, [['documents', 'list']], sentencePairsOptions);
  const { share = 0.5, generator = defaultGenerator() } = options;
  if (!(share >= 0 && share <= 1))
    throw new ArgumentError(`sentencePairs: share is ${shown(share)}, needs a number from 0 to 1`);
  const pairing = new SentencePairing('sentencePairs', documents);
  return Array.from({ length: pairing.size }, (_, i) => pairing.draw(i, generator, share));
}

/** Sentences that have one behind them, of which pairs are drawn again and again. */
export class SentencePairing<T> {
  readonly #sentences: readonly T[];
  /** Where in all sentences those stand that have one behind them. */
  readonly #places: Int32Array;
  /** For each sentence, where its document begins and ends. */
  readonly #from: Int32Array;
  readonly #to: Int32Array;

  constructor(where: string, documents: readonly (readonly T[])[]) {
    const places: number[] = [];
    const [from, to]: [number[], number[]] = [[], []];
    const sentences: T[] = [];
    for (const [i, document] of documents.entries()) {
      if (!Array.isArray(document)) {
        throw new ArgumentError(`${where}: document ${i} is ${shown(document)}, needs a list of sentences`);
      }
      const begin = sentences.length;
      for (const [t, sentence] of document.entries()) {
        if (t + 1 < document.length) places.push(begin + t);
        sentences.push(sentence);
        from.push(begin);
        to.push(begin + document.length);
      }
    }
    if (places.length === 0) {
      throw new ArgumentError(
        `${where}: no sentence stands behind another one; needs documents, each a list of sentences in their order`,
      );
    }
    if (sentences.length === to[0] && sentences.length < 3) {
      throw new ArgumentError(
        `${where}: there is one document of ${sentences.length} sentences, from which none can be drawn that does not follow; needs a third one, or another document`,
      );
    }
    this.#sentences = sentences;
    this.#places = Int32Array.from(places);
    this.#from = Int32Array.from(from);
    this.#to = Int32Array.from(to);
  }

  /** How many sentences have one behind them. */
  get size(): number {
    return this.#places.length;
  }

  /** Sentence i with the one behind it, or with another one. */
  draw(i: number, generator: Generator, share: number): NextSentencePair<T> {
    const at = this.#places[i]!;
    const follows = generator.uniform53() < share;
    const second = follows ? at + 1 : this.#other(at, generator);
    return { first: this.#sentences[at]!, second: this.#sentences[second]!, label: follows ? 0 : 1 };
  }

  /** A sentence of another document; of a single one, any but this one and the next. */
  #other(at: number, generator: Generator): number {
    const all = this.#sentences.length;
    const isSingle = this.#to[at]! - this.#from[at]! === all;
    const [from, to] = isSingle ? [at, at + 2] : [this.#from[at]!, this.#to[at]!];
    const drawn = generator.integer(0, all - (to - from));
    return drawn < from ? drawn : drawn + (to - from);
  }
}
