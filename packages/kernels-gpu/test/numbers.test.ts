// The numbers of the GPU backend on headless OpenGL.

import { describe } from 'vitest';
import { headless } from './headless.js';
import { indexTests } from './index-tests.js';
import { numberTests } from './number-tests.js';
import { specialTests } from './special-tests.js';
import { sweepTests } from './sweep-tests.js';

const { backend, missing } = await headless();

describe.skipIf(missing !== undefined)('headlessgl', () => {
  numberTests(backend);
  sweepTests(backend);
  specialTests(backend);
  indexTests(backend);
});
