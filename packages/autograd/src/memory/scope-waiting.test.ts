// scope(body) where the function waits. In a file of its own: while it waits, the collector may free what other tests have left.

import { cpu } from '@dl/kernels-cpu';
import { settledMemory } from '@dl/testing';
import { beforeAll, expect, test } from 'vitest';
import { memory, ones, scope, useBackend } from '../index.js';

beforeAll(async () => {
  await useBackend(cpu());
});

test('an asynchronous function ends its scope when it settles, and its result survives', async () => {
  const { buffers: before } = await settledMemory();
  const result = await scope(async () => {
    const x = ones([4]).mul(2);
    await new Promise((resolve) => setTimeout(resolve, 1));
    return [x.add(1), await x.data()] as const;
  });
  expect(result[0].toArray()).toEqual([3, 3, 3, 3]);
  expect(result[1]).toEqual(Float32Array.of(2, 2, 2, 2));
  expect(memory().buffers).toBe(before + 1);
  result[0].dispose();
});

test('a rejection passes, and everything is freed', async () => {
  const { buffers: before } = await settledMemory();
  const failing = scope(async () => {
    ones([10]);
    await Promise.resolve();
    throw new Error('inside');
  });
  await expect(failing).rejects.toThrow('inside');
  expect(memory().buffers).toBe(before);
});

test('a promise of values is waited for', async () => {
  expect(await scope(() => ones([2]).mul(2).data())).toEqual(Float32Array.of(2, 2));
});
