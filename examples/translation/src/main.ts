// German to English, by a small transformer and by a recurrent network with attention: on captions of photographs where there is a folder with them, else on sentences
// of a small grammar.

import { parseArgs } from 'node:util';
import { Generator, manualSeed, noGrad, scope, type Tensor, tensor, useBackend } from '@dl/autograd';
import { padSequences } from '@dl/data';
import { cpu } from '@dl/kernels-cpu';
import { inMode } from '@dl/layers';
import { beamSearch, bleu, generate } from '@dl/lm';
import { Adam, clipGradNorm, NoamLR } from '@dl/optim';
import { drawPairs } from './grammar.js';
import { type Make, recurrent, type Translator, transformer } from './models.js';
import { type Corpus, readMulti30k } from './multi30k.js';
import { END, type Example, examplesOf, inBatches, Vocabulary, wordsOf } from './text.js';

export interface Settings {
  readonly make: Make;
  /** Words that come less often are unknown. */
  readonly leastCount: number;
  readonly epochs: number;
  /** Of a batch, padding included, on the longer side. */
  readonly tokens: number;
  /** Of the learning rate, by the width of the model. */
  readonly schedule: { readonly dModel: number; readonly warmupSteps: number; readonly factor: number };
  readonly labelSmoothing: number;
}

/** For sentences of the grammar. */
export const forGrammar = {
  transformer: {
    make: transformer({ dModel: 64, heads: 4, layers: 2, dimFeedforward: 128, dropout: 0 }),
    schedule: { dModel: 64, warmupSteps: 150, factor: 0.5 },
    ...{ leastCount: 1, epochs: 2, tokens: 300, labelSmoothing: 0.1 },
  },
  'attention RNN': {
    make: recurrent({ dModel: 64, dropout: 0 }),
    schedule: { dModel: 64, warmupSteps: 100, factor: 1 },
    ...{ leastCount: 1, epochs: 5, tokens: 600, labelSmoothing: 0.1 },
  },
} as const satisfies Readonly<Record<string, Settings>>;

export type ModelName = keyof typeof forGrammar;
export const modelNames = Object.keys(forGrammar) as ModelName[];

/** For captions. */
export const forCaptions: Readonly<Record<ModelName, Settings>> = {
  transformer: {
    make: transformer({ dModel: 128, heads: 4, layers: 2, dimFeedforward: 256, dropout: 0.2 }),
    schedule: { dModel: 128, warmupSteps: 600, factor: 0.7 },
    ...{ leastCount: 3, epochs: 12, tokens: 1500, labelSmoothing: 0.1 },
  },
  'attention RNN': {
    make: recurrent({ dModel: 128, dropout: 0.3 }),
    schedule: { dModel: 128, warmupSteps: 600, factor: 0.7 },
    ...{ leastCount: 3, epochs: 8, tokens: 1500, labelSmoothing: 0.1 },
  },
};

/** Sentences of the grammar: those of the test are not among those that it learns from. */
export function grammarCorpus(): Corpus {
  const pairs = drawPairs(4500, new Generator(1));
  return { train: pairs.slice(500), validation: pairs.slice(250, 500), test: pairs.slice(0, 250) };
}

interface Batch {
  readonly source: Tensor; // [batch, time]
  readonly sourceLengths: number[];
  readonly target: Tensor; // [batch, time]
  readonly targetLengths: number[];
}

const padded = (rows: readonly (readonly number[])[]): Tensor => tensor(padSequences(rows).values);
const lengthsOf = (rows: readonly (readonly number[])[]): number[] => rows.map(({ length }) => length);

function batchOf(examples: readonly Example[]): Batch {
  const [source, target] = [examples.map((each) => each.source), examples.map((each) => each.target)];
  const lengths = { sourceLengths: lengthsOf(source), targetLengths: lengthsOf(target) };
  return { source: padded(source), target: padded(target), ...lengths };
}

/** The mean of -log p over all words of the translations. */
function meanLoss(model: Translator, examples: readonly Example[], tokens: number): number {
  let [sum, count] = [0, 0];
  for (const some of inBatches(examples, tokens)) {
    const { source, target, ...lengths } = batchOf(some);
    const words = lengths.targetLengths.reduce((a, b) => a + b);
    sum += words * scope(() => inMode(model, 'eval', () => noGrad(() => model.loss(source, target, lengths).item())));
    count += words;
    for (const each of [source, target]) each.dispose();
  }
  return sum / count;
}

/** A translation, and what it is ranked by: the logarithm of its probability over a penalty for its length. */
export interface Ranked {
  readonly text: string;
  readonly score: number;
}

/** Asks in batches of sentences of about one length, and gives what was said to each, in their order. */
async function inOrder<T>(
  texts: readonly string[],
  german: Vocabulary,
  ask: (source: Tensor, options: { lengths: number[] }, maxLength: number) => Promise<readonly T[]>,
): Promise<T[]> {
  const examples = texts.map((text) => ({ source: german.tokens(text), target: [] }));
  const said = new Map<Example, T>();
  for (const some of inBatches(examples, 2000)) {
    const rows = some.map((each) => each.source);
    const [source, lengths] = [padded(rows), lengthsOf(rows)];
    const made = await ask(source, { lengths }, Math.max(...lengths) + 20);
    source.dispose();
    for (const [i, example] of some.entries()) said.set(example, made[i]!);
  }
  return examples.map((example) => said.get(example)!);
}

/** Greedy translations: each word is the most probable one behind those before it. */
export function translate(
  model: Translator,
  texts: readonly string[],
  [german, english]: readonly [Vocabulary, Vocabulary],
): Promise<string[]> {
  return inOrder(texts, german, async (source, options, maxLength) => {
    const made = await generate(model.from(source, options), { end: END, maxLength });
    return made.map(({ tokens }) => english.text(tokens));
  });
}

/** The best translations of sentences as a whole, of which so many beginnings grew side by side: `beams` of each, the best one first. */
export function search(
  model: Translator,
  texts: readonly string[],
  [german, english]: readonly [Vocabulary, Vocabulary],
  beams: number,
): Promise<Ranked[][]> {
  return inOrder(texts, german, async (source, options, maxLength) => {
    const found = await beamSearch(model.from(source, options), {
      ...{ beams, nBest: beams, lengthPenalty: 1, end: END, maxLength },
    });
    return found.map((list) => list.map(({ tokens, score }) => ({ text: english.text(tokens), score })));
  });
}

/** How good the translations of the test are. */
export interface Quality {
  /** BLEU, in lower case. */
  readonly bleu: number;
  /** The share of sentences that are word by word those of the reference. */
  readonly exact: number;
}

export interface Result {
  readonly model: Translator;
  readonly vocabularies: readonly [Vocabulary, Vocabulary];
  /** Of the best word at each step, and of the best of `BEAMS` beams. */
  readonly greedy: Quality;
  readonly beams: Quality;
  /** The best by beams for each sentence of the test. */
  readonly translations: readonly (readonly Ranked[])[];
}

/** How many beginnings grow side by side. */
export const BEAMS = 4;

/** Trains a model, and translates the test; prints as it goes. */
export async function run(
  name: string,
  { train, validation, test }: Corpus,
  settings: Settings,
  print: (line: string) => void,
): Promise<Result> {
  manualSeed(1);
  const random = new Generator(1);
  const { make, epochs, tokens, labelSmoothing, leastCount } = settings;
  const german = new Vocabulary(
    train.map(({ source }) => source),
    leastCount,
  );
  const english = new Vocabulary(
    train.map(({ target }) => target),
    leastCount,
  );
  const [examples, watched] = [train, validation].map((pairs) => examplesOf(pairs, german, english)) as [
    Example[],
    Example[],
  ];
  const model = make(german.size, english.size);
  const weights = model.parameters().reduce((sum, { size }) => sum + size, 0);
  print(`${name}: ${weights} weights, ${german.size} German words and ${english.size} English ones`);
  const optimizer = new Adam(model.parameters(), { betas: [0.9, 0.98], eps: 1e-9 });
  const schedule = new NoamLR(optimizer, settings.schedule);
  const start = performance.now();
  for (let epoch = 1; epoch <= epochs; epoch++) {
    let [sum, count] = [0, 0];
    for (const some of inBatches(examples, tokens, random)) {
      // Frees all tensors of this step at its end.
      sum += scope(() => {
        const { source, target, ...lengths } = batchOf(some);
        const loss = model.loss(source, target, { ...lengths, labelSmoothing });
        loss.backward();
        clipGradNorm(model.parameters(), 1);
        optimizer.step();
        optimizer.zeroGrad();
        schedule.step();
        return loss.item() * some.length;
      });
      count += some.length;
    }
    const perplexity = Math.exp(meanLoss(model, watched, tokens)).toFixed(2);
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    print(
      `  epoch ${String(epoch).padStart(2)}   loss ${(sum / count).toFixed(3)}   perplexity of the validation ${perplexity}   ${seconds} s`,
    );
  }
  optimizer.dispose();
  const vocabularies = [german, english] as const;
  const references = test.map(({ target }) => wordsOf(target).join(' '));
  const show = (how: string, said: readonly string[]): Quality => {
    const { score } = bleu(said, references, { smoothing: 'exponential' });
    const exact = said.filter((text, i) => text === references[i]).length / test.length;
    const figures = `BLEU ${score.toFixed(2)}, ${(100 * exact).toFixed(1)} % of ${test.length} sentences exactly as the reference`;
    print(`  ${how.padEnd(8)}${figures}`);
    return { bleu: score, exact };
  };
  const sources = test.map(({ source }) => source);
  const greedy = show('greedy', await translate(model, sources, vocabularies));
  const translations = await search(model, sources, vocabularies, BEAMS);
  const beams = show(
    `${BEAMS} beams`,
    translations.map(([best]) => best!.text),
  );
  return { model, vocabularies, greedy, beams, translations };
}

if (process.argv[1] === import.meta.filename) {
  await useBackend(cpu());
  const { values } = parseArgs({
    options: { data: { type: 'string' }, model: { type: 'string' }, epochs: { type: 'string' } },
  });
  const root = values.data ?? process.env['DL_DATA'];
  const corpus = root === undefined ? grammarCorpus() : await readMulti30k(`${root}/multi30k`);
  const settings = root === undefined ? forGrammar : forCaptions;
  if (values.model !== undefined && !modelNames.some((name) => name === values.model)) {
    throw new Error(`there is no model '${values.model}'; there are ${modelNames.join(', ')}`);
  }
  if (values.epochs !== undefined && !(Number.isInteger(Number(values.epochs)) && Number(values.epochs) > 0)) {
    throw new Error(`epochs are '${values.epochs}', needs a whole number above 0`);
  }
  for (const name of modelNames) {
    if (values.model !== undefined && values.model !== name) continue;
    const epochs = Number(values.epochs ?? settings[name].epochs);
    const { translations } = await run(name, corpus, { ...settings[name], epochs }, console.log);
    for (const [i, { source, target }] of corpus.test.slice(0, 5).entries()) {
      console.log(`\n  ${source}\n  ${translations[i]![0]!.text}\n  (${target})`);
    }
    console.log(`\n  the ${BEAMS} best of the last one, by log-probability over (5 + length) / 6:\n`);
    for (const { text, score } of translations[Math.min(4, translations.length - 1)]!) {
      console.log(`  ${score.toFixed(3).padStart(8)}   ${text}`);
    }
    console.log();
  }
}
