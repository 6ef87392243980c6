// Ways to part rows into those to learn from and those to test on: by fractions, by folds, by drawing again.

import { ArgumentError, checkCall, defaultGenerator, Generator, type Known, shown } from '@dl/autograd';
import { checkedSize, type Dataset, gather } from './dataset.js';

/** What can be split: a data set, or a list of examples of any kind, such as sentences. */
export type Splittable = Dataset | readonly unknown[];

/** Options of {@link split}. */
export interface SplitOptions {
  /** Mix the rows before cutting. Default: true. */
  shuffle?: boolean;
  /** Where the order comes from. Default: `defaultGenerator()`. */
  generator?: Generator;
  /**
   * Give each part the classes in the same proportions: less than two rows from its share of each class, and
   * at most one when there are two parts, or parts of one size. It is the name of the array with the classes, or the class
   * of each row. Default: none.
   */
  stratify?: string | ArrayLike<unknown>;
}

const splitOptions: Known<SplitOptions> = { shuffle: 'boolean', generator: 'generator', stratify: 'string or list' };

/** Options of {@link kFold}. With `stratify`, two parts differ by one row of a class at most. */
export type KFoldOptions = SplitOptions;

const kFoldOptions: Known<KFoldOptions> = { ...splitOptions };

/** Options of {@link bootstrap}. */
export interface BootstrapOptions {
  /** How often to draw. Default: once. */
  repeats?: number;
  /** Where the rows come from. Default: `defaultGenerator()`. */
  generator?: Generator;
}

const bootstrapOptions: Known<BootstrapOptions> = { repeats: 'number', generator: 'generator' };

/** Rows to learn from, and rows to judge by. */
export interface Fold<D> {
  readonly train: D;
  readonly validation: D;
}

/**
 * Cuts rows into parts that share none: part k has `fractions[k]` of the rows, cut at the nearest whole row.
 * For train, validation and test a usual choice is `[0.65, 0.1, 0.25]`.
 *
 * @throws ArgumentError when the fractions are not positive, do not add up to 1, or leave a part empty, or
 * when there is nothing to stratify by.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { drawnDigits, split } from '@dl/data';
 * const options = { generator: new Generator(1), stratify: 'labels' };
 * const [train, validation, test] = split(drawnDigits(100), [0.65, 0.1, 0.25], options);
 * console.log(train.labels.shape, validation.labels.shape, test.labels.shape); // [65], [10] and [25]
 * ```
 */
export function split<D extends Splittable, const F extends readonly number[]>(
  dataset: D,
  fractions: F,
  options: SplitOptions = {},
): { [K in keyof F]: D } {
  checkCall('split', arguments, ['dataset', 'fractions'], splitOptions);
  const size = sizeOf(dataset, 'split');
  const sum = fractions.reduce((total, fraction) => total + fraction, 0);
  if (!fractions.every((fraction) => fraction > 0) || !(Math.abs(sum - 1) < 1e-6)) {
    throw new ArgumentError(
      `split: fractions are [${fractions.join(', ')}], needs numbers above 0 that add up to 1, such as [0.8, 0.2]`,
    );
  }
  let upTo = 0;
  const cuts = [0, ...fractions.map((fraction) => Math.min(size, Math.round((upTo += fraction) * size)))];
  const sizes = fractions.map((fraction, k) => {
    if (cuts[k] === cuts[k + 1]) {
      throw new ArgumentError(`split: ${fraction} of ${size} rows is no row; needs more rows or a larger fraction`);
    }
    return cuts[k + 1]! - cuts[k]!;
  });
  return parts(dataset, sizes, options, 'split').map((rows) => pick(dataset, rows)) as { [K in keyof F]: D };
}

/**
 * k-fold cross-validation: the rows are cut into `k` parts, of which the first (rows mod k) have one row more, and each is the
 * validation part once, while the others train. A fold is copied when its turn comes, so that memory stays that of one.
 *
 * @throws ArgumentError when `k` is not a whole number from 2 to the number of rows, or there is nothing to
 * stratify by.
 *
 * Source: M. Stone, "Cross-validatory choice and assessment of statistical predictions", JRSS B 36, 1974.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { drawnDigits, kFold } from '@dl/data';
 * for (const { train, validation } of kFold(drawnDigits(50), 5, { generator: new Generator(1) })) {
 *   console.log(train.labels.shape, validation.labels.shape); // [40] and [10], five times
 * }
 * ```
 */
export function kFold<D extends Splittable>(dataset: D, k: number, options: KFoldOptions = {}): Iterable<Fold<D>> {
  checkCall('kFold', arguments, ['dataset', 'k'], kFoldOptions);
  const size = sizeOf(dataset, 'kFold');
  if (!Number.isInteger(k) || k < 2 || k > size) {
    throw new ArgumentError(`kFold: k is ${shown(k)}, needs a whole number from 2 to ${size}, the rows that there are`);
  }
  const sizes = Array.from({ length: k }, (_, fold) => Math.floor((size + k - 1 - fold) / k));
  const inTurn = Int32Array.from({ length: size }, (_, turn) => turn % k);
  const folds = parts(dataset, sizes, options, 'kFold', inTurn);
  return {
    *[Symbol.iterator]() {
      for (const fold of folds) {
        const others = Int32Array.from(folds.flatMap((rows) => (rows === fold ? [] : [...rows])));
        yield { train: pick(dataset, others), validation: pick(dataset, fold) };
      }
    },
  };
}

/**
 * The bootstrap: as many rows as there are, drawn with replacement, to train on; the rows that were never
 * drawn (about 1/e = 37 % of them) to judge by.
 *
 * @throws ArgumentError when `repeats` is not a whole number of at least 1, or there are fewer than 2 rows.
 *
 * Source: B. Efron, "Estimating the error rate of a prediction rule", JASA 78, 1983.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { bootstrap, drawnDigits } from '@dl/data';
 * for (const { train, validation } of bootstrap(drawnDigits(100), { repeats: 3, generator: new Generator(1) })) {
 *   console.log(train.labels.shape, validation.labels.shape); // [100], and about [37]
 * }
 * ```
 */
export function bootstrap<D extends Splittable>(dataset: D, options: BootstrapOptions = {}): Iterable<Fold<D>> {
  checkCall('bootstrap', arguments, ['dataset'], bootstrapOptions);
  const { repeats = 1, generator = defaultGenerator() } = options;
  const size = sizeOf(dataset, 'bootstrap');
  if (!Number.isInteger(repeats) || repeats < 1) {
    throw new ArgumentError(`bootstrap: repeats is ${shown(repeats)}, needs a whole number of at least 1`);
  }
  if (size < 2) throw new ArgumentError(`bootstrap: got ${size} rows, needs at least 2`);
  const seed = generator.integer(0, Number.MAX_SAFE_INTEGER);
  return {
    *[Symbol.iterator]() {
      const draws = new Generator(seed);
      for (let repeat = 0; repeat < repeats; ) {
        const drawn = Int32Array.from({ length: size }, () => draws.integer(0, size));
        const seen = new Set(drawn);
        // All rows drawn, none left to judge by: one in size!/size^size, which happens when there are few.
        if (seen.size === size) continue;
        const left = Int32Array.from({ length: size }, (_, row) => row).filter((row) => !seen.has(row));
        yield { train: pick(dataset, drawn), validation: pick(dataset, left) };
        repeat++;
      }
    },
  };
}

const isList = (dataset: Splittable): dataset is readonly unknown[] => Array.isArray(dataset);

const sizeOf = (dataset: Splittable, what: string): number =>
  isList(dataset) ? dataset.length : checkedSize(dataset, what);

/** The given rows, of whichever kind. */
function pick<D extends Splittable>(dataset: D, rows: Int32Array): D {
  return (isList(dataset) ? Array.from(rows, (row) => dataset[row]) : gather(dataset as Dataset, rows)) as D;
}

/**
 * The rows of each part, part k having `sizes[k]` of them: stretches of one order, or dealt out class by class, to part
 * `inTurn[0]`, `inTurn[1]` and so on.
 */
function parts(
  dataset: Splittable,
  sizes: readonly number[],
  { shuffle = true, generator = defaultGenerator(), stratify }: SplitOptions,
  what: string,
  inTurn?: Int32Array,
): Int32Array[] {
  const size = sizes.reduce((sum, each) => sum + each, 0);
  const order = shuffle ? generator.permutation(size) : Int32Array.from({ length: size }, (_, i) => i);
  if (stratify === undefined) {
    let from = 0;
    return sizes.map((each) => order.subarray(from, (from += each)));
  }
  const classes = classesOf(dataset, stratify, size, what);
  const rowsOf = new Map<unknown, number[]>();
  for (const row of order) {
    const rows = rowsOf.get(classes[row]);
    if (rows === undefined) rowsOf.set(classes[row], [row]);
    else rows.push(row);
  }
  const turns = inTurn ?? deal(sizes, size);
  const partOf = new Int32Array(size);
  [...rowsOf.values()].flat().forEach((row, turn) => {
    partOf[row] = turns[turn]!;
  });
  return sizes.map((_, k) => order.filter((row) => partOf[row] === k));
}

/**
 * Whose turn it is, so that part k has `sizes[k]` of all turns, and of the first t as near to its share as can
 * be: less than one away, and so less than two in any stretch. Of those that have waited long enough, it is
 * the turn of the one that must come soonest.
 *
 * Source: R. Tijdeman, "The chairman assignment problem", Discrete Mathematics 32, 1980.
 */
function deal(sizes: readonly number[], total: number): Int32Array {
  const slack = sizes.length > 1 ? 1 / (2 * sizes.length - 2) : 0;
  const had = sizes.map(() => 0);
  return Int32Array.from({ length: total }, (_, turn) => {
    let next = 0;
    let soonest = Infinity;
    sizes.forEach((size, k) => {
      const share = size / total;
      const owed = share * (turn + 1) - had[k]!;
      const deadline = (1 - slack - (owed - share)) / share;
      // Rounding must not make one that is exactly due seem early.
      if (had[k]! < size && owed >= slack - 1e-9 && deadline < soonest - 1e-9) {
        soonest = deadline;
        next = k;
      }
    });
    had[next]!++;
    return next;
  });
}

function classesOf(
  dataset: Splittable,
  stratify: string | ArrayLike<unknown>,
  size: number,
  what: string,
): ArrayLike<unknown> {
  const named = typeof stratify === 'string';
  const classes = !named ? stratify : isList(dataset) ? undefined : dataset[stratify]?.data;
  if (classes === undefined) {
    const there = isList(dataset) ? 'a list has no names: give the class of each row' : Object.keys(dataset).join(', ');
    throw new ArgumentError(`${what}: there is no array '${stratify}' to stratify by, needs one of: ${there}`);
  }
  if (classes.length !== size) {
    throw new ArgumentError(
      `${what}: stratify has ${classes.length} classes for ${size} rows, needs one number or name a row`,
    );
  }
  return classes;
}
