// What fit and evaluate check of their arguments, and the errors of a run.

import { ArgumentError, DlError, isInstance } from '@dl/autograd';
import { Module } from '@dl/layers';

/**
 * A number is NaN or infinite that must not be: the run cannot go on. In anomaly mode, `cause` is the error of the op.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { drawnDigits, loader } from '@dl/data';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Flatten, Linear, Sequential } from '@dl/layers';
 * import { SGD } from '@dl/optim';
 * import { DivergenceError, fit } from '@dl/train';
 * await useBackend(cpu());
 * const model = new Sequential(new Flatten(), new Linear(784, 10));
 * const optimizer = new SGD(model.parameters(), { lr: 1e38 });
 * try {
 *   await fit(model, loader(drawnDigits(100)), { optimizer });
 * } catch (error) {
 *   if (error instanceof DivergenceError) console.log(error.epoch, error.step); // 1 and 2
 * }
 * ```
 */
export class DivergenceError extends DlError {
  override name = 'DivergenceError';
  /** Where it arose: the epoch, and the step in it, both from 1. */
  readonly epoch: number;
  readonly step: number;

  constructor(message: string, { epoch, step }: { readonly epoch: number; readonly step: number }, cause?: Error) {
    super(message, cause && { cause });
    this.epoch = epoch;
    this.step = step;
  }
}

export function checkModel(where: string, model: unknown): void {
  if (!isInstance(model, Module, where, 'the model'))
    throw new ArgumentError(`${where}: the model is no Module; extend Module, or use Sequential`);
}

export function checkData(where: string, name: string, data: unknown): void {
  if (typeof data !== 'object' || data === null || !(Symbol.asyncIterator in data)) {
    throw new ArgumentError(`${where}: ${name} cannot be iterated with for await; pass loader(dataset, { batchSize })`);
  }
}

export function noBatch(where: string, what: string): ArgumentError {
  return new ArgumentError(
    `${where}: ${what} gave no batch; pass what can be iterated again and again, such as loader(dataset)`,
  );
}
