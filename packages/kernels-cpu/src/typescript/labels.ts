// What kernels with labels check first.

import { IndexError } from '@dl/autograd';
import type { Values } from './kernel.js';

/** Throws unless each label is a class, so that nothing is written when one is not. */
export function checkLabels(op: string, labels: Values, classes: number): void {
  for (let row = 0; row < labels.size; row++) {
    const label = labels.data[row]!;
    if (label < 0 || label >= classes) {
      throw new IndexError(
        `${op}: label ${label} of row ${row} is out of range; the logits have ${classes} classes, so needs 0 to ${classes - 1}`,
      );
    }
  }
}
