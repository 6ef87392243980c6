// Masked tokens: a small BERT reads a text in which words were left out, and learns to say them; nobody tells it what words are. Then its weights are frozen, and a
// single linear map, a probe, is to tell the class of each word from what BERT makes of it, having seen 20 sentences with classes.
//
// What a word is can only be seen from its neighbours here, for most words are of two classes. So the probe can do it if what BERT makes of a word says in what
// place of a sentence it stands (Devlin et al., "BERT", 2019; probes: Alain and Bengio, 2016).

import { BERT, maskTokens } from '@dl/attention';
import {
  argmax,
  crossEntropy,
  Generator,
  manualSeed,
  noGrad,
  scope,
  type Tensor,
  tensor,
  useBackend,
} from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { Linear } from '@dl/layers';
import { Adam, CosineAnnealingLR } from '@dl/optim';
import { classes, drawText, type Sentence } from './text.js';

/** Tokens that are no words: what fills up, what stands for a word that was left out, and what begins a sentence. */
const [PADDING, MASK, BEGIN] = [0, 1, 2];
const special = [PADDING, BEGIN];

interface Batch {
  readonly rows: readonly number[][];
  readonly lengths: readonly number[];
}

/** Sentences as rows of tokens of one length. */
function batchOf(sentences: readonly Sentence[], tokens: ReadonlyMap<string, number>): Batch {
  const rows = sentences.map(({ words }) => [BEGIN, ...words.map((word) => tokens.get(word)!)]);
  const longest = Math.max(...rows.map(({ length }) => length));
  return {
    rows: rows.map((row) => [...row, ...new Array<number>(longest - row.length).fill(PADDING)]),
    lengths: rows.map(({ length }) => length),
  };
}

/** Teaches a model to say what was left out of a text. */
function pretrain(model: BERT, text: readonly Sentence[], tokens: ReadonlyMap<string, number>, steps: number): void {
  const optimizer = new Adam(model.parameters(), { lr: 0.003 });
  const schedule = new CosineAnnealingLR(optimizer, { tMax: steps });
  const random = new Generator(2);
  const { vocabularySize } = model;
  model.train();
  for (let step = 0; step < steps; step++) {
    scope(() => {
      const some = Array.from({ length: 64 }, () => text[random.integer(0, text.length)]!);
      const { rows, lengths } = batchOf(some, tokens);
      const masked = maskTokens(rows, { vocabularySize, mask: MASK, special, lengths, generator: random });
      model.loss(masked, { lengths }).backward();
      optimizer.step();
      optimizer.zeroGrad();
      schedule.step();
    });
  }
  optimizer.dispose();
  model.eval();
}

/** What a model needs for a word that was left out, in nats. */
function lossOf(model: BERT, text: readonly Sentence[], tokens: ReadonlyMap<string, number>): number {
  const { vocabularySize } = model;
  const { rows, lengths } = batchOf(text, tokens);
  const masked = maskTokens(rows, { vocabularySize, mask: MASK, special, lengths, generator: new Generator(4) });
  return scope(() => noGrad(() => model.loss(masked, { lengths }).item()));
}

/** What counting words needs for one. */
function countedLoss(training: readonly Sentence[], test: readonly Sentence[]): number {
  const counts = new Map<string, number>();
  const all = training.flatMap(({ words }) => words);
  for (const word of all) counts.set(word, (counts.get(word) ?? 0) + 1);
  const losses = test.flatMap(({ words }) => words.map((word) => -Math.log(counts.get(word)! / all.length)));
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

/** What a model makes of each word, [words, dModel], with the number of its class. */
function featuresOf(
  model: BERT,
  text: readonly Sentence[],
  tokens: ReadonlyMap<string, number>,
): { readonly features: Tensor; readonly labels: Tensor } {
  const { rows, lengths } = batchOf(text, tokens);
  const features = noGrad(() => {
    const hidden = model.forward(tensor(rows as number[][], { dtype: 'int32' }), { lengths });
    const width = rows[0]!.length;
    const places = text.flatMap(({ words }, i) => words.map((_, t) => i * width + t + 1));
    return hidden.reshape([-1, model.dModel]).indexSelect(0, tensor(Int32Array.from(places)));
  });
  const labels = Int32Array.from(text.flatMap((sentence) => sentence.classes.map((of) => classes.indexOf(of))));
  return { features, labels: tensor(labels) };
}

/** The share of words of which a linear map of the features tells the class, having learned from a few sentences. */
function probe(
  model: BERT,
  few: readonly Sentence[],
  test: readonly Sentence[],
  tokens: ReadonlyMap<string, number>,
): number {
  return scope(() => {
    manualSeed(5);
    const map = new Linear(model.dModel, classes.length);
    const optimizer = new Adam(map.parameters(), { lr: 0.02, weightDecay: 1e-4 });
    const { features, labels } = featuresOf(model, few, tokens);
    for (let step = 0; step < 300; step++) {
      scope(() => {
        crossEntropy(map.forward(features), labels).backward();
        optimizer.step();
        optimizer.zeroGrad();
      });
    }
    optimizer.dispose();
    const asked = featuresOf(model, test, tokens);
    const said = argmax(map.forward(asked.features), 1).equal(asked.labels).cast('float32').mean().item();
    map.dispose();
    return said;
  });
}

/** The same for the class that each word has most often in those few sentences, and for other words that of most words. */
function mostFrequent(few: readonly Sentence[], test: readonly Sentence[]): number {
  const counts = new Map<string, number[]>();
  const count = (word: string, of: number): void => {
    if (!counts.has(word)) counts.set(word, new Array<number>(classes.length).fill(0));
    counts.get(word)![of]!++;
  };
  for (const { words, classes: own } of few) {
    words.forEach((word, i) => {
      count(word, classes.indexOf(own[i]!));
      count('', classes.indexOf(own[i]!));
    });
  }
  const best = (word: string): number => {
    const row = counts.get(word) ?? counts.get('')!;
    return row.indexOf(Math.max(...row));
  };
  const right = test.flatMap(({ words, classes: own }) => words.map((word, i) => classes[best(word)] === own[i]));
  return right.filter(Boolean).length / right.length;
}

/** Trains, prints what comes of it, and returns the figures. */
export async function run(print: (line: string) => void = console.log) {
  manualSeed(1);
  const [text, few, test] = [drawText(3000, 1), drawText(20, 2), drawText(300, 3)];
  const words = [...new Set(text.flatMap((sentence) => sentence.words))].sort();
  const tokens = new Map(words.map((word, i) => [word, i + 3]));
  const model = new BERT({
    ...{ vocabularySize: words.length + 3, dModel: 48, nhead: 4, numLayers: 2, dimFeedforward: 96, maxLength: 16 },
    ...{ dropout: 0, segments: 0, pooler: false },
  }).eval();
  const untrained = probe(model, few, test, tokens);

  const begun = performance.now();
  pretrain(model, text, tokens, 500);
  const seconds = (performance.now() - begun) / 1000;
  const [loss, counted] = [lossOf(model, test, tokens), countedLoss(text, test)];
  const [byWord, pretrained] = [mostFrequent(few, test), probe(model, few, test, tokens)];

  const line = (what: string, figure: string): void => print(`  ${what.padEnd(58)}${figure.padStart(8)}`);
  print(`${text.length} sentences of ${words.length} words; ${seconds.toFixed(0)} s of training\n`);
  line('for a word that was left out, of sentences held back', 'nats');
  line('every word as likely as any other', Math.log(words.length).toFixed(2));
  line('counted words', counted.toFixed(2));
  line('BERT, from both sides', loss.toFixed(2));
  print('');
  line(`classes of words that are right, learned from ${few.length} sentences`, '');
  line('the most frequent class of each word', percent(byWord));
  line('a probe on BERT with random weights', percent(untrained));
  line('a probe on BERT that has said what was left out', percent(pretrained));
  print('');
  for (const sentence of ['they watch the [ ] .', 'the [ ] river will [ ] her .'])
    print(`  ${filled(model, sentence, words)}`);
  return { loss, counted, byWord, untrained, pretrained };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** A sentence with gaps, and the likeliest words in them. */
function filled(model: BERT, sentence: string, words: readonly string[]): string {
  const given = sentence.replaceAll('[ ]', '[]').split(' ');
  const row = [BEGIN, ...given.map((word) => (word === '[]' ? MASK : words.indexOf(word) + 3))];
  const logits = scope(() =>
    noGrad(() => {
      const hidden = model.forward(tensor([row], { dtype: 'int32' }));
      return (model.tokenLogits(hidden).toArray() as number[][][])[0]!;
    }),
  );
  const likeliest = (scores: readonly number[]): string =>
    words
      .map((word, i) => ({ word, score: scores[i + 3]! }))
      .sort((a, b) => b.score - a.score)
      .slice(0, 4)
      .map(({ word }) => word)
      .join(' ');
  return given.map((word, i) => (word === '[]' ? `[${likeliest(logits[i + 1]!)}]` : word)).join(' ');
}

if (process.argv[1] === import.meta.filename) {
  await useBackend(cpu());
  await run();
}
