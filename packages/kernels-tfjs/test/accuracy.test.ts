// Accuracy on TensorFlow.js: on its Wasm backend, because its plain JavaScript takes ten times as long.

import { describe } from 'vitest';
import { accuracyTest } from '../../kernels-gpu/test/accuracy.js';
import { digits } from '../../kernels-gpu/test/digits.js';
import { tfjs } from '../src/index.js';
import './backends.js';

describe('wasm', () => accuracyTest(tfjs({ backend: 'wasm' }), digits));
