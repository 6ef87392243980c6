// Kernels in gpu.js's own language on headless OpenGL.

import { describe } from 'vitest';
import { gpuJsTests } from './gpu-js-tests.js';
import { headless } from './headless.js';

const { backend, missing } = await headless({ language: 'gpu.js' });
const { backend: fast } = await headless();

describe.skipIf(missing !== undefined)('headlessgl', () => gpuJsTests(backend, fast));
