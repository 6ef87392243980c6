// The data: points of two noisy rings around the same centre.

import { type Generator, type Tensor, tensor } from '@dl/autograd';

export interface Rings {
  /** Where each point is, as x and y: [count, 2]. */
  readonly cartesian: Tensor;
  /** The same points, as the distance from the centre and the angle: [count, 2]. */
  readonly polar: Tensor;
  /** 0 for the inner ring, 1 for the outer one: [count], int32. */
  readonly labels: Tensor;
}

const RADII = [1, 2] as const;
const NOISE = 0.2;

/** Every other point lies on the inner ring. The noise blurs the radius; about 1 point in 160 ends up nearer to the other ring. */
export function rings(count: number, generator: Generator): Rings {
  const polar = Array.from({ length: count }, (_, i) => [
    RADII[i % 2]! + generator.normal(0, NOISE),
    generator.uniform(-Math.PI, Math.PI),
  ]) as [radius: number, angle: number][];
  return {
    cartesian: tensor(polar.map(([radius, angle]) => [radius * Math.cos(angle), radius * Math.sin(angle)])),
    polar: tensor(polar),
    labels: tensor(
      polar.map((_, i) => i % 2),
      { dtype: 'int32' },
    ),
  };
}
