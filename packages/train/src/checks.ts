// What fit and evaluate check of their arguments, and the errors of a run.

import { ArgumentError, DlError } from '@dl/autograd';
import { isModule } from '@dl/layers';

/** A number is NaN or infinite that must not be: the run cannot go on. In anomaly mode, `cause` is the error of the op. */
export class DivergenceError extends DlError {
  override name = 'DivergenceError';
  /** Where it was seen: the epoch, and the step in it, both from 1. */
  readonly epoch: number;
  readonly step: number;

  constructor(message: string, { epoch, step }: { readonly epoch: number; readonly step: number }, cause?: Error) {
    super(message, cause && { cause });
    this.epoch = epoch;
    this.step = step;
  }
}

export function checkModel(where: string, model: unknown): void {
  if (!isModule(model)) throw new ArgumentError(`${where}: the model is no Module; extend Module, or use Sequential`);
}

export function checkData(where: string, name: string, data: unknown): void {
  if (typeof data !== 'object' || data === null || !(Symbol.asyncIterator in data)) {
    throw new ArgumentError(
      `${where}: ${name} cannot be gone through with for await; pass loader(dataset, { batchSize })`,
    );
  }
}

export function noBatch(where: string, what: string): ArgumentError {
  return new ArgumentError(
    `${where}: ${what} gave no batch; pass what can be gone through again and again, such as loader(dataset)`,
  );
}
