// functionModel: a plain function as a model of what comes next.

import { ArgumentError, checkCall, checkInteger, type Known, shown } from '@dl/autograd';
import type { NextToken, StepModel } from './step-model.js';

/** Options of {@link functionModel}. */
export interface FunctionModelOptions {
  /** How many of the last tokens the function is given, such as 2 for trigrams. Default: all that there were. */
  readonly context?: number;
}

const functionModelOptions: Known<FunctionModelOptions> = { context: 'number' };

/** The tokens of each sequence so far. A class, so that nobody who looks for tensors goes through all of them. */
class Histories {
  readonly rows: readonly number[][];

  constructor(rows: readonly number[][]) {
    this.rows = rows;
  }
}

/**
 * A {@link StepModel} of a function that gets the tokens of one sequence so far, none at its begin, and gives the logarithms of the probabilities of the next
 * one, vocabularySize numbers. For counts, rules, and models that are asked over a network ahead. It needs no backend.
 *
 * @throws ArgumentError when the function gives another number of numbers.
 *
 * @example
 * ```ts
 * import { Decoding, functionModel } from '@dl/layers';
 *
 * // A bigram model, by hand: after 0 comes 1 three times of four, after 1 always 0.
 * const table = [[0.25, 0.75], [1, 0]];
 * const model = functionModel(2, ([last = 1]) => table[last]!.map(Math.log), { context: 1 });
 * const decoding = new Decoding(model);
 * decoding.step([0]);
 * console.log(Array.from(await decoding.logProbabilities(), Math.exp)); // 0.25, 0.75
 * ```
 */
export function functionModel(
  vocabularySize: number,
  next: (tokens: readonly number[]) => ArrayLike<number>,
  options: FunctionModelOptions = {},
): StepModel {
  checkCall('functionModel', arguments, ['vocabularySize', ['next', 'function']], functionModelOptions);
  checkInteger('functionModel', 'vocabularySize', vocabularySize, 1);
  if (typeof next !== 'function') {
    throw new ArgumentError(`functionModel: next is ${shown(next)}, needs a function from tokens to log-probabilities`);
  }
  const { context = Infinity } = options;
  if (context !== Infinity) checkInteger('functionModel', 'context', context, 0);

  const after = (histories: Histories): NextToken<Histories> => {
    const { rows } = histories;
    const logProbabilities = new Float64Array(rows.length * vocabularySize);
    rows.forEach((row, i) => {
      const given = next(row.slice(Math.max(0, row.length - context)));
      if (given?.length !== vocabularySize) {
        throw new ArgumentError(
          `functionModel: the function gave ${shown(given)}, needs ${vocabularySize} log-probabilities, one for each token`,
        );
      }
      logProbabilities.set(given, i * vocabularySize);
    });
    return { logProbabilities, state: histories };
  };
  const model: StepModel<Histories> = {
    vocabularySize,
    start: (batch) => after(new Histories(Array.from({ length: batch }, () => []))),
    step: (tokens, histories) => {
      histories.rows.forEach((row, i) => {
        row.push(tokens[i]!);
        // Now and then, so that a step costs the same however long the sequence is.
        if (row.length > 2 * context + 64) row.splice(0, row.length - context);
      });
      return after(histories);
    },
    select: ({ rows }, order) => new Histories(order.map((row) => [...rows[row]!])),
  };
  return model as StepModel;
}
