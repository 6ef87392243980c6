// Every op on TensorFlow.js in a browser, on WebGL.

import '@tensorflow/tfjs-backend-webgl';
import { tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { conformance } from '@dl/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { tfjs } from './index.js';

const reference = cpu({ engine: 'typescript' });
const backend = tfjs({ backend: 'webgl' });

test('WebGL is what runs', async () => {
  await useBackend([backend, reference]);
  expect(backend.info().engine).toBe('tfjs webgl 4.22.0');
  expect(tf.env().getNumber('WEBGL_VERSION')).toBe(2);
});

const exclude = {
  sin: 'GPUs may be off by 2^-11 (Vulkan 1.3, precision of built-in functions)',
  cos: 'GPUs may be off by 2^-11 (Vulkan 1.3, precision of built-in functions)',
};
for (const { name, skip, run } of conformance({ backend, reference, exclude })) {
  test.skipIf(skip !== undefined)(skip === undefined ? name : `${name} (${skip})`, run);
}

test('what is excluded differs by no more than that', async () => {
  await useBackend([backend, reference]);
  const angles = Array.from({ length: 201 }, (_, i) => (i - 100) / 32);
  const [sines, cosines] = [tensor(angles).sin().dataSync(), tensor(angles).cos().dataSync()];
  for (const [i, angle] of angles.entries()) {
    expect(Math.abs(sines[i]! - Math.sin(angle))).toBeLessThan(2 ** -11);
    expect(Math.abs(cosines[i]! - Math.cos(angle))).toBeLessThan(2 ** -11);
  }
});
