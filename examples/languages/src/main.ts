// Which language is it? Each language is a model of its characters, counted from a few sentences; a text belongs to the one to which it is least surprising (Dunning, "Statistical identification of language", 1994).

import { readdirSync, readFileSync } from 'node:fs';
import { join, parse } from 'node:path';
import { parseArgs } from 'node:util';
import { LanguageModel, NgramCounts, trainCharacters, wittenBell } from '@dl/lm';
import { held, training } from './texts.js';

/** What was guessed. */
export interface Guess {
  readonly language: string;
  /** Of each language, if all are as likely before the text is read. */
  readonly probabilities: Readonly<Record<string, number>>;
}

/** Models of languages over one alphabet, so that what is unknown to one of them costs it dear. */
export class Guesser {
  readonly models: Readonly<Record<string, LanguageModel>>;

  /** @param texts what is known of each language, by its name */
  constructor(texts: Readonly<Record<string, string>>, order = 4) {
    const tokenizer = trainCharacters(Object.values(texts).map(prepared), { unk: '<unk>' });
    this.models = Object.fromEntries(
      Object.entries(texts).map(([language, text]) => {
        const counts = new NgramCounts(tokenizer.vocabulary, { order }).add(tokenizer.encode(prepared(text)));
        return [language, new LanguageModel(wittenBell(counts), tokenizer)];
      }),
    );
  }

  async guess(text: string): Promise<Guess> {
    const scores: [string, number][] = [];
    for (const [language, model] of Object.entries(this.models)) {
      scores.push([language, (await model.score(prepared(text))).logProbability]);
    }
    scores.sort(([, a], [, b]) => b - a);
    const [language, most] = scores[0]!;
    const sum = scores.reduce((all, [, score]) => all + Math.exp(score - most), 0);
    return {
      language,
      probabilities: Object.fromEntries(scores.map(([each, score]) => [each, Math.exp(score - most) / sum])),
    };
  }
}

/** In lower case, with one blank for any white space, and one at both ends: how words begin and end says much. */
const prepared = (text: string): string => ` ${text.toLowerCase().replace(/\s+/g, ' ').trim()} `;

/** Guesses the sentences that were held back, cut to so many characters. */
export async function accuracy(
  guesser: Guesser,
  length = Infinity,
): Promise<{ readonly right: number; readonly all: number }> {
  let [right, all] = [0, 0];
  for (const [language, sentences] of Object.entries(held)) {
    for (const sentence of sentences) {
      all++;
      if ((await guesser.guess(sentence.slice(0, length))).language === language) right++;
    }
  }
  return { right, all };
}

/** Files of a folder, each a language by its name. */
function readTexts(folder: string): Record<string, string> {
  const files = readdirSync(folder).filter((file) => file.endsWith('.txt'));
  return Object.fromEntries(files.map((file) => [parse(file).name, readFileSync(join(folder, file), 'utf8')]));
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({ options: { text: { type: 'string' }, folder: { type: 'string' } } });
  const guesser = new Guesser(values.folder === undefined ? training : readTexts(values.folder));
  const show = ({ probabilities }: Guess): string =>
    Object.entries(probabilities)
      .slice(0, 3)
      .map(([language, p]) => `${language} ${(100 * p).toFixed(1)} %`)
      .join(', ');
  if (values.text !== undefined) console.log(show(await guesser.guess(values.text)));
  else if (values.folder === undefined) {
    for (const [language, [sentence]] of Object.entries(held)) {
      console.log(`  ${language.padEnd(12)}${sentence!.padEnd(66)}${show(await guesser.guess(sentence!))}`);
    }
    console.log();
    for (const length of [5, 10, 20, 40, Infinity]) {
      const { right, all } = await accuracy(guesser, length);
      console.log(
        `  ${length === Infinity ? 'whole sentences' : `the first ${String(length).padStart(2)} letters`}: ${right} of ${all} right`,
      );
    }
  } else console.log('What is to be guessed? --text "…"');
}
