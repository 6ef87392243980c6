// Every op on TensorFlow.js, on each of its backends that run in Node: values, gradients, and memory on both sides.

import { useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { conformance } from '@dl/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { names } from '../test/backends.js';
import { exclude } from '../test/limits.js';
import { tfjs } from './index.js';

const reference = cpu({ engine: 'typescript' });

describe.each(names)('%s', (name) => {
  const backend = tfjs({ backend: name });

  test('is what runs', async () => {
    await useBackend([backend, reference]);
    expect(backend.info().engine).toBe(`tfjs ${name} 4.22.0`);
  });

  for (const check of conformance({ backend, reference, exclude })) {
    test.skipIf(check.skip !== undefined)(check.name, async () => {
      await check.run();
      if (!check.name.endsWith('leaves no memory')) return;
      // What @dl keeps for good, such as scalar operands, is there after two rounds.
      await check.run();
      const buffers = (): number => tf.engine().registry[name]!.numDataIds();
      const before = { ...tf.memory(), buffers: buffers() };
      await check.run();
      expect({ ...tf.memory(), buffers: buffers() }).toEqual(before);
    });
  }
});
