// Every op on TensorFlow.js in a browser, on WebGL.

import '@tensorflow/tfjs-backend-webgl';
import { tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { conformance } from '@dl/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { onWebgl } from '../test/limits.js';
import { tfjs } from './index.js';

// Small tensors that come from the host would be computed there, by the kernels of plain JavaScript.
tf.env().set('WEBGL_CPU_FORWARD', false);
// One program for all shapes of as many axes, where each shape would have its own: most of the time goes into compiling them in software.
tf.env().set('WEBGL_USE_SHAPES_UNIFORMS', true);

const reference = cpu({ engine: 'typescript' });
const backend = tfjs({ backend: 'webgl' });

await useBackend([backend, reference]);

test('WebGL is what runs', () => {
  expect(backend.info().engine).toBe('tfjs webgl 4.22.0');
  expect(tf.env().getNumber('WEBGL_VERSION')).toBe(2);
});

for (const { name, skip, run } of conformance({ backend, reference, compositions: 'samples', ...onWebgl }))
  test.skipIf(skip !== undefined)(name, run);

test('sines and cosines are good to the last bits, also of large angles; those of TensorFlow.js are not', async () => {
  await useBackend([backend, reference]);
  const angles = Float32Array.from({ length: 2001 }, (_, i) => (i - 1000) * 1.37);
  const x = tensor({ data: angles, shape: [angles.length] });
  const [sines, cosines] = [x.sin().dataSync(), x.cos().dataSync()];
  for (const [i, angle] of angles.entries()) {
    expect(Math.abs(sines[i]! - Math.sin(angle)), `sin ${angle}`).toBeLessThan(2 ** -22);
    expect(Math.abs(cosines[i]! - Math.cos(angle)), `cos ${angle}`).toBeLessThan(2 ** -22);
  }
  expect(Array.from(tensor([Infinity, -Infinity, Number.NaN]).sin().dataSync())).toEqual([NaN, NaN, NaN]);
  const theirs = tf.tidy(() => tf.sin(tf.tensor1d(angles)).dataSync());
  const worst = Math.max(...Array.from(theirs, (sine, i) => Math.abs(sine - Math.sin(angles[i]!))));
  expect(worst, 'they are right now: take them out of WRONG in device.ts').toBeGreaterThan(2 ** -14);
});
