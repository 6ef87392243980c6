// Training beside other tasks of the same program: requests that are predicted, and the evaluation or training of other models. Losses are
// what they are undisturbed, to the bit.

import { manualSeed, memory, noGrad, scope, tensor, useBackend } from '@dl/autograd';
import { cpu } from '@dl/kernels-cpu';
import type { Sequential } from '@dl/layers';
import { settledMemory } from '@dl/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tellTasksApart } from '../../../autograd/src/context/context.js';
import { besideTests, losses, network, pause, points } from '../../test/beside.js';

beforeAll(async () => {
  await useBackend(cpu({ threads: 1 }));
});
afterAll(() => tellTasksApart('as the platform can'));

const requests: Record<string, (model: Sequential, x: Float32Array) => Promise<ArrayLike<number>>> = {
  'that holds a scope and noGrad while it waits': (model, data) =>
    scope(() =>
      noGrad(async () => {
        const y = model.forward(tensor({ data, shape: [1, 4] }));
        await pause();
        return y.softmax(1).data();
      }),
    ),
  'that computes at once and reads afterwards': async (model, data) => {
    const y = scope(() => noGrad(() => model.forward(tensor({ data, shape: [1, 4] })).softmax(1)));
    await pause();
    const values = await y.data();
    y.dispose();
    return values;
  },
  'with a scope in its block': async (model, data) => {
    await pause();
    using _ = scope();
    const y = noGrad(() => model.forward(tensor({ data, shape: [1, 4] })));
    await pause();
    return y.softmax(1).data();
  },
};

// The first one is the long run.
const counts: Record<string, number> = { [Object.keys(requests)[0]!]: 10_000 };

describe.each(Object.entries(requests))('a request %s', (request, predict) => {
  const apart = ['as the platform can', 'not at all'] as const;
  const count = counts[request] ?? 2000;
  test.each(request.includes('at once') ? apart : apart.slice(0, 1))(
    `${count} of them, 50 at a time, change nothing; tasks told apart %s`,
    async (how) => {
      tellTasksApart(how);
      const model = network(7).eval();
      const rows = points(100, 8).images.data;
      const row = (i: number): Float32Array => rows.subarray(4 * (i % 100), 4 * (i % 100) + 4);
      const expected: ArrayLike<number>[] = [];
      for (let i = 0; i < 100; i++) expected.push(await predict(model, row(i)));

      let answered = 0;
      let wrong = 0;
      let most = 0;
      const client = async (number: number): Promise<void> => {
        for (let i = number; i < count; i += 50) {
          const got = await predict(model, row(i));
          if (got[0] !== expected[i % 100]![0] || got[1] !== expected[i % 100]![1]) wrong++;
          answered++;
          if (answered > 1000) most = Math.max(most, memory().buffers);
          if (answered === 1000) most = memory().buffers;
        }
      };
      const { buffers: before } = await settledMemory();
      manualSeed(3);
      const clients = Promise.all(Array.from({ length: 50 }, (_, i) => client(i)));
      const beside = await losses(5, 10_000, () => answered === count);
      await clients;
      expect([answered, wrong]).toEqual([count, 0]);
      expect(beside.length).toBeGreaterThan(2);
      // 50 requests of a few tensors each, and one step of training.
      expect(most - before).toBeLessThan(50 * 12 + 200);
      expect(memory().buffers).toBe(before);
      manualSeed(3);
      expect(await losses(5, beside.length)).toEqual(beside);
      model.dispose();
    },
  );
});

describe('tasks told apart', () => {
  beforeAll(() => tellTasksApart('as the platform can'));
  besideTests(true);
});

describe('tasks not told apart', () => {
  beforeAll(() => tellTasksApart('not at all'));
  besideTests(false);
});
