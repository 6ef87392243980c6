// A user's loop of 5,000 steps: flat to the byte in a scope, bounded without one, and one warning when it never yields.

import { cpu } from '@dl/kernels-cpu';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  type Backend,
  crossEntropy,
  Generator,
  matmul,
  memory,
  noGrad,
  randn,
  resetPeakMemory,
  scope,
  setMemoryWarning,
  type Tensor,
  tensor,
  useBackend,
} from '../index.js';

const STEPS = 5000;
const MIB = 2 ** 20;

let backend: Backend;
let parameters: readonly Tensor[];

beforeAll(async () => {
  backend = await useBackend(cpu());
  parameters = [randn([64, 8], { requiresGrad: true, std: 0.1 }), randn([8, 10], { requiresGrad: true, std: 0.1 })];
});

afterEach(() => {
  vi.restoreAllMocks();
});

const generator = new Generator(1);
const images = Float32Array.from({ length: 64 * 32 * 32 }, () => generator.uniform());
const labels = Int32Array.from({ length: 64 }, () => generator.integer(0, 10));

/** One step of a small network on a batch of images: half a megabyte of tensors. */
function step(): void {
  const [w1, w2] = parameters as readonly [Tensor, Tensor];
  const x = tensor({ data: images, shape: [64, 1, 32, 32] })
    .sub(0.5)
    .avgPool2d(4)
    .reshape([64, 64]);
  const loss = crossEntropy(matmul(matmul(x, w1).relu(), w2), tensor(labels));
  loss.backward();
  noGrad(() => {
    for (const w of parameters) {
      w.assign(w.sub(w.grad!.mul(0.1)));
      w.zeroGrad();
    }
  });
}

/** Lets finalisers run, as awaiting a loader does. */
const macrotask = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const reserved = (): number => backend.info().details['reservedBytes'] as number;
const used = (): number => backend.info().details['usedBytes'] as number;

describe(`a loop of ${STEPS} steps`, () => {
  test('in a scope is flat to the byte', () => {
    const seen = new Set<string>();
    for (let i = 0; i < STEPS; i++) {
      {
        using _ = scope();
        step();
      }
      const { bytes, buffers } = memory();
      seen.add(`${bytes} bytes in ${buffers} buffers, ${used()} used and ${reserved()} reserved`);
    }
    expect([...seen]).toHaveLength(1);
    expect(memory().bytes).toBe(4 * (64 * 8 + 8 * 10));
  });

  test('without a scope, awaiting now and then, stays bounded', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    resetPeakMemory();
    let after500 = 0;
    for (let i = 0; i < STEPS; i++) {
      step();
      if (i % 5 === 4) await macrotask();
      if (i === 500) after500 = reserved();
    }
    expect(reserved()).toBe(after500);
    // All that was made is twenty times as much.
    expect(memory().peakBytes).toBeLessThan(128 * MIB);
    expect(warn).not.toHaveBeenCalled();
  });
});

test('a loop that never yields is told once, well before it fails, what to do', async () => {
  globalThis.gc!();
  await macrotask();
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  setMemoryWarning(100 * MIB);
  const before = memory().bytes;
  while (memory().bytes - before < 400 * MIB) step();
  expect(warn).toHaveBeenCalledTimes(1);
  expect(warn.mock.calls[0]![0]).toMatch(
    /^@dl\/autograd: 1\d\d\.\d MiB of tensors were made outside any scope or kept out of one, and none of them could be collected, because the program has not returned to the event loop since\. Put the body of the loop into a scope, scope\(\(\) => \{ … \}\), carry what goes from step to step with carried\(…\), or await something that waits, such as a loader, now and then\.$/,
  );
  globalThis.gc!();
  await macrotask();
  expect(memory().bytes - before).toBeLessThan(10 * MIB);
});

test('setMemoryWarning says what it needs', () => {
  expect(() => setMemoryWarning(0)).toThrow('setMemoryWarning: got 0, needs a number of bytes above 0');
});
