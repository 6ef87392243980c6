// SpatialModule: base of layers over channels and places, which take a batch of examples, or one example without a batch.

import { formatShape, reshape, ShapeError, Tensor } from '@dl/autograd';
import { needTensor } from './checks.js';
import { Module } from './module.js';

const places = ['length', 'height, width', 'depth, height, width'] as const;

/** Over how many axes a layer works beside the batch and the channels. */
export type SpatialAxes = 1 | 2 | 3;

/**
 * Base of the layers that take [batch, channels, ...places]. A subclass says in `forwardBatch` what it computes of a batch; an
 * input of one axis less, [channels, ...places], is a batch of one, and its result has no batch either.
 */
export abstract class SpatialModule<More extends readonly unknown[] = readonly []> extends Module<
  readonly [x: Tensor, ...more: More]
> {
  /** The name of the layer in errors. */
  protected readonly layer: string;
  /** How many axes the places have. */
  protected readonly axes: SpatialAxes;

  constructor(layer: string, axes: SpatialAxes) {
    super();
    this.layer = layer;
    this.axes = axes;
  }

  forward(x: Tensor, ...more: More): Tensor {
    return this.inBatch(x, (batch) => this.forwardBatch(batch, ...more));
  }

  /** What the layer computes of [batch, channels, ...places]. */
  protected abstract forwardBatch(x: Tensor, ...more: More): Tensor;

  /** Runs something on a batch, be it of one, whose results are then given without it. */
  protected inBatch<R extends Tensor | Readonly<Record<string, Tensor>>>(x: Tensor, run: (batch: Tensor) => R): R {
    needTensor(this.layer, x);
    const rank = this.axes + 2;
    if (x.rank === rank) return run(x);
    if (x.rank !== rank - 1) {
      const example = `channels, ${places[this.axes - 1]}`;
      throw new ShapeError(
        `${this.layer}: input is ${formatShape(x.shape)}, needs ${rank} axes, [batch, ${example}], or ${rank - 1}, [${example}]`,
      );
    }
    const result = run(reshape(x, [1, ...x.shape]));
    const first = (y: Tensor): Tensor => reshape(y, y.shape.slice(1));
    if (result instanceof Tensor) return first(result) as R;
    return Object.fromEntries(Object.entries(result).map(([name, y]) => [name, first(y)])) as R;
  }
}
