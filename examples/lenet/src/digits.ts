// The digits to learn from and those to test on: drawn ones, or those of MNIST.

import { type DigitDataset, drawnDigits, take } from '@dl/data';
import { loadMnist } from '@dl/data/node';
import type { RunOptions } from './options.js';

export interface Digits {
  readonly train: DigitDataset;
  readonly test: DigitDataset;
  /** What they are, in words. */
  readonly name: string;
}

export async function loadDigits({ data, train, test }: RunOptions): Promise<Digits> {
  if (data === null) {
    // The same digits in every run, as if they came from files.
    return { train: drawnDigits(train, { seed: 1 }), test: drawnDigits(test, { seed: 2 }), name: 'drawn digits' };
  }
  const mnist = await loadMnist(data);
  const atMost = (digits: DigitDataset, count: number) => take(digits, Math.min(count, digits.labels.data.length));
  return { train: atMost(mnist.train, train), test: atMost(mnist.test, test), name: 'digits of MNIST' };
}
