// A backend gives back its memory and its workers: when it is stopped, and when nobody holds it any more.

import { existsSync, readdirSync } from 'node:fs';
import { ones, scope, type Tensor, useBackend } from '@dl/autograd';
import { expect, test } from 'vitest';
import { cpu } from './index.js';

const TASKS = '/proc/self/task';

/** Threads of this process, where the system tells. */
function threads(): number {
  return existsSync(TASKS) ? readdirSync(TASKS).length : 0;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits, for long if need be, until something holds. */
async function until(holds: () => boolean, rounds = 100): Promise<void> {
  for (let i = 0; i < rounds; i++) {
    // Before anything looks: what a WeakRef has given stays until the end of the job.
    globalThis.gc!();
    if (holds()) return;
    await pause(50);
  }
}

const MIB = 2 ** 20;

/** Starts a backend, has it use memory, and its worker where it has one. */
async function work(options: object): Promise<ReturnType<typeof cpu>> {
  const backend = cpu({ maxBytes: 64 * MIB, ...options });
  await useBackend(backend);
  using _ = scope();
  const x = ones([MIB / 2]);
  expect(x.add(x).dataSync()[0]).toBe(2);
  return backend;
}

const kinds = [
  ['two threads', { threads: 2 }],
  ['one thread', { threads: 1 }],
  ['TypeScript', { engine: 'typescript' }],
] as const;
const COUNT = 200;

test.each(kinds)(
  `${COUNT} that are stopped leave nothing: %s`,
  async (_, options) => {
    (await work(options)).stop();
    await pause(50);
    const before = { threads: threads(), memory: process.memoryUsage().rss };
    const held: Tensor[] = [];
    for (let i = 0; i < COUNT; i++) {
      const backend = await work(options);
      // A tensor that is still there does not hold the memory.
      if (i % 4 === 0) held.push(ones([MIB / 2]));
      backend.stop();
    }
    const most = before.memory + 128 * MIB;
    await until(() => threads() <= before.threads && process.memoryUsage().rss < most);
    expect(threads()).toBeLessThanOrEqual(before.threads);
    // Each has used 4 MiB, and some 6.
    expect(process.memoryUsage().rss).toBeLessThan(most);
    expect(held.length).toBe(COUNT / 4);
  },
  120_000,
);

test.each(kinds)(`${COUNT} that nobody holds are collected, with memory and workers: %s`, async (_, options) => {
  // Whatever former tests have left is gone first.
  await useBackend(cpu({ threads: 1 }));
  await until(() => false, 4);
  const before = { threads: threads(), memory: process.memoryUsage().rss };
  const most = before.memory + 128 * MIB;
  const seen: WeakRef<object>[] = [];
  const round = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) seen.push(new WeakRef(await work(options)));
  };
  const alive = (): number => seen.filter((ref) => ref.deref() !== undefined).length;
  while (seen.length < COUNT) {
    await round();
    // The last of them was the current one.
    await useBackend(cpu({ threads: 1 }));
    await until(() => alive() === 0 && threads() <= before.threads);
    expect(alive()).toBe(0);
    expect(threads()).toBeLessThanOrEqual(before.threads);
  }
  await until(() => process.memoryUsage().rss < most);
  expect(process.memoryUsage().rss).toBeLessThan(most);
});
