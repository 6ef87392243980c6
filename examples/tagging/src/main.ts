// Which part of speech is each word? An LSTM in both directions over words and their characters, and a conditional random field that chooses the tags of
// a whole sentence together.

import { Generator, manualSeed, noGrad, scope, useBackend } from '@dl/autograd';
import type { TaggedSentence } from '@dl/data';
import { cpu } from '@dl/kernels-cpu';
import { Adam, clipGradNorm, PolynomialLR } from '@dl/optim';
import { batchOf, inBatches, type Vocabulary, vocabularyOf } from './batches.js';
import { drawSentences } from './grammar.js';
import { type Sizes, Tagger } from './tagger.js';
import { readSplit } from './treebank.js';

export interface Settings extends Sizes {
  readonly lr: number;
  readonly epochs: number;
  readonly batchSize: number;
}

export const forGrammar: Settings = {
  ...{ word: 16, character: 12, filters: 24, hidden: 24, dropout: 0.1 },
  ...{ lr: 0.01, epochs: 4, batchSize: 16 },
};
export const forTreebank: Settings = {
  ...{ word: 100, character: 32, filters: 64, hidden: 128, dropout: 0.35 },
  ...{ lr: 0.004, epochs: 5, batchSize: 32 },
};

/** The shares of words that are tagged rightly: of all, and of those that were not in the training sentences. */
export interface Accuracy {
  readonly all: number;
  readonly unseen: number;
}

/** How often tags are right, and what comes of it when every word gets the tag that it has most often. */
export function accuracyOf(
  sentences: readonly TaggedSentence[],
  found: readonly (readonly string[])[],
  seen: ReadonlySet<string>,
): Accuracy {
  const words = sentences.flatMap(({ forms, tags }, i) =>
    forms.map((form, t) => ({ isNew: !seen.has(form), isRight: tags[t] === found[i]![t] })),
  );
  const share = (of: typeof words): number => of.filter(({ isRight }) => isRight).length / of.length;
  return { all: share(words), unseen: share(words.filter(({ isNew }) => isNew)) };
}

/** Each word's most frequent tag; that of the most frequent tag of all where a word is new. */
export function mostFrequent(train: readonly TaggedSentence[]): (sentence: TaggedSentence) => string[] {
  const counts = new Map<string, Map<string, number>>();
  const count = (word: string, tag: string): void => {
    const own = counts.get(word) ?? new Map<string, number>();
    counts.set(word, own.set(tag, (own.get(tag) ?? 0) + 1));
  };
  for (const { forms, tags } of train)
    for (const [t, form] of forms.entries()) for (const word of [form, '']) count(word, tags[t]!);
  const best = (word: string): string =>
    [...(counts.get(word) ?? counts.get('')!)].reduce((a, b) => (b[1] > a[1] ? b : a))[0];
  return ({ forms }) => forms.map(best);
}

/** Trains a tagger; `tell` hears of each epoch. */
export async function train(
  sentences: readonly TaggedSentence[],
  settings: Settings,
  seed: number,
  tell: (epoch: number, loss: number, model: Tagger, vocabulary: Vocabulary) => void = () => {},
): Promise<{ readonly model: Tagger; readonly vocabulary: Vocabulary }> {
  await useBackend(cpu());
  manualSeed(seed);
  const random = new Generator(seed);
  const { lr, epochs, batchSize } = settings;
  const vocabulary = vocabularyOf(sentences);
  const model = new Tagger(vocabulary, settings);
  const optimizer = new Adam(model.parameters(), { lr });
  const steps = Math.ceil(sentences.length / batchSize) * epochs;
  const schedule = new PolynomialLR(optimizer, { totalIters: steps, power: 1 });
  for (let epoch = 1; epoch <= epochs; epoch++) {
    let total = 0;
    for (const some of inBatches(sentences, batchSize, random)) {
      // Frees all tensors of this step at its end.
      total += scope(() => {
        const loss = model.loss(batchOf(some, vocabulary, random));
        loss.backward();
        clipGradNorm(model.parameters(), 5);
        optimizer.step();
        optimizer.zeroGrad();
        schedule.step();
        return loss.item() * some.length;
      });
    }
    tell(epoch, total / sentences.length, model, vocabulary);
  }
  optimizer.dispose();
  return { model, vocabulary };
}

/** The tags of sentences, in their order. */
export function tagAll(model: Tagger, vocabulary: Vocabulary, sentences: readonly TaggedSentence[]): string[][] {
  const found = new Map<TaggedSentence, string[]>();
  model.eval();
  for (const some of inBatches(sentences, 64)) {
    const tags = scope(() => noGrad(() => model.tag(batchOf(some, vocabulary))));
    for (const [i, sentence] of some.entries())
      found.set(
        sentence,
        tags[i]!.map((tag) => vocabulary.tags[tag]!),
      );
  }
  model.train();
  return sentences.map((sentence) => found.get(sentence)!);
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

/** Trains on the first sentences and tries the others; prints as it goes. */
export async function run(
  trainSet: readonly TaggedSentence[],
  testSet: readonly TaggedSentence[],
  settings: Settings,
  print: (line: string) => void,
): Promise<{
  readonly tagger: Accuracy;
  readonly baseline: Accuracy;
  readonly model: Tagger;
  readonly vocabulary: Vocabulary;
}> {
  const seen = new Set(trainSet.flatMap(({ forms }) => forms));
  const count = (sentences: readonly TaggedSentence[]): string =>
    `${sentences.length} sentences, ${sentences.reduce((sum, { forms }) => sum + forms.length, 0)} words`;
  print(`learns from ${count(trainSet)}; tested on ${count(testSet)}`);
  const start = performance.now();
  const { model, vocabulary } = await train(trainSet, settings, 1, (epoch, loss) => {
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    print(`  epoch ${epoch}   loss ${loss.toFixed(3)} a sentence   ${seconds} s`);
  });
  const tagger = accuracyOf(testSet, tagAll(model, vocabulary, testSet), seen);
  const baseline = accuracyOf(testSet, testSet.map(mostFrequent(trainSet)), seen);
  print('                                    all words   unseen words');
  print(`  most frequent tag of the word       ${percent(baseline.all)}        ${percent(baseline.unseen)}`);
  print(`  LSTM and CRF                        ${percent(tagger.all)}        ${percent(tagger.unseen)}`);
  return { tagger, baseline, model, vocabulary };
}

if (process.argv[1] === import.meta.filename) {
  const root = process.env['DL_DATA'];
  if (root === undefined) {
    const { model, vocabulary } = await run(drawSentences(600, 1), drawSentences(200, 2), forGrammar, console.log);
    console.log();
    for (const text of [
      'they watch the watch !',
      'we plan to watch her .',
      'her plan will watch her .',
      'every fast horse follow that horse fast .',
    ]) {
      const forms = text.split(' ');
      const [tags] = tagAll(model, vocabulary, [{ forms, tags: forms.map(() => '') }]);
      console.log(`  ${forms.map((form, t) => `${form}/${tags![t]}`).join(' ')}`);
    }
  } else {
    const folder = `${root}/ud-ewt`;
    await run(readSplit(folder, 'train'), readSplit(folder, 'test'), forTreebank, console.log);
  }
}
