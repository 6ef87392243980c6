// Sentences: texts as runs of words, given as text or cut already.

import { ArgumentError, type Known, shown } from '@dl/autograd';
import { eachPiece, type WordSplit } from '../tokens/word-tokenizer.js';

/** One text, or several, each as a text or as the list of its words; no word is beside one of another text. */
export type Sentences = string | Iterable<string | readonly string[]>;

/** How text becomes words. */
export interface SentenceOptions {
  /** How a text is cut: the rule of `WordTokenizer`, at white space, or a function that gives words in their order. Lists of words stay as they are. Default `unicode`. */
  readonly split?: WordSplit;
  /** Whether words are made lower case. Default false. */
  readonly lowerCase?: boolean;
}

export const sentenceOptions: Known<SentenceOptions> = {
  split: {
    needs: "'unicode', 'whitespace' or a function of a text that gives its words",
    test: (value) => typeof value === 'function' || value === 'unicode' || value === 'whitespace',
  },
  lowerCase: 'boolean',
};

/**
 * Visits all words in their order.
 *
 * @param where The function that the user called.
 * @param end Called behind each sentence.
 *
 * @throws ArgumentError for what is neither a text nor an iterable of texts and lists of words.
 */
export function eachWordOf(
  where: string,
  sentences: unknown,
  { split = 'unicode', lowerCase = false }: SentenceOptions,
  visit: (word: string) => void,
  end: () => void,
): void {
  const rule = { split, lowerCase, keepBlanks: false };
  if (typeof sentences === 'string') {
    eachPiece(sentences, rule, visit);
    end();
    return;
  }
  if (typeof sentences !== 'object' || sentences === null || !(Symbol.iterator in sentences)) {
    throw new ArgumentError(
      `${where}: texts is ${shown(sentences)}, needs a text, or an iterable of texts or of lists of words`,
    );
  }
  let index = 0;
  for (const each of sentences as Iterable<unknown>) {
    if (typeof each === 'string') eachPiece(each, rule, visit);
    else if (Array.isArray(each)) {
      for (const [place, word] of each.entries()) {
        if (typeof word !== 'string') {
          throw new ArgumentError(`${where}: texts[${index}][${place}] is ${shown(word)}, needs a word`);
        }
        visit(lowerCase ? word.toLowerCase() : word);
      }
    } else {
      throw new ArgumentError(`${where}: texts[${index}] is ${shown(each)}, needs a text or a list of words`);
    }
    end();
    index++;
  }
}
