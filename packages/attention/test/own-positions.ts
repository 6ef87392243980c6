// Positions of one's own, which use all that attention asks for, and the same over plain numbers.

import { arange, type Tensor } from '@dl/autograd';
import { Module } from '@dl/layers';
import type { AttentionPositions, Place } from '../src/index.js';
import type { HandOptions } from './by-hand.js';

// Far positions are to differ from near ones no more than rounding allows to see.
const GROWTH = 0.02;
const SLOPE = 0.05;
const stretch = (position: number): number => 1 + GROWTH * position;

/** Queries and keys grow with their positions, distance is added to the scores, and the mean distance to the result. */
export class OwnPositions extends Module<readonly [], never> implements AttentionPositions {
  forward(): never {
    throw new Error('there is nothing to compute');
  }

  rotate(x: Tensor, from: number): Tensor {
    const length = x.shape[2]!;
    const made = { dtype: x.dtype, backend: x.backend } as const;
    return x.mul(
      arange(from, from + length, 1, made)
        .mul(GROWTH)
        .add(1)
        .reshape([length, 1]),
    );
  }

  bias(q: Tensor, place: Place): Tensor {
    return this.#distances(q, place).mul(SLOPE);
  }

  values(weights: Tensor, place: Place): Tensor {
    return weights.mul(this.#distances(weights, place)).sum(-1, { keepDims: true }).mul(SLOPE);
  }

  #distances({ dtype, backend }: Tensor, { queries, keys, offset }: Place): Tensor {
    const made = { dtype, backend } as const;
    return arange(keys, made).sub(arange(offset, offset + queries, 1, made).reshape([queries, 1]));
  }
}

/** {@link OwnPositions}, where the last query stands at the last key. */
export const ownPositionsByHand = (offset: number, headDim: number): HandOptions => ({
  turned: (x, position) => x.map((value) => value * stretch(position)),
  added: (_b, _h, i, j) => SLOPE * (j - i - offset),
  valued: (weights, position) =>
    new Array<number>(headDim).fill(weights.reduce((sum, weight, j) => sum + SLOPE * weight * (j - position), 0)),
});
