// Dropout: leaves elements out at random while training, so that no unit can rely on another.

import { ArgumentError, checkCall, dropout, shown, type Tensor } from '@dl/autograd';
import { formatArguments, needTensor } from '../core/checks.js';
import { Module } from '../core/module.js';

/**
 * While training, sets each element to 0 with probability p and divides the others by 1 - p, so that the mean stays;
 * in `eval()` it passes everything through (Srivastava et al., 2014). Which elements are dropped is drawn from the generator
 * that `manualSeed` seeds, the same on every backend.
 *
 * @throws ArgumentError for a p outside 0 … 1.
 *
 * @example
 * ```ts
 * import { manualSeed, ones, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Dropout } from '@dl/layers';
 * await useBackend(cpu());
 * manualSeed(1);
 * const layer = new Dropout(0.5);
 * console.log(layer.forward(ones([6])).toArray()); // zeros and twos
 * console.log(layer.eval().forward(ones([6])).toArray()); // ones
 * ```
 */
export class Dropout extends Module {
  readonly p: number;

  constructor(p = 0.5) {
    checkCall('Dropout', arguments, [['p', 'number']]);
    super();
    if (!(p >= 0 && p <= 1)) throw new ArgumentError(`Dropout: p is ${shown(p)}, needs a probability from 0 to 1`);
    this.p = p;
  }

  forward(x: Tensor): Tensor {
    needTensor('Dropout', x);
    return dropout(x, this.p, { training: this.training });
  }

  override describe(): string {
    return formatArguments([], { p: [this.p, undefined] });
  }
}
