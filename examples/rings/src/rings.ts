// The data: points of two noisy rings around the same centre.

import { type Tensor, tensor } from '@dl/autograd';
import { rings as drawRings } from '@dl/data';

export interface Rings {
  /** Where each point is, as x and y: [count, 2]. */
  readonly cartesian: Tensor;
  /** The same points, as the distance from the centre and the angle: [count, 2]. */
  readonly polar: Tensor;
  /** 0 for the inner ring, 1 for the outer one: [count], int32. */
  readonly labels: Tensor;
}

/** Rings of radius 1/2 and 1, whose points are blurred in both directions. */
export function rings(count: number, seed: number): Rings {
  const { inputs, labels } = drawRings(count, { noise: 0.1, seed });
  const cartesian = tensor(inputs);
  const points = cartesian.toArray() as [x: number, y: number][];
  return {
    cartesian,
    polar: tensor(points.map(([x, y]) => [Math.hypot(x, y), Math.atan2(y, x)])),
    labels: tensor(labels),
  };
}
