// Evaluating a model: loss, accuracy, predictions, confusion matrix and metrics over a data set.

import {
  ArgumentError,
  checkCall,
  type KnownOptions,
  keep,
  noGrad,
  type Platform,
  ShapeError,
  scope,
  type Tensor,
  Turns,
} from '@dl/autograd';
import type { NdArray } from '@dl/data';
import { type AnyModule, inMode, type TensorModule } from '@dl/layers';
import {
  answersTo,
  apply,
  type Batch,
  type Batches,
  countOf,
  describeOutput,
  examplesOf,
  type FullTask,
  fullTask,
  type LabelledBatch,
  NO_ANSWER,
  type OwnTask,
  predict,
  type Task,
  task,
  toTensors,
} from '../core/batch.js';
import { checkData, checkModel, noBatch } from '../core/checks.js';
import type { Metrics } from '../metrics/metric.js';
import { type EvaluateTestEvent, EvaluationRun } from './evaluation-run.js';

/** How a model did. What needs classes is undefined where there are none: see {@link evaluate}. */
export interface Evaluation {
  /** Mean over all that the loss counts: see `loss` of {@link Task}. */
  readonly loss: number;
  /** How many examples there were. */
  readonly examples: number;
  /** The share of right answers, 0 to 1; NaN where no label names a class. */
  readonly accuracy?: number;
  /** The predicted class of each label, in the order of the data; of those that are left out, too. -1 where the answer is NaN. */
  readonly predictions?: Int32Array;
  /** Counts by [true class][predicted class], without answers that are NaN. */
  readonly confusion?: readonly (readonly number[])[];
  /** The figures of the metrics that were asked for, by their names. */
  readonly metrics?: Readonly<Record<string, number>>;
}

/** How a model of classes did. */
export type Classification = Evaluation & Required<Pick<Evaluation, 'accuracy' | 'predictions' | 'confusion'>>;

/** What else to measure. */
export interface MeasureOptions<B extends Batch = Batch> {
  /**
   * Metrics by name, such as `{ f1: new F1() }`; each is reset first. They are given the output of the model. One that is
   * called accuracy is monitored instead of the share of right answers where `monitor` of `fit` says 'accuracy'.
   */
  readonly metrics?: Metrics;
  /** The array of the batch that metrics compare the output with. Default 'labels'. */
  readonly target?: keyof B & string;
}

export const measureOptions: KnownOptions = { metrics: 'object', target: 'string' };

/** Options of {@link evaluate}. */
export interface EvaluateOptions<B extends Batch = Batch, O = Tensor> extends Task<B, O>, MeasureOptions<B> {
  /** Stops between two batches, with the signal's reason as the error. */
  readonly signal?: Platform<'AbortSignal'>;
  /** Milliseconds of work after which other tasks of the event loop get a turn. Default 10. */
  readonly yieldEvery?: number;
}

const evaluateOptions: KnownOptions = { signal: 'object', yieldEvery: 'number', ...task, ...measureOptions };

/**
 * Runs a model over data without training it: in evaluation mode, without gradients, each batch in a scope of its own.
 * Modules are in evaluation mode while the model computes, and outside of it in their own, so that a model may be evaluated while it
 * is trained. Await the result, or iterate the events, one for each batch, on the way to it; nothing runs before that.
 *
 * Batches of `{ images, labels }` need nothing more; for others pass `forward` and `loss`. Where the output is
 * [..., classes] and there are `labels` [...], answers are counted: the class with the largest output is the answer; one that is
 * NaN is not right. Labels below 0, which a loss may leave out by its `ignoreIndex`, have none.
 * Predictions stand in the order of the data, so give it a loader that does not shuffle.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { drawnDigits, loader } from '@dl/data';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Flatten, Linear, Sequential } from '@dl/layers';
 * import { evaluate } from '@dl/train';
 * await useBackend(cpu());
 * const model = new Sequential(new Flatten(), new Linear(784, 10));
 * const { accuracy, confusion } = await evaluate(model, loader(drawnDigits(100)));
 * console.log(accuracy, confusion.length); // about 0.1, for it has learned nothing yet, and 10
 * ```
 */
export function evaluate<B extends LabelledBatch>(
  model: TensorModule,
  data: Batches<B>,
  options?: Pick<EvaluateOptions<B>, 'signal' | 'yieldEvery' | 'metrics' | 'target'>,
): EvaluationRun<Classification>;
export function evaluate<B extends Batch, O = Tensor>(
  model: AnyModule,
  data: Batches<B>,
  options: EvaluateOptions<B, O> & OwnTask<B, O>,
): EvaluationRun<Evaluation>;
export function evaluate<B extends Batch, O>(
  model: AnyModule,
  data: Batches<B>,
  options: EvaluateOptions<B, O> = {},
): EvaluationRun<Evaluation> {
  checkCall('evaluate', arguments, ['model', 'data'], evaluateOptions);
  return new EvaluationRun(() => telling(model, data, options));
}

async function* telling<B extends Batch, O>(
  model: AnyModule,
  data: Batches<B>,
  options: EvaluateOptions<B, O>,
): AsyncGenerator<EvaluateTestEvent, Evaluation, undefined> {
  checkModel('evaluate', model);
  checkData('evaluate', 'data', data);
  checkMetrics('evaluate', options.metrics);
  const { signal, yieldEvery = 10, metrics, target } = options;
  signal?.throwIfAborted();
  const turns = new Turns(yieldEvery);
  const task = fullTask('evaluate', model, options);
  const running = evaluating('evaluate', { model, data, task, measure: { metrics, target } }, turns);
  try {
    for (;;) {
      const { done, value } = await running.next();
      if (done) return value;
      signal?.throwIfAborted();
      const { length: testSteps } = data;
      yield { type: 'test', ...value, ...(testSteps !== undefined && { testSteps }) };
    }
  } finally {
    await running.return(undefined as never);
  }
}

export function checkMetrics(where: string, metrics: unknown): void {
  const names = new Map<unknown, string>();
  for (const [name, metric] of Object.entries(metrics ?? {})) {
    const { update, compute, reset } = (metric ?? {}) as Partial<Metrics[string]>;
    if (![update, compute, reset].every((method) => typeof method === 'function')) {
      throw new ArgumentError(
        `${where}: metrics.${name} is no metric; pass an object with update, compute and reset, such as new Accuracy()`,
      );
    }
    if (name === 'loss') {
      throw new ArgumentError(`${where}: metrics.loss has the name of the loss itself; give it another`);
    }
    const other = names.get(metric);
    if (other !== undefined) {
      throw new ArgumentError(
        `${where}: metrics.${other} and metrics.${name} are one object, which would count each batch twice; make one for each`,
      );
    }
    names.set(metric, name);
  }
}

/** What is evaluated, on what, and how. */
export interface Examination {
  readonly model: AnyModule;
  readonly data: Batches<Batch>;
  readonly task: FullTask;
  readonly measure: { readonly metrics: Metrics | undefined; readonly target: string | undefined };
}

/** The same, step by step: yields after each batch how many are done, and how many examples. */
export async function* evaluating(
  where: string,
  { model, data, task, measure: { metrics = {}, target = 'labels' } }: Examination,
  turns: Turns,
): AsyncGenerator<Pick<EvaluateTestEvent, 'testStep' | 'examples'>, Evaluation, undefined> {
  const tally = new Tally();
  const measures = Object.values(metrics);
  for (const metric of measures) metric.reset();
  const wanted = measures.length > 0;
  let batches = 0;
  for await (const batch of data) {
    const examples = examplesOf(where, batch);
    const measured = inMode(model, 'eval', () => measure(where, { task, wanted }, batch, examples));
    try {
      const { loss, count, predicted, output } = measured;
      const over = typeof count === 'number' ? count : ((await count.data())[0] ?? 0);
      tally.add((await loss.data())[0] ?? 0, over, examples);
      if (predicted !== undefined) {
        const { tensor, classes, labels } = predicted;
        tally.count(where, await tensor.data(), labels.data, classes);
      }
      if (output !== undefined) {
        const values = { data: await output.data(), shape: output.shape };
        for (const metric of measures) metric.update(values, targetOf(where, batch, target));
      }
    } finally {
      free(measured);
    }
    batches++;
    yield { testStep: batches, examples: tally.examples };
    await turns.take();
  }
  const result = tally.result(where);
  if (measures.length === 0) return result;
  const figures = Object.entries(metrics).map(([name, metric]) => [name, metric.compute()] as const);
  return { ...result, metrics: Object.fromEntries(figures) };
}

function targetOf(where: string, batch: Batch, target: string): NdArray {
  const found = batch[target];
  if (found !== undefined) return found;
  throw new ArgumentError(
    `${where}: the metrics need the array '${target}', but the batches have ${Object.keys(batch).join(', ')}; name one with the option 'target'`,
  );
}

interface Measured {
  readonly loss: Tensor;
  /** What the loss is a mean over. */
  readonly count: number | Tensor;
  readonly predicted: { readonly tensor: Tensor; readonly classes: number; readonly labels: NdArray } | undefined;
  /** What the model gave, where metrics want it. */
  readonly output: Tensor | undefined;
}

function measure(
  where: string,
  { task, wanted }: { readonly task: FullTask; readonly wanted: boolean },
  arrays: Batch,
  examples: number,
): Measured {
  using _ = scope();
  return noGrad(() => {
    const { given, output, loss } = apply(where, task, toTensors(arrays));
    if (wanted && output === undefined) {
      throw new ArgumentError(
        `${where}: metrics are given one tensor, but forward gave ${describeOutput(given)}; leave them out, or return the tensor that they are of`,
      );
    }
    const labels = answersTo(output, arrays['labels']);
    const count = countOf(loss, examples);
    return {
      // Neither is ours to free where it is a parameter or a buffer, and the same of the output.
      loss: keep(loss.clone()),
      count: typeof count === 'number' ? count : keep(count.clone()),
      predicted: labels && { tensor: keep(predict(output!)), classes: output!.shape.at(-1)!, labels },
      output: wanted ? keep(output!.clone()) : undefined,
    };
  });
}

function free({ loss, count, predicted, output }: Measured): void {
  loss.dispose();
  if (typeof count !== 'number') count.dispose();
  predicted?.tensor.dispose();
  output?.dispose();
}

class Tally {
  #loss = 0;
  #count = 0;
  #examples = 0;
  #right = 0;
  #answers = 0;
  #predictions: number[] = [];
  #confusion: number[][] | undefined;

  get examples(): number {
    return this.#examples;
  }

  add(loss: number, count: number, examples: number): void {
    // A mean over nothing is NaN, and has no part in the mean over all.
    if (count !== 0) this.#loss += loss * count;
    this.#count += count;
    this.#examples += examples;
  }

  count(where: string, predictions: ArrayLike<number>, labels: ArrayLike<number>, classes: number): void {
    this.#confusion ??= Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
    for (let i = 0; i < predictions.length; i++) {
      const predicted = predictions[i]!;
      this.#predictions.push(predicted);
      // The loss has left it out, or it would have thrown.
      if (labels[i]! < 0) continue;
      this.#answers++;
      const row = this.#confusion[labels[i]!];
      if (row !== undefined && predicted === NO_ANSWER) continue;
      if (row?.[predicted] === undefined) {
        throw new ShapeError(
          `${where}: label ${labels[i]} of an output of ${classes} classes; all batches need as many classes`,
        );
      }
      row[predicted]!++;
      if (predicted === labels[i]) this.#right++;
    }
  }

  result(where: string): Evaluation {
    if (this.#examples === 0) throw noBatch(where, where === 'fit' ? 'the test data' : 'the data');
    const loss = this.#loss / this.#count;
    if (this.#confusion === undefined) return { loss, examples: this.#examples };
    const predictions = Int32Array.from(this.#predictions);
    const accuracy = this.#right / this.#answers;
    return { loss, examples: this.#examples, accuracy, predictions, confusion: this.#confusion };
  }
}
