// n-grams by hand, as in a lecture: sentences are counted, counts become shares, shares become a die, and the die is thrown until a sentence is there. Every number can be found again on paper.

import { Generator } from '@dl/autograd';
import { countVocabulary, laplace, maximumLikelihood, NgramCounts, perplexity } from '@dl/lm';
import { type Given, given, ownSentences } from './given.js';

const isMain = process.argv[1] === import.meta.filename;

function read(): Given {
  try {
    return given(process.argv.slice(2));
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
}

export const { sentences, said, unseen, seed } = isMain ? read() : ownSentences;
const print = isMain ? console.log : () => {};

const [BEGIN, END] = ['<s>', '</s>'];
const wordsOf = (sentence: string): string[] => [...sentence.split(' '), END];

// 1. How often each word follows each. What begins a sentence follows <s>, and what ends one is followed by </s>.
export const counts = new Map<string, Map<string, number>>();
for (const sentence of sentences) {
  let before = BEGIN;
  for (const word of wordsOf(sentence)) {
    const row = counts.get(before) ?? new Map<string, number>();
    counts.set(before, row.set(word, (row.get(word) ?? 0) + 1));
    before = word;
  }
}
/** All that can come next. */
export const words = [...new Set(sentences.flatMap(wordsOf))];

/** A longer table fits no terminal. */
const MOST = 12;
const columns = words.slice(0, MOST);
print(
  `How often each word follows each${words.length > MOST ? `, of the first ${MOST} of ${words.length} words` : ''}:\n`,
);
print(`  ${''.padEnd(8)}${columns.map((word) => ` ${word}`.padStart(8)).join('')}`);
for (const [before, row] of [...counts].slice(0, MOST)) {
  const cells = columns.map((word) => String(row.get(word) ?? '·').padStart(Math.max(8, word.length + 1)));
  print(`  ${before.padEnd(8)}${cells.join('')}`);
}

// 2. Shares of a row: the probability of a word after another, as the sentences have it (maximum likelihood).
export function shareOf(word: string, before: string, added = 0): number {
  const row = counts.get(before) ?? new Map<string, number>();
  const sum = [...row.values()].reduce((a, b) => a + b, 0);
  return ((row.get(word) ?? 0) + added) / (sum + added * words.length);
}

// 3. The chain rule: a sentence is as probable as all its steps together.
export function probabilityOf(sentence: string, added = 0): { readonly steps: string[]; readonly probability: number } {
  const steps: string[] = [];
  let probability = 1;
  let before = BEGIN;
  for (const word of wordsOf(sentence)) {
    const share = shareOf(word, before, added);
    steps.push(`p(${word} | ${before}) = ${share.toFixed(3)}`);
    probability *= share;
    before = word;
  }
  return { steps, probability };
}

const show = (sentence: string, added: number): void => {
  const { steps, probability } = probabilityOf(sentence, added);
  print(`\n  ${sentence}\n    ${steps.join('\n    ')}\n    product ${probability.toPrecision(3)}`);
};
print('\nA sentence, step by step:');
show(said, 0);
show(unseen, 0);

// 4. The die: a side for each word that may come, as wide as its share. It is thrown again and again, each time the one of the last word.
export function throwDie(before: string, throwOf: number): string {
  let left = throwOf;
  for (const word of words) {
    left -= shareOf(word, before);
    if (left < 0) return word;
  }
  return END;
}

const WIDTH = 48;
function dieOf(before: string): string {
  const possible = words.filter((word) => shareOf(word, before) > 0);
  // The likeliest, where there are more than fit.
  const likeliest = possible.toSorted((a, b) => shareOf(b, before) - shareOf(a, before)).slice(0, MOST / 2);
  const sides = possible.filter((word) => likeliest.includes(word));
  return sides.map((word) => `${word} `.padEnd(Math.round(WIDTH * shareOf(word, before)) - 1, '─')).join('│');
}

export function makeSentence(random: () => number, printLine: (line: string) => void): string {
  const said: string[] = [];
  let before = BEGIN;
  while (before !== END) {
    const thrown = random();
    const word = throwDie(before, thrown);
    printLine(`    │${dieOf(before).padEnd(WIDTH)}│ after ${before}, thrown ${thrown.toFixed(2)}: ${word}`);
    if (word !== END) said.push(word);
    before = word;
  }
  return said.join(' ');
}

const generator = new Generator(seed);
const uniform = (): number => generator.uniform53();
print(`\nA sentence is thrown (seed ${seed}):\n`);
print(`\n  ${makeSentence(uniform, print)}`);
const made = new Set(Array.from({ length: 30 }, () => makeSentence(uniform, () => {})));
print(
  `\nOf 30 more these are in no list: ${[...made].filter((each) => !sentences.includes(each)).join(', ') || 'none'}`,
);

// 5. What never came is impossible. Laplace adds one to each count, and takes from what did come.
print(`\nWith one added to each count, ${words.length} words for each row:`);
show(unseen, 1);

// 6. The same by the package.
const vocabulary = countVocabulary(sentences.flatMap(wordsOf), { bos: BEGIN, eos: END });
const counted = new NgramCounts(vocabulary, { order: 2 });
const tokensOf = (sentence: string): number[] => sentence.split(' ').map((word) => vocabulary.id(word));
for (const sentence of sentences) counted.add(tokensOf(sentence));
export const models = { shares: maximumLikelihood(counted), added: laplace(counted) };

/** The probability of a sentence by a model of the package. */
export const byPackage = (name: keyof typeof models, sentence: string): number =>
  Math.exp(models[name].score(tokensOf(sentence)).reduce((sum, each) => sum + each, 0));

print(
  `\nmaximumLikelihood gives ${byPackage('shares', said).toPrecision(3)} for the first, laplace ${byPackage('added', unseen).toPrecision(3)} for the last.`,
);
for (const [name, model] of Object.entries(models)) {
  const { perplexity: found } = await perplexity(model, [tokensOf(unseen)]);
  print(
    `  perplexity of "${unseen}" by ${name === 'shares' ? 'shares' : 'shares with one added'}: ${found.toFixed(2)}`,
  );
}
