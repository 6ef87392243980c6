// The options of functions that make tensors.

import type { MakeOptions } from '../tensor/make-like.js';
import type { RandomOptions } from '../tensor/make-random.js';
import type { Known } from './check-call.js';

export const makeOptions: Known<MakeOptions> = { dtype: 'dtype', backend: 'backend', requiresGrad: 'boolean' };

/** The options of what draws numbers. */
export const randomOptions: Known<RandomOptions> = { ...makeOptions, generator: 'generator' };
