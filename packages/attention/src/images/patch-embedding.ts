// PatchEmbedding: an image as a sequence of patches.

import {
  checkCall,
  formatShape,
  type Known,
  type Pair,
  permute,
  type Shape,
  ShapeError,
  type Tensor,
  toPair,
} from '@dl/autograd';
import {
  Conv2d,
  formatArguments,
  Module,
  needTensor,
  type ParameterOptions,
  parameterOptions,
  tidied,
} from '@dl/layers';

/** Options of {@link PatchEmbedding}. */
export interface PatchEmbeddingOptions extends ParameterOptions {
  /** Add a bias for each feature. Default true. */
  readonly bias?: boolean;
}

const patchEmbeddingOptions: Known<PatchEmbeddingOptions> = { bias: 'boolean', ...parameterOptions };

/**
 * Cuts images into patches, and maps each linearly to features: [N, channels, H, W] → [N, patches, embedDim], row after row of the H / patch by W / patch patches
 * (Dosovitskiy et al., "An image is worth 16x16 words", 2021). It is a convolution whose stride is its filter, `proj`, with a weight [embedDim, channels,
 * ...patch], as in the weights of ViT.
 *
 * @throws ShapeError for images that patches do not cover, or of other channels.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { PatchEmbedding } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const patches = new PatchEmbedding(3, 32, 8);
 * console.log(patches.forward(randn([2, 3, 32, 48])).shape); // [2, 24, 32]: 4 rows of 6 patches
 * console.log(patches.gridOf([2, 3, 32, 48])); // [4, 6]
 * ```
 */
export class PatchEmbedding extends Module<readonly [images: Tensor], Tensor> {
  readonly channels: number;
  readonly embedDim: number;
  readonly patchSize: readonly [number, number];
  readonly proj: Conv2d;

  constructor(channels: number, embedDim: number, patchSize: Pair, options: PatchEmbeddingOptions = {}) {
    checkCall('PatchEmbedding', arguments, ['channels', 'embedDim', 'patchSize'], patchEmbeddingOptions);
    super();
    this.patchSize = toPair('PatchEmbedding', 'patchSize', patchSize, 1);
    this.proj = new Conv2d(channels, embedDim, this.patchSize, { stride: this.patchSize, ...options });
    this.channels = channels;
    this.embedDim = embedDim;
  }

  forward(images: Tensor): Tensor {
    checkCall('PatchEmbedding.forward', arguments, ['images']);
    needTensor('PatchEmbedding', images, this.proj.weight);
    const [rows, columns] = this.gridOf(images.shape);
    return tidied(
      () => {
        const features = this.proj.forward(images); // [N, embedDim, rows, columns]
        return permute(features.reshape([images.shape[0]!, this.embedDim, rows * columns]), [0, 2, 1]);
      },
      (y) => [y],
    );
  }

  /**
   * How many rows and columns of patches images of this shape have, for {@link ImagePositions}.
   *
   * @throws ShapeError for images that patches do not cover, or of other channels.
   */
  gridOf(shape: Shape): readonly [rows: number, columns: number] {
    const [height, width] = this.patchSize;
    const fits =
      shape.length === 4 &&
      shape[1] === this.channels &&
      [height, width].every((patch, i) => shape[i + 2]! > 0 && shape[i + 2]! % patch === 0);
    if (!fits) {
      throw new ShapeError(
        `PatchEmbedding: images are ${formatShape(shape)}, needs [N, ${this.channels}, H, W] with H a multiple of ${height} and W of ${width}, which are the patch; crop or resize them`,
      );
    }
    return [shape[2]! / height, shape[3]! / width];
  }

  override describe(): string {
    return formatArguments([this.channels, this.embedDim], { patchSize: [this.patchSize, undefined] });
  }
}
