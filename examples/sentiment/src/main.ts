// Is a sentence for or against what it is about? A bag of words, a convolution over words and a small transformer encoder, on the Stanford Sentiment Treebank where there is
// a folder with it, else on sentences of a small grammar, in which the order of words decides.

import { TextCNN } from '@dl/attention';
import {
  crossEntropy,
  Generator,
  manualSeed,
  noGrad,
  rand,
  scope,
  type Tensor,
  tensor,
  useBackend,
} from '@dl/autograd';
import { padSequences } from '@dl/data';
import { cpu } from '@dl/kernels-cpu';
import { inMode } from '@dl/layers';
import { Adam, WarmupLR } from '@dl/optim';
import { drawJudgements, type Judgement } from './judgements.js';
import { BagOfWords, type Classifier, type Counted, type EncoderSizes, SentenceEncoder } from './models.js';
import { readSst2 } from './sst2.js';

export interface Settings extends EncoderSizes {
  /** Words that come less often are unknown. */
  readonly leastCount: number;
  readonly epochs: number;
  readonly batchSize: number;
  /** The learning rate of each model. */
  readonly lr: Readonly<Record<ModelName, number>>;
}

export const forGrammar: Settings = {
  ...{ dModel: 32, heads: 4, layers: 2, dimFeedforward: 64, dropout: 0 },
  ...{
    leastCount: 1,
    epochs: 6,
    batchSize: 32,
    lr: { 'bag of words': 0.01, 'convolution over words': 0.003, 'transformer encoder': 0.003 },
  },
};
export const forTreebank: Settings = {
  ...{ dModel: 64, heads: 4, layers: 1, dimFeedforward: 128, dropout: 0.4 },
  ...{
    leastCount: 2,
    epochs: 4,
    batchSize: 50,
    lr: { 'bag of words': 0.01, 'convolution over words': 0.001, 'transformer encoder': 0.002 },
  },
};

/** The models by name. */
export const makers = {
  'bag of words': (words: number, sizes: EncoderSizes): Classifier => new BagOfWords(words, 2, sizes),
  'convolution over words': (words: number, { dModel }: EncoderSizes): Classifier =>
    new TextCNN(words, dModel, 2, {
      filters: dModel,
      channels: 'trained',
      vectors: rand([words, dModel]).sub(0.5).div(2),
    }),
  'transformer encoder': (words: number, sizes: EncoderSizes): Classifier => new SentenceEncoder(words, 2, sizes),
} as const;

export type ModelName = keyof typeof makers;
export const modelNames = Object.keys(makers) as ModelName[];

/** 0 fills up what is shorter, 1 stands for all words that are not known. */
const [UNKNOWN, FIRST] = [1, 2];

/** The words that come so often, by number. */
export function vocabularyOf(judgements: readonly Judgement[], leastCount: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { text } of judgements) for (const word of text.split(' ')) counts.set(word, (counts.get(word) ?? 0) + 1);
  const known = [...counts].filter(([, count]) => count >= leastCount);
  return new Map(known.map(([word], i) => [word, i + FIRST]));
}

export const wordsOfVocabulary = (vocabulary: ReadonlyMap<string, number>): number => vocabulary.size + FIRST;

export interface Example {
  readonly tokens: readonly number[];
  readonly label: number;
}

export function examplesOf(judgements: readonly Judgement[], vocabulary: ReadonlyMap<string, number>): Example[] {
  return judgements.map(({ text, label }) => ({
    tokens: text.split(' ').map((word) => vocabulary.get(word) ?? UNKNOWN),
    label,
  }));
}

/** Sentences of about one length together; with a generator in another order each time. */
export function inBatches(examples: readonly Example[], size: number, random?: Generator): Example[][] {
  const keyed = examples.map((example) => ({ example, key: example.tokens.length + (random?.uniform(0, 4) ?? 0) }));
  const sorted = keyed.sort((a, b) => a.key - b.key).map(({ example }) => example);
  const batches = Array.from({ length: Math.ceil(sorted.length / size) }, (_, i) =>
    sorted.slice(i * size, (i + 1) * size),
  );
  return random === undefined ? batches : Array.from(random.permutation(batches.length), (i) => batches[i]!);
}

const inputOf = (examples: readonly Example[]): [Tensor, Counted] => {
  const rows = examples.map(({ tokens }) => tokens);
  return [tensor(padSequences(rows).values), { lengths: rows.map(({ length }) => length) }];
};

export function lossOf(model: Classifier, examples: readonly Example[]): Tensor {
  const logits = model.forward(...inputOf(examples));
  return crossEntropy(logits, tensor(Int32Array.from(examples, ({ label }) => label)));
}

/** The share of sentences that a model is right about. */
export function accuracyOf(model: Classifier, examples: readonly Example[]): number {
  let right = 0;
  for (const some of inBatches(examples, 100)) {
    const answers = scope(() =>
      inMode(model, 'eval', () =>
        noGrad(() =>
          Array.from(
            model
              .forward(...inputOf(some))
              .argmax(1)
              .dataSync(),
          ),
        ),
      ),
    );
    right += some.filter(({ label }, i) => label === answers[i]).length;
  }
  return right / examples.length;
}

/** Trains a model and gives the shares that it is right about, of what it has learned from and of what is new. */
export function train(
  name: ModelName,
  [trainSet, testSet]: readonly [readonly Judgement[], readonly Judgement[]],
  settings: Settings,
  seed = 1,
): { readonly train: number; readonly test: number; readonly weights: number; readonly model: Classifier } {
  manualSeed(seed);
  const random = new Generator(seed);
  const { leastCount, epochs, batchSize, lr } = settings;
  const vocabulary = vocabularyOf(trainSet, leastCount);
  const examples = examplesOf(trainSet, vocabulary);
  const model = makers[name](wordsOfVocabulary(vocabulary), settings);
  const optimizer = new Adam(model.parameters(), { lr: lr[name] });
  const totalSteps = epochs * Math.ceil(examples.length / batchSize);
  const schedule = new WarmupLR(optimizer, { steps: Math.ceil(totalSteps / 10), decay: 'linear', totalSteps });
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const some of inBatches(examples, batchSize, random)) {
      // Frees all tensors of this step at its end.
      scope(() => {
        lossOf(model, some).backward();
        optimizer.step();
        optimizer.zeroGrad();
        schedule.step();
      });
    }
  }
  optimizer.dispose();
  return {
    train: accuracyOf(model, examples),
    test: accuracyOf(model, examplesOf(testSet, vocabulary)),
    weights: model.parameters().reduce((sum, { size }) => sum + size, 0),
    model,
  };
}

if (process.argv[1] === import.meta.filename) {
  await useBackend(cpu());
  const root = process.env['DL_DATA'];
  const drawn = drawJudgements(3500, new Generator(1));
  const sets =
    root === undefined
      ? ([drawn.slice(500), drawn.slice(0, 500)] as const)
      : ([readSst2(`${root}/sst2`, 'train'), readSst2(`${root}/sst2`, 'test')] as const);
  const settings = root === undefined ? forGrammar : forTreebank;
  console.log(`learns from ${sets[0].length} sentences, tested on ${sets[1].length}\n`);
  console.log('                            weights   training       test   seconds');
  for (const name of modelNames) {
    const start = performance.now();
    const { train: known, test, weights } = train(name, sets, settings);
    const percent = (share: number): string => `${(100 * share).toFixed(2)} %`.padStart(11);
    const seconds = ((performance.now() - start) / 1000).toFixed(0).padStart(10);
    console.log(`  ${name.padEnd(24)}${String(weights).padStart(9)}${percent(known)}${percent(test)}${seconds}`);
  }
}
