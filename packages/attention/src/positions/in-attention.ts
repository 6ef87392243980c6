// What the positions that work inside attention share: they have no forward of their own.

import { ArgumentError, type Shape, ShapeError, type Tensor } from '@dl/autograd';
import { Module } from '@dl/layers';
import type { AttentionPositions, Place } from '../core/positions.js';

/** Base of the positions that attention asks, by one or more of the methods `rotate`, `bias` and `values`. */
export abstract class InAttention extends Module<readonly [], never> implements AttentionPositions {
  /** @throws ArgumentError, always: attention asks the other methods. */
  forward(): never {
    const name = this.constructor.name;
    throw new ArgumentError(
      `${name}: it works inside attention and has no forward; give it to attention: new MultiheadAttention(64, 4, { positions: new ${name}(…) })`,
    );
  }

  override multiplyAdds(_input: Shape, _output: Shape): number {
    return 0;
  }
}

/** Throws unless queries [batch, heads, queries, headDim] are of so many heads: a table of one head would be stretched in silence. */
export function needHeads(name: string, q: Tensor, heads: number): void {
  if (q.shape[1] !== heads) {
    throw new ShapeError(
      `${name}: attention has ${q.shape[1]} heads, but it was made for ${heads}; make it with as many: new ${name}(${q.shape[1]})`,
    );
  }
}

/** j - i - offset for query i and key j: the lowest of these distances, and how many there are. */
export function distancesOf({ queries, keys, offset }: Place): { readonly first: number; readonly count: number } {
  return { first: 1 - queries - offset, count: Math.max(queries, 1) + keys - 1 };
}
