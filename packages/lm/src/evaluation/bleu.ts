// BLEU: how near translations are to those of people. Self-BLEU: how near texts are to each other.

import { ArgumentError, checkCall, checkInteger, type Known, shown } from '@dl/autograd';
import { checkTexts, checkTranslations, runsOf, type Tokenize } from './texts.js';

/** What {@link bleu} puts for an order of which nothing was right. */
export type BleuSmoothing = 'none' | 'exponential' | 'floor' | 'add-k';

/** Options of {@link bleu} and {@link selfBleu}. */
export interface BleuOptions {
  /** The longest runs of words that are compared. Default 4. */
  readonly maxOrder?: number;
  /**
   * What stands for the share of an order of which nothing was right, where others had something:
   *
   * - `none`: 0, which makes the whole figure 0. The default, and what the paper has.
   * - `exponential`: 1 / (2ᵏ · runs) for the k-th such order, as sacrebleu has by default (NIST).
   * - `floor`: smoothingValue in place of the count.
   * - `add-k`: from two words on, smoothingValue is added to what was right and to what was said (Lin and Och 2004).
   *
   * Chen and Cherry (2014) compare them.
   */
  readonly smoothing?: BleuSmoothing;
  /** Of `floor`, default 0.1, and of `add-k`, default 1. */
  readonly smoothingValue?: number;
  /** Makes words of a text. Default {@link tokenize13a}; `(text) => text.split(' ')` for text that has been cut into words. */
  readonly tokenize?: (text: string) => readonly string[];
}

const bleuOptions: Known<BleuOptions> = {
  maxOrder: 'number',
  smoothing: ['none', 'exponential', 'floor', 'add-k'],
  smoothingValue: 'number',
  tokenize: 'function',
};

/** What {@link bleu} counts. */
export interface BleuScore {
  /** BLEU, 0 to 100. */
  readonly score: number;
  /** For one word, two in a row, and so on: which share of those said stands in a reference, in percent. */
  readonly precisions: readonly number[];
  /** What translations that are too short are multiplied by; 1 where they are not. */
  readonly brevityPenalty: number;
  /** How many words were said. */
  readonly length: number;
  /** How many there are in the references nearest in length. */
  readonly referenceLength: number;
}

/**
 * BLEU of a corpus (Papineni et al., "BLEU: a Method for Automatic Evaluation of Machine Translation", 2002): how many of the runs of one to four words
 * that a translation has are in a reference, none more often than there, over all sentences together:
 *
 *     100 · BP · exp(Σₙ log pₙ / N),  pₙ = Σ min(count, largest count in a reference) / Σ count
 *     BP = 1 where length ≥ referenceLength, else exp(1 - referenceLength / length)
 *
 * Of several references of a sentence the one whose length is nearest counts for the length, of two as near the shorter. Where nothing of an order is right, the figure is 0,
 * unless a smoothing is asked for. Words are those of sacrebleu (Post, "A Call for Clarity in Reporting BLEU Scores", 2018), and with `smoothing: 'exponential'` all is as by
 * its default (signature nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp), so that figures can be compared. Where all translations have fewer than maxOrder words it is 0.
 *
 * @param hypotheses The translations, as texts.
 * @param references For each of them a text, or a list of texts.
 *
 * @throws ShapeError when there is not a reference for each translation, ArgumentError for no translation and for what is no text.
 *
 * @example
 * ```ts
 * import { bleu } from '@dl/lm';
 * const { score, precisions } = bleu(['A man rides a red bicycle .'], [['A man rides a bike.', 'A man is riding a red bicycle.']]);
 * console.log(precisions); // 100, 100, 80 and 50: of four runs of four words two stand in a reference
 * console.log(score); // 79.5… = 100 · (1 · 1 · 0.8 · 0.5)^(1 / 4)
 * ```
 */
export function bleu(
  hypotheses: readonly string[],
  references: readonly (string | readonly string[])[],
  options: BleuOptions = {},
): BleuScore {
  checkCall('bleu', arguments, ['hypotheses', 'references'], bleuOptions);
  const settings = settingsOf('bleu', options);
  const { maxOrder, tokenize } = settings;
  checkTranslations('bleu', hypotheses, references);
  const sums = new Sums(maxOrder);
  for (const [i, hypothesis] of hypotheses.entries()) {
    const wanted = [references[i]!].flat().map((text) => tokenize(text));
    const allowed = Array.from({ length: maxOrder }, (_, k) => wanted.map((each) => runsOf(each, k + 1)));
    sums.add(
      tokenize(hypothesis),
      wanted.map((each) => each.length),
      (order, run) => Math.max(...allowed[order - 1]!.map((counts) => counts.get(run) ?? 0)),
    );
  }
  return sums.score(settings);
}

/**
 * Self-BLEU (Zhu et al., "Texygen", 2018): how much texts that a model made are like each other, as the mean {@link bleu} of each with all others as its
 * references. 100 for texts that are all the same; the lower, the more they differ.
 *
 * @throws ArgumentError for fewer than two texts.
 *
 * @example
 * ```ts
 * import { selfBleu } from '@dl/lm';
 * console.log(selfBleu(['a cat sat on the mat', 'a cat sat on the mat'])); // 100
 * console.log(selfBleu(['a cat sat here', 'two dogs ran away'])); // 0
 * ```
 */
export function selfBleu(texts: readonly string[], options: BleuOptions = {}): number {
  checkCall('selfBleu', arguments, ['texts'], bleuOptions);
  const settings = settingsOf('selfBleu', options);
  const { maxOrder, tokenize } = settings;
  checkTexts('selfBleu', texts);
  if (texts.length < 2) throw new ArgumentError('selfBleu: got 1 text, needs at least 2 to compare');
  const all = texts.map((text) => tokenize(text));
  // The largest count of a run in any text, whose that is, and the largest in the others: so each text is compared with all others without a look at them.
  const most = Array.from({ length: maxOrder }, (_, k) => mostOf(all, k + 1));
  const lengths = new Map<number, number>();
  for (const { length } of all) lengths.set(length, (lengths.get(length) ?? 0) + 1);
  let sum = 0;
  for (const [i, words] of all.entries()) {
    const others = [...lengths.keys()].filter((length) => length !== words.length || lengths.get(length)! > 1);
    const sums = new Sums(maxOrder);
    sums.add(words, others, (order, run) => {
      const { first, of, second } = most[order - 1]!.get(run)!;
      return of === i ? second : first;
    });
    sum += sums.score(settings).score;
  }
  return sum / texts.length;
}

/**
 * The words of a text as mteval-v13a, the tokeniser of the conferences on machine translation, makes them: punctuation stands by itself, but for `'`, `-` behind
 * what is no digit, and `.` and `,` between digits. Upper and lower case stay.
 *
 * @example
 * ```ts
 * import { tokenize13a } from '@dl/lm';
 * console.log(tokenize13a("It's 3.50, isn't it?")); // It's, 3.50, a comma, isn't, it, ?
 * ```
 */
export function tokenize13a(text: string): string[] {
  checkCall('tokenize13a', arguments, [['text', 'string']]);
  const plain = text
    .replaceAll('<skipped>', '')
    .replaceAll('-\n', '')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>');
  return ` ${plain} `
    .replace(/[ -&(-+/:-@[-`{-~]/g, ' $& ')
    .replace(/([^0-9])([.,])/gu, '$1 $2 ')
    .replace(/([.,])([^0-9])/gu, ' $1 $2')
    .replace(/([0-9])-/g, '$1 - ')
    .split(/\s+/)
    .filter((word) => word !== '');
}

interface Settings {
  readonly maxOrder: number;
  readonly smoothing: BleuSmoothing;
  readonly smoothingValue: number;
  readonly tokenize: Tokenize;
}

function settingsOf(where: string, options: BleuOptions): Settings {
  const { maxOrder = 4, smoothing = 'none', tokenize = tokenize13a } = options;
  const { smoothingValue = smoothing === 'floor' ? 0.1 : 1 } = options;
  checkInteger(where, 'maxOrder', maxOrder, 1);
  if (!(smoothingValue > 0 && smoothingValue < Infinity)) {
    throw new ArgumentError(`${where}: smoothingValue is ${shown(smoothingValue)}, needs a positive number`);
  }
  return { maxOrder, smoothing, smoothingValue, tokenize };
}

/** What is counted over sentences. */
class Sums {
  readonly right: number[];
  readonly said: number[];
  length = 0;
  referenceLength = 0;

  constructor(maxOrder: number) {
    this.right = new Array<number>(maxOrder).fill(0);
    this.said = new Array<number>(maxOrder).fill(0);
  }

  /** A sentence, the lengths of its references, and how often each run may come. */
  add(words: readonly string[], lengths: readonly number[], allowed: (order: number, run: string) => number): void {
    this.length += words.length;
    this.referenceLength += nearest(words.length, lengths);
    for (let order = 1; order <= this.right.length; order++) {
      for (const [run, count] of runsOf(words, order)) {
        this.said[order - 1]! += count;
        this.right[order - 1]! += Math.min(count, allowed(order, run));
      }
    }
  }

  score(settings: Settings): BleuScore {
    const { length, referenceLength } = this;
    const shares = smoothed(this.right, this.said, settings);
    const brevityPenalty = length >= referenceLength ? 1 : Math.exp(1 - referenceLength / length);
    const mean = shares.reduce((sum, share) => sum + Math.log(share), 0) / shares.length;
    return {
      score: 100 * brevityPenalty * Math.exp(mean),
      precisions: shares.map((share) => 100 * share),
      brevityPenalty,
      length,
      referenceLength,
    };
  }
}

interface Most {
  first: number;
  of: number;
  second: number;
}

function mostOf(texts: readonly (readonly string[])[], order: number): Map<string, Most> {
  const most = new Map<string, Most>();
  for (const [of, words] of texts.entries()) {
    for (const [run, count] of runsOf(words, order)) {
      const found = most.get(run);
      if (found === undefined) most.set(run, { first: count, of, second: 0 });
      else if (count > found.first) most.set(run, { first: count, of, second: found.first });
      else if (count > found.second) found.second = count;
    }
  }
  return most;
}

function nearest(length: number, lengths: readonly number[]): number {
  return lengths.reduce((best, each) => {
    const gain = Math.abs(best - length) - Math.abs(each - length);
    return gain > 0 || (gain === 0 && each < best) ? each : best;
  });
}

/** The share of right runs of each order. */
function smoothed(right: readonly number[], said: readonly number[], settings: Settings): number[] {
  const { smoothing, smoothingValue } = settings;
  if (right.every((count) => count === 0)) return right.map(() => 0);
  let missing = 0;
  return right.map((count, i) => {
    if (smoothing === 'add-k' && i > 0) return (count + smoothingValue) / (said[i]! + smoothingValue);
    if (said[i] === 0) return 0;
    if (count > 0 || smoothing === 'none' || smoothing === 'add-k') return count / said[i]!;
    if (smoothing === 'floor') return smoothingValue / said[i]!;
    missing++;
    return 1 / (2 ** missing * said[i]!);
  });
}
