// NaN and infinities on WebGL 2: what depends on them, and nothing else.

import { allSamples } from '@dl/autograd/samples';
import { cpu } from '@dl/kernels-cpu';
import { specialValueChecks } from '@dl/testing';
import { describe, test } from 'vitest';
import { gpu } from './index.js';

describe('webgl2', () => {
  const backend = gpu();
  const reference = cpu({ engine: 'typescript' });
  // Ops without a kernel are composed of these.
  const samples = allSamples().filter(({ op }) => backend.kernels.has(op));
  for (const { name, run } of specialValueChecks({ backend, reference, samples })) test(name, run);
});
