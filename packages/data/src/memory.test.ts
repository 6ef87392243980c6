// Loaders over 2,000 batches: what is held does not grow. A file of its own, so that no other test's garbage is counted.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Generator } from '@dl/autograd';
import { describe, expect, it } from 'vitest';
import { padSequences, stack } from './collate.js';
import { loader } from './loader.js';
import { streamLoader } from './stream.js';
import { randomCrop, randomRotation } from './transforms/geometry.js';
import { mixup } from './transforms/mix.js';
import { compose, eachImage } from './transforms/transform.js';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** Bytes held, on the heap of JavaScript and in array buffers. */
function held(): number {
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Batches of a fifth of the run. */
const FIFTH = 400;

/** What is held after each fifth of 2,000 batches. */
async function watch(batches: AsyncIterable<object>): Promise<number[]> {
  const seen: number[] = [];
  let count = 0;
  while (count < 5 * FIFTH) {
    for await (const _ of batches) {
      count++;
      if (count % FIFTH === 0) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        seen.push(held());
      }
      if (count === 5 * FIFTH) break;
    }
  }
  return seen;
}

const digits = {
  images: { data: new Float32Array(640 * 784).fill(0.5), shape: [640, 1, 28, 28] },
  labels: { data: Int32Array.from({ length: 640 }, (_, i) => i % 10), shape: [640] },
};
/** 16 images of 28 x 28 and their labels. */
const batchBytes = 16 * (784 + 1) * 4;

function* endless(): Generator2 {
  for (let i = 0; ; i++)
    yield { image: { data: new Float32Array(784).fill(i % 7), shape: [1, 28, 28] }, label: i % 10 };
}
type Generator2 = globalThis.Generator<{ image: { data: Float32Array; shape: number[] }; label: number }>;

describe('2,000 batches', () => {
  const augment = eachImage(compose(randomCrop(28, { padding: 2 }), randomRotation(10)));
  const mix = mixup(0.2, 10);
  const generator = new Generator(1);

  it.each<[string, AsyncIterable<object>]>([
    [
      'of a loader that augments',
      loader(digits, {
        batchSize: 16,
        shuffle: true,
        generator,
        transform: (batch, context) => mix(augment(batch, context), context),
      }),
    ],
    [
      'of a loader that draws by weight',
      loader(digits, { batchSize: 16, weights: digits.labels.data, generator, prefetch: 5 }),
    ],
    [
      'of an endless stream with a shuffle buffer',
      streamLoader(endless, { batchSize: 16, shuffleBuffer: 100, generator, collate: (some) => stack(some) }),
    ],
    [
      'of buckets that are padded',
      streamLoader(endless, {
        batchSize: 16,
        bucketBy: ({ label }) => label,
        generator,
        collate: (some) => padSequences(some.map(({ image, label }) => image.data.subarray(0, 300 + label))),
      }),
    ],
  ])('%s hold no more at the end than after 400', async (_, batches) => {
    const seen = await watch(batches);
    expect(seen).toHaveLength(5);
    // A leak of one batch in forty would show in each fifth. The engine takes or gives back some memory of its own at any time, once.
    const growth = seen.slice(1).map((bytes, i) => bytes - seen[i]!);
    expect(Math.min(...growth)).toBeLessThan((FIFTH / 40) * batchBytes);
    // And in all it is little beside what went by.
    expect(seen.at(-1)! - seen[0]!).toBeLessThan(((4 * FIFTH) / 10) * batchBytes);
  });
});
