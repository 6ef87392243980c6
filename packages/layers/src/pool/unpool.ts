// MaxUnpool2d: puts the largest elements back where a max pool found them.

import {
  checkCall,
  formatShape,
  internalScope,
  type Known,
  maxPool2dGrad,
  type Pair,
  reshape,
  type Shape,
  ShapeError,
  type Tensor,
} from '@dl/autograd';
import { formatArguments, needTensor } from '../core/checks.js';
import { SpatialModule } from '../core/spatial.js';
import { describeWindow, type Window, windowOf } from './window.js';

/** Options of {@link MaxUnpool2d}. */
export interface MaxUnpoolOptions {
  /** The steps of the pool. Default: the window's size. */
  readonly stride?: Pair;
  /** The padding of the pool. Default 0. */
  readonly padding?: Pair;
}

const maxUnpoolOptions: Known<MaxUnpoolOptions> = { stride: 'pair', padding: 'pair' };

/**
 * The partial inverse of {@link MaxPool2d}: an image of zeros with each element at the place that its index names (Zeiler and
 * Fergus, 2013). [N, C, H, W] and the indices of `forwardWithIndices` → [N, C, OH, OW] with OH = (H - 1) · stride -
 * 2·padding + kernelSize, or the size that is given, since several lead to one pooled size. Where windows overlap and several
 * elements go to one place, they are added up. One image, [C, H, W], needs no batch.
 *
 * @throws ShapeError when elements and indices differ in shape, or an index lies outside the result.
 *
 * @example
 * ```ts
 * import { tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { MaxPool2d, MaxUnpool2d } from '@dl/layers';
 * await useBackend(cpu());
 * const { y, indices } = new MaxPool2d(2).forwardWithIndices(tensor([[[[1, 2], [4, 3]]]]));
 * console.log(new MaxUnpool2d(2).forward(y, indices).toArray()); // [[[[0, 0], [4, 0]]]]
 * ```
 */
export class MaxUnpool2d extends SpatialModule<readonly [indices: Tensor, outputSize?: readonly [number, number]]> {
  readonly window: Window;

  constructor(kernelSize: Pair, options: MaxUnpoolOptions = {}) {
    checkCall('MaxUnpool2d', arguments, ['kernelSize'], maxUnpoolOptions);
    super('MaxUnpool2d', 2);
    this.window = windowOf('MaxUnpool2d', kernelSize, options);
  }

  override forward(x: Tensor, indices: Tensor, outputSize?: readonly [number, number]): Tensor {
    needTensor('MaxUnpool2d', x);
    needTensor('MaxUnpool2d', indices);
    if (`${x.shape}` !== `${indices.shape}`) {
      throw new ShapeError(
        `MaxUnpool2d: x is ${formatShape(x.shape)} and the indices ${formatShape(indices.shape)}; ` +
          'needs [batch, channels, height, width] of both, as forwardWithIndices returns them',
      );
    }
    return super.forward(x, indices, outputSize);
  }

  protected forwardBatch(x: Tensor, indices: Tensor, outputSize?: readonly [number, number]): Tensor {
    const [h, w] = outputSize ?? this.#sizeOf(x.shape);
    needInside(indices, h, w);
    const places = reshape(indices, x.shape);
    return maxPool2dGrad.run(
      { g: x, indices: places },
      { shape: [x.shape[0]!, x.shape[1]!, h, w], geometry: undefined },
    );
  }

  #sizeOf(shape: Shape): readonly [number, number] {
    const { kernelSize, stride, padding } = this.window;
    const along = (axis: 0 | 1): number => (shape[axis + 2]! - 1) * stride[axis] - 2 * padding[axis] + kernelSize[axis];
    return [along(0), along(1)];
  }

  override describe(): string {
    return formatArguments([], describeWindow(this.window));
  }
}

/** Throws for an index outside the result, where the device can be read at once. */
function needInside(indices: Tensor, h: number, w: number): void {
  if (indices.size === 0) return;
  const scope = internalScope();
  try {
    const wrong = [indices.min(), indices.max()]
      .map(({ backend, handle, dtype }) => backend.readSync(handle, dtype, 1)?.[0])
      .find((index) => index !== undefined && (index < 0 || index >= h * w));
    if (wrong === undefined) return;
    throw new ShapeError(
      `MaxUnpool2d: an index is ${wrong}, outside the result of ${h}x${w}; give the size of the image that was pooled`,
    );
  } finally {
    scope.end();
  }
}
