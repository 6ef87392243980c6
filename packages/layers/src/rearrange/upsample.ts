// Upsample: sequences, images and volumes of another size, by the nearest element or between neighbours.

import {
  ArgumentError,
  checkCall,
  checkInteger,
  formatShape,
  indexSelect,
  type Known,
  ShapeError,
  shown,
  type Tensor,
  tensor,
  typedArray,
  where,
} from '@dl/autograd';
import { formatArguments, needTensor } from '../core/checks.js';
import { Module } from '../core/module.js';
import type { Reach } from '../core/receptive-field.js';

/** How {@link Upsample} finds what lies between elements: not at all, or on straight lines along one, two or three axes. */
export type UpsampleMode = 'nearest' | 'linear' | 'bilinear' | 'trilinear';

/** Options of {@link Upsample}; one of `size` and `scaleFactor` is needed. */
export interface UpsampleOptions {
  /** How large the output is: one number, or one for each axis of places. */
  readonly size?: number | readonly number[];
  /** How many times as large the output is, rounded down: one number, or one for each axis of places. */
  readonly scaleFactor?: number | readonly number[];
  /** `linear` for sequences, `bilinear` for images and `trilinear` for volumes. Default `nearest`. */
  readonly mode?: UpsampleMode;
  /** Keep the first and last elements in their places, rather than the edges around them; not for `nearest`. Default false. */
  readonly alignCorners?: boolean;
}

const upsampleOptions: Known<UpsampleOptions> = {
  size: 'number or list',
  scaleFactor: 'number or list',
  mode: ['nearest', 'linear', 'bilinear', 'trilinear'],
  alignCorners: 'boolean',
};

const axesOf = { nearest: undefined, linear: 1, bilinear: 2, trilinear: 3 } as const;

/**
 * Another size: [N, C, ...places] → [N, C, ...size], or [N, C, ...⌊places · scaleFactor⌋]. Output i along an axis from L to O elements
 * takes element ⌊i · L/O⌋ with `nearest`. With the linear modes it lies at (i + ½) · L/O - ½, or with `alignCorners` at
 * i · (L - 1) / (O - 1), and takes its two neighbours there, the nearer one more; outside the input it takes the edge. Where a
 * `scaleFactor` is given, it takes the place of O/L. All as in PyTorch.
 *
 * @throws ArgumentError unless one of size and scaleFactor is given.
 * @throws ShapeError for an input of other axes.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { Upsample } from '@dl/layers';
 * await useBackend(cpu());
 * const x = tensor([[[1, 2]]]);
 * console.log(new Upsample({ scaleFactor: 2 }).forward(x).toArray()); // [[[1, 1, 2, 2]]]
 * console.log(new Upsample({ size: 3, mode: 'linear', alignCorners: true }).forward(x).toArray()); // [[[1, 1.5, 2]]]
 * ```
 */
export class Upsample extends Module {
  readonly size: readonly number[] | undefined;
  readonly scaleFactor: readonly number[] | undefined;
  readonly mode: UpsampleMode;
  readonly alignCorners: boolean;

  constructor(options: UpsampleOptions = {}) {
    checkCall('Upsample', arguments, [], upsampleOptions);
    const { size, scaleFactor, mode = 'nearest', alignCorners = false } = options;
    super();
    if (!Object.hasOwn(axesOf, mode)) {
      throw new ArgumentError(`Upsample: mode is ${shown(mode)}, needs 'nearest', 'linear', 'bilinear' or 'trilinear'`);
    }
    if ((size === undefined) === (scaleFactor === undefined)) {
      throw new ArgumentError(
        `Upsample: ${size === undefined ? 'neither size nor scaleFactor is' : 'both size and scaleFactor are'} given; needs one of them`,
      );
    }
    if (alignCorners && mode === 'nearest') {
      throw new ArgumentError("Upsample: alignCorners is for the linear modes, and the mode is 'nearest'");
    }
    this.size = listOf(size);
    this.size?.forEach((length) => checkInteger('Upsample', 'size', length, 1));
    this.scaleFactor = listOf(scaleFactor);
    for (const factor of this.scaleFactor ?? []) {
      if (factor > 0 && factor < Infinity) continue;
      throw new ArgumentError(`Upsample: scaleFactor is ${shown(factor)}, needs a number above 0`);
    }
    this.mode = mode;
    this.alignCorners = alignCorners;
  }

  forward(x: Tensor): Tensor {
    needTensor('Upsample', x);
    const axes = x.rank - 2;
    const wanted = axesOf[this.mode] ?? axes;
    if (axes < 1 || axes > 3 || axes !== wanted) {
      const layout = ['length', 'height, width', 'depth, height, width'][wanted - 1] ?? '...places';
      throw new ShapeError(
        `Upsample: input is ${formatShape(x.shape)}, and mode '${this.mode}' needs [batch, channels, ${layout}]`,
      );
    }
    const given = (this.size ?? this.scaleFactor)!;
    if (given.length !== 1 && given.length !== axes) {
      throw new ShapeError(
        `Upsample: input is ${formatShape(x.shape)}, with ${axes} axes of places, and ${given.length} numbers say how large they are to be; needs one, or one for each`,
      );
    }
    return Array.from({ length: axes }).reduce<Tensor>((y, _, i) => this.#along(y, i + 2, given[i] ?? given[0]!), x);
  }

  #along(x: Tensor, axis: number, given: number): Tensor {
    const length = x.shape[axis]!;
    const count = this.size === undefined ? Math.floor(length * given) : given;
    if (length === 0 || count === 0) {
      throw new ShapeError(`Upsample: input is ${formatShape(x.shape)}, of which axis ${axis} would be ${count} long`);
    }
    // From output to input, divided last, so that whole numbers stay whole.
    const back = (at: number): number => (this.size === undefined ? at / given : (at * length) / count);
    const all = Array.from({ length: count }, (_, i) => i);
    if (this.mode === 'nearest') {
      return select(
        x,
        axis,
        all.map((i) => Math.min(Math.floor(back(i)), length - 1)),
      );
    }
    const places = all.map((i) => {
      if (this.alignCorners) return count === 1 ? 0 : (i * (length - 1)) / (count - 1);
      return Math.min(Math.max(back(i + 0.5) - 0.5, 0), length - 1);
    });
    return between(x, axis, places);
  }

  /** A few elements, by how the sizes happen to be. */
  override reach(): Reach {
    return 'all';
  }

  override describe(): string {
    return formatArguments([], {
      size: [this.size, undefined],
      scaleFactor: [this.scaleFactor, undefined],
      mode: [this.mode, 'nearest'],
      alignCorners: [this.alignCorners, false],
    });
  }
}

function listOf(value: number | readonly number[] | undefined): readonly number[] | undefined {
  return typeof value === 'number' ? [value] : value;
}

function select(x: Tensor, axis: number, from: readonly number[]): Tensor {
  return indexSelect(x, axis, tensor(Int32Array.from(from), { backend: x.backend }));
}

/** On the straight line between the two neighbours of each place. */
function between(x: Tensor, axis: number, places: readonly number[]): Tensor {
  const lower = places.map(Math.floor);
  const first = select(x, axis, lower);
  if (places.every((place, i) => place === lower[i])) return first;
  const second = select(x, axis, places.map(Math.ceil));
  const shares = typedArray(x.dtype, places.length);
  places.forEach((place, i) => {
    shares[i] = place - lower[i]!;
  });
  const shape = x.shape.map((_, i) => (i === axis ? places.length : 1));
  const share = tensor({ data: shares, shape }, { backend: x.backend });
  // On an element itself the other one has no part, not even one that is NaN.
  return where(share.equal(0), first, first.mul(share.mul(-1).add(1)).add(second.mul(share)));
}
