// What a search chooses from: lists of values, and distributions to draw them from.

import { ArgumentError, checkCall, type Generator } from '@dl/autograd';

/** Values to choose from, or a way to draw one: {@link uniform}, {@link logUniform}, {@link integer} or your own. */
export type Choice<T = unknown> = readonly T[] | ((generator: Generator) => T);

/** What to choose, by name. */
export type Space = Readonly<Record<string, Choice>>;

/** One choice from a space. */
export type Params<S extends Space> = {
  readonly [K in keyof S]: S[K] extends readonly (infer T)[]
    ? T
    : S[K] extends (generator: Generator) => infer T
      ? T
      : never;
};

/**
 * A number between `low` and `high`, each as likely.
 *
 * @throws ArgumentError unless `low` is below `high`.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { uniform } from '@dl/train';
 * console.log(uniform(0, 0.5)(new Generator(1))); // the dropout of one trial
 * ```
 */
export function uniform(low: number, high: number): (generator: Generator) => number {
  checkCall('uniform', arguments, [
    ['low', 'number'],
    ['high', 'number'],
  ]);
  checkRange('uniform', low, high, Number.NEGATIVE_INFINITY);
  return (generator) => generator.uniform(low, high);
}

/**
 * A number between `low` and `high`, each order of magnitude as likely: for learning rates and penalties.
 *
 * @throws ArgumentError unless both are above 0 and `low` is below `high`.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { logUniform } from '@dl/train';
 * console.log(logUniform(1e-4, 1e-1)(new Generator(1))); // the learning rate of one trial
 * ```
 */
export function logUniform(low: number, high: number): (generator: Generator) => number {
  checkCall('logUniform', arguments, [
    ['low', 'number'],
    ['high', 'number'],
  ]);
  checkRange('logUniform', low, high, 0);
  return (generator) => Math.exp(generator.uniform(Math.log(low), Math.log(high)));
}

/**
 * A whole number from `low` to `high`, both included.
 *
 * @throws ArgumentError unless both are whole and `low` is below `high`.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { integer } from '@dl/train';
 * console.log(integer(1, 4)(new Generator(1))); // the number of layers of one trial
 * ```
 */
export function integer(low: number, high: number): (generator: Generator) => number {
  checkCall('integer', arguments, [
    ['low', 'number'],
    ['high', 'number'],
  ]);
  checkRange('integer', low, high, Number.NEGATIVE_INFINITY);
  if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high)) {
    throw new ArgumentError(`integer: got ${low} to ${high}, needs whole numbers`);
  }
  return (generator) => generator.integer(low, high + 1);
}

function checkRange(where: string, low: number, high: number, above: number): void {
  if (Number.isFinite(low) && Number.isFinite(high) && low > above && low < high) return;
  const floor = above === 0 ? ' above 0' : '';
  throw new ArgumentError(`${where}: got ${low} to ${high}, needs two numbers${floor}, the larger one last`);
}
