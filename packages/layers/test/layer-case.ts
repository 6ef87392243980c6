// What the generic layer test wants to know of a layer.

import type { DType, Shape } from '@dl/autograd';
import type { Module } from '../src/index.js';

export interface LayerCase {
  readonly make: (options: { dtype: DType }) => Module;
  readonly input: Shape;
  /** For inputs that are indices: how many there are to choose from. */
  readonly indices?: number;
  readonly output: Shape;
  /** What `toString()` gives. */
  readonly prints: string;
  /** True where training and use are to give different results. */
  readonly trainsDifferently?: boolean;
}
