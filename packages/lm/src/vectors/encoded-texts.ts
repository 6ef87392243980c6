// Texts as numbers of words, for what learns vectors: words that came too rarely are left out, the others have numbers by how often they came.

import { ArgumentError, checkInteger, type Known, type Platform, shown, Turns } from '@dl/autograd';
import { vocabularyOf } from '../tokens/vocabulary.js';
import { eachPiece, type WordSplit, wordSplit } from '../tokens/word-tokenizer.js';

/** Texts that vectors are learned from: each a text, whose words are found as `WordTokenizer` finds them, or a list of its words. One string is one text. They may come one by one, as those of `readText` do. */
export type WordTexts = string | Iterable<string | readonly string[]> | AsyncIterable<string | readonly string[]>;

/** How texts become words. */
export interface WordTextOptions {
  /** How words are found in a text, as by `WordTokenizer`: its rule, what stands between white space, or a function that gives them in their order. Default `unicode`. */
  readonly split?: WordSplit;
  /** Whether words are made lower case. Default false. */
  readonly lowerCase?: boolean;
}

export const wordTextOptions: Known<WordTextOptions> = { split: wordSplit, lowerCase: 'boolean' };

/** Which words count. */
export interface WordCountOptions extends WordTextOptions {
  /** Words that come less often are left out, as if they were not in the text. Default 5. */
  readonly minCount?: number;
  /** At most so many words, the most frequent ones. Default as many as there are. */
  readonly maxWords?: number;
}

/** Texts as the numbers of their words. */
export interface EncodedTexts {
  /** The most frequent one first, of equals by code units. */
  readonly words: readonly string[];
  /** How often each came. */
  readonly often: Float64Array;
  /** The numbers of all texts' words, one text behind the other. */
  readonly ids: Int32Array;
  /** Where each text ends in `ids`. */
  readonly ends: Int32Array;
}

/** Reads texts once. */
export async function encodeTexts(
  where: string,
  texts: unknown,
  { minCount = 5, maxWords, ...reading }: WordCountOptions,
  signal?: Platform<'AbortSignal'>,
): Promise<EncodedTexts> {
  checkInteger(where, 'minCount', minCount, 1);
  if (maxWords !== undefined) checkInteger(where, 'maxWords', maxWords, 1);
  const found = new Map<string, number>();
  const counts: number[] = [];
  const seen = new Numbers();
  const ends: number[] = [];
  const note = (word: string): void => {
    let id = found.get(word);
    if (id === undefined) {
      id = found.size;
      found.set(word, id);
      counts.push(0);
    }
    counts[id]!++;
    seen.push(id);
  };
  await readWords(where, texts, reading, { note, end: () => ends.push(seen.length) }, signal);
  if (found.size === 0) throw new ArgumentError(`${where}: the texts have no words; give some with words in them`);
  const often = new Map([...found].map(([word, id]) => [word, counts[id]!]));
  const { tokens } = vocabularyOf(where, often, { minCount, ...(maxWords !== undefined && { maxSize: maxWords }) });
  const numbers = new Int32Array(found.size).fill(-1);
  tokens.forEach((word, number) => {
    numbers[found.get(word)!] = number;
  });
  const ids = seen.values;
  let kept = 0;
  let text = 0;
  for (let at = 0; at < seen.length; at++) {
    for (; ends[text] === at; text++) ends[text] = kept;
    const number = numbers[ids[at]!]!;
    if (number >= 0) ids[kept++] = number;
  }
  for (; text < ends.length; text++) ends[text] = kept;
  return {
    words: tokens,
    often: Float64Array.from(tokens, (word) => often.get(word)!),
    ids: ids.subarray(0, kept),
    ends: Int32Array.from(ends),
  };
}

/** What is told of texts: each word, and where a text ends. */
export interface WordReader {
  note(word: string): void;
  end(): void;
}

/** Reads all words of texts, in their order. */
export async function readWords(
  where: string,
  texts: unknown,
  { split = 'unicode', lowerCase = false }: WordTextOptions,
  reader: WordReader,
  signal?: Platform<'AbortSignal'>,
): Promise<void> {
  const rule = { split, lowerCase, keepBlanks: false };
  const turns = new Turns(20);
  for await (const text of eachOf(where, texts)) {
    if (typeof text === 'string') eachPiece(text, rule, (word) => reader.note(word));
    else for (const word of text) reader.note(lowerCase ? word.toLowerCase() : word);
    reader.end();
    if (turns.isDue) {
      await turns.take();
      signal?.throwIfAborted();
    }
  }
}

async function* eachOf(where: string, texts: unknown): AsyncGenerator<string | readonly string[]> {
  if (typeof texts === 'string') {
    yield texts;
    return;
  }
  const isMany =
    typeof texts === 'object' && texts !== null && (Symbol.iterator in texts || Symbol.asyncIterator in texts);
  if (!isMany) {
    throw new ArgumentError(
      `${where}: texts is ${shown(texts)}, needs a string, or an iterable of strings or of lists of words`,
    );
  }
  let index = 0;
  for await (const text of texts as AsyncIterable<unknown>) {
    if (typeof text !== 'string' && !(Array.isArray(text) && text.every((word) => typeof word === 'string'))) {
      throw new ArgumentError(`${where}: texts[${index}] is ${shown(text)}, needs a string, or a list of words`);
    }
    index++;
    yield text as string | readonly string[];
  }
}

/** A list of numbers that grows, four bytes each. */
class Numbers {
  values = new Int32Array(2 ** 16);
  length = 0;

  push(value: number): void {
    if (this.length === this.values.length) {
      const longer = new Int32Array(2 * this.length);
      longer.set(this.values);
      this.values = longer;
    }
    this.values[this.length++] = value;
  }
}
