// What tokenizers share of being saved: the state of a vocabulary, and reading states that may be anything.

import { ArgumentError, FormatError, shown } from '@dl/autograd';
import { Vocabulary, type VocabularyOptions } from './vocabulary.js';

/** What a vocabulary is saved as: JSON. */
export interface VocabularyState extends VocabularyOptions {
  readonly tokens: readonly string[];
}

/** What {@link savedVocabulary} makes the same vocabulary of. */
export function vocabularyState(vocabulary: Vocabulary): VocabularyState {
  return { tokens: vocabulary.tokens, ...vocabulary.options };
}

/**
 * The vocabulary of a state.
 *
 * @param where The function that the user called, for messages.
 *
 * @throws FormatError for what is no such state.
 */
export function savedVocabulary(where: string, state: unknown): Vocabulary {
  const { tokens, unk, bos, eos, pad, special } = savedObject(where, 'vocabulary', state);
  if (!Array.isArray(tokens)) throw new FormatError(`${where}: vocabulary.tokens is ${shown(tokens)}, needs an array`);
  // Of a known option that is undefined the constructor makes as little as of none.
  const options = { unk, bos, eos, pad, special } as VocabularyOptions;
  return refusingState(where, () => new Vocabulary(tokens, options));
}

/** What a constructor makes of a state. Its complaints are about the state. */
export function refusingState<T>(where: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    throw new FormatError(`${where}: ${error.message}`);
  }
}

/**
 * A value that has to be an object.
 *
 * @throws FormatError for all others.
 */
export function savedObject(where: string, name: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new FormatError(`${where}: ${name} is ${shown(value)}, needs an object`);
}

/**
 * A value that has to be one of a few.
 *
 * @throws FormatError for all others.
 */
export function savedChoice<T>(where: string, name: string, value: unknown, choices: readonly T[]): T {
  if (choices.includes(value as T)) return value as T;
  throw new FormatError(`${where}: ${name} is ${shown(value)}, needs ${choices.map(shown).join(' or ')}`);
}

/**
 * A state that has to be of a kind.
 *
 * @throws FormatError for all others.
 */
export function savedState(where: string, kind: string, state: unknown): Readonly<Record<string, unknown>> {
  const read = savedObject(where, 'the state', state);
  savedChoice(where, 'kind', read['kind'], [kind]);
  return read;
}
