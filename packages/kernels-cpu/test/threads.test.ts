// Threads: the same bits for any number of them, work that workers really do, and processes that end.

import { execFileSync } from 'node:child_process';
import { memory, scope, useBackend } from '@dl/autograd';
import { type CpuOptions, cpu } from '@dl/kernels-cpu';
import { describe, expect, test } from 'vitest';
import { compile } from '../src/wasm/load.js';
import { ThreadPool } from '../src/wasm/threads/pool.js';
import { wasmEngines } from './engines.js';
import { largeResults } from './large-results.js';

const folder = new URL('..', import.meta.url);

/** What a process prints that runs this program with the package's sources. */
function outputOf(program: string): string {
  const args = ['--conditions=@dl/source', '--import', 'tsx', '--input-type=module', '-e', program];
  return execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' }).trim();
}

async function bitsOf(options: CpuOptions): Promise<string[]> {
  await useBackend(cpu(options));
  using _ = scope();
  return largeResults().map((y) => Buffer.from(y.dataSync().buffer).toString('base64'));
}

describe.each(wasmEngines())('%s', (engine) => {
  test('two, three and seven threads give the bits that one gives', async () => {
    const expected = await bitsOf({ engine, threads: 1 });
    for (const threads of [2, 3, 7]) {
      expect(await bitsOf({ engine, threads })).toEqual(expected);
      expect(await bitsOf({ engine, threads, splitAll: true })).toEqual(expected);
    }
  });
});

describe('a pool', () => {
  interface Exports {
    unaryExp(x: number, y: number, n: number): void;
    gemmBytes(): number;
  }

  async function poolOf(count: number) {
    const shared = new WebAssembly.Memory({ initial: 64, maximum: 128, shared: true });
    const module = await compile({ name: 'wasm simd', isShared: true });
    const abort = (): void => undefined;
    const run = new WebAssembly.Instance(module, { env: { memory: shared, abort } }).exports as unknown as Exports;
    const pool = new ThreadPool(module, shared, run);
    await Promise.all(Array.from({ length: count }, () => pool.start()));
    return { pool, run, shared };
  }

  test('has its workers do a share of the work, awake and woken', async () => {
    const { pool, run, shared } = await poolOf(2);
    const n = 100_000;
    const values = new Float32Array(shared.buffer, 65536, 2 * n);
    for (let i = 0; i < n; i++) values[i] = i / n;
    for (let round = 0; pool.doneByWorkers < 20; round++) {
      expect(round).toBeLessThan(10_000);
      values.fill(0, n);
      pool.run(5, run, (on, part) => {
        const first = part * (n / 5);
        on.unaryExp(65536 + 4 * first, 65536 + 4 * (n + first), n / 5);
      });
      for (let i = 0; i < n; i += 997) expect(values[n + i]).toBeCloseTo(Math.exp(i / n), 5);
      // Now and then long enough for the workers to fall asleep.
      if (round % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 10));
    }
    pool.close();
  });

  test('does without workers that never come, and with more calls than there is room for', async () => {
    const { pool, run, shared } = await poolOf(0);
    const values = new Float32Array(shared.buffer, 65536, 40_000);
    pool.run(3, run, (on, part) => {
      for (let i = 0; i < 12_000; i++) on.unaryExp(65536, 65536 + 4 * (1 + part * 12_000 + i), 1);
    });
    expect([...values.subarray(1, 36_001)]).toEqual(new Array(36_000).fill(1));
  });

  test('says when a kernel stops in a worker', async () => {
    const { pool, run } = await poolOf(1);
    // Beyond the end of the memory.
    expect(() => {
      for (let i = 0; i < 10_000; i++)
        pool.run(2, run, (on, part) => on.unaryExp(65536, part === 0 ? 65536 : 2 ** 31, 64));
    }).toThrow('cpu: a WebAssembly kernel stopped');
    pool.run(2, run, (on) => on.unaryExp(65536, 65536, 64));
    pool.close();
  });
});

describe('a process', () => {
  const program = (options: string, rest = ''): string => `
    import { ones, useBackend } from '@dl/autograd';
    import { cpu } from '@dl/kernels-cpu';
    const backend = await useBackend(cpu(${options}));
    const a = ones([600, 600]);
    for (let i = 0; i < 20; i++) a.matmul(a).dispose();
    console.log(backend.info().engine);
    ${rest}`;

  test('ends by itself, with workers awake or asleep', () => {
    expect(outputOf(program('{ threads: 3 }'))).toBe('wasm relaxed-simd, 3 threads');
    expect(outputOf(program('{ threads: 3 }', 'await new Promise((done) => setTimeout(done, 50));'))).toBe(
      'wasm relaxed-simd, 3 threads',
    );
  });

  test('without SharedArrayBuffer has one thread, and says why when it was asked for more', () => {
    const without = 'delete globalThis.SharedArrayBuffer;';
    const told = `
      ${without}
      const { useBackend } = await import('@dl/autograd');
      const { cpu } = await import('@dl/kernels-cpu');
      const backend = await useBackend(cpu());
      console.log(backend.info().engine, backend.info().details.whyOneThread);
      try { await useBackend(cpu({ threads: 2 })); } catch (error) { console.log(error.message); }`;
    expect(outputOf(told).split('\n')).toEqual([
      'wasm relaxed-simd there is no SharedArrayBuffer here',
      expect.stringContaining(
        'cpu: 2 threads cannot run: there is no SharedArrayBuffer here; leave threads out to use as many as can',
      ),
    ]);
  });
});

test('steps on several threads leave the memory as it was', async () => {
  const backend = cpu({ threads: 2, splitAll: true });
  await useBackend(backend);
  const before = memory();
  const step = (): void => {
    using _ = scope();
    largeResults();
  };
  step();
  const { usedBytes, reservedBytes } = backend.details();
  for (let i = 0; i < 20; i++) step();
  expect(backend.details()).toMatchObject({ usedBytes, reservedBytes });
  expect(memory().buffers).toBe(before.buffers);
});

test.each<[CpuOptions, string]>([
  [{ threads: 0 }, 'cpu: threads is 0, needs a whole number from 1 to 255'],
  [{ threads: 1.5 }, 'cpu: threads is 1.5, needs a whole number from 1 to 255'],
  [{ threads: 256 }, 'cpu: threads is 256, needs a whole number from 1 to 255'],
  [
    { threads: 2, engine: 'typescript' },
    "cpu: threads is 2, but the engine 'typescript' runs on one; leave out threads, or choose 'wasm'",
  ],
])('%o is refused', (options, message) => {
  expect(() => cpu(options)).toThrow(message);
});
