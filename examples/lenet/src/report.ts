// The report: one HTML page with what the run did and what the network learned.

import { noGrad, scope, softmax, type Tensor, tensor, version } from '@dl/autograd';
import { type DigitDataset, subset } from '@dl/data';
import type { Classification } from '@dl/train';
import { confusionMatrix, curves, featureMaps, filters, imageGrid, report, type Section } from '@dl/viz';
import type { Digits } from './digits.js';
import type { History } from './history.js';
import type { LeNet5 } from './lenet5.js';
import type { RunOptions } from './options.js';

const MOST_MISTAKES = 24;
/** The width of a picture on a telephone, in px. */
const NARROW = 330;
/** Small pictures stand on one grid: as wide a place for each, six of them side by side, or three on a telephone. */
const wide = { tileWidth: 116, columns: 6 };
const narrow = { tileWidth: 100, columns: 3 };

export interface ReportInput {
  readonly model: LeNet5;
  readonly digits: Digits;
  readonly options: RunOptions;
  readonly history: History;
  readonly result: Classification;
  /** Where the run was stopped, in words, if it was. */
  readonly stopped: string | undefined;
  readonly made: Made;
}

/** How a report came to be. */
export interface Made {
  /** `wasm relaxed-simd, 2 threads` */
  readonly engine: string;
  readonly date: Date;
  /** The command that does the same again. */
  readonly command: string;
}

export async function buildReport(input: ReportInput): Promise<string> {
  const { digits, options } = input;
  const count = digits.train.labels.data.length.toLocaleString('en');
  return report({
    title: 'LeNet-5 reads digits',
    subtitle: `${count} ${digits.name}, ${options.epochs} ${options.epochs === 1 ? 'epoch' : 'epochs'}, batches of ${options.batchSize}, learning rate ${options.lr}, seed ${options.seed}`,
    sections: [
      resultSection(input),
      ...(await curveSections(input)),
      matrixSection(input),
      filterSection(input.model),
      mapSection(input),
      mistakeSection(input),
      madeSection(input.made),
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
  const draw = (width: number) =>
    curves(epochs.length > 0 ? [train, ...tested] : [train], {
      panels: { loss: { scale: 'log' }, accuracy: { percent: true } },
      width,
    });
  const words =
    'Training loss is the mean of the last ten steps (pale) and smoothed; training accuracy is the mean of an epoch, while the network was still learning, so the test can be the better one.';
  return [
    { heading: 'How it learned', content: [{ svg: await draw(780), narrow: await draw(NARROW), caption: words }] },
  ];
}

function matrixSection({ result }: ReportInput): Section {
  const svg = confusionMatrix(result.confusion);
  const narrow = confusionMatrix(result.confusion, { cellSize: 22 });
  return {
    heading: 'What was taken for what',
    content: [{ svg, narrow, caption: 'Digits of the test, by what they are and what they were read as.' }],
  };
}

function filterSection({ c1, c3 }: LeNet5): Section {
  const values = ({ weight }: LeNet5['c1']) => ({ data: weight.dataSync(), shape: weight.shape });
  return {
    heading: 'What it looks for',
    content: [
      {
        svg: filters(values(c1), { ...wide, pixelSize: 23 }),
        narrow: filters(values(c1), { ...narrow, pixelSize: 20 }),
        caption: 'The 6 filters of C1: orange wants ink, blue wants paper.',
      },
      {
        // Three to a place of the grid.
        svg: filters(values(c3), { tileWidth: 32, pixelSize: 6 }),
        caption:
          'The filters of C3: a row for each of its 16 maps, a column for each of the 6 maps of S2 that it reads.',
      },
    ],
  };
}

function mapSection({ model, digits }: ReportInput): Section {
  const one = subset(digits.test, [0]);
  const values = (maps: Tensor) => ({ data: maps.dataSync(), shape: maps.shape });
  const [c1, c3] = scope(() => {
    const maps = noGrad(() => model.featureMaps(tensor(one.images)));
    return [values(maps.c1), values(maps.c3)];
  });
  return {
    heading: 'What it sees',
    content: [
      `The first digit of the test, a ${one.labels.data[0]}, and what the two convolutions make of it.`,
      {
        svg: imageGrid(one.images, { palette: 'ink', scale: [0, 1], ...wide, pixelSize: 4 }),
        caption: 'The image, 28 × 28.',
      },
      {
        svg: featureMaps(c1, { ...wide, pixelSize: 4 }),
        narrow: featureMaps(c1, { ...narrow, pixelSize: 3 }),
        caption: 'C1: 6 maps of 28 × 28.',
      },
      {
        svg: featureMaps(c3, { ...wide, pixelSize: 11 }),
        narrow: featureMaps(c3, { ...narrow, pixelSize: 9 }),
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
      {
        svg: imageGrid(images, { captions, palette: 'ink', scale: [0, 1], ...wide, pixelSize: 4 }),
        narrow: imageGrid(images, { captions, palette: 'ink', scale: [0, 1], ...narrow, pixelSize: 3 }),
      },
    ],
  };
}

function madeSection({ engine, date, command }: Made): Section {
  const [, program = engine, threads = '1'] = /^(.*), (\d+) threads$/.exec(engine) ?? [];
  return {
    heading: 'How it was made',
    content: [
      {
        columns: ['what', 'with'],
        rows: [
          ['command', command],
          ['date', `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`],
          ['engine', program],
          ['threads', threads],
          ['version', `@dl ${version}, Node ${process.versions.node}`],
        ],
      },
    ],
  };
}

function wrongOnes({ labels }: DigitDataset, { predictions }: Classification): number[] {
  return [...predictions.keys()].filter((i) => predictions[i] !== labels.data[i]);
}

/** The probability that the network gives to its own answer, for each image. */
function confidences(model: LeNet5, { images }: DigitDataset): ArrayLike<number> {
  const probabilities = () => softmax(model.forward(tensor(images))).max(-1);
  return scope(() => noGrad(() => probabilities().dataSync()));
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
