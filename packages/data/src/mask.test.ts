// Masks are bytes that are said to be booleans, whatever becomes of them on the way to a tensor; other bytes are numbers.

import { type Tensor, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { loader, type NdArray, padSequences, split, stack, streamLoader, take } from './index.js';

beforeAll(async () => {
  await useBackend(cpu());
});

const padded = padSequences([[1, 2, 3], [4], [5, 6], [7]]);
const pixels: NdArray<Uint8Array> = { data: Uint8Array.from({ length: 8 }, (_, i) => 30 * i), shape: [4, 2] };
const dataset = { ...padded, pixels };

async function first<T>(batches: AsyncIterable<T>): Promise<T> {
  for await (const batch of batches) return batch;
  throw new Error('there is no batch');
}

const one = (i: number) => ({
  mask: { data: padded.mask.data.subarray(3 * i, 3 * i + 3), shape: [3], dtype: 'bool' as const },
  pixels: { data: pixels.data.subarray(2 * i, 2 * i + 2), shape: [2] },
});

describe.each([
  ['as they are', () => dataset],
  ['taken', () => take(dataset, 2)],
  ['split', () => split(dataset, [0.5, 0.5])[0]],
  ['in batches', () => first(loader(dataset, { batchSize: 2, shuffle: true }))],
  ['stacked', () => stack([one(0), one(1)])],
  ['stacked from a stream', () => first(streamLoader([one(0), one(1)], { batchSize: 2, collate: stack }))],
])('%s', (_name, make) => {
  it('a mask becomes booleans, and pixels become numbers', async () => {
    const { mask, pixels: images } = (await make()) as unknown as typeof dataset;
    const made: Tensor = tensor(mask);
    expect([made.dtype, made.shape.slice(1)]).toEqual(['bool', [3]]);
    expect(made.sum().item()).toBe(mask.data.reduce((sum, byte) => sum + byte, 0));
    const seen = tensor(images);
    expect([seen.dtype, seen.toArray()]).toEqual(['float32', rowsOf(images)]);
  });
});

function rowsOf({ data, shape }: NdArray): number[][] {
  const [count, width] = shape as [number, number];
  return Array.from({ length: count }, (_, i) => Array.from(data.subarray(i * width, (i + 1) * width)));
}
