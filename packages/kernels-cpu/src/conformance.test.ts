// Every op on the CPU backend, with each of its engines: values, gradients, memory, and finite differences.

import { conformance, gradientChecks } from '@dl/testing';
import { describe, expect, test } from 'vitest';
import { runnableEngines } from '../test/engines.js';
import { cpu } from './index.js';

const reference = cpu({ engine: 'typescript' });

for (const engine of runnableEngines()) {
  describe(`the engine ${engine}`, () => {
    const backend = cpu({ engine });

    test('is the one that runs', () => {
      expect(backend.info().engine).toBe(engine);
    });

    for (const { name, run } of conformance({ backend, reference })) test(name, run);
  });
}

describe('gradients', () => {
  for (const { name, run } of gradientChecks({ backend: reference })) test(name, run);
});
