// The suite of every backend, at every stage: the values and gradients of each op against the CPU backend, and nothing that stays.

import { coverage, randn, relu, scope, tensor, useBackend } from '@dl/autograd';
import { allSamples } from '@dl/autograd/samples';
import { cpu } from '@dl/kernels-cpu';
import { conformance } from '@dl/testing';
import { describe, expect, test, vi } from 'vitest';
import { ArrayBackend } from './backend.js';
import { arrayKernels } from './kernels.js';
import { CountingBackend } from './memory.js';

const reference = cpu({ engine: 'typescript' });

describe('stage 1: no kernel', () => {
  const backend = new ArrayBackend();
  for (const { name, run } of conformance({ backend, reference })) test(name, run);

  test('an op without a kernel says once that it falls back', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const backend = await useBackend([new ArrayBackend(), reference]);
    expect(backend.info()).toMatchObject({ name: 'arrays', engine: 'plain arrays' });
    expect(relu(relu(tensor([-1, 2]))).toArray()).toEqual([0, 2]);
    expect(warn.mock.calls).toEqual([[expect.stringContaining('the arrays backend has no kernel for relu')]]);
    warn.mockRestore();
    await expect(
      useBackend([new ArrayBackend(), reference], { strict: true }).then(() => tensor([1]).relu()),
    ).rejects.toThrow('relu: the arrays backend has no kernel for it, and it was chosen with { strict: true }');
  });
});

// All others run as at stage 1.
const withKernel = allSamples().filter(({ op }) => arrayKernels.some((kernel) => kernel.op === op));

describe('stage 2: some kernels', () => {
  const backend = new ArrayBackend(arrayKernels);
  for (const { name, run } of conformance({ backend, reference, samples: withKernel })) test(name, run);

  test('are used, and nothing but them', async () => {
    await useBackend([backend, reference]);
    const own = coverage({ backends: [backend] }).filter(({ forward }) => forward === 'kernel');
    // alias and reshape move nothing, and need no kernel anywhere.
    expect(own.map(({ op }) => op)).toEqual(['add', 'alias', 'exp', 'matmul', 'mul', 'relu', 'reshape', 'sub', 'tanh']);
  });
});

describe('stage 3: memory of its own', () => {
  const backend = new CountingBackend(arrayKernels);
  for (const { name, run } of conformance({ backend, reference, samples: withKernel })) test(name, run);

  for (const { name, run } of conformance({ backend, reference })) {
    if (!name.endsWith('leaves no memory')) continue;
    test(name, async () => {
      await run();
      // What @dl keeps for good, such as scalar operands, is there after two rounds.
      await run();
      const before = backend.info().details;
      await run();
      expect(backend.info().details).toEqual(before);
    });
  }

  test('is counted, used again, and limited', async () => {
    const backend = new CountingBackend(arrayKernels, { maxBytes: 4096 });
    await useBackend([backend, reference]);
    {
      using _ = scope();
      const x = randn([8, 8]); // 256 bytes
      for (let i = 0; i < 100; i++) {
        using _ = scope();
        x.matmul(x).tanh();
        expect(backend.info().details).toEqual({ liveBuffers: 3, usedBytes: 768, maxBytes: 4096 });
      }
      expect(() => x.expand([100, 8, 8]).tanh()).toThrow(
        /^expand: out of memory: 25600 bytes wanted, 256 of 4096 are in use; free tensors, or raise maxBytes\./,
      );
    }
    expect(backend.info().details).toMatchObject({ liveBuffers: 0, usedBytes: 0 });
    const y = tensor([1]);
    const { handle } = y;
    y.dispose();
    expect(() => backend.free(handle)).toThrow('arrays: a buffer was freed that is not in use');
  });
});
