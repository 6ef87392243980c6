// PixelShuffle and PixelUnshuffle: channels become places, and places channels. ChannelShuffle: channels change places.

import { checkCall, checkInteger, formatShape, permute, reshape, ShapeError, sizeOf, type Tensor } from '@dl/autograd';
import { formatArguments, needTensor } from '../core/checks.js';
import { Module } from '../core/module.js';
import type { Reach } from '../core/receptive-field.js';

function needImage(layer: string, x: Tensor): void {
  needTensor(layer, x);
  if (x.rank < 3) {
    throw new ShapeError(`${layer}: input is ${formatShape(x.shape)}, needs [..., channels, height, width]`);
  }
}

/**
 * A larger image of fewer channels: [..., C·r², H, W] → [..., C, H·r, W·r] with r = `upscaleFactor`. Of the channels of a group,
 * each is one pixel of a square of r by r (Shi et al., "Real-Time Single Image and Video Super-Resolution Using an Efficient
 * Sub-Pixel Convolutional Neural Network", 2016).
 *
 * @throws ShapeError when the channels are no multiple of r².
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { PixelShuffle } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new PixelShuffle(2).forward(tensor([[[[1]], [[2]], [[3]], [[4]]]])).toArray()); // [[[[1, 2], [3, 4]]]]
 * ```
 */
export class PixelShuffle extends Module {
  readonly upscaleFactor: number;

  constructor(upscaleFactor: number) {
    checkCall('PixelShuffle', arguments, ['upscaleFactor']);
    super();
    this.upscaleFactor = checkInteger('PixelShuffle', 'upscaleFactor', upscaleFactor, 1);
  }

  forward(x: Tensor): Tensor {
    needImage('PixelShuffle', x);
    const r = this.upscaleFactor;
    const [channels, h, w] = x.shape.slice(-3) as [number, number, number];
    if (channels % r ** 2 !== 0) {
      throw new ShapeError(
        `PixelShuffle: input is ${formatShape(x.shape)}, whose ${channels} channels are no multiple of ${r}² = ${r ** 2}`,
      );
    }
    const c = channels / r ** 2;
    const apart = permute(reshape(x, [countOf(x), c, r, r, h, w]), [0, 1, 4, 2, 5, 3]); // [N, C, H, r, W, r]
    return reshape(apart, [...x.shape.slice(0, -3), c, h * r, w * r]);
  }

  /** r neighbours come from one place. */
  override reach(): Reach {
    return { size: [1, 1], step: [1 / this.upscaleFactor, 1 / this.upscaleFactor] };
  }

  override describe(): string {
    return formatArguments([this.upscaleFactor]);
  }
}

/**
 * A smaller image of more channels, the inverse of {@link PixelShuffle}: [..., C, H·r, W·r] → [..., C·r², H, W] with
 * r = `downscaleFactor`.
 *
 * @throws ShapeError when height or width are no multiple of r.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { PixelUnshuffle } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new PixelUnshuffle(2).forward(tensor([[[[1, 2], [3, 4]]]])).toArray()); // [[[[1]], [[2]], [[3]], [[4]]]]
 * ```
 */
export class PixelUnshuffle extends Module {
  readonly downscaleFactor: number;

  constructor(downscaleFactor: number) {
    checkCall('PixelUnshuffle', arguments, ['downscaleFactor']);
    super();
    this.downscaleFactor = checkInteger('PixelUnshuffle', 'downscaleFactor', downscaleFactor, 1);
  }

  forward(x: Tensor): Tensor {
    needImage('PixelUnshuffle', x);
    const r = this.downscaleFactor;
    const [c, height, width] = x.shape.slice(-3) as [number, number, number];
    if (height % r !== 0 || width % r !== 0) {
      throw new ShapeError(
        `PixelUnshuffle: input is ${formatShape(x.shape)}, whose ${height}x${width} places are no multiple of ${r}`,
      );
    }
    const [h, w] = [height / r, width / r];
    const apart = permute(reshape(x, [countOf(x), c, h, r, w, r]), [0, 1, 3, 5, 2, 4]); // [N, C, r, r, H, W]
    return reshape(apart, [...x.shape.slice(0, -3), c * r ** 2, h, w]);
  }

  /** The channels of one place come from a square, of which each sees one element. */
  override reach(): Reach {
    const square = [this.downscaleFactor, this.downscaleFactor];
    return { size: square, step: square };
  }

  override describe(): string {
    return formatArguments([this.downscaleFactor]);
  }
}

/** How many images [C, H, W] there are. */
function countOf(x: Tensor): number {
  return sizeOf(x.shape.slice(0, -3));
}

/**
 * Deals channels out anew, so that groups of the next convolution see channels of all groups of the last: [N, C, ...] → the same,
 * with channel i · C/groups + j at place j · groups + i (Zhang et al., "ShuffleNet", 2018).
 *
 * @throws ShapeError when the channels are no multiple of groups.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { ChannelShuffle } from '@dl/layers';
 * await useBackend(cpu());
 * console.log(new ChannelShuffle(2).forward(tensor([[[1], [2], [3], [4]]])).toArray()); // [[[1], [3], [2], [4]]]
 * ```
 */
export class ChannelShuffle extends Module {
  readonly groups: number;

  constructor(groups: number) {
    checkCall('ChannelShuffle', arguments, ['groups']);
    super();
    this.groups = checkInteger('ChannelShuffle', 'groups', groups, 1);
  }

  forward(x: Tensor): Tensor {
    needTensor('ChannelShuffle', x);
    const channels = x.shape[1];
    if (x.rank < 3 || channels === undefined || channels % this.groups !== 0) {
      throw new ShapeError(
        `ChannelShuffle: input is ${formatShape(x.shape)}, needs [batch, channels, ...places] with a multiple of ${this.groups} channels`,
      );
    }
    const places = sizeOf(x.shape.slice(2));
    const groups = reshape(x, [x.shape[0]!, this.groups, channels / this.groups, places]);
    return reshape(permute(groups, [0, 2, 1, 3]), x.shape);
  }

  override describe(): string {
    return formatArguments([this.groups]);
  }
}
