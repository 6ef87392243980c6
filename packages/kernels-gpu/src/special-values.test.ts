// NaN and infinities on headless OpenGL: what depends on them, and nothing else.

import { cpu } from '@dl/kernels-cpu';
import { specialValueChecks } from '@dl/testing';
import { describe, test } from 'vitest';
import { headless } from '../test/headless.js';

const { backend, missing } = await headless();

describe.skipIf(missing !== undefined)('headlessgl', () => {
  const reference = cpu({ engine: 'typescript' });
  for (const { name, run } of specialValueChecks({ backend, reference })) test(name, run);
});
