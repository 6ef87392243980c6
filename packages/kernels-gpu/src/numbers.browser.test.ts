// The numbers of the GPU backend on WebGL 2.

import { describe } from 'vitest';
import { indexTests } from '../test/index-tests.js';
import { numberTests } from '../test/number-tests.js';
import { specialTests } from '../test/special-tests.js';
import { sweepTests } from '../test/sweep-tests.js';
import { gpu } from './index.js';

describe('webgl2', () => {
  const backend = gpu();
  numberTests(backend);
  sweepTests(backend);
  specialTests(backend);
  indexTests(backend);
});
