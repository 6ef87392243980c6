// The kernels in gpu.js's language on headless OpenGL, in Node, with those in GLSL for all other ops: as the conformance suite asks.

import { cpu } from '@dl/kernels-cpu';
import { conformance, specialValueChecks } from '@dl/testing';
import { describe, test } from 'vitest';
import { headless } from '../../test/headless.js';
import { limits } from '../../test/limits.js';

const { backend, missing } = await headless({ language: 'gpu.js' });
const reference = cpu({ engine: 'typescript' });

describe.skipIf(missing !== undefined)('headlessgl, kernels in gpu.js', () => {
  for (const { name, skip, run } of conformance({ backend, reference, ...limits })) {
    test.skipIf(skip !== undefined)(name, run);
  }
  for (const { name, run } of specialValueChecks({ backend, reference })) test(`special values: ${name}`, run);
});
