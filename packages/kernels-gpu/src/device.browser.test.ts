// The GPU backend on WebGL 2.

import { describe } from 'vitest';
import { deviceTests } from '../test/device-tests.js';
import { elementTests } from '../test/element-tests.js';
import { memoryTests } from '../test/memory-tests.js';
import { largeTest, sizeTests } from '../test/size-tests.js';
import { gpu } from './index.js';

describe('webgl2', () => {
  const backend = gpu();
  deviceTests(backend, gpu);
  elementTests(backend, gpu);
  sizeTests(backend);
  memoryTests(gpu);
  largeTest(backend);
});
