// Awkward and large sizes on TensorFlow.js.

import { describe } from 'vitest';
import { largeTest, sizeTests } from '../../kernels-gpu/test/size-tests.js';
import { tfjs } from '../src/index.js';
import './backends.js';

describe('cpu', () => sizeTests(tfjs({ backend: 'cpu' })));

describe('wasm', () => {
  const backend = tfjs({ backend: 'wasm' });
  // Its maxPool2d is wrong, and not used.
  sizeTests(backend, { standby: true });
  // The other would take a minute.
  largeTest(backend);
});
