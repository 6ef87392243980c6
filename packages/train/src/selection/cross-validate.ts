// Cross-validation: a model trained anew for each fold, and tested on the rows that it was not trained on.

import { ArgumentError, checkCall, Generator, type Known, manualSeed, type Platform, shown } from '@dl/autograd';
import { type Dataset, datasetSize, kFold, subset } from '@dl/data';
import { seedOf } from './seeds.js';

/** Rows of a data set by number: those to train on, and those to test on. */
export interface Fold {
  readonly train: ArrayLike<number>;
  readonly test: ArrayLike<number>;
}

/** Options of {@link crossValidate}. */
export interface CrossValidateOptions {
  /** How many folds, or which rows each one has. Default 5. */
  readonly folds?: number | readonly Fold[];
  /** The array of class numbers that each fold is to have in the same shares. Default: none. */
  readonly stratify?: string;
  /** Deals the folds, and seeds each run. Default 0. */
  readonly seed?: number;
  /** Stops between two folds, with the signal's reason as the error. */
  readonly signal?: Platform<'AbortSignal'>;
}

const crossValidateOptions: Known<CrossValidateOptions> = {
  folds: 'number or list',
  stratify: 'string',
  seed: 'number',
  signal: 'object',
};

/** What one run is given. */
export interface FoldData<D extends Dataset> {
  readonly train: D;
  readonly test: D;
  /** From 0. */
  readonly fold: number;
  /** A seed of its own; `manualSeed` was called with it. */
  readonly seed: number;
}

/** The scores of the folds, their mean, and their standard deviation √(Σ (score − mean)² / (folds − 1)). */
export interface CrossValidation {
  readonly scores: readonly number[];
  readonly mean: number;
  readonly std: number;
}

/**
 * k-fold cross-validation (Stone, "Cross-validatory choice and assessment of statistical predictions", 1974): cuts the rows into
 * k parts, and for each part trains on all the others and tests on it. `run` makes and trains a model, and gives its score. The
 * default generator is seeded before each run, so that a fold gives the same score whatever ran before.
 *
 * @throws ArgumentError for folds that cannot be, or a score that is no number.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { drawnDigits, loader } from '@dl/data';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Flatten, Linear, Sequential } from '@dl/layers';
 * import { Adam } from '@dl/optim';
 * import { crossValidate, evaluate, fit } from '@dl/train';
 * await useBackend(cpu());
 * const { scores, mean } = await crossValidate(
 *   drawnDigits(300),
 *   async ({ train, test }) => {
 *     const model = new Sequential(new Flatten(), new Linear(784, 10));
 *     const optimizer = new Adam(model.parameters(), { lr: 0.01 });
 *     await fit(model, loader(train, { shuffle: true }), { optimizer, epochs: 3 });
 *     return (await evaluate(model, loader(test))).accuracy;
 *   },
 *   { folds: 3, stratify: 'labels' },
 * );
 * console.log(scores.length, mean); // 3 and about 0.8
 * ```
 */
export async function crossValidate<D extends Dataset>(
  dataset: D,
  run: (data: FoldData<D>) => number | Promise<number>,
  options: CrossValidateOptions = {},
): Promise<CrossValidation> {
  checkCall('crossValidate', arguments, ['dataset', 'run'], crossValidateOptions);
  const { folds = 5, stratify, seed = 0, signal } = options;
  const size = datasetSize(dataset);
  const labels = stratify === undefined ? undefined : dataset[stratify]?.data;
  if (stratify !== undefined && labels?.length !== size) {
    throw new ArgumentError(
      `crossValidate: stratify is '${stratify}', needs an array with one class number for each row; there are ${Object.keys(dataset).join(', ')}`,
    );
  }
  const parts = typeof folds === 'number' ? dealt(size, folds, new Generator(seedOf(seed, 0)), labels) : folds;
  if (parts.length === 0) throw new ArgumentError('crossValidate: there are 0 folds, needs at least 1');
  const scores: number[] = [];
  for (const [fold, { train, test }] of parts.entries()) {
    signal?.throwIfAborted();
    const own = seedOf(seed, fold + 1);
    manualSeed(own);
    const score = await run({ train: subset(dataset, train), test: subset(dataset, test), fold, seed: own });
    if (typeof score !== 'number') {
      throw new ArgumentError(`crossValidate: fold ${fold} gave ${String(score)}, needs a number as its score`);
    }
    scores.push(score);
  }
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const squares = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0);
  return { scores, mean, std: Math.sqrt(squares / Math.max(1, scores.length - 1)) };
}

/** The rows of `kFold`, dealt class by class where there are labels. */
function dealt(
  size: number,
  count: number,
  generator: Generator,
  labels: ArrayLike<number> | undefined,
): readonly Fold[] {
  if (!Number.isSafeInteger(count) || count < 2 || count > size) {
    throw new ArgumentError(
      `crossValidate: folds is ${shown(count)}, needs a whole number from 2 to ${size}, the rows that there are`,
    );
  }
  const rows = Array.from({ length: size }, (_, row) => row);
  const options = labels === undefined ? { generator } : { generator, stratify: labels };
  return Array.from(kFold(rows, count, options), ({ train, validation }) => ({ train, test: validation }));
}
