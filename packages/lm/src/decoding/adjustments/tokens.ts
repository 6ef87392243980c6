// Single tokens: banned, forced, biased, and no end before a length.

import { ArgumentError, checkCall, checkInteger, shown } from '@dl/autograd';
import type { Adjustment } from '../adjustment.js';
import { needToken, needTokenNumber } from './checks.js';

/** A number for some keys: an object or a `Map`. */
export type NumberMap = Readonly<Record<number, number>> | ReadonlyMap<number, number>;

function entriesOf(where: string, name: string, map: NumberMap): [number, number][] {
  if (typeof map !== 'object' || map === null) {
    throw new ArgumentError(`${where}: ${name} is ${shown(map)}, needs an object or a Map, such as { 5: 1 }`);
  }
  const entries: [number, number | undefined][] =
    map instanceof Map
      ? [...map]
      : Object.entries(map as Readonly<Record<string, number>>).map(([key, value]) => [numberOf(key), value]);
  return entries.filter((entry): entry is [number, number] => entry[1] !== undefined);
}

/** The number of a key. One that is none, such as '', stays what it is, to be refused. */
function numberOf(key: string): number {
  const number = Number(key);
  return `${number}` === key ? number : (key as unknown as number);
}

const named = (what: string, count: number): string => `${what} of ${count}`;

/** How many tokens were chosen. */
const counted = {
  begin: ({ tokens }: { readonly tokens: readonly number[] }): number => tokens.length,
  next: (length: number): number => length + 1,
};

/**
 * Takes tokens out: those listed, and of each list in the list the last one where the others stand right before it, in the prompt or behind it.
 *
 * @throws ArgumentError for what is no token, and for an empty sequence.
 * @throws IndexError for a token outside the vocabulary, when it is used.
 *
 * @example
 * ```ts
 * import { ban, Die } from '@dl/lm';
 * // Never 2, and no 1 behind 0.
 * const die = new Die([0.2, 0.7, 0.1].map(Math.log), { adjustments: [ban([2, [0, 1]])], tokens: [0] });
 * console.log(Array.from(die.probabilities)); // 1, 0, 0
 * ```
 */
export function ban(tokens: readonly (number | readonly number[])[]): Adjustment {
  checkCall('ban', arguments, [['tokens', 'list']]);
  if (!Array.isArray(tokens)) throw new ArgumentError(`ban: tokens is ${shown(tokens)}, needs an array`);
  const sequences = (tokens as readonly (number | readonly number[])[]).map((each) =>
    typeof each === 'number' ? [each] : [...each],
  );
  for (const sequence of sequences) {
    if (sequence.length === 0) throw new ArgumentError('ban: one of the sequences is empty, needs tokens');
    for (const token of sequence) needTokenNumber('ban', token);
  }
  const most = sequences.reduce((longest, { length }) => Math.max(longest, length - 1), 0);
  const lastOf = (said: readonly number[]): readonly number[] => said.slice(Math.max(0, said.length - most));
  // The state is the last tokens, as many as are looked at.
  const adjustment: Adjustment<readonly number[]> = {
    name: named('ban', sequences.length),
    isBounded: true,
    readsTokens: false,
    begin: ({ prompt, tokens }) => lastOf([...lastOf(prompt), ...lastOf(tokens)]),
    apply(scores, _, said) {
      for (const each of sequences) {
        const last = each[each.length - 1]!;
        needToken('ban', last, scores.length);
        let back = 1;
        while (back < each.length && said[said.length - back] === each[each.length - 1 - back]) back++;
        if (back === each.length) scores[last] = -Infinity;
      }
    },
    next: (said, token) => (most === 0 ? said : lastOf([...said, token])),
  };
  return adjustment as Adjustment;
}

/**
 * Says which token comes at a place, from 0 for the first one that is chosen, whatever the model gives it: at such a place it alone is left. Elsewhere nothing changes.
 *
 * @throws ArgumentError for a place or token that is no whole number of at least 0.
 * @throws IndexError for a token outside the vocabulary, when it is used.
 *
 * @example
 * ```ts
 * import { functionModel } from '@dl/layers';
 * import { force, generate } from '@dl/lm';
 * const model = functionModel(3, () => [0.7, 0.2, 0.1].map(Math.log));
 * const [first] = await generate(model, { maxLength: 4, adjustments: [force({ 0: 2, 2: 1 })] });
 * console.log(first?.tokens); // 2, 0, 1, 0
 * ```
 */
export function force(tokens: NumberMap): Adjustment {
  checkCall('force', arguments, ['tokens']);
  const places = new Map(entriesOf('force', 'tokens', tokens));
  for (const [place, token] of places) {
    checkInteger('force', 'a place', place, 0);
    needTokenNumber('force', token);
  }
  const adjustment: Adjustment<number> = {
    ...counted,
    name: named('force', places.size),
    isBounded: true,
    readsTokens: false,
    apply(scores, _, length) {
      const token = places.get(length);
      if (token === undefined) return;
      needToken('force', token, scores.length);
      scores.fill(-Infinity);
      scores[token] = 0;
    },
  };
  return adjustment as Adjustment;
}

/**
 * Adds to the scores of some tokens: with b the weight of a token is e^b times what it was, and -Infinity takes it out.
 *
 * @throws ArgumentError for what is no token, and for a bias that is NaN or Infinity.
 * @throws IndexError for a token outside the vocabulary, when it is used.
 *
 * Source: the formula of OpenAI's API reference, `logit_bias`.
 *
 * @example
 * ```ts
 * import { bias, Die } from '@dl/lm';
 * const die = new Die([0.5, 0.5].map(Math.log), { adjustments: [bias({ 1: Math.log(3) })] });
 * console.log(Array.from(die.probabilities, (p) => p.toFixed(3))); // 0.250, 0.750
 * ```
 */
export function bias(tokens: NumberMap): Adjustment {
  checkCall('bias', arguments, ['tokens']);
  const added = entriesOf('bias', 'tokens', tokens);
  for (const [token, value] of added) {
    needTokenNumber('bias', token);
    if (!(value < Infinity)) {
      throw new ArgumentError(`bias: token ${token} has ${shown(value)}, needs a finite number, or -Infinity`);
    }
  }
  return {
    name: named('bias', added.length),
    isBounded: added.every(([, value]) => value <= 0),
    readsTokens: false,
    apply(scores) {
      for (const [token, value] of added) {
        needToken('bias', token, scores.length);
        scores[token]! += value;
      }
    },
  };
}

/**
 * Takes the tokens that end a sequence out until so many others were chosen.
 *
 * @throws ArgumentError for a length that is no whole number of at least 0, for what is no token, and where no token ends a sequence.
 * @throws IndexError for a token outside the vocabulary, when it is used.
 *
 * @example
 * ```ts
 * import { Die, minLength } from '@dl/lm';
 * const adjustments = [minLength(2, 0)];
 * console.log(new Die([0.9, 0.1].map(Math.log), { adjustments, tokens: [1] }).probabilities[0]); // 0
 * console.log(new Die([0.9, 0.1].map(Math.log), { adjustments, tokens: [1, 1] }).probabilities[0]?.toFixed(1)); // 0.9
 * ```
 */
export function minLength(length: number, end: number | readonly number[]): Adjustment {
  checkCall('minLength', arguments, [
    ['length', 'number'],
    ['end', 'number or list'],
  ]);
  checkInteger('minLength', 'length', length, 0);
  const ends = typeof end === 'number' ? [end] : [...end];
  for (const token of ends) needTokenNumber('minLength', token);
  if (ends.length === 0) {
    throw new ArgumentError(
      `minLength: no token ends a sequence, so that none of ${length} tokens can be asked for; give end, or leave minLength out`,
    );
  }
  const adjustment: Adjustment<number> = {
    ...counted,
    name: `at least ${length} tokens`,
    isBounded: true,
    readsTokens: false,
    apply(scores, _, said) {
      if (said >= length) return;
      for (const token of ends) {
        needToken('minLength', token, scores.length);
        scores[token] = -Infinity;
      }
    },
  };
  return adjustment as Adjustment;
}
