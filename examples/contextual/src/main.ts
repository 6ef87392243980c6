// Features that know the sentence: what a bidirectional language model (ELMo) and a small BERT have learned from text alone tells parts of speech better than vectors of
// words do, which are the same wherever a word stands.

import { Generator, manualSeed, scope, type Tensor, useBackend } from '@dl/autograd';
import type { TaggedSentence } from '@dl/data';
import { cpu } from '@dl/kernels-cpu';
import { Module } from '@dl/layers';
import { TokenClassifier, type TokenEncoder } from '@dl/lm/neural';
import { Adam, PolynomialLR } from '@dl/optim';
import { LSTM } from '@dl/rnn';
import { inBatches } from '../../tagging/src/batches.js';
import { drawSentences } from '../../tagging/src/grammar.js';
import { type Accuracy, accuracyOf, mostFrequent } from '../../tagging/src/main.js';
import { readSplit } from '../../tagging/src/treebank.js';
import { bidirectional, type Features, masked, type Sizes, staticVectors, wordsOf } from './features.js';

export interface Settings extends Sizes {
  /** How often a tagger goes through the sentences with tags. */
  readonly passes: number;
}

export const forGrammar: Settings = {
  ...{ word: 64, state: 32, dModel: 48, vocabulary: 1000, passes: 60 },
  epochs: { vectors: 5, bidirectional: 6 },
  masked: { epochs: 12, lr: 0.004, batchSize: 32 },
};
export const forTreebank: Settings = {
  ...{ word: 128, state: 64, dModel: 64, vocabulary: 2000, passes: 10 },
  epochs: { vectors: 10, bidirectional: 3 },
  masked: { epochs: 16, lr: 0.0015, batchSize: 16 },
};

/** An LSTM in both directions over what an encoder makes, for those encoders that see no neighbours. */
class Around extends Module<[tokens: Tensor, options?: { readonly lengths?: readonly number[] }], Tensor> {
  readonly encoder: TokenEncoder;
  readonly network: LSTM;

  constructor(encoder: TokenEncoder, features: number) {
    super();
    this.encoder = encoder;
    this.network = new LSTM(features, features / 2, { bidirectional: true });
  }

  get outFeatures(): number {
    return this.network.outFeatures;
  }

  override forward(tokens: Tensor, options: { readonly lengths?: readonly number[] } = {}): Tensor {
    return this.network.forward(this.encoder.forward(tokens), options).output;
  }
}

/** The tags of words of which a classifier, trained on some sentences, finds the right one in others. */
function tagged(
  model: TokenClassifier,
  { batch }: Features,
  train: readonly TaggedSentence[],
  test: readonly TaggedSentence[],
  tags: readonly string[],
  { passes, lr }: { readonly passes: number; readonly lr: number },
): Accuracy {
  const random = new Generator(7);
  const learning = model.parameters().filter(({ requiresGrad }) => requiresGrad);
  const optimizer = new Adam(learning, { lr });
  const size = 8;
  const schedule = new PolynomialLR(optimizer, { totalIters: passes * Math.ceil(train.length / size), power: 1 });
  for (let pass = 0; pass < passes; pass++) {
    for (const some of inBatches(train, size, random)) {
      scope(() => {
        const { tokens, lengths, labels } = batch(
          some,
          some.map((sentence) => sentence.tags.map((tag) => tags.indexOf(tag))),
        );
        model.loss(tokens, labels, { lengths }).backward();
        optimizer.step();
        optimizer.zeroGrad();
        schedule.step();
      });
    }
  }
  optimizer.dispose();
  const found = new Map<TaggedSentence, string[]>();
  for (const some of inBatches(test, 64)) {
    const classes = scope(() => {
      const { tokens, lengths, firsts } = batch(some);
      return model.classify(tokens, { lengths, firsts });
    });
    for (const [i, sentence] of some.entries())
      found.set(
        sentence,
        classes[i]!.map((each) => tags[each]!),
      );
  }
  const seen = new Set(train.flatMap(({ forms }) => forms));
  return accuracyOf(
    test,
    test.map((sentence) => found.get(sentence)!),
    seen,
  );
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`.padStart(10);

/** Learns from text without tags, then from a few sentences with tags, and tries others; prints as it goes. */
export async function run(
  text: readonly TaggedSentence[],
  train: readonly TaggedSentence[],
  test: readonly TaggedSentence[],
  settings: Settings,
  print: (line: string) => void = console.log,
): Promise<Readonly<Record<string, Accuracy>>> {
  manualSeed(1);
  const random = new Generator(1);
  const tags = [...new Set(train.flatMap((sentence) => sentence.tags))].sort();
  const words = wordsOf(text, settings);
  const { passes } = settings;
  const results: Record<string, Accuracy> = {};
  let begun = performance.now();
  const tell = (name: string, accuracy: Accuracy): void => {
    results[name] = accuracy;
    const seconds = ((performance.now() - begun) / 1000).toFixed(0);
    print(`  ${name.padEnd(48)}${percent(accuracy.all)}${percent(accuracy.unseen)}${`${seconds} s`.padStart(8)}`);
    begun = performance.now();
  };
  const probe = (features: Features): Accuracy => {
    const model = new TokenClassifier(features.encoder, tags.length, { frozen: true, dropout: 0 });
    return tagged(model, features, train, test, tags, { passes, lr: 0.02 });
  };

  print(
    `${text.length} sentences of text, ${words.vocabularySize} words; ${train.length} with tags, tested on ${test.length}\n`,
  );
  print(`  ${''.padEnd(48)}${'all words'.padStart(10)}${'unseen'.padStart(10)}${'time'.padStart(8)}`);
  const seen = new Set(train.flatMap(({ forms }) => forms));
  tell('most frequent tag of the word', accuracyOf(test, test.map(mostFrequent(train)), seen));

  const vectors = await staticVectors(text, words, settings);
  tell('vectors of words, a linear map', probe(vectors));
  const around = new TokenClassifier(new Around(vectors.encoder as TokenEncoder, settings.word), tags.length);
  tell('vectors of words, an LSTM over them', tagged(around, vectors, train, test, tags, { passes, lr: 0.005 }));

  tell('ELMo, a linear map', probe(bidirectional(text, words, settings, random)));

  const bert = await masked(text, words, settings);
  tell('BERT, a linear map', probe(bert));
  bert.encoder.unfreeze();
  const tuned = new TokenClassifier(bert.encoder, tags.length);
  tell('BERT, fine-tuned', tagged(tuned, bert, train, test, tags, { passes, lr: 0.003 }));
  return results;
}

if (process.argv[1] === import.meta.filename) {
  await useBackend(cpu());
  const root = process.env['DL_DATA'];
  if (root === undefined) {
    await run(drawSentences(1500, 1), drawSentences(40, 2), drawSentences(200, 3), forGrammar);
  } else {
    const text = readSplit(`${root}/ud-ewt`, 'train');
    // Every twentieth sentence has its tags.
    const train = text.filter((_, i) => i % 20 === 0);
    await run(text, train, readSplit(`${root}/ud-ewt`, 'test'), forTreebank);
  }
}
