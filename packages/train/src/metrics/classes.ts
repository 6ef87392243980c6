// Metrics of classes that count answers: accuracy, top-k, precision, recall, F1, and the confusion matrix.

import { ArgumentError, checkCall, type Known, shown } from '@dl/autograd';
import { checkClass, classesOf, largest, type Metric, nothingCounted, show, type Values } from './metric.js';

/** How answers are read from the output. */
export interface AnswerOptions {
  /**
   * For one score per example instead of one per class: above it the answer is class 1, else class 0. 0 for logits, 0.5 for
   * probabilities.
   */
  readonly threshold?: number;
}

const answerOptions: Known<AnswerOptions> = { threshold: 'number' };

/**
 * Goes through (true class, answer) of a batch: from scores [..., classes], from one score, or from class numbers [...]. There is no
 * answer where a score is NaN.
 */
function eachAnswer(
  name: string,
  { output, target }: { output: Values; target: Values },
  { threshold }: AnswerOptions,
  visit: (truth: number, answer: number | undefined) => void,
): void {
  const isOnePerExample = output.data.length === target.data.length;
  if (threshold !== undefined && !isOnePerExample) {
    throw new ArgumentError(
      `${name}: threshold is for one score per example, but the output is ${show(output.shape)} for targets ${show(target.shape)}; leave it out`,
    );
  }
  const isAnswers = isOnePerExample && (threshold !== undefined || show(output.shape) === show(target.shape));
  const classes = isAnswers ? Number.POSITIVE_INFINITY : classesOf(name, output, target);
  for (let i = 0; i < target.data.length; i++) {
    const answer = isAnswers ? answerOf(output.data[i]!, threshold) : largest(output.data, i, classes);
    if (answer !== undefined) checkClass(name, `answer ${i}`, answer, classes);
    checkClass(name, `target ${i}`, target.data[i]!, classes);
    visit(target.data[i]!, answer);
  }
}

/** From one number of an example: a score beside a threshold, or the number of a class. */
function answerOf(given: number, threshold: number | undefined): number | undefined {
  if (Number.isNaN(given)) return undefined;
  if (threshold === undefined) return given;
  return given > threshold ? 1 : 0;
}

/**
 * The share of right answers, 0 to 1. An answer that is NaN (in `argmax` NaN is larger than any number) is not right.
 *
 * Output: scores [..., classes] (the class with the largest is the answer), class numbers [...], or with `threshold` one
 * score per example; target: class numbers [...].
 *
 * @example
 * ```ts
 * import { Accuracy } from '@dl/train';
 * const accuracy = new Accuracy();
 * accuracy.update({ data: [0.1, 0.9, 0.8, 0.2], shape: [2, 2] }, { data: [1, 1], shape: [2] });
 * console.log(accuracy.compute()); // 0.5
 * ```
 */
export class Accuracy implements Metric {
  readonly goal = 'max';
  readonly #options: AnswerOptions;
  #right = 0;
  #count = 0;

  constructor(options: AnswerOptions = {}) {
    checkCall('Accuracy', arguments, [], answerOptions);
    this.#options = options;
  }

  update(output: Values, target: Values): void {
    eachAnswer('Accuracy', { output, target }, this.#options, (truth, answer) => {
      if (truth === answer) this.#right++;
      this.#count++;
    });
  }

  compute(): number {
    if (this.#count === 0) throw nothingCounted('Accuracy');
    return this.#right / this.#count;
  }

  reset(): void {
    this.#right = 0;
    this.#count = 0;
  }
}

/**
 * The share of examples whose class is among the `k` largest scores. A class that ties with the k-th counts when fewer than
 * `k` classes score more, or as much and come before it. As in `topK`, NaN is larger than any number; a class whose own score is
 * NaN does not count.
 *
 * Output: scores [..., classes] with at least `k` classes; target: class numbers [...].
 *
 * @example
 * ```ts
 * import { TopKAccuracy } from '@dl/train';
 * const top2 = new TopKAccuracy(2);
 * top2.update({ data: [5, 4, 1, 1, 2, 3], shape: [2, 3] }, { data: [1, 0], shape: [2] });
 * console.log(top2.compute()); // 0.5
 * ```
 */
export class TopKAccuracy implements Metric {
  readonly goal = 'max';
  readonly #k: number;
  #right = 0;
  #count = 0;

  constructor(k: number) {
    checkCall('TopKAccuracy', arguments, ['k']);
    if (!Number.isSafeInteger(k) || k < 1) {
      throw new ArgumentError(`TopKAccuracy: k is ${shown(k)}, needs a whole number of at least 1`);
    }
    this.#k = k;
  }

  update(output: Values, target: Values): void {
    const classes = classesOf('TopKAccuracy', output, target);
    if (classes < this.#k) {
      throw new ArgumentError(`TopKAccuracy: k is ${this.#k} but there are ${classes} classes; use a smaller k`);
    }
    for (let i = 0; i < target.data.length; i++) {
      const truth = target.data[i]!;
      checkClass('TopKAccuracy', `target ${i}`, truth, classes);
      const score = output.data[i * classes + truth]!;
      let before = 0;
      for (let c = 0; c < classes; c++) {
        const other = output.data[i * classes + c]!;
        if (other > score || Number.isNaN(other) || (other === score && c < truth)) before++;
      }
      if (before < this.#k && !Number.isNaN(score)) this.#right++;
      this.#count++;
    }
  }

  compute(): number {
    if (this.#count === 0) throw nothingCounted('TopKAccuracy');
    return this.#right / this.#count;
  }

  reset(): void {
    this.#right = 0;
    this.#count = 0;
  }
}

/**
 * Counts by [true class][answer]. `compute()` gives rows as long as the largest class that was seen, or the number of
 * scores. An answer that is NaN stands in no column.
 *
 * @example
 * ```ts
 * import { ConfusionMatrix } from '@dl/train';
 * const matrix = new ConfusionMatrix();
 * matrix.update({ data: [0, 1, 1], shape: [3] }, { data: [0, 1, 0], shape: [3] });
 * console.log(matrix.compute()); // [[1, 1], [0, 1]]
 * ```
 */
export class ConfusionMatrix implements Metric<number[][]> {
  readonly goal = 'max';
  readonly #options: AnswerOptions;
  #rows: number[][] = [];

  constructor(options: AnswerOptions = {}) {
    checkCall('ConfusionMatrix', arguments, [], answerOptions);
    this.#options = options;
  }

  update(output: Values, target: Values): void {
    if (output.shape.length === target.shape.length + 1) this.#grow(output.shape.at(-1)!);
    eachAnswer('ConfusionMatrix', { output, target }, this.#options, (truth, answer) => {
      this.#grow(Math.max(truth, answer ?? 0) + 1);
      if (answer !== undefined) this.#rows[truth]![answer]!++;
    });
  }

  compute(): number[][] {
    return this.#rows.map((row) => [...row]);
  }

  reset(): void {
    this.#rows = [];
  }

  #grow(classes: number): void {
    const missing = classes - this.#rows.length;
    if (missing <= 0) return;
    for (const row of this.#rows) row.push(...new Array<number>(missing).fill(0));
    for (let i = 0; i < missing; i++) this.#rows.push(new Array<number>(classes).fill(0));
  }
}

/**
 * How the figures of the classes become one: 'macro', their mean; 'weighted', their mean weighted by how often each is the
 * true class; 'micro', from the counts of all classes together; a number, the figure of that class alone.
 */
export type Average = 'macro' | 'micro' | 'weighted' | number;

/** Options of {@link Precision}, {@link Recall} and {@link F1}. */
export interface AverageOptions extends AnswerOptions {
  /** Default 'macro'. Classes that are neither a target nor an answer are left out. */
  readonly average?: Average;
}

const averageOptions: Known<AverageOptions> = { average: 'number or string', ...answerOptions };

/** Counts of one class, or of several together. */
interface Counts {
  /** Answers of this class that are right. */
  right: number;
  /** Answers of this class. */
  answers: number;
  /** Examples of this class. */
  targets: number;
}

/** What precision, recall and F1 share: they differ in the formula over the counts of a class. */
abstract class ClassScore implements Metric {
  readonly goal = 'max';
  readonly #name: string;
  readonly #average: Average;
  readonly #options: AnswerOptions;
  #counts: Counts[] = [];

  constructor(name: string, options: AverageOptions) {
    const { average = 'macro' } = options;
    const isClass = typeof average === 'number' && Number.isSafeInteger(average) && average >= 0;
    if (!isClass && !['macro', 'micro', 'weighted'].includes(average as string)) {
      throw new ArgumentError(
        `${name}: average is ${shown(average)}, needs 'macro', 'micro', 'weighted' or the number of a class`,
      );
    }
    this.#name = name;
    this.#average = average;
    this.#options = options;
  }

  protected abstract score(counts: Readonly<Counts>): number;

  update(output: Values, target: Values): void {
    eachAnswer(this.#name, { output, target }, this.#options, (truth, answer) => {
      this.#of(truth).targets++;
      if (answer !== undefined) this.#of(answer).answers++;
      if (truth === answer) this.#of(truth).right++;
    });
  }

  compute(): number {
    const seen = this.#counts.filter(({ answers, targets }) => answers + targets > 0);
    if (seen.length === 0) throw nothingCounted(this.#name);
    const average = this.#average;
    if (typeof average === 'number') return this.perClass()[average] ?? 0;
    const total = (pick: (counts: Counts) => number): number => seen.reduce((sum, counts) => sum + pick(counts), 0);
    const targets = total((counts) => counts.targets);
    if (average === 'macro') return total((counts) => this.score(counts)) / seen.length;
    if (average === 'weighted') return total((counts) => this.score(counts) * counts.targets) / targets;
    return this.score({
      right: total((counts) => counts.right),
      answers: total((counts) => counts.answers),
      targets,
    });
  }

  /** The figure of each class. */
  perClass(): number[] {
    return this.#counts.map((counts) => this.score(counts));
  }

  reset(): void {
    this.#counts = [];
  }

  #of(label: number): Counts {
    while (this.#counts.length <= label) this.#counts.push({ right: 0, answers: 0, targets: 0 });
    return this.#counts[label]!;
  }
}

/** Nothing out of nothing is 0: a class that is never answered has no precision to boast of. */
const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/**
 * Precision: of the answers that name a class, the share that is right; 0 where none names it. Output and target are those of
 * {@link Accuracy}. An answer that is NaN names none.
 *
 * @example
 * ```ts
 * import { Precision } from '@dl/train';
 * const precision = new Precision({ average: 1 });
 * precision.update({ data: [1, 1, 1, 0], shape: [4] }, { data: [1, 0, 1, 1], shape: [4] });
 * console.log(precision.compute()); // 2/3: of three answers 1, two are right
 * ```
 */
export class Precision extends ClassScore {
  constructor(options: AverageOptions = {}) {
    checkCall('Precision', arguments, [], averageOptions);
    super('Precision', options);
  }

  protected override score({ right, answers }: Counts): number {
    return share(right, answers);
  }
}

/**
 * Recall: of the examples of a class, the share that is answered with it; 0 where there are none. Output and target are
 * those of {@link Accuracy}. An answer that is NaN names no class.
 *
 * @example
 * ```ts
 * import { Recall } from '@dl/train';
 * const recall = new Recall({ average: 1 });
 * recall.update({ data: [1, 0, 0, 0], shape: [4] }, { data: [1, 0, 1, 1], shape: [4] });
 * console.log(recall.compute()); // 1/3: of three examples of class 1, one is found
 * ```
 */
export class Recall extends ClassScore {
  constructor(options: AverageOptions = {}) {
    checkCall('Recall', arguments, [], averageOptions);
    super('Recall', options);
  }

  protected override score({ right, targets }: Counts): number {
    return share(right, targets);
  }
}

/**
 * F1: the harmonic mean of precision p and recall r of a class, 2pr / (p + r) = 2 · right / (answers + examples). Output and
 * target are those of {@link Accuracy}. An answer that is NaN names no class.
 *
 * @example
 * ```ts
 * import { F1 } from '@dl/train';
 * const f1 = new F1({ average: 1 });
 * f1.update({ data: [1, 1, 0, 0], shape: [4] }, { data: [1, 0, 1, 1], shape: [4] });
 * console.log(f1.compute()); // 0.4: precision 1/2, recall 1/3
 * ```
 */
export class F1 extends ClassScore {
  constructor(options: AverageOptions = {}) {
    checkCall('F1', arguments, [], averageOptions);
    super('F1', options);
  }

  protected override score({ right, answers, targets }: Counts): number {
    return share(2 * right, answers + targets);
  }
}
