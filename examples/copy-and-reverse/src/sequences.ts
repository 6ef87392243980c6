// The task: a word that says what to do, and letters to do it with.

import { type Generator, type Tensor, tensor } from '@dl/autograd';

const letters = 'abcdefghij';
export const tasks = ['copy', 'reverse'] as const;
export type Task = (typeof tasks)[number];

/** Token 0 begins and ends what is said, and fills up what is read; then the two tasks; then the letters. */
const FIRST_LETTER = 1 + tasks.length;
export const VOCABULARY = FIRST_LETTER + letters.length;
export const [SHORTEST, LONGEST] = [3, 8];

export interface Example {
  readonly task: Task;
  readonly text: string;
}

export const answerTo = ({ task, text }: Example): string => (task === 'copy' ? text : [...text].reverse().join(''));

/** Random letters, as many as are drawn; which of the two tasks is drawn, too. */
export function drawExample(random: Generator): Example {
  const length = random.integer(SHORTEST, LONGEST + 1);
  const text = Array.from({ length }, () => letters[random.integer(0, letters.length)]).join('');
  return { task: tasks[random.integer(0, tasks.length)]!, text };
}

const lettersOf = (text: string): number[] => Array.from(text, (letter) => letters.indexOf(letter) + FIRST_LETTER);
export const textOf = (tokens: readonly number[]): string =>
  tokens.map((token) => letters[token - FIRST_LETTER]).join('');

/** What is read: the task, then the letters. */
export const wordsOf = ({ task, text }: Example): string[] => [task, ...text];

export interface Batch {
  readonly source: Tensor; // [examples, longest + 1]
  readonly sourceLengths: readonly number[];
  readonly target: Tensor; // [examples, longest + 1], each with the 0 that ends it
  readonly targetLengths: readonly number[];
}

export function batchOf(examples: readonly Example[]): Batch {
  const sources = examples.map((example) => [1 + tasks.indexOf(example.task), ...lettersOf(example.text)]);
  const targets = examples.map((example) => [...lettersOf(answerTo(example)), 0]);
  const lengths = (rows: readonly number[][]): number[] => rows.map(({ length }) => length);
  return {
    source: padded(sources),
    sourceLengths: lengths(sources),
    target: padded(targets),
    targetLengths: lengths(targets),
  };
}

function padded(rows: readonly number[][]): Tensor {
  const longest = Math.max(...rows.map(({ length }) => length));
  const filled = rows.map((row) => [...row, ...new Array<number>(longest - row.length).fill(0)]);
  return tensor(filled, { dtype: 'int32' });
}
