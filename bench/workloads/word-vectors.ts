// Training of word vectors: a step must cost what its examples cost, whatever the vocabulary; and words a second of a whole training.

import * as dl from '@dl/autograd';
import { SkipGram, type TrainWordVectorsOptions, trainWordVectors } from '@dl/lm/neural';
import { SGD } from '@dl/optim';
import { type Workload, weights, zipf } from './workload.js';

const FEATURES = 300;
const PAIRS = 1024;
const DRAWN = 5;
const SMALL = 10_000;
const VOCABULARIES = [SMALL, 200_000];
/** So many rows of the tables are different, so that inputs are small. */
const DIFFERENT = 1000;
// So low that losses of three steps with one example after the other, and of three with all at once, are the same to 1e-4.
const LR = 1e-5;

/** Two tables, and the numbers of words as they come in texts. */
const inputs = (words: number) => [
  weights([DIFFERENT, FEATURES], 0.05),
  weights([DIFFERENT, FEATURES], 0.05),
  zipf(PAIRS, words),
  zipf(PAIRS * (1 + DRAWN), words),
];

const table = (rows: dl.Tensor, words: number): dl.Tensor => dl.repeat(rows, [words / DIFFERENT, 1]);

const torch = (words: number): string => `
def make(rows, others, centers, targets):
    tables = [x.repeat(${words / DIFFERENT}, 1).requires_grad_() for x in (rows, others)]
    targets = targets.reshape(${PAIRS}, ${1 + DRAWN})
    labels = torch.zeros(${PAIRS}, ${1 + DRAWN})
    labels[:, 0] = 1
    def loss():
        hidden = F.embedding(centers, tables[0], sparse=True)
        scores = torch.bmm(F.embedding(targets, tables[1], sparse=True), hidden.unsqueeze(2)).squeeze(2)
        return F.binary_cross_entropy_with_logits(scores, labels, reduction='sum') / ${PAIRS}
    return step(tables, loss, torch.optim.SGD(tables, lr=${LR * PAIRS}))`;

/** One example after the other, in place. */
const updates = (words: number): Pick<Workload, 'inputs' | 'dl'> => ({
  inputs: inputs(words),
  dl: (rows, others, centers, targets) => {
    const [input, output] = [table(rows!, words), table(others!, words)];
    const bags = centers!.reshape([PAIRS, 1]);
    const told = targets!.reshape([PAIRS, 1 + DRAWN]);
    const values = new Float32Array(told.size);
    for (let b = 0; b < PAIRS; b++) values[b * (1 + DRAWN)] = 1;
    const labels = dl.tensor({ data: values, shape: told.shape });
    return () => dl.word2vecUpdate(input, output, bags, told, labels, { lr: LR }).mean();
  },
});

/** All at once, by gradients for rows. */
const steps = (words: number): Pick<Workload, 'inputs' | 'dl'> => ({
  inputs: inputs(words),
  dl: (rows, others, centers, targets) => {
    const model = new SkipGram(words, FEATURES);
    model.input.assign(table(rows!, words));
    model.output.assign(table(others!, words));
    const optimizer = new SGD(model.parameters(), { lr: LR * PAIRS });
    const told = targets!.reshape([PAIRS, 1 + DRAWN]);
    const contexts = dl.slice(told, [null, [0, 1]]).reshape([PAIRS]);
    const negatives = dl.slice(told, [null, [1, 1 + DRAWN]]);
    return () => {
      const loss = model.loss({ centers: centers!, contexts, negatives });
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
      return loss.detach();
    };
  },
});

const ofVocabulary = (what: string, of: typeof steps): Workload[] =>
  VOCABULARIES.map(
    (words): Workload => ({
      name: `${what}, ${PAIRS} pairs and ${DRAWN} drawn words each, ${words} words by ${FEATURES}`,
      ...of(words),
      ...(words > SMALL && { smaller: of(SMALL) }),
      torch: torch(words),
      compareAfter: 3,
      tolerance: 1e-4,
      isNetwork: true,
    }),
  );

const TEXT = 200_000;

/** The engine `dl typescript` is a loop of plain JavaScript, example by example. */
const trainings: readonly (readonly [name: string, options: TrainWordVectorsOptions])[] = [
  ['skip-gram, negative sampling, size 100', { size: 100 }],
  ['CBOW, negative sampling, size 300', { model: 'cbow', size: 300 }],
  ['skip-gram, hierarchical softmax, size 100', { loss: 'hierarchicalSoftmax', size: 100 }],
];

export const wordVectors: readonly Workload[] = [
  ...ofVocabulary('word2vecUpdate', updates),
  ...ofVocabulary('skip-gram step with SGD', steps),
  ...trainings.map(
    ([name, options]): Workload => ({
      name: `word vectors of a text of ${TEXT} words: ${name}`,
      inputs: [zipf(TEXT, SMALL)],
      dl: (ids) => {
        const words = Array.from(ids!.dataSync(), String);
        const texts = Array.from({ length: TEXT / 20 }, (_, i) => words.slice(20 * i, 20 * (i + 1)));
        return async () => {
          await trainWordVectors(texts, { epochs: 1, seed: 1, ...options });
        };
      },
      isAsync: true,
      isNetwork: true,
    }),
  ),
];
