// What TensorFlow.js holds for a backend goes with it: when it is stopped, and when nobody holds it any more.

import { ones, scope, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { names } from '../test/backends.js';
import { type TfjsBackend, tfjs } from './index.js';

async function work(backend: string): Promise<TfjsBackend> {
  const made = tfjs({ backend });
  await useBackend(made);
  using _ = scope();
  // From the second time on the number stays with the backend.
  const x = ones([64]).add(3).add(3).add(3);
  expect(x.dataSync()[0]).toBe(10);
  return made;
}

const held = (backend: string): number => tf.engine().registry[backend]!.numDataIds();

test.each(names)('200 that are started and stopped leave nothing: %s', async (backend) => {
  (await work(backend)).stop();
  const before = { data: held(backend), tensors: tf.memory().numTensors };
  for (let i = 0; i < 200; i++) {
    const made = await work(backend);
    const x = ones([2]);
    expect(held(backend)).toBeGreaterThan(before.data);
    made.stop();
    expect(() => x.add(1)).toThrow('tfjs: the backend was stopped, and its tensors are gone');
    x.dispose();
  }
  expect({ data: held(backend), tensors: tf.memory().numTensors }).toEqual(before);
  // It is the program's, and others go on with it.
  expect((await work(backend)).info().engine).toContain(`tfjs ${backend}`);
});

test.each(names)('those that nobody holds are collected, with what they kept: %s', async (backend) => {
  await useBackend(cpu());
  const settle = async (holds: () => boolean): Promise<void> => {
    for (let i = 0; i < 100; i++) {
      globalThis.gc!();
      if (holds()) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const seen: WeakRef<object>[] = [];
  const rounds = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) seen.push(new WeakRef(await work(backend)));
  };
  await rounds();
  const most = held(backend);
  await useBackend(cpu());
  const alive = (): number => seen.filter((ref) => ref.deref() !== undefined).length;
  await settle(() => alive() === 0 && held(backend) <= most - 20);
  expect(alive()).toBe(0);
  expect(held(backend)).toBeLessThanOrEqual(most - 20);
});
