// The kernels in gpu.js's language on headless OpenGL, in Node, with those in GLSL for all other ops: as the conformance suite asks.

import { describe, test } from 'vitest';
import { headless } from '../../test/headless.js';
import { readableChecks } from '../../test/readable-checks.js';

const { backend, missing } = await headless({ language: 'gpu.js' });

describe.skipIf(missing !== undefined)('headlessgl, kernels in gpu.js', () => {
  for (const { name, skip, run } of readableChecks(backend)) test.skipIf(skip !== undefined)(name, run);
});
