// The kernels in gpu.js's language on WebGL 2, in a browser, with those in GLSL for all other ops: as the conformance suite asks.

import { cpu } from '@dl/kernels-cpu';
import { conformance, specialValueChecks } from '@dl/testing';
import { describe, test } from 'vitest';
import { limits } from '../../test/limits.js';
import { gpu } from '../index.js';

const backend = gpu({ language: 'gpu.js' });
const reference = cpu({ engine: 'typescript' });

describe('webgl2, kernels in gpu.js', () => {
  for (const { name, skip, run } of conformance({ backend, reference, ...limits })) {
    test.skipIf(skip !== undefined)(name, run);
  }
  for (const { name, run } of specialValueChecks({ backend, reference })) test(`special values: ${name}`, run);
});
