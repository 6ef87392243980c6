// trainNgram: text in, a language model of n-grams out.

import { ArgumentError, checkCall, checkInteger, type Known, shown } from '@dl/autograd';
import { LanguageModel } from './language-model.js';
import { NgramCounts, type Padding } from './ngram/counts.js';
import type { NgramModel } from './ngram/model.js';
import { type NamedSmoothing, type SmoothingName, smoothings } from './ngram/smoothing/by-name.js';
import { ByteTokenizer } from './tokens/byte-tokenizer.js';
import { CharacterTokenizer } from './tokens/character-tokenizer.js';
import { eachText } from './tokens/texts.js';
import { Tokenizer } from './tokens/tokenizer.js';
import { type TokenizerOptions, TokenizerTraining } from './tokens/train-tokenizer.js';

/** Makes a model of counts: one of the package, or `(counts) => kneserNey(counts, { discount: 0.7 })`. */
export type Smoothing = (counts: NgramCounts) => NgramModel;

/** Options of {@link trainNgram}. */
export interface TrainNgramOptions extends TokenizerOptions {
  /** The longest runs that are counted. Default 5 for characters and bytes, 3 for others. */
  readonly order?: number;
  /**
   * By its name, or a function for one with options. Default `modifiedKneserNey`. By its name `lidstone` adds 0.1, and `jelinekMercer` finds its weights by a tenth of the text, which is not
   * counted: every tenth text, of one text a hundred of each thousand tokens.
   */
  readonly smoothing?: SmoothingName | Smoothing;
}

export const trainNgramOptions: Known<TrainNgramOptions> = {
  order: 'number',
  smoothing: 'string or function',
  tokenizer: 'string or object',
  minCount: 'number',
};

/**
 * Counts the n-grams of text, and makes a language model of them. A string is one text that stands for more of its kind, a book or the source of a program: it is counted without a begin and an end.
 * Several texts, such as sentences, names or the lines of a list, are counted with both, as far as the tokenizer has tokens for them, so that the model knows how such a text begins and where it stops.
 *
 * Words and characters that come too rarely, or that never came, are one unknown token, `<unk>`. Files are better read by `trainNgramFile` of @dl/lm/node, which holds none of their text.
 *
 * @throws ArgumentError for no text, an order below 1, a smoothing that there is not, and several texts with a tokenizer that has only one of `bos` and `eos`.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { trainNgram } from '@dl/lm';
 * const names = trainNgram(['anna', 'hannah', 'joanna', 'johanna'], { order: 3, smoothing: 'wittenBell' });
 * console.log(names.model.info.smoothing, names.tokenizer.vocabularySize); // Witten-Bell 8
 * console.log((await names.generate({ temperature: 1, generator: new Generator(2) })).text); // a name, such as johannah
 * ```
 */
export function trainNgram(
  text: string | Iterable<string>,
  options: TrainNgramOptions = {},
): LanguageModel<NgramModel> {
  checkCall('trainNgram', arguments, ['text'], trainNgramOptions);
  const training = new NgramTraining('trainNgram', typeof text !== 'string', options);
  // Looked at twice, and an iterator comes once.
  const texts = [...eachText('trainNgram', 'text', text)];
  if (training.looks) for (const each of texts) training.look(each);
  const counting = training.counting();
  for (const each of texts) {
    counting.begin();
    counting.add(each);
    counting.end();
  }
  return counting.finish();
}

/** The two passes over text that training takes, whether the text is there or comes piece by piece: one that finds the tokens, one that counts. */
export class NgramTraining {
  readonly #where: string;
  readonly #isSeveral: boolean;
  readonly #options: TrainNgramOptions;
  readonly #tokenizer: TokenizerTraining;
  readonly #smoothing: NamedSmoothing;

  /**
   * @param where the function that the user called
   * @param isSeveral whether there are several texts, with a begin and an end each
   */
  constructor(where: string, isSeveral: boolean, options: TrainNgramOptions) {
    const { order, smoothing = 'modifiedKneserNey', tokenizer } = options;
    if (order !== undefined) checkInteger(where, 'order', order, 1);
    this.#tokenizer = new TokenizerTraining(where, isSeveral, options);
    if (isSeveral && tokenizer instanceof Tokenizer) {
      const { bos, eos } = tokenizer.vocabulary;
      if ((bos === undefined) !== (eos === undefined)) {
        const [has, lacks] = eos === undefined ? ['bos', 'eos'] : ['eos', 'bos'];
        throw new ArgumentError(
          `${where}: the vocabulary of the tokenizer has ${has}, but no ${lacks}; several texts are counted with both or none: give it ${lacks}, too, or all texts as one`,
        );
      }
    }
    this.#where = where;
    this.#isSeveral = isSeveral;
    this.#options = options;
    this.#smoothing = typeof smoothing === 'function' ? { make: smoothing } : smoothingOf(where, smoothing);
  }

  /** Whether there is a first pass. */
  get looks(): boolean {
    return this.#tokenizer.looks;
  }

  /** The first pass: notes what there is. Pieces of one text may be cut where a word ends. */
  look(text: string): void {
    this.#tokenizer.look(text);
  }

  /** Begins the second pass. */
  counting(): NgramCounting {
    const tokenizer = this.#tokenizer.finish();
    const isFine = tokenizer instanceof CharacterTokenizer || tokenizer instanceof ByteTokenizer;
    const { order = isFine ? 5 : 3 } = this.#options;
    const { bos, eos } = tokenizer.vocabulary;
    const padding: Padding = this.#isSeveral && bos !== undefined && eos !== undefined ? 'ends' : 'none';
    const counts = new NgramCounts(tokenizer.vocabulary, { order, padding });
    return new NgramCounting(this.#where, tokenizer, counts, this.#smoothing, this.#isSeveral);
  }
}

/** What is held out: the second of each ten texts, or of each ten runs of so many tokens of one text. */
const TENTH = 10;
const RUN = 100;

/** The second pass. */
export class NgramCounting {
  readonly tokenizer: Tokenizer;
  readonly counts: NgramCounts;
  readonly #where: string;
  readonly #smoothing: NamedSmoothing;
  readonly #isSeveral: boolean;
  readonly #heldOut: number[][] = [];
  /** How many texts, or tokens of the one text, there were. */
  #seen = 0;
  #isHeldOut = false;

  constructor(where: string, tokenizer: Tokenizer, counts: NgramCounts, smoothing: NamedSmoothing, isSeveral: boolean) {
    this.#where = where;
    this.tokenizer = tokenizer;
    this.counts = counts;
    this.#smoothing = smoothing;
    this.#isSeveral = isSeveral;
  }

  begin(): void {
    this.#isHeldOut = this.#isSeveral && this.#holdsOut(this.#seen++);
    if (this.#isHeldOut) this.#heldOut.push([]);
    else this.counts.begin();
  }

  /** Counts a text, or a piece of one. */
  add(text: string): void {
    for (const id of this.tokenizer.encode(text)) {
      if (!this.#isSeveral) this.#turn(this.#seen++);
      if (this.#isHeldOut) this.#heldOut.at(-1)!.push(id);
      else this.counts.push(id);
    }
  }

  end(): void {
    if (!this.#isHeldOut) this.counts.end();
  }

  finish(): LanguageModel<NgramModel> {
    const { counts } = this;
    const isEmpty = counts.padding === 'none' && this.#heldOut.every(({ length }) => length === 0);
    if (this.#smoothing.holdsOut === true && (this.#heldOut.length === 0 || isEmpty)) {
      throw new ArgumentError(
        `${this.#where}: jelinekMercer finds its weights by a tenth of the text, which needs more than ${RUN} tokens, or two texts; give more text, a function with weights, or another smoothing`,
      );
    }
    return new LanguageModel(this.#smoothing.make(counts, this.#heldOut), this.tokenizer);
  }

  #holdsOut(index: number): boolean {
    return this.#smoothing.holdsOut === true && index % TENTH === 1;
  }

  /** Turns between counting and holding out, in the midst of a text: what stands on both sides is no context of each other. */
  #turn(token: number): void {
    if (token % RUN !== 0 || this.#smoothing.holdsOut !== true) return;
    const isHeldOut = this.#holdsOut(token / RUN);
    if (isHeldOut === this.#isHeldOut) return;
    this.#isHeldOut = isHeldOut;
    if (isHeldOut) {
      this.counts.end();
      this.#heldOut.push([]);
    } else this.counts.begin();
  }
}

function smoothingOf(where: string, name: string): NamedSmoothing {
  if (Object.hasOwn(smoothings, name)) return smoothings[name as SmoothingName];
  throw new ArgumentError(
    `${where}: smoothing is ${shown(name)}, needs one of ${Object.keys(smoothings).join(', ')}, or a function of counts`,
  );
}
