// A vision transformer: an image is cut into patches, which are read as the words of a sentence are.

import { ClassToken, ImagePositions, PatchEmbedding, TransformerEncoder } from '@dl/attention';
import type { Tensor } from '@dl/autograd';
import { Linear, Module } from '@dl/layers';

/** How a {@link PatchTransformer} is made. */
export interface Sizes {
  readonly imageSize: number;
  readonly patchSize: number;
  readonly dModel: number;
  readonly heads: number;
  readonly layers: number;
}

/** Grey images [N, 1, H, W] → logits of ten classes [N, 10] (Dosovitskiy et al., "An image is worth 16x16 words", 2021). */
export class PatchTransformer extends Module<[images: Tensor], Tensor> {
  readonly patches: PatchEmbedding;
  readonly classToken: ClassToken;
  readonly positions: ImagePositions;
  readonly encoder: TransformerEncoder;
  readonly head: Linear;

  constructor({ imageSize, patchSize, dModel, heads, layers }: Sizes) {
    super();
    this.patches = new PatchEmbedding(1, dModel, patchSize);
    this.classToken = new ClassToken(dModel);
    this.positions = new ImagePositions(imageSize / patchSize, dModel);
    this.encoder = new TransformerEncoder(dModel, heads, layers, {
      ...{ dimFeedforward: 2 * dModel, activation: 'gelu', normFirst: true, dropout: 0 },
    });
    this.head = new Linear(dModel, 10);
  }

  forward(images: Tensor): Tensor {
    const words = this.classToken.forward(this.patches.forward(images)); // [N, 1 + patches, dModel]
    const placed = this.positions.forward(words, { grid: this.patches.gridOf(images.shape) });
    const read = this.encoder.forward(placed);
    // The class token has looked at all patches; what has come of it tells the class.
    return this.head.forward(read.slice([null, 0]));
  }
}
