// Digits for the tests in Node: those of MNIST where DL_DATA has them, drawn ones elsewhere.

import { join } from 'node:path';
import { take } from '@dl/data';
import { loadMnist } from '@dl/data/node';
import { COUNT, type Digits, drawn } from './accuracy.js';

export async function digits(): Promise<Digits> {
  const folder = process.env['DL_DATA'];
  if (!folder) {
    console.warn('DL_DATA names no folder: drawn digits take the place of those of MNIST.');
    return drawn();
  }
  const { train, test } = await loadMnist(join(folder, 'mnist'));
  return { name: 'digits of MNIST', train: take(train, COUNT), test: take(test, COUNT) };
}
