// Drawing contexts of backends that nobody stopped and nobody holds any more: in Node and in a browser alike.

import { ones, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { type GpuBackend, type GpuOptions, gpu } from '@dl/kernels-gpu';
import { expect, test } from 'vitest';
import type { Gl } from '../src/gpu-js.js';

/** A browser has 16 contexts for a page, and takes away the oldest when there are more. */
const AT_ONCE = 10;

/** How programs use them, one a round. */
const uses: readonly ((options: GpuOptions) => Promise<GpuBackend>)[] = [
  async (options) => {
    const backend = gpu(options);
    await useBackend(backend, { strict: true });
    const x = ones([64, 64]);
    expect(x.matmul(x).sum().item()).toBe(64 ** 3);
    return backend;
  },
  // Kernels in another language, and one that takes over what there is no kernel for.
  async (options) => {
    const backend = gpu({ ...options, language: 'gpu.js' });
    await useBackend([backend, cpu()]);
    expect([
      ...ones([3, 4])
        .matmul(ones([4, 2]))
        .add(1)
        .dataSync(),
    ]).toEqual([5, 5, 5, 5, 5, 5]);
    return backend;
  },
  // Gradients, and copies on the host.
  async (options) => {
    const backend = gpu(options);
    await useBackend(backend);
    const x = tensor([1, 2, 3]);
    x.requiresGrad = true;
    await backend.keepHostCopy([x]);
    x.square().sum().backward();
    expect(x.grad!.toArray()).toEqual([2, 4, 6]);
    return backend;
  },
  // Values that are asked for, and not waited for.
  async (options) => {
    const backend = gpu(options);
    await useBackend(backend);
    const read = ones([1000]).mul(2).data();
    expect((await read)[999]).toBe(2);
    return backend;
  },
];

/** @param isGivenBack Whether a context is. */
export function collectedTests(options: GpuOptions, isGivenBack: (gl: Gl) => boolean): void {
  // Contexts are held here, and nothing of ours is held by them.
  async function work(use: (typeof uses)[number], contexts: Gl[], backends: WeakRef<GpuBackend>[]): Promise<void> {
    const backend = await use({ ...options, threshold: 0 });
    contexts.push(backend.device.gl);
    backends.push(new WeakRef(backend));
  }

  test('backends that nobody holds are collected, and their contexts given back', async () => {
    const first = gpu({ ...options, threshold: 0 });
    await useBackend(first);
    const kept = tensor([1, 2, 3]);
    const [contexts, backends]: [Gl[], WeakRef<GpuBackend>[]] = [[], []];
    for (const [round, use] of uses.entries()) {
      for (let i = 0; i < AT_ONCE; i++) await work(use, contexts, backends);
      // The last of them was the current one.
      await useBackend(cpu());
      const isDone = (): boolean =>
        backends.every((ref) => ref.deref() === undefined) && contexts.every((gl) => isGivenBack(gl));
      for (let i = 0; i < 200; i++) {
        // Before anything looks: what a WeakRef has given stays until the end of the job.
        globalThis.gc!();
        if (isDone()) break;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect(backends.filter((ref) => ref.deref() !== undefined).length).toBe(0);
      expect(contexts.filter((gl) => !isGivenBack(gl)).length).toBe(0);
      expect(contexts.length).toBe((round + 1) * AT_ONCE);
    }
    await useBackend(first);
    expect(kept.mul(2).toArray()).toEqual([2, 4, 6]);
    expect(first.info().details['timesLost']).toBeUndefined();
    kept.dispose();
    first.stop();
  });
}
