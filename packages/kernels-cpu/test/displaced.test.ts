// Every tensor at an odd place amid garbage, on each engine: no kernel reads or writes beyond one, or counts on where it begins.

import { scope, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { conformance, displaced } from '@dl/testing';
import { describe, expect, test } from 'vitest';
import { runnableEngines, wasmEngines } from './engines.js';
import { largeResults } from './large-results.js';

const reference = cpu({ engine: 'typescript' });

describe.each(runnableEngines())('%s', (engine) => {
  const backend = displaced(cpu({ engine }));
  for (const { name, run } of conformance({ backend, reference, axes: [] })) {
    if (/^\w+ (values|gradient) float/.test(name)) test(name, run);
  }
});

test.each(wasmEngines())('%s, at sizes beyond the blocks of its kernels', async (engine) => {
  const bits = async (backend: ReturnType<typeof cpu>): Promise<string[]> => {
    await useBackend(backend);
    using _ = scope();
    return largeResults().map((y) => Buffer.from(y.dataSync().buffer).toString('base64'));
  };
  const options = { engine, threads: 3, splitAll: true };
  expect(await bits(displaced(cpu(options)))).toEqual(await bits(cpu(options)));
});
