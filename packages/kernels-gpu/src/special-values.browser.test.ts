// NaN and infinities on WebGL 2: what depends on them, and nothing else.

import { cpu } from '@dl/kernels-cpu';
import { specialValueChecks } from '@dl/testing';
import { describe, test } from 'vitest';
import { gpu } from './index.js';

describe('webgl2', () => {
  const reference = cpu({ engine: 'typescript' });
  for (const { name, run } of specialValueChecks({ backend: gpu(), reference })) test(name, run);
});
