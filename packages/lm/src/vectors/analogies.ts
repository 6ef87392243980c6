// Analogies: what is to c as b is to a, by vectors; and how often that is right, over questions of four words.

import { ArgumentError, checkInteger, type Known, type Platform, shown, Turns } from '@dl/autograd';
import { checkSignal } from '../decoding/signal.js';
import { bestRows, dot, type Found, nearestRows, normalized, type Search, sum } from './search.js';

/** How an analogy is computed: `add` is 3CosAdd, `multiply` is 3CosMul. */
export type AnalogyMethod = 'add' | 'multiply';

export const analogyMethods: readonly AnalogyMethod[] = ['add', 'multiply'];

/** Options of `WordVectors.evaluateAnalogies`. */
export interface EvaluateAnalogiesOptions {
  /** `add` is 3CosAdd, `multiply` is 3CosMul. Default `add`. */
  readonly method?: AnalogyMethod;
  /** Only so many words are there, the first ones. Default all. */
  readonly restrict?: number;
  /** Whether capital and small letters are the same, in questions and vectors; of words that are then equal, the first one counts. Default false. */
  readonly ignoreCase?: boolean;
  /** Called as questions are answered, with the share that was, from 0 to 1. */
  readonly onProgress?: (share: number) => void;
  /** Stops it. */
  readonly signal?: Platform<'AbortSignal'>;
}

export const evaluateOptions: Known<EvaluateAnalogiesOptions> = {
  method: analogyMethods,
  restrict: 'number',
  ignoreCase: 'boolean',
  onProgress: 'function',
  signal: 'object',
};

/** How many analogies came out as they should. */
export interface AnalogyFigures {
  /** Correct ones among the questions; NaN where there are none. */
  readonly accuracy: number;
  readonly correct: number;
  /** Those of which all words are there. */
  readonly questions: number;
  /** Those with a word that is not. */
  readonly unknown: number;
}

/** What {@link WordVectors.evaluateAnalogies} found, of all questions and of each section. */
export interface AnalogyReport extends AnalogyFigures {
  readonly sections: readonly (AnalogyFigures & { readonly name: string })[];
}

type Places = readonly [a: number, b: number, c: number];

/** Keeps the quotient of 3CosMul finite. */
const EPSILON = 0.001;

/** 3CosMul, of cosines that were moved to 0 … 1. */
const product = (a: number, b: number, c: number): number => {
  // Rounding may leave a cosine below -1.
  const part = (cosine: number): number => Math.max(0, (cosine + 1) / 2);
  return (part(b) * part(c)) / (part(a) + EPSILON);
};

/** The best rows for an analogy but those that it is asked by, by its method. */
export const searchOf: Readonly<Record<AnalogyMethod, (search: Search, places: Places, count: number) => Found[]>> = {
  add: (search, places, count) => nearestRows(search, target(search, places), count, places),
  multiply: (search, places, count) => {
    const { vectors, size, inverses } = search;
    const [a, b, c] = places.map((place) => sum(search, [[place, 1]])) as [Float64Array, Float64Array, Float64Array];
    return bestRows(search, count, places, (row) => {
      const cosine = (query: Float64Array): number => inverses[row]! * dot(vectors, row * size, query, 0, size);
      return product(cosine(a), cosine(b), cosine(c));
    });
  },
};

const target = (search: Search, [a, b, c]: Places): Float64Array =>
  sum(search, [
    [b, 1],
    [a, -1],
    [c, 1],
  ]);

/** A question by the rows of its words, and where its answer is counted. */
interface Question {
  readonly places: Places;
  readonly answer: number;
  readonly section: Tally;
}

interface Tally {
  readonly name: string;
  correct: number;
  questions: number;
  unknown: number;
}

/** So many questions go through the table at once: their vectors stay in the cache. */
const BLOCK = 16;

/** Answers all questions. */
export async function evaluate(
  all: Search,
  words: readonly string[],
  questions: string | Iterable<string>,
  options: EvaluateAnalogiesOptions,
): Promise<AnalogyReport> {
  const where = 'WordVectors.evaluateAnalogies';
  const { method = 'add', restrict = words.length, ignoreCase = false, onProgress, signal } = options;
  checkInteger(where, 'restrict', restrict, 1);
  checkSignal(where, signal);
  const rows = Math.min(restrict, words.length);
  const search = { ...all, rows };
  const { sections, asked, skipped } = read(where, words, rows, questions, ignoreCase);
  // Others want to run, too, and to stop this.
  const turns = new Turns(20);
  for (let at = 0; at < asked.length; at += BLOCK) {
    signal?.throwIfAborted();
    const block = asked.slice(at, at + BLOCK);
    const answers = answersOf(search, block, method, skipped);
    block.forEach(({ answer, section }, i) => {
      if (answers[i] === answer) section.correct++;
    });
    onProgress?.(Math.min(1, (at + BLOCK) / asked.length));
    await turns.take();
  }
  const total = (key: 'correct' | 'questions' | 'unknown'): number =>
    sections.reduce((sum, section) => sum + section[key], 0);
  const figures = { correct: total('correct'), questions: total('questions'), unknown: total('unknown') };
  return { ...withAccuracy(figures), sections: sections.map(withAccuracy) };
}

const withAccuracy = <F extends { readonly correct: number; readonly questions: number }>(
  figures: F,
): F & { readonly accuracy: number } => ({ ...figures, accuracy: figures.correct / figures.questions });

/** The questions of which all words are there, and the rows that are no answer, since an earlier one has the same word. */
function read(
  where: string,
  words: readonly string[],
  rows: number,
  questions: unknown,
  ignoreCase: boolean,
): { readonly sections: Tally[]; readonly asked: Question[]; readonly skipped: ReadonlySet<number> } {
  const form = (word: string): string => (ignoreCase ? word.toUpperCase() : word);
  const places = new Map<string, number>();
  const skipped = new Set<number>();
  for (let row = 0; row < rows; row++) {
    const word = form(words[row]!);
    if (places.has(word)) skipped.add(row);
    else places.set(word, row);
  }
  const sections: Tally[] = [];
  const asked: Question[] = [];
  const begin = (name: string): void => {
    sections.push({ name, correct: 0, questions: 0, unknown: 0 });
  };
  let number = 0;
  for (const line of linesOf(where, questions)) {
    number++;
    const text = line.trim();
    if (text === '') continue;
    if (text.startsWith(':')) {
      begin(text.slice(1).trim());
      continue;
    }
    const four = text.split(/\s+/);
    if (four.length !== 4) {
      throw new ArgumentError(
        `${where}: line ${number} of the questions is ${shown(text)}, needs four words, or a section such as ': capitals'`,
      );
    }
    if (sections.length === 0) begin('');
    const section = sections.at(-1)!;
    const [a, b, c, answer] = four.map((word) => places.get(form(word)));
    if (a === undefined || b === undefined || c === undefined || answer === undefined) section.unknown++;
    else {
      section.questions++;
      asked.push({ places: [a, b, c], answer, section });
    }
  }
  return { sections, asked, skipped };
}

function* linesOf(where: string, questions: unknown): Generator<string> {
  const isMany = typeof questions === 'object' && questions !== null && Symbol.iterator in questions;
  if (typeof questions !== 'string' && !isMany) {
    throw new ArgumentError(
      `${where}: questions is ${shown(questions)}, needs a text of lines, or an iterable of them`,
    );
  }
  if (typeof questions === 'string') yield* questions.split('\n');
  else {
    let index = 0;
    for (const line of questions as Iterable<unknown>) {
      if (typeof line !== 'string') {
        throw new ArgumentError(`${where}: questions[${index}] is ${shown(line)}, needs a text`);
      }
      index++;
      yield line;
    }
  }
}

/** The best row for each of a few questions; -1 where every row is one that it is asked by. Each row of the table is fetched once for all of them. */
function answersOf(
  search: Search,
  block: readonly Question[],
  method: AnalogyMethod,
  skipped: ReadonlySet<number>,
): Int32Array {
  const { vectors, size, rows, inverses } = search;
  const isSum = method === 'add';
  const queries = block.flatMap(({ places }) =>
    isSum ? [normalized(target(search, places))] : places.map((place) => sum(search, [[place, 1]])),
  );
  const best = new Float64Array(block.length).fill(-Infinity);
  const answers = new Int32Array(block.length).fill(-1);
  const cosines = new Float64Array(queries.length);
  for (let row = 0; row < rows; row++) {
    if (skipped.has(row)) continue;
    for (let q = 0; q < queries.length; q++)
      cosines[q] = inverses[row]! * dot(vectors, row * size, queries[q]!, 0, size);
    for (let i = 0; i < block.length; i++) {
      const score = isSum ? cosines[i]! : product(cosines[3 * i]!, cosines[3 * i + 1]!, cosines[3 * i + 2]!);
      if (score <= best[i]! || block[i]!.places.includes(row)) continue;
      best[i] = score;
      answers[i] = row;
    }
  }
  return answers;
}
