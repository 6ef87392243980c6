// Awkward and large sizes on TensorFlow.js.

import { describe } from 'vitest';
import { largeTest, sizeTests } from '../../kernels-gpu/test/size-tests.js';
import { tfjs } from '../src/index.js';
import './backends.js';

// Their maxPool2d is wrong, and not used.
describe('cpu', () => sizeTests(tfjs({ backend: 'cpu' }), { fallback: true }));

describe('wasm', () => {
  const backend = tfjs({ backend: 'wasm' });
  sizeTests(backend, { fallback: true });
  // The other would take a minute.
  largeTest(backend);
});
