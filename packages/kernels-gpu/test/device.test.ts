// The GPU backend on headless OpenGL.

import { gpu } from '@dl/kernels-gpu';
import { describe } from 'vitest';
import { deviceTests } from './device-tests.js';
import { elementTests } from './element-tests.js';
import { headless } from './headless.js';
import { memoryTests } from './memory-tests.js';
import { largeTest, sizeTests } from './size-tests.js';

const { backend, missing } = await headless();

describe.skipIf(missing !== undefined)('headlessgl', () => {
  deviceTests(backend, gpu);
  elementTests(backend, gpu);
  sizeTests(backend);
  memoryTests(gpu);
  largeTest(backend);
});
