// Every op on TensorFlow.js, on each of its backends that run in Node: values, gradients, and memory on both sides.

import { useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { conformance } from '@dl/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { names } from '../test/backends.js';
import { tfjs } from './index.js';

const reference = cpu({ engine: 'typescript' });

describe.each(names)('%s', (name) => {
  const backend = tfjs({ backend: name });

  test('is what runs', async () => {
    await useBackend([backend, reference]);
    expect(backend.info().engine).toBe(`tfjs ${name} 4.22.0`);
  });

  for (const check of conformance({ backend, reference })) {
    test(check.name, async () => {
      await useBackend([backend, reference]);
      const [before, buffers] = [tf.memory(), tf.engine().registry[name]!.numDataIds()];
      await check.run();
      expect(tf.memory()).toEqual(before);
      expect(tf.engine().registry[name]!.numDataIds()).toBe(buffers);
    });
  }
});
