// What a model needs to be tried on backends, engines and numbers of threads.

import { type DType, randint, type Tensor } from '@dl/autograd';
import type { AnyModule } from '@dl/layers';

export interface Sizes {
  readonly batch: number;
  readonly length: number;
  readonly width: number;
}

/** A model and how its loss comes, from numbers that are the same for each backend and dtype. */
export interface Kind {
  readonly make: (sizes: Sizes, dtype: DType) => AnyModule;
  readonly loss: (model: AnyModule, sizes: Sizes, dtype: DType) => Tensor;
}

export const VOCABULARY = 7;

export const lengthsOf = ({ batch, length }: Sizes): number[] =>
  Array.from({ length: batch }, (_, i) => 1 + ((i * 5 + 2) % length));

export const tokens = ({ batch, length }: Sizes): Tensor => randint(0, VOCABULARY, [batch, length]);
