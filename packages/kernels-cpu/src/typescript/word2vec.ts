// The steps of word2vec, one example after the other.

import { IndexError, type TypedArray, word2vecUpdate } from '@dl/autograd';
import { kernel, type Values } from './kernel.js';

/** Before anything changes: numbers of rows, where those below 0 name none. */
function checkNumbers(name: string, { data }: Values, rows: number): void {
  for (let i = 0; i < data.length; i++) {
    if (data[i]! < rows) continue;
    throw new IndexError(
      `word2vecUpdate: ${name} has index ${data[i]} at position ${i}, which is out of range; there are ${rows} rows, so needs 0 to ${rows - 1}, or less than 0 for none`,
    );
  }
}

/** y[i + k] += factor · x[j + k] */
function addRow(y: TypedArray, i: number, factor: number, x: TypedArray, j: number, n: number): void {
  for (let k = 0; k < n; k++) y[i + k]! += factor * x[j + k]!;
}

export const word2vecUpdateKernel = kernel(word2vecUpdate, ({ input, output, bags, targets, labels, loss }, { lr }) => {
  checkNumbers('bags', bags, input.shape[0]!);
  checkNumbers('targets', targets, output.shape[0]!);
  const [batch, width] = bags.shape as readonly [number, number];
  const count = targets.shape[1]!;
  const n = input.shape[1]!;
  const hidden = new Float64Array(n);
  const change = new Float64Array(n);
  const slopes = new Float64Array(count);
  for (let b = 0; b < batch; b++) {
    const bag = bags.data.subarray(b * width, (b + 1) * width);
    let words = 0;
    for (let i = 0; i < width; i++) if (bag[i]! >= 0) words++;
    const share = words === 0 ? 0 : 1 / words;
    hidden.fill(0);
    change.fill(0);
    for (let i = 0; i < width; i++) if (bag[i]! >= 0) addRow(hidden, 0, share, input.data, bag[i]! * n, n);
    let total = 0;
    // All slopes before any row changes: a row may come twice.
    for (let t = 0; t < count; t++) {
      const target = targets.data[b * count + t]!;
      if (target < 0) continue;
      let s = 0;
      for (let k = 0; k < n; k++) s += hidden[k]! * output.data[target * n + k]!;
      const label = labels.data[b * count + t]!;
      const tail = Math.exp(-Math.abs(s));
      total += Math.max(s, 0) + Math.log1p(tail) - label * s;
      slopes[t] = (s < 0 ? tail : 1) / (1 + tail) - label;
      addRow(change, 0, slopes[t]!, output.data, target * n, n);
    }
    loss.data[b] = total;
    for (let t = 0; t < count; t++) {
      const target = targets.data[b * count + t]!;
      if (target >= 0) addRow(output.data, target * n, -lr * slopes[t]!, hidden, 0, n);
    }
    for (let i = 0; i < width; i++) {
      if (bag[i]! >= 0) addRow(input.data, bag[i]! * n, -lr * share, change, 0, n);
    }
  }
});
