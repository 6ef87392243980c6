// The digits to learn from and those to test on: drawn ones, or those of MNIST.

import { setImmediate } from 'node:timers/promises';
import { type DigitDataset, drawnDigits, take } from '@dl/data';
import { loadMnist } from '@dl/data/node';
import type { RunOptions } from './options.js';

export interface Digits {
  readonly train: DigitDataset;
  readonly test: DigitDataset;
  /** What they are, in words. */
  readonly name: string;
}

/** Says how much of the work is done, from 0 to 1. */
export type Tell = (what: string, done: number) => void;

export async function loadDigits({ data, train, test }: RunOptions, tell: Tell = () => {}): Promise<Digits> {
  if (data === null) {
    const all = train + test;
    const draw = (count: number, seed: number, before: number) =>
      drawn(count, seed, (done) => tell(`drawing ${all.toLocaleString('en')} digits`, (before + done) / all));
    // The same digits in every run, as if they came from files.
    return { train: await draw(train, 1, 0), test: await draw(test, 2, train), name: 'drawn digits' };
  }
  tell('reading digits', 0);
  const mnist = await loadMnist(data);
  const atMost = (digits: DigitDataset, count: number) => take(digits, Math.min(count, digits.labels.data.length));
  return { train: atMost(mnist.train, train), test: atMost(mnist.test, test), name: 'digits of MNIST' };
}

const PART = 500;

/** Drawn in parts, between which the program can say how far it is, and hear a Ctrl-C. */
async function drawn(count: number, seed: number, tell: (done: number) => void): Promise<DigitDataset> {
  const pixels = 28 * 28;
  const images = new Float32Array(count * pixels);
  const labels = new Int32Array(count);
  for (let first = 0; first < count; first += PART) {
    tell(first);
    await setImmediate();
    const part = drawnDigits(Math.min(PART, count - first), { seed, first });
    images.set(part.images.data, first * pixels);
    labels.set(part.labels.data, first);
  }
  return { images: { data: images, shape: [count, 1, 28, 28] }, labels: { data: labels, shape: [count] } };
}
