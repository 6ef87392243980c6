// Masked tokens: a small BERT reads a text in which words were left out, and learns to say them; nobody tells it what words are. Then its weights are frozen, and a
// single linear map, a probe, is to tell the class of each word from what BERT makes of it, having seen 20 sentences with classes.
//
// What a word is can only be seen from its neighbours here, for most words are of two classes. So the probe can do it if what BERT makes of a word says in what
// place of a sentence it stands (Devlin et al., "BERT", 2019; probes: Alain and Bengio, 2016).

import { BERT } from '@dl/attention';
import { manualSeed, scope, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { MaskedLanguageModel, pretrainMasked, TokenClassifier, wordBatch } from '@dl/lm/neural';
import { Adam } from '@dl/optim';
import { classes, drawText, type Sentence } from './text.js';

/** What counting words needs for one, in nats. */
function countedLoss(training: readonly Sentence[], test: readonly Sentence[]): number {
  const counts = new Map<string, number>();
  const all = training.flatMap(({ words }) => words);
  for (const word of all) counts.set(word, (counts.get(word) ?? 0) + 1);
  const losses = test.flatMap(({ words }) => words.map((word) => -Math.log(counts.get(word)! / all.length)));
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

/** The share of words of which a linear map of what a model makes of them tells the class, having learned from a few sentences. */
function probe(
  { model, tokenizer }: MaskedLanguageModel<BERT>,
  few: readonly Sentence[],
  test: readonly Sentence[],
): number {
  return scope(() => {
    manualSeed(5);
    const batchOf = (sentences: readonly Sentence[]) =>
      wordBatch(
        tokenizer,
        sentences.map(({ words }) => words),
        {
          labels: sentences.map((sentence) => sentence.classes.map((of) => classes.indexOf(of))),
        },
      );
    const classifier = new TokenClassifier(model, classes.length, { frozen: true, dropout: 0 });
    const map = classifier.output;
    const optimizer = new Adam(map.parameters(), { lr: 0.02, weightDecay: 1e-4 });
    const { tokens, labels, lengths } = batchOf(few);
    for (let step = 0; step < 300; step++) {
      scope(() => {
        classifier.loss(tokens, labels, { lengths }).backward();
        optimizer.step();
        optimizer.zeroGrad();
      });
    }
    optimizer.dispose();
    const asked = batchOf(test);
    const said = classifier.classify(asked.tokens, { lengths: asked.lengths, firsts: asked.firsts });
    map.dispose();
    const right = test.flatMap((sentence, i) => sentence.classes.map((of, t) => classes[said[i]![t]!] === of));
    return right.filter(Boolean).length / right.length;
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
  const sizes = { dModel: 48, nhead: 4, numLayers: 2, dimFeedforward: 96, maxLength: 16, dropout: 0 };

  const begun = performance.now();
  const { model, best } = await pretrainMasked(
    text.map(({ words }) => words.join(' ')),
    { tokenizer: 'words', ...sizes, epochs: 12, batchSize: 64, lr: 0.003 },
  );
  const seconds = (performance.now() - begun) / 1000;
  const { tokenizer } = model;
  const words = tokenizer.vocabularySize - tokenizer.vocabulary.specialIds.length;
  const random = new BERT({ vocabularySize: tokenizer.vocabularySize, ...sizes });
  const untrained = probe(new MaskedLanguageModel(random, tokenizer), few, test);
  const [loss, counted] = [best!.score, countedLoss(text, test)];
  const [byWord, pretrained] = [mostFrequent(few, test), probe(model, few, test)];

  const line = (what: string, figure: string): void => print(`  ${what.padEnd(58)}${figure.padStart(8)}`);
  print(`${text.length} sentences of ${words} words; ${seconds.toFixed(0)} s of training\n`);
  line('for a word that was left out, of sentences held back', 'nats');
  line('every word as likely as any other', Math.log(words).toFixed(2));
  line('counted words', counted.toFixed(2));
  line('BERT, from both sides', loss.toFixed(2));
  print('');
  line(`classes of words that are right, learned from ${few.length} sentences`, '');
  line('the most frequent class of each word', percent(byWord));
  line('a probe on BERT with random weights', percent(untrained));
  line('a probe on BERT that has said what was left out', percent(pretrained));
  print('');
  for (const sentence of ['they watch the [MASK] .', 'the [MASK] river will [MASK] her .']) {
    print(`  ${await filled(model, sentence)}`);
  }
  return { loss, counted, byWord, untrained, pretrained };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** A sentence with gaps, and the likeliest words in them. */
async function filled(model: MaskedLanguageModel<BERT>, sentence: string): Promise<string> {
  const { masks } = await model.fill(sentence, { count: 4 });
  const likeliest = masks.map(({ fillings }) => fillings.map(({ token }) => token).join(' '));
  return sentence.replaceAll('[MASK]', () => `[${likeliest.shift()}]`);
}

if (process.argv[1] === import.meta.filename) {
  await useBackend(cpu());
  await run();
}
