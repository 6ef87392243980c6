// Flatten: joins axes, as between the convolutions and the linear layers of a network.

import { ArgumentError, checkCall, flatten, type Known, type Tensor } from '@dl/autograd';
import { formatArguments, needAxis, needTensor } from './checks.js';
import { Module } from './module.js';
import type { Reach } from './receptive-field.js';

/** Options of {@link Flatten}. */
export interface FlattenOptions {
  /** The first axis to join. Default 1: the batch stays. */
  readonly start?: number;
  /** The last axis to join, itself included. Default -1, the last one. */
  readonly end?: number;
}

const flattenOptions: Known<FlattenOptions> = { start: 'any', end: 'any' };

/**
 * Joins the axes from `start` to `end` into one: [N, C, H, W] → [N, C·H·W]. Nothing is copied.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Flatten } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new Flatten().forward(randn([8, 16, 5, 5])).shape); // [8, 400]
 * ```
 */
export class Flatten extends Module {
  readonly start: number;
  readonly end: number;

  constructor(options: FlattenOptions = {}) {
    checkCall('Flatten', arguments, [], flattenOptions);
    const { start = 1, end = -1 } = options;
    super();
    this.start = needAxis('Flatten', 'start', start);
    this.end = needAxis('Flatten', 'end', end);
    if (start >= 0 === end >= 0 && start > end) {
      throw new ArgumentError(`Flatten: start ${start} comes after end ${end}`);
    }
  }

  forward(x: Tensor): Tensor {
    needTensor('Flatten', x);
    return flatten(x, { start: this.start, end: this.end });
  }

  override reach(): Reach {
    return 'all';
  }

  override describe(): string {
    return formatArguments([], { start: [this.start, 1], end: [this.end, -1] });
  }
}
