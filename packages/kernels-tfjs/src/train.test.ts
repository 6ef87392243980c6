// Training on TensorFlow.js: the losses of LeNet-5 beside the CPU backend's, and memory over 500 steps.

import { type Backend, crossEntropy, IndexError, manualSeed, scope, tensor, useBackend } from '@dl/autograd';
import { drawnDigits, loader } from '@dl/data';
import { cpu } from '@dl/kernels-cpu';
import { Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential, Tanh } from '@dl/layers';
import { Adam, SGD } from '@dl/optim';
import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { names } from '../test/backends.js';
import { tfjs } from './index.js';

const fallback = cpu();
beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
});

async function lenetLosses(backend: Backend, steps: number): Promise<number[]> {
  await useBackend(backend === fallback ? fallback : [backend, fallback]);
  manualSeed(7);
  const model = new Sequential(
    ...[new Conv2d(1, 6, 5, { padding: 2 }), new ReLU(), new MaxPool2d(2)],
    ...[new Conv2d(6, 16, 5), new ReLU(), new MaxPool2d(2), new Flatten()],
    ...[new Linear(400, 120), new ReLU(), new Linear(120, 84), new ReLU(), new Linear(84, 10)],
  );
  const optimizer = new Adam(model.parameters(), { lr: 0.003 });
  const losses: number[] = [];
  for await (const { images, labels } of loader(drawnDigits(16 * steps, { seed: 3 }), { batchSize: 16 })) {
    using _ = scope();
    const loss = crossEntropy(model.forward(tensor(images)), tensor(labels));
    loss.backward();
    optimizer.step();
    optimizer.zeroGrad();
    losses.push(loss.item());
  }
  return losses;
}

describe.each(names)('%s', (name) => {
  test('LeNet-5 has the losses of the CPU backend, within 1e-3, for 20 steps', async () => {
    const backend = tfjs({ backend: name });
    const [expected, losses] = [await lenetLosses(fallback, 20), await lenetLosses(backend, 20)];
    expect(backend.info().engine).toBe(`tfjs ${name} 4.22.0`);
    expect(losses).toHaveLength(20);
    for (const [i, loss] of losses.entries()) expect(Math.abs(loss - expected[i]!)).toBeLessThan(1e-3);
    expect(losses.at(-1)!).toBeLessThan(losses[0]! - 0.1);
  });

  test('500 steps leave memory as it was, those that throw halfway included', async () => {
    await useBackend([tfjs({ backend: name }), fallback]);
    manualSeed(1);
    const model = new Sequential(new Conv2d(1, 2, 3), new Tanh(), new MaxPool2d(2), new Flatten(), new Linear(18, 3));
    const optimizer = new SGD(model.parameters(), { lr: 0.01, momentum: 0.9 });
    const images = new Float32Array(4 * 64).map((_, i) => Math.sin(i));
    const step = (fails: boolean): void => {
      using _ = scope();
      const logits = model.forward(tensor({ data: images, shape: [4, 1, 8, 8] }));
      // A label that is out of range is noticed inside a kernel.
      const loss = crossEntropy(logits, tensor([0, 1, 2, fails ? 3 : 0], { dtype: 'int32' }));
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
    };
    const buffers = (): number[] => {
      const { numTensors, numDataBuffers, numBytes } = tf.memory();
      return [numTensors, numDataBuffers, numBytes, tf.engine().registry[name]!.numDataIds()];
    };
    for (let i = 0; i < 3; i++) step(false);
    const before = buffers();
    for (let i = 0; i < 500; i++) {
      if (i % 10 === 9) expect(() => step(true)).toThrow(IndexError);
      else step(false);
      if (i % 50 === 49) expect(buffers()).toEqual(before);
    }
  });
});
