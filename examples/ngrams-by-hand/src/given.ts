// What the command line gives: sentences of a file, what is asked of them, and the seed.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

export interface Given {
  readonly sentences: readonly string[];
  /** One of them. */
  readonly said: string;
  /** What none of them is, but could be said. */
  readonly unseen: string;
  readonly seed: number;
}

export const ownSentences: Given = {
  sentences: ['the dog barks', 'the cat sleeps', 'the dog sleeps', 'a cat sees the dog'],
  said: 'the dog sleeps',
  unseen: 'the cat barks',
  seed: 4,
};

/**
 * `[SEED] [--file FILE] [--ask SENTENCE]`
 *
 * @throws Error in a sentence for what is none of these.
 */
export function given(args: readonly string[]): Given {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { file: { type: 'string' }, ask: { type: 'string' } },
    allowPositionals: true,
  });
  const [seedText = String(ownSentences.seed)] = positionals;
  const seed = Number(seedText);
  if (seedText.trim() === '' || !Number.isSafeInteger(seed) || seed < 0 || positionals.length > 1) {
    throw new Error(`The seed is ${positionals.join(' ')}, needs one whole number of at least 0`);
  }
  const { file, ask } = values;
  const { sentences, said, unseen } = file === undefined ? ownSentences : inFile(file);
  const asked = ask === undefined ? unseen : inWords(ask);
  const words = new Set(sentences.flatMap((sentence) => sentence.split(' ')));
  const unknown = asked.split(' ').find((word) => !words.has(word));
  if (unknown !== undefined) throw new Error(`No sentence has the word "${unknown}": ask for others`);
  return { sentences, said, unseen: asked, seed };
}

/** Each line is a sentence; what is asked is the first one from its end to its begin. */
function inFile(file: string): Omit<Given, 'seed'> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Error(`Cannot read ${file}: ${(cause as Error).message}`, { cause });
  }
  const sentences = text
    .split('\n')
    .map(inWords)
    .filter((sentence) => sentence !== '');
  const [said] = sentences;
  if (said === undefined) throw new Error(`${file} has no sentences, needs one in each line`);
  return { sentences, said, unseen: said.split(' ').reverse().join(' ') };
}

/** Words with one blank between them. */
const inWords = (text: string): string => text.trim().split(/\s+/).join(' ');
