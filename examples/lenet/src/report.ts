// The report: one HTML page with what the run did and what the network learned.

import { noGrad, scope, softmax, tensor } from '@dl/autograd';
import { type DigitDataset, subset } from '@dl/data';
import type { Classification } from '@dl/train';
import { confusionMatrix, curves, featureMaps, filters, imageGrid, report, type Section } from '@dl/viz';
import type { Digits } from './digits.js';
import type { History } from './history.js';
import type { LeNet5 } from './lenet5.js';
import type { RunOptions } from './options.js';

const MOST_MISTAKES = 24;

export interface ReportInput {
  readonly model: LeNet5;
  readonly digits: Digits;
  readonly options: RunOptions;
  readonly history: History;
  readonly result: Classification;
  /** Where the run was stopped, in words, if it was. */
  readonly stopped: string | undefined;
}

export async function buildReport(input: ReportInput): Promise<string> {
  const { digits, options } = input;
  const count = digits.train.labels.data.length.toLocaleString('en');
  return report({
    title: 'LeNet-5 reads digits',
    subtitle: `${count} ${digits.name}, ${options.epochs} epochs, batches of ${options.batchSize}, learning rate ${options.lr}, seed ${options.seed}`,
    sections: [
      resultSection(input),
      ...(await curveSections(input)),
      matrixSection(input),
      filterSection(input.model),
      mapSection(input),
      mistakeSection(input),
    ],
  });
}

function resultSection({ digits, history, model, result, stopped }: ReportInput): Section {
  const parameters = model.parameters().reduce((sum, { size }) => sum + size, 0);
  const seconds = history.epochs.reduce((sum, epoch) => sum + epoch.seconds, 0);
  return {
    heading: 'Result',
    content: [
      {
        facts: {
          'test accuracy': `${(100 * result.accuracy).toFixed(2)} %`,
          [`of ${result.examples.toLocaleString('en')} read wrong`]: wrongOnes(digits.test, result).length,
          parameters: parameters.toLocaleString('en'),
          'training time': seconds === 0 ? '–' : `${Math.round(seconds)} s`,
        },
      },
      'The network was tested on digits that it had not seen while it learned.',
      ...(stopped === undefined ? [] : [`This run was stopped ${stopped}.`]),
      {
        columns: ['epoch', 'train loss', 'train accuracy', 'test loss', 'test accuracy', 'seconds'],
        rows: history.epochs.map((epoch) => [
          epoch.epoch,
          epoch.trainLoss.toFixed(4),
          percent(epoch.trainAccuracy),
          epoch.testLoss.toFixed(4),
          percent(epoch.testAccuracy),
          Math.round(10 * epoch.seconds) / 10,
        ]),
      },
    ],
  };
}

async function curveSections({ history }: ReportInput): Promise<Section[]> {
  const { steps, losses, epochs } = history;
  if (losses.length === 0) return [];
  const at = epochs.map(({ totalSteps }) => totalSteps);
  // A few digits can be learned by heart, and a loss of 0 has no place on a logarithmic scale.
  const positive = (loss: number): number => Math.max(loss, 1e-8);
  const train = { name: 'train', values: losses.map(positive), steps, panel: 'loss', smoothing: 0.8 };
  const tested = [
    { name: 'test', values: epochs.map(({ testLoss }) => positive(testLoss)), steps: at, panel: 'loss' },
    { name: 'train', values: epochs.map(({ trainAccuracy }) => trainAccuracy), steps: at, panel: 'accuracy' },
    { name: 'test', values: epochs.map(({ testAccuracy }) => testAccuracy), steps: at, panel: 'accuracy' },
  ];
  const svg = await curves(epochs.length > 0 ? [train, ...tested] : [train], {
    panels: { loss: { scale: 'log' }, accuracy: { percent: true } },
  });
  const words =
    'Training loss is the mean of the last ten steps (pale) and smoothed; training accuracy is the mean of an epoch, while the network was still learning, so the test can be the better one.';
  return [{ heading: 'How it learned', content: [{ svg, caption: words }] }];
}

function matrixSection({ result }: ReportInput): Section {
  const svg = confusionMatrix(result.confusion);
  return {
    heading: 'What was taken for what',
    content: [{ svg, caption: 'Digits of the test, by what they are and what they were read as.' }],
  };
}

function filterSection({ c1, c3 }: LeNet5): Section {
  const values = ({ weight }: LeNet5['c1']) => ({ data: weight.dataSync(), shape: weight.shape });
  return {
    heading: 'What it looks for',
    content: [
      {
        svg: filters(values(c1), { pixelSize: 18 }),
        caption: 'The 6 filters of C1: orange wants ink, blue wants paper.',
      },
      {
        svg: filters(values(c3), { pixelSize: 5 }),
        caption:
          'The filters of C3: a row for each of its 16 maps, a column for each of the 6 maps of S2 that it reads.',
      },
    ],
  };
}

function mapSection({ model, digits }: ReportInput): Section {
  const one = subset(digits.test, [0]);
  using _ = scope();
  const { c1, c3 } = noGrad(() => model.featureMaps(tensor(one.images)));
  return {
    heading: 'What it sees',
    content: [
      `The first digit of the test, a ${one.labels.data[0]}, and what the two convolutions make of it.`,
      { svg: imageGrid(one.images, { palette: 'ink', scale: [0, 1], pixelSize: 4 }), caption: 'The image, 28 × 28.' },
      {
        svg: featureMaps({ data: c1.dataSync(), shape: c1.shape }, { pixelSize: 4 }),
        caption: 'C1: 6 maps of 28 × 28.',
      },
      {
        svg: featureMaps({ data: c3.dataSync(), shape: c3.shape }, { pixelSize: 8 }),
        caption: 'C3: 16 maps of 10 × 10.',
      },
    ],
  };
}

function mistakeSection({ model, digits, result }: ReportInput): Section {
  const heading = 'Its worst mistakes';
  const wrong = wrongOnes(digits.test, result);
  if (wrong.length === 0) return { heading, content: ['None: every digit of the test was read right.'] };
  const sure = confidences(model, subset(digits.test, wrong));
  const worst = wrong
    .map((index, i) => ({ index, sure: sure[i]! }))
    .sort((a, b) => b.sure - a.sure)
    .slice(0, MOST_MISTAKES);
  const { images, labels } = subset(
    digits.test,
    worst.map(({ index }) => index),
  );
  const captions = worst.map(
    ({ index, sure }, i) => `${labels.data[i]} read as ${result.predictions[index]}\n${percent(sure)} sure`,
  );
  return {
    heading,
    content: [
      `Of ${wrong.length} wrong ${wrong.length === 1 ? 'answer' : 'answers'}, those that the network was most sure of.`,
      { svg: imageGrid(images, { captions, palette: 'ink', scale: [0, 1] }) },
    ],
  };
}

function wrongOnes({ labels }: DigitDataset, { predictions }: Classification): number[] {
  return [...predictions.keys()].filter((i) => predictions[i] !== labels.data[i]);
}

/** The probability that the network gives to its own answer, for each image. */
function confidences(model: LeNet5, { images }: DigitDataset): ArrayLike<number> {
  using _ = scope();
  return noGrad(() =>
    softmax(model.forward(tensor(images)))
      .max(-1)
      .dataSync(),
  );
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
