// Bits for a character and for a byte: figures that can be compared whatever a text was cut into.

import { ArgumentError, checkCall, type Known, shown } from '@dl/autograd';
import { checkTexts } from './texts.js';

/** Options of {@link bitsPerCharacter} and {@link bitsPerByte}. */
export interface PerCharacterOptions {
  /** Whether the probability is also that each text ends where it does. An end then counts as one character, the line break that it stands for. Default false. */
  readonly ends?: boolean;
}

const perCharacterOptions: Known<PerCharacterOptions> = { ends: 'boolean' };

/**
 * How many bits a model needs for a character of texts, -log₂ p(texts) / characters: with words, characters or pieces of words as tokens alike, so that models over different tokenisers
 * can be compared, as long as no token is unknown and the tokeniser keeps all of the text. Characters are Unicode's code points.
 *
 * @param logProbability Of all texts together, the sum over their tokens; natural, as all log-probabilities here.
 *
 * @throws ArgumentError for texts without a character.
 *
 * @example
 * ```ts
 * import { bitsPerCharacter } from '@dl/lm';
 * // Of four letters alike, each needs two bits.
 * console.log(bitsPerCharacter(6 * Math.log(1 / 4), ['abacad'])); // 2
 * ```
 */
export function bitsPerCharacter(
  logProbability: number,
  texts: string | readonly string[],
  options: PerCharacterOptions = {},
): number {
  checkCall('bitsPerCharacter', arguments, [['logProbability', 'number'], 'texts'], perCharacterOptions);
  return bitsPer('bitsPerCharacter', logProbability, texts, options, charactersOf);
}

/**
 * As {@link bitsPerCharacter}, for a byte of the texts in UTF-8: also comparable between languages whose characters carry more or less.
 *
 * @example
 * ```ts
 * import { bitsPerByte } from '@dl/lm';
 * console.log(bitsPerByte(3 * Math.log(1 / 4), ['für'])); // 1.5: three characters in four bytes
 * ```
 */
export function bitsPerByte(
  logProbability: number,
  texts: string | readonly string[],
  options: PerCharacterOptions = {},
): number {
  checkCall('bitsPerByte', arguments, [['logProbability', 'number'], 'texts'], perCharacterOptions);
  return bitsPer('bitsPerByte', logProbability, texts, options, bytesOf);
}

/** How many code points a text has. */
export function charactersOf(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** How many bytes a text has in UTF-8; half a surrogate pair has the three of U+FFFD. */
export function bytesOf(text: string): number {
  let count = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    count += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return count;
}

function bitsPer(
  where: string,
  logProbability: number,
  texts: string | readonly string[],
  { ends = false }: PerCharacterOptions,
  unitsOf: (text: string) => number,
): number {
  if (!(logProbability <= 0)) {
    throw new ArgumentError(
      `${where}: logProbability is ${shown(logProbability)}, needs the logarithm of a probability, at most 0`,
    );
  }
  const all = typeof texts === 'string' ? [texts] : texts;
  checkTexts(where, all);
  const units = all.reduce((sum, text) => sum + unitsOf(text) + Number(ends), 0);
  if (units === 0) throw new ArgumentError(`${where}: the texts are empty, needs at least one character`);
  // Not -0 where all are certain.
  return (0 - logProbability) / Math.LN2 / units;
}
