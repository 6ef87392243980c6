// chrF: how near translations are to those of people, by the runs of characters that they share.

import { ArgumentError, checkCall, checkInteger, type Known, shown } from '@dl/autograd';
import { checkTranslations, runsOf } from './texts.js';

/** Options of {@link chrf}. */
export interface ChrfOptions {
  /** The longest runs of characters that are compared. Default 6. */
  readonly charOrder?: number;
  /** The longest runs of words that are compared, too. Default 0, chrF; 2 is chrF++. */
  readonly wordOrder?: number;
  /** How much more recall counts than precision. Default 2. */
  readonly beta?: number;
  /** Whether blanks count as characters. Default false. */
  readonly whitespace?: boolean;
  /** Whether upper and lower case are the same. Default false. */
  readonly lowercase?: boolean;
}

const chrfOptions: Known<ChrfOptions> = {
  charOrder: 'number',
  wordOrder: 'number',
  beta: 'number',
  whitespace: 'boolean',
  lowercase: 'boolean',
};

/** What {@link chrf} counts. */
export interface ChrfScore {
  /** chrF, 0 to 100. */
  readonly score: number;
  /** Means over the orders that both sides have, in percent. */
  readonly precision: number;
  readonly recall: number;
}

/** Of one order: how many runs were said, how many are in the reference, and how many of those said are right. */
interface Matches {
  said: number;
  wanted: number;
  right: number;
}

interface Settings {
  readonly charOrder: number;
  readonly wordOrder: number;
  readonly beta: number;
  readonly whitespace: boolean;
}

const BLANKS = /\p{White_Space}+/gu;
// The marks of ASCII.
const MARK = /[!-/:-@[-`{-~]/;

/**
 * chrF of a corpus (Popović, "chrF: character n-gram F-score for automatic MT evaluation", 2015), and chrF++ (Popović 2017): the F-score of runs of 1 to `charOrder` characters, without
 * blanks, and of 1 to `wordOrder` words, none right more often than it is in the reference, counted over all sentences together:
 *
 *     100 · (1 + β²) · P · R / (β² · P + R)
 *
 * P is the mean, over the orders that both sides have, of the share of what was said that is right, R of what is in the reference that was said. Characters are Unicode's code points. Words
 * end at blanks, and a mark at the end of one, or else at its begin, is a word of its own. Of several references of a sentence the one with the best F-score for it counts. All as sacrebleu has it
 * (signature nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no).
 *
 * @param hypotheses The translations, as texts.
 * @param references For each of them a text, or a list of texts.
 *
 * @throws ShapeError when there is not a reference for each translation, ArgumentError for no translation and for what is no text.
 *
 * @example
 * ```ts
 * import { chrf } from '@dl/lm';
 * const plain = chrf(['the cat'], ['the cats'], { charOrder: 1, beta: 1 });
 * console.log(plain); // precision 100, recall 85.7… (6 of 7 letters), score 92.3…
 * console.log(chrf(['the cat'], ['the cats'], { wordOrder: 2 }).score); // chrF++
 * ```
 */
export function chrf(
  hypotheses: readonly string[],
  references: readonly (string | readonly string[])[],
  options: ChrfOptions = {},
): ChrfScore {
  checkCall('chrf', arguments, ['hypotheses', 'references'], chrfOptions);
  const { charOrder = 6, wordOrder = 0, beta = 2, whitespace = false, lowercase = false } = options;
  checkInteger('chrf', 'charOrder', charOrder, 0);
  checkInteger('chrf', 'wordOrder', wordOrder, 0);
  if (charOrder + wordOrder === 0) {
    throw new ArgumentError('chrf: charOrder and wordOrder are 0, needs one of them to be at least 1');
  }
  if (!(beta > 0 && beta < Infinity)) throw new ArgumentError(`chrf: beta is ${shown(beta)}, needs a positive number`);
  checkTranslations('chrf', hypotheses, references);
  const settings: Settings = { charOrder, wordOrder, beta, whitespace };
  const prepared = (text: string): Map<string, number>[] => allRuns(lowercase ? text.toLowerCase() : text, settings);
  const sums: Matches[] = Array.from({ length: charOrder + wordOrder }, () => ({ said: 0, wanted: 0, right: 0 }));
  for (const [i, hypothesis] of hypotheses.entries()) {
    const said = prepared(hypothesis);
    let best: readonly Matches[] = [];
    let most = -1;
    for (const reference of [references[i]!].flat()) {
      const wanted = prepared(reference);
      const matches = said.map((runs, k) => matchesOf(runs, wanted[k]!));
      const { score } = scoreOf(matches, beta);
      if (score > most) [best, most] = [matches, score];
    }
    for (const [k, { said, wanted, right }] of best.entries()) {
      sums[k]!.said += said;
      sums[k]!.wanted += wanted;
      sums[k]!.right += right;
    }
  }
  return scoreOf(sums, beta);
}

function allRuns(text: string, { charOrder, wordOrder, whitespace }: Settings): Map<string, number>[] {
  const characters = [...(whitespace ? text : text.replace(BLANKS, ''))];
  const words = wordOrder === 0 ? [] : wordsOf(text);
  return [
    ...Array.from({ length: charOrder }, (_, k) => runsOf(characters, k + 1)),
    ...Array.from({ length: wordOrder }, (_, k) => runsOf(words, k + 1)),
  ];
}

function wordsOf(text: string): string[] {
  return text.split(BLANKS).flatMap((word) => {
    const letters = [...word];
    if (letters.length === 0) return [];
    if (letters.length === 1) return [word];
    if (MARK.test(letters.at(-1)!)) return [letters.slice(0, -1).join(''), letters.at(-1)!];
    if (MARK.test(letters[0]!)) return [letters[0]!, letters.slice(1).join('')];
    return [word];
  });
}

function matchesOf(said: ReadonlyMap<string, number>, wanted: ReadonlyMap<string, number>): Matches {
  let [all, right] = [0, 0];
  for (const [run, count] of said) {
    all += count;
    right += Math.min(count, wanted.get(run) ?? 0);
  }
  const needed = [...wanted.values()].reduce((sum, count) => sum + count, 0);
  // Where the reference is too short for an order, that order says nothing of precision.
  return { said: needed === 0 ? 0 : all, wanted: needed, right };
}

function scoreOf(matches: readonly Matches[], beta: number): ChrfScore {
  const both = matches.filter(({ said, wanted }) => said > 0 && wanted > 0);
  const mean = (share: (each: Matches) => number): number =>
    both.length === 0 ? 0 : both.reduce((sum, each) => sum + share(each), 0) / both.length;
  const precision = mean(({ right, said }) => right / said);
  const recall = mean(({ right, wanted }) => right / wanted);
  const score =
    precision + recall === 0 ? 0 : ((1 + beta ** 2) * precision * recall) / (beta ** 2 * precision + recall);
  return { score: 100 * score, precision: 100 * precision, recall: 100 * recall };
}
