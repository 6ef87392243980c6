// The smoothing shoot-out: which way of counting knows best what it has not seen? Every smoothing learns nine tenths of a text, for n-grams from one character to six, and is asked for the last tenth.

import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  bitsPerCharacter,
  NgramCounts,
  type NgramModel,
  perplexity,
  type Tokenizer,
  trainCharacters,
  trainWords,
} from '@dl/lm';
import { page } from './page.js';
import { type Learned, smoothings } from './smoothings.js';
import { type Corpus, documentation, listFile, textFile } from './texts.js';

/** What a model needs for the last tenth. */
export interface Score {
  readonly perplexity: number;
  readonly bits: number;
}

/** The scores of each smoothing, from order 1 on. */
export type Results = ReadonlyMap<string, readonly Score[]>;

export interface Settings {
  readonly orders: readonly number[];
  readonly names: readonly string[];
  readonly tokens: 'characters' | 'words';
  /** Told of each row as it is there. */
  readonly print?: (line: string) => void;
}

export const all: Settings = { orders: [1, 2, 3, 4, 5, 6], names: Object.keys(smoothings), tokens: 'characters' };

/** The tokens of what is learned from; all others are unknown. Words keep what stands between them, so that bits for a character mean the same. */
function tokenizerOf({ training, isList }: Corpus, tokens: Settings['tokens']): Tokenizer {
  const special = { unk: '<unk>', ...(isList && { bos: '<s>', eos: '</s>' }) };
  return tokens === 'words'
    ? trainWords(training, { ...special, keepBlanks: true })
    : trainCharacters(training, special);
}

/** Counts of an order, and the same without the last ninth of what may be learned from. */
function learn(rows: readonly Int32Array[], tokenizer: Tokenizer, order: number): Learned {
  const counted = (some: readonly ArrayLike<number>[]): NgramCounts => {
    const counts = new NgramCounts(tokenizer.vocabulary, { order });
    for (const row of some) counts.add(row);
    return counts;
  };
  const [only] = rows;
  const border = Math.floor((8 / 9) * (rows.length === 1 ? only!.length : rows.length));
  const [most, rest] =
    rows.length === 1
      ? [[only!.subarray(0, border)], [only!.subarray(border)]]
      : [rows.slice(0, border), rows.slice(border)];
  return { counts: counted(rows), most: counted(most), rest };
}

/** How many tokens are held back, and how many of them the training has not. */
export function unknownIn(
  corpus: Corpus,
  tokens: Settings['tokens'],
): { readonly all: number; readonly unknown: number } {
  const tokenizer = tokenizerOf(corpus, tokens);
  const { unk } = tokenizer.vocabulary;
  const ids = corpus.test.map((text) => tokenizer.encode(text));
  const sum = (count: (row: Int32Array) => number): number => ids.reduce((all, row) => all + count(row), 0);
  return { all: sum((row) => row.length), unknown: sum((row) => row.filter((id) => id === unk).length) };
}

/** Every smoothing at every order. */
export async function compare(corpus: Corpus, { orders, names, tokens, print }: Settings): Promise<Results> {
  const tokenizer = tokenizerOf(corpus, tokens);
  const training = corpus.training.map((text) => tokenizer.encode(text));
  const test = corpus.test.map((text) => tokenizer.encode(text));
  const results = new Map<string, Score[]>(names.map((name) => [name, []]));
  for (const order of orders) {
    const learned = learn(training, tokenizer, order);
    for (const name of names) {
      results.get(name)!.push(await scoreOf(smoothings[name]!(learned), corpus, test));
    }
    print?.(`  order ${order}: ${names.map((name) => figureOf(results.get(name)!.at(-1)!.bits)).join('  ')}`);
  }
  return results;
}

async function scoreOf(
  model: NgramModel,
  { test: texts, isList }: Corpus,
  test: readonly Int32Array[],
): Promise<Score> {
  const { perplexity: found, logProbability } = await perplexity(model, test);
  return { perplexity: found, bits: bitsPerCharacter(logProbability, texts, { ends: isList }) };
}

const figureOf = (value: number): string =>
  value === Infinity ? '∞' : value >= 1000 ? value.toFixed(0) : value.toFixed(value >= 100 ? 1 : value >= 10 ? 2 : 3);

/** The table as Markdown, the best of each order in bold; what is no distribution is not in the running. */
export function tableOf(results: Results, orders: readonly number[], which: keyof Score): string {
  const isDistribution = (name: string): boolean => !name.endsWith('*');
  const best = orders.map((_, i) =>
    Math.min(...[...results].flatMap(([name, scores]) => (isDistribution(name) ? [scores[i]![which]] : []))),
  );
  const cell = (name: string, value: number, i: number): string =>
    isDistribution(name) && value === best[i] ? `**${figureOf(value)}**` : figureOf(value);
  const rows = [...results].map(
    ([name, scores]) => `| ${name} | ${scores.map((score, i) => cell(name, score[which], i)).join(' | ')} |`,
  );
  return [`| | ${orders.join(' | ')} |`, `| --- |${' ---: |'.repeat(orders.length)}`, ...rows].join('\n');
}

function corpora(): { readonly chosen: Corpus[]; readonly tokens: Settings['tokens']; readonly out: string } {
  const { values } = parseArgs({
    options: {
      file: { type: 'string' },
      lines: { type: 'boolean', default: false },
      words: { type: 'boolean', default: false },
      out: { type: 'string', default: 'runs' },
    },
  });
  const { file, lines, words, out } = values;
  const tokens = words ? 'words' : 'characters';
  if (file !== undefined) return { chosen: [(lines ? listFile : textFile)(basename(file), file)], tokens, out };
  const folder = process.env['DL_DATA'];
  if (folder === undefined) return { chosen: [documentation()], tokens, out };
  return {
    chosen: [
      textFile('tinyshakespeare', join(folder, 'tinyshakespeare/input.txt')),
      listFile('names', join(folder, 'names/names.txt')),
    ],
    tokens,
    out,
  };
}

if (process.argv[1] === import.meta.filename) {
  const { chosen, tokens, out } = corpora();
  for (const corpus of chosen) {
    const settings = { ...all, tokens };
    const count = (texts: readonly string[]): string =>
      texts.reduce((sum, { length }) => sum + length, 0).toLocaleString('en-US');
    console.log(
      `${corpus.name}: ${count(corpus.training)} characters to learn from, ${count(corpus.test)} held back; ${tokens}\n`,
    );
    const { all: held, unknown } = unknownIn(corpus, tokens);
    if (unknown > 0) {
      console.log(
        `${unknown.toLocaleString('en-US')} of the ${held.toLocaleString('en-US')} tokens held back are unknown. Each costs what any unknown one does, not what it says, so bits for a character look better than they are.\n`,
      );
    }
    const begun = performance.now();
    const results = await compare(corpus, settings);
    console.log(`Bits for a character, by order:\n\n${tableOf(results, settings.orders, 'bits')}\n`);
    console.log(`Perplexity of a token:\n\n${tableOf(results, settings.orders, 'perplexity')}\n`);
    mkdirSync(out, { recursive: true });
    const file = join(out, `smoothings-${corpus.name}.html`);
    writeFileSync(file, await page(corpus, results, settings));
    console.log(`${((performance.now() - begun) / 1000).toFixed(0)} s; as curves: ${file}\n`);
  }
  console.log('* is no distribution, so its figures are beside the point.');
}
