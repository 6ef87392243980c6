// NaN and infinities reach what depends on them, and nothing else, on both engines.

import { allSamples } from '@dl/autograd/samples';
import { specialValueChecks } from '@dl/testing';
import { describe, test } from 'vitest';
import { cpu } from './index.js';

const reference = cpu({ engine: 'typescript' });
// One list for both, so that what depends on what is found once.
const samples = allSamples();

describe('typescript', () => {
  for (const { name, run } of specialValueChecks({ backend: reference, reference, samples })) test(name, run);
});

describe('wasm', () => {
  for (const { name, run } of specialValueChecks({ backend: cpu({ engine: 'wasm' }), reference, samples }))
    test(name, run);
});
