// A backend gives back its drawing context, of which a page may have a few only.

import { ones, scope, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { expect, test } from 'vitest';
import { gpu } from './index.js';

test('more are started and stopped than a page may have contexts, and the first one lives', async () => {
  const first = gpu({ threshold: 0 });
  await useBackend(first);
  const kept = tensor([1, 2, 3]);
  // A browser takes away the oldest of more than 16.
  for (let i = 0; i < 40; i++) {
    const backend = gpu({ threshold: 0 });
    await useBackend(backend);
    using _ = scope();
    const x = ones([5]);
    expect(x.add(x).dataSync()[4]).toBe(2);
    const { gl } = backend.device;
    backend.stop();
    expect(gl.isContextLost()).toBe(true);
    expect(() => x.add(x)).toThrow('gpu: the backend was stopped, and its tensors are gone; start another');
    expect(() => x.dataSync()).toThrow('gpu: the backend was stopped');
    expect(backend.info().engine).toBe('stopped');
  }
  expect(kept.mul(2).toArray()).toEqual([2, 4, 6]);
  expect(first.info().details['timesLost']).toBeUndefined();
  kept.dispose();
  first.stop();
});

test('one that declines gives its context back', async () => {
  const backends = Array.from({ length: 20 }, () => gpu({ threshold: 100, auto: 1 }));
  const first = gpu({ threshold: 0 });
  await useBackend(first);
  const kept = tensor([4, 5]);
  for (const backend of backends) await useBackend([backend, cpu()]);
  expect(kept.toArray()).toEqual([4, 5]);
  first.stop();
});
