// Texts as they are given to be counted: one, or several in whatever can be iterated over.

import { ArgumentError, shown } from '@dl/autograd';

/**
 * Each of the texts, checked as it comes.
 *
 * @throws ArgumentError for what is neither a text nor an iterable of texts.
 */
export function* eachText(where: string, name: string, texts: unknown): Generator<string> {
  if (typeof texts === 'string') {
    yield texts;
    return;
  }
  if (typeof texts !== 'object' || texts === null || !(Symbol.iterator in texts)) {
    throw new ArgumentError(`${where}: ${name} is ${shown(texts)}, needs a string or an iterable of strings`);
  }
  let index = 0;
  for (const each of texts as Iterable<unknown>) {
    if (typeof each !== 'string') {
      throw new ArgumentError(`${where}: ${name}[${index}] is ${shown(each)}, needs a string`);
    }
    index++;
    yield each;
  }
}
