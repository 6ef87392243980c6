// Dropout of whole channels, of whole branches, and dropout that keeps the statistics of SELU networks.

import {
  ArgumentError,
  checkCall,
  dropout,
  equal,
  formatShape,
  ones,
  ShapeError,
  shown,
  type Tensor,
  where,
} from '@dl/autograd';
import { formatArguments, needTensor } from '../core/checks.js';
import { Module } from '../core/module.js';
import { type SpatialAxes, SpatialModule } from '../core/spatial.js';

abstract class ChannelDropout extends SpatialModule {
  readonly p: number;

  constructor(layer: string, axes: SpatialAxes, p: number) {
    super(layer, axes);
    this.p = checkProbability(layer, p);
  }

  /** Whole channels are dropped. */
  protected forwardBatch(x: Tensor): Tensor {
    if (!this.training || this.p === 0) return x.alias();
    return dropParts(x, this.p, 2);
  }

  override describe(): string {
    return formatArguments([], { p: [this.p, undefined] });
  }
}

/** One draw for each of what the first axes number. What is dropped is 0 whatever it was: infinity times 0 is not. */
function dropParts(x: Tensor, p: number, axes: number): Tensor {
  const parts = x.shape.map((length, axis) => (axis < axes ? length : 1));
  const factors = dropout(ones(parts, { dtype: x.dtype, backend: x.backend }), p);
  return where(equal(factors, 0), 0, x.mul(factors));
}

function checkProbability(layer: string, p: number): number {
  if (p >= 0 && p <= 1) return p;
  throw new ArgumentError(`${layer}: p is ${shown(p)}, needs a probability from 0 to 1`);
}

/**
 * While training, sets whole channels of sequences [N, C, L] to 0 with probability p and divides the others by 1 - p: neighbours
 * along a sequence say much the same, so that single elements are not missed (Tompson et al., 2015). One sequence, [C, L], needs no
 * batch.
 *
 * @throws ArgumentError for a p outside 0 … 1.
 *
 * @example
 * ```ts
 * import { manualSeed, ones, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Dropout1d } from '@dl/layers';
 * await useBackend(cpu());
 * manualSeed(1);
 * console.log(new Dropout1d(0.5).forward(ones([1, 4, 2])).toArray()); // pairs of zeros and of twos
 * ```
 */
export class Dropout1d extends ChannelDropout {
  constructor(p = 0.5) {
    checkCall('Dropout1d', arguments, [['p', 'number']]);
    super('Dropout1d', 1, p);
  }
}

/**
 * While training, sets whole channels of images [N, C, H, W] to 0 with probability p and divides the others by 1 - p. See
 * {@link Dropout1d}.
 *
 * @throws ArgumentError for a p outside 0 … 1.
 *
 * @example
 * ```ts
 * import { manualSeed, ones, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Dropout2d } from '@dl/layers';
 * await useBackend(cpu());
 * manualSeed(1);
 * console.log(new Dropout2d(0.5).forward(ones([1, 4, 1, 2])).toArray()); // rows of zeros and of twos
 * ```
 */
export class Dropout2d extends ChannelDropout {
  constructor(p = 0.5) {
    checkCall('Dropout2d', arguments, [['p', 'number']]);
    super('Dropout2d', 2, p);
  }

  override forward(x: Tensor): Tensor {
    needTensor('Dropout2d', x);
    // PyTorch takes three axes for sequences, and announces that they will be one image: nobody can know which was meant.
    if (x.rank !== 4) {
      throw new ShapeError(
        `Dropout2d: input is ${formatShape(x.shape)}, needs [batch, channels, height, width]; for sequences use Dropout1d`,
      );
    }
    return super.forward(x);
  }
}

/**
 * While training, sets whole channels of volumes [N, C, D, H, W] to 0 with probability p and divides the others by 1 - p. One
 * volume, [C, D, H, W], needs no batch. See {@link Dropout1d}.
 *
 * @throws ArgumentError for a p outside 0 … 1.
 *
 * @example
 * ```ts
 * import { manualSeed, ones, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Dropout3d } from '@dl/layers';
 * await useBackend(cpu());
 * manualSeed(1);
 * console.log(new Dropout3d(0.5).forward(ones([1, 4, 1, 1, 2])).toArray()); // pairs of zeros and of twos
 * ```
 */
export class Dropout3d extends ChannelDropout {
  constructor(p = 0.5) {
    checkCall('Dropout3d', arguments, [['p', 'number']]);
    super('Dropout3d', 3, p);
  }
}

/**
 * Stochastic depth: while training, sets whole examples to 0 with probability p and divides the others by 1 - p. At the end of
 * a {@link Residual}'s block it leaves the block out for some examples (Huang et al., 2016).
 *
 * @throws ArgumentError for a p outside 0 … 1.
 *
 * @example
 * ```ts
 * import { manualSeed, randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { DropPath, Linear, Residual, Sequential } from '@dl/layers';
 * await useBackend(cpu());
 * manualSeed(1);
 * const layer = new Residual(new Sequential(new Linear(4, 4), new DropPath(0.2)));
 * console.log(layer.forward(randn([8, 4])).shape); // [8, 4]
 * ```
 */
export class DropPath extends Module {
  readonly p: number;

  constructor(p = 0.1) {
    checkCall('DropPath', arguments, [['p', 'number']]);
    super();
    this.p = checkProbability('DropPath', p);
  }

  forward(x: Tensor): Tensor {
    needTensor('DropPath', x);
    if (x.rank === 0) throw new ShapeError('DropPath: input is [], needs a batch: [batch, ...]');
    if (!this.training || this.p === 0) return x.alias();
    return dropParts(x, this.p, 1);
  }

  override describe(): string {
    return formatArguments([], { p: [this.p, undefined] });
  }
}

// What SELU tends to for very negative numbers: -scale · alpha of Klambauer et al.
const LOWEST = -1.7580993408473766;

/**
 * Dropout for networks of SELUs: while training, elements take SELU's lowest value with probability p, and then all are
 * brought back to the mean and variance that they had: y = a · (x or -1.7581) + b with a = ((1 - p)(1 + p · 1.7581²))^-½ and
 * b = a · p · 1.7581 (Klambauer et al., "Self-Normalizing Neural Networks", 2017).
 *
 * @throws ArgumentError for a p outside 0 … 1.
 *
 * @example
 * ```ts
 * import { manualSeed, randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { AlphaDropout } from '@dl/layers';
 * await useBackend(cpu());
 * manualSeed(1);
 * const y = new AlphaDropout(0.2).forward(randn([100_000]));
 * console.log(y.mean().item(), y.std().item()); // about 0 and 1
 * ```
 */
export class AlphaDropout extends Module {
  readonly p: number;

  constructor(p = 0.5) {
    checkCall('AlphaDropout', arguments, [['p', 'number']]);
    super();
    this.p = checkProbability('AlphaDropout', p);
  }

  forward(x: Tensor): Tensor {
    needTensor('AlphaDropout', x);
    const { p } = this;
    if (!this.training || p === 0) return x.alias();
    // Zeros where elements are dropped, from the same draw as other dropouts.
    const isOut = equal(dropout(ones(x.shape, { dtype: x.dtype, backend: x.backend }), p), 0);
    if (p === 1) return where(isOut, 0, x);
    const a = 1 / Math.sqrt((1 - p) * (1 + p * LOWEST ** 2));
    return where(isOut, LOWEST, x)
      .mul(a)
      .add(-a * p * LOWEST);
  }

  override describe(): string {
    return formatArguments([], { p: [this.p, undefined] });
  }
}
