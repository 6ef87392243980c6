// Padding: the base of the layers that put something around sequences, images and volumes.

import { ArgumentError, formatShape, ShapeError, shown, slice, type Tensor } from '@dl/autograd';
import { formatArguments } from '../core/checks.js';
import { type SpatialAxes, SpatialModule } from '../core/spatial.js';

/** What a layer adds before and after each axis, the last axis first, as PyTorch counts; or one number for all of them. */
export type PaddingOf<Axes extends SpatialAxes> = number | Sides[Axes];

interface Sides {
  readonly 1: readonly [left: number, right: number];
  readonly 2: readonly [left: number, right: number, top: number, bottom: number];
  readonly 3: readonly [left: number, right: number, top: number, bottom: number, front: number, back: number];
}

type Pair = readonly [before: number, after: number];

export abstract class Padding<Axes extends SpatialAxes> extends SpatialModule {
  /** [left, right], and of images and volumes top, bottom, front and back. */
  readonly padding: readonly number[];

  constructor(layer: string, axes: Axes, padding: PaddingOf<Axes>) {
    super(layer, axes);
    const sides = typeof padding === 'number' ? Array.from({ length: 2 * axes }, () => padding) : padding;
    if (!Array.isArray(sides) || sides.length !== 2 * axes || !sides.every((count) => Number.isSafeInteger(count))) {
      const names = ['left', 'right', 'top', 'bottom', 'front', 'back'].slice(0, 2 * axes).join(', ');
      throw new ArgumentError(`${layer}: padding is ${shown(padding)}, needs a whole number or [${names}]`);
    }
    this.padding = [...sides];
  }

  /** What stands around [batch, channels, ...places]; `pads` has a pair for each place's axis, none of them negative. */
  protected abstract surround(x: Tensor, pads: readonly Pair[]): Tensor;

  protected forwardBatch(x: Tensor): Tensor {
    const pairs = Array.from({ length: this.axes }, (_, i): Pair => {
      const at = 2 * (this.axes - 1 - i);
      return [this.padding[at]!, this.padding[at + 1]!];
    });
    pairs.forEach(([before, after], i) => {
      const length = x.shape[i + 2]!;
      if (length + Math.min(before, 0) + Math.min(after, 0) >= 0 && length + before + after >= 1) return;
      throw new ShapeError(
        `${this.layer}: of an input of ${formatShape(x.shape)} padding ${formatShape(this.padding)} leaves nothing; cut off less`,
      );
    });
    const isCut = this.padding.some((count) => count < 0);
    const part = isCut
      ? slice(x, [
          null,
          null,
          ...pairs.map(([before, after], i): Pair => [Math.max(-before, 0), x.shape[i + 2]! - Math.max(-after, 0)]),
        ])
      : x;
    return this.surround(
      part,
      pairs.map(([before, after]): Pair => [Math.max(before, 0), Math.max(after, 0)]),
    );
  }

  override describe(): string {
    return formatArguments([], { padding: [this.padding, undefined] });
  }
}
