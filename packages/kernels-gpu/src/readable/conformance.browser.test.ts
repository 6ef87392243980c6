// The kernels in gpu.js's language on WebGL 2, in a browser, with those in GLSL for all other ops: as the conformance suite asks.

import { describe, test } from 'vitest';
import { readableChecks } from '../../test/readable-checks.js';
import { gpu } from '../index.js';

describe('webgl2, kernels in gpu.js', () => {
  for (const { name, skip, run } of readableChecks(gpu({ language: 'gpu.js' })))
    test.skipIf(skip !== undefined)(name, run);
});
