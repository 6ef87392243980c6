// distinct-n: how varied texts are.

import { checkCall, checkInteger, type Known } from '@dl/autograd';
import { tokenize13a } from './bleu.js';
import { checkTexts, runsOf } from './texts.js';

/** Options of {@link distinctN}. */
export interface DistinctOptions {
  /** Makes words of a text. Default `tokenize13a`; `(text) => [...text]` for characters. */
  readonly tokenize?: (text: string) => readonly string[];
}

const distinctOptions: Known<DistinctOptions> = { tokenize: 'function' };

/**
 * distinct-n (Li et al., "A Diversity-Promoting Objective Function for Neural Conversation Models", 2016): how many different runs of n words texts have, over how many
 * runs there are in all: 1 where none comes twice, near 0 for texts that say the same again and again. It falls with the length of texts, so compare only as many words.
 *
 * @returns NaN where no text has n words.
 *
 * @throws ArgumentError for no texts, and for an n below 1.
 *
 * @example
 * ```ts
 * import { distinctN } from '@dl/lm';
 * console.log(distinctN(['a cat and a dog'], 1), distinctN(['a cat and a dog'], 2)); // 0.8 1
 * ```
 */
export function distinctN(texts: readonly string[], n: number, options: DistinctOptions = {}): number {
  checkCall('distinctN', arguments, ['texts', 'n'], distinctOptions);
  const { tokenize = tokenize13a } = options;
  checkTexts('distinctN', texts);
  checkInteger('distinctN', 'n', n, 1);
  const different = new Set<string>();
  let all = 0;
  for (const text of texts) {
    for (const [run, count] of runsOf(tokenize(text), n)) {
      different.add(run);
      all += count;
    }
  }
  return different.size / all;
}
