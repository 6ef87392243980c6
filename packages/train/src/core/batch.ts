// Batches: from the plain arrays of a loader to tensors, and what a model makes of them.

import {
  ArgumentError,
  argmax,
  crossEntropy,
  equal,
  isInstance,
  type KnownOptions,
  lossMean,
  max,
  ShapeError,
  Tensor,
  tensor,
  where,
} from '@dl/autograd';
import type { NdArray } from '@dl/data';
import type { AnyModule } from '@dl/layers';

/** Arrays by name, with the same first dimension: row i of each belongs to example i. What a loader yields. */
export type Batch = Readonly<Record<string, NdArray>>;

/** A batch of images, or of anything else that a model takes, with the number of the class of each. */
export type LabelledBatch = {
  /** [N, …], what the model is given. */
  readonly images: NdArray;
  /** [N], whole numbers (`int32`) from 0. */
  readonly labels: NdArray;
};

/** The same batch as tensors, freed after the step. */
export type BatchTensors<B extends Batch> = { readonly [Name in keyof B]: Tensor };

/**
 * Batches that can be iterated once per epoch, such as a `loader` or `streamLoader` of @dl/data.
 *
 * @example
 * ```ts
 * import type { Batches, LabelledBatch } from '@dl/train';
 * // Batches that are made as they are asked for.
 * const noise: Batches<LabelledBatch> = {
 *   length: 10,
 *   async *[Symbol.asyncIterator]() {
 *     for (let i = 0; i < 10; i++) {
 *       const images = { data: Float32Array.from({ length: 8 * 4 }, Math.random), shape: [8, 4] };
 *       yield { images, labels: { data: new Int32Array(8), shape: [8] } };
 *     }
 *   },
 * };
 * ```
 */
export interface Batches<B extends Batch> extends AsyncIterable<B> {
  /** Batches per epoch, where that is known. */
  readonly length?: number;
  /** Examples per epoch, where that is known. */
  readonly size?: number;
  /** Where it stands, in plain values, as a loader gives it; what resuming in the middle of an epoch needs. */
  state?: object;
}

/**
 * What the model is to do with a batch, and how well it did.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Linear } from '@dl/layers';
 * import type { LabelledBatch, Task } from '@dl/train';
 * await useBackend(cpu());
 * const model = new Linear(784, 10);
 * const smoothed: Task<LabelledBatch> = {
 *   forward: ({ images }) => model.forward(images.reshape([-1, 784])),
 *   loss: (output, { labels }) => output.crossEntropy(labels, { labelSmoothing: 0.1 }),
 * };
 * ```
 */
export interface Task<B extends Batch, O = Tensor> {
  /**
   * The output for a batch: a tensor, or several in an object or an array, which are given to `loss` as they are. Default:
   * `model.forward(batch.images)`. Answers and metrics are counted of a tensor only.
   */
  readonly forward?: (batch: BatchTensors<B>) => O;
  /**
   * One number, the mean over the batch. Default: `crossEntropy(output, batch.labels)`.
   *
   * Batches are put together (`accumulate`, the loss of an epoch, of a test) by what their losses are means over. Losses of
   * @dl/autograd and @dl/layers say that themselves: labels that count, elements, weights. One of your own that leaves something out
   * says it by `meanLoss(sum, count)` of @dl/autograd; of any other tensor it is taken to be the examples.
   */
  readonly loss?: (output: O, batch: BatchTensors<B>) => Tensor;
  /**
   * The differences of output and target, of any shape. Only an optimiser that lowers the sum of their squares, such as
   * `LevenbergMarquardt`, needs them. The loss that events tell comes from `loss` all the same.
   */
  readonly residuals?: (output: O, batch: BatchTensors<B>) => Tensor;
}

export const task: KnownOptions = { forward: 'function', loss: 'function', residuals: 'function' };

/** A {@link Task} for any batches. */
export type OwnTask<B extends Batch, O = Tensor> = Required<Pick<Task<B, O>, 'forward' | 'loss'>>;

/** {@link Task} with nothing left open. */
export interface FullTask {
  forward(batch: BatchTensors<Batch>): unknown;
  loss(output: unknown, batch: BatchTensors<Batch>): Tensor;
  residuals(output: unknown, batch: BatchTensors<Batch>): Tensor;
}

export function fullTask<B extends Batch, O>(where: string, model: AnyModule, task: Task<B, O>): FullTask {
  const need = (batch: BatchTensors<Batch>, name: string, option: string): Tensor => {
    const found = batch[name];
    if (found === undefined) {
      throw new ArgumentError(
        `${where}: the batches have ${Object.keys(batch).join(', ') || 'nothing'} but no '${name}'; rename an array, or pass the option '${option}'`,
      );
    }
    return found;
  };
  return {
    forward:
      (task.forward as FullTask['forward'] | undefined) ?? ((batch) => model.forward(need(batch, 'images', 'forward'))),
    loss:
      (task.loss as FullTask['loss'] | undefined) ??
      ((output, batch) => {
        if (output instanceof Tensor) return crossEntropy(output, need(batch, 'labels', 'loss'));
        throw new ArgumentError(
          `${where}: the model gives ${describeOutput(output)}, of which no loss is known; pass loss: (output, batch) => …`,
        );
      }),
    residuals:
      (task.residuals as FullTask['residuals'] | undefined) ??
      (() => {
        throw new ArgumentError(
          `${where}: there are no residuals; pass residuals: (output, batch) => output.sub(batch.y)`,
        );
      }),
  };
}

/** What a batch gave: the output as it was, and the same where it is one tensor, of which answers can be counted. */
export interface Applied {
  readonly given: unknown;
  readonly output: Tensor | undefined;
}

function forward(where: string, task: FullTask, batch: BatchTensors<Batch>): Applied {
  const given = task.forward(batch);
  if (isInstance(given, Tensor, where, 'what forward gave')) return { given, output: given };
  if (typeof given === 'object' && given !== null && !(given instanceof Promise)) return { given, output: undefined };
  throw noOutput(where, 'forward', given, 'it must return a Tensor, or several in an object');
}

/** Output and loss of a batch. */
export function apply(where: string, task: FullTask, batch: BatchTensors<Batch>): Applied & { readonly loss: Tensor } {
  const applied = forward(where, task, batch);
  return { ...applied, loss: lossOf(where, task, applied.given, batch) };
}

/** The loss, checked to be one number. */
export function lossOf(where: string, task: FullTask, output: unknown, batch: BatchTensors<Batch>): Tensor {
  const loss = checkTensor(where, 'loss', task.loss(output, batch));
  if (loss.size === 1) return loss;
  throw new ShapeError(`${where}: the loss is [${loss.shape.join(', ')}], needs one number; take its mean()`);
}

/** What a loss of so many examples is a mean over. */
export function countOf(loss: Tensor, examples: number): number | Tensor {
  return lossMean(loss)?.count ?? examples;
}

/** Output, and the residuals in one row. */
export function applyResiduals(
  where: string,
  task: FullTask,
  batch: BatchTensors<Batch>,
): Applied & { readonly row: Tensor } {
  const applied = forward(where, task, batch);
  return { ...applied, row: checkTensor(where, 'residuals', task.residuals(applied.given, batch)).reshape([-1]) };
}

function checkTensor(where: string, option: string, given: unknown): Tensor {
  if (isInstance(given, Tensor, where, `what ${option} gave`)) return given;
  throw noOutput(where, option, given, 'it must return a Tensor');
}

function noOutput(where: string, option: string, given: unknown, need: string): ArgumentError {
  const what = given instanceof Promise ? 'a promise; it must not be async' : `${typeof given}; ${need}`;
  return new ArgumentError(`${where}: ${option} gave ${what}`);
}

/** An output that is not one tensor, in words. */
export function describeOutput(output: unknown): string {
  return Array.isArray(output) ? `an array of ${output.length}` : `{ ${Object.keys(output as object).join(', ')} }`;
}

export function toTensors(batch: Batch): BatchTensors<Batch> {
  return Object.fromEntries(Object.entries(batch).map(([name, array]) => [name, tensor(array)]));
}

/** How many examples a batch has. */
export function examplesOf(where: string, batch: Batch): number {
  const first = Object.values(batch)[0]?.shape[0];
  if (first === undefined) {
    throw new ArgumentError(
      `${where}: a batch has no array with a first dimension, needs a record such as { images, labels }`,
    );
  }
  if (first === 0) throw new ArgumentError(`${where}: a batch has 0 examples, needs at least 1; leave it out`);
  return first;
}

/** The labels that an output [..., classes] answers, one for each row of it; undefined when there is no such thing. */
export function answersTo<L extends { readonly shape: readonly number[] }>(
  output: Tensor | undefined,
  labels: L | undefined,
): L | undefined {
  if (labels === undefined || output === undefined || output.rank === 0) return undefined;
  return String(labels.shape) === String(output.shape.slice(0, -1)) ? labels : undefined;
}

/** How many labels name a class: those below 0, which a loss may leave out as an `ignoreIndex`, do not. */
export function countClasses({ data }: NdArray): number {
  let count = 0;
  for (let i = 0; i < data.length; i++) if (data[i]! >= 0) count++;
  return count;
}

/** The class that each row of an output [..., classes] speaks for; -1 where its largest number is NaN, which is larger than all others. */
export function predict(output: Tensor): Tensor {
  const largest = max(output, -1);
  return where(equal(largest, largest), argmax(output, -1), NO_ANSWER);
}

/** The answer of an output that is NaN. */
export const NO_ANSWER = -1;
