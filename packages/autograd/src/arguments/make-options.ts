// The options of functions that make tensors: in a file of its own, that imports nothing and so is there whoever comes first.

import type { MakeOptions } from '../tensor/make.js';
import type { Known } from './check-call.js';

export const makeOptions: Known<MakeOptions> = { dtype: 'dtype', backend: 'backend', requiresGrad: 'boolean' };
