// GaussianNoise: adds random numbers while training.

import { ArgumentError, checkCall, randn, shown, type Tensor } from '@dl/autograd';
import { formatArguments, needTensor } from '../core/checks.js';
import { Module } from '../core/module.js';

/**
 * While training, adds normal random numbers of mean 0 and standard deviation `std`; in `eval()` it passes everything
 * through. On the inputs of a network it acts as a penalty on its slope, of strength std² (Bishop, "Training with Noise is
 * Equivalent to Tikhonov Regularization", 1995).
 *
 * @throws ArgumentError for a std below 0.
 *
 * @example
 * ```ts
 * import { manualSeed, useBackend, zeros } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { GaussianNoise } from '@dl/layers';
 * await useBackend(cpu());
 * manualSeed(1);
 * const layer = new GaussianNoise(0.1);
 * console.log(layer.forward(zeros([10_000])).std().item()); // about 0.1
 * console.log(layer.eval().forward(zeros([2])).toArray()); // [0, 0]
 * ```
 */
export class GaussianNoise extends Module {
  readonly std: number;

  constructor(std = 0.1) {
    checkCall('GaussianNoise', arguments, [['std', 'number']]);
    super();
    if (!(std >= 0 && std < Infinity))
      throw new ArgumentError(`GaussianNoise: std is ${shown(std)}, needs a number of at least 0`);
    this.std = std;
  }

  forward(x: Tensor): Tensor {
    needTensor('GaussianNoise', x);
    if (!this.training || this.std === 0) return x.alias();
    return x.add(randn(x.shape, { std: this.std, dtype: x.dtype, backend: x.backend }));
  }

  override describe(): string {
    return formatArguments([], { std: [this.std, undefined] });
  }
}
