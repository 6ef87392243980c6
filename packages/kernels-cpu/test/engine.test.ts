// Which engine runs, and what is said about it.

import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { tensor, useBackend, withBackend } from '@dl/autograd';
import { type CpuOptions, cpu } from '@dl/kernels-cpu';
import { afterEach, expect, test, vi } from 'vitest';

afterEach(() => {
  vi.restoreAllMocks();
});

test('WebAssembly with relaxed SIMD runs by default, at once, on all cores', () => {
  const backend = cpu();
  const threads = availableParallelism();
  expect(backend.info().engine).toBe(threads === 1 ? 'wasm relaxed-simd' : `wasm relaxed-simd, ${threads} threads`);
  void useBackend(backend);
  expect(
    withBackend(backend, () =>
      tensor([[1, 2]])
        .matmul(tensor([[3], [4]]))
        .item(),
    ),
  ).toBe(11);
});

test('an engine can be chosen by name', () => {
  for (const engine of ['wasm simd', 'wasm relaxed-simd'] as const) {
    expect(cpu({ engine, threads: 1 }).info().engine).toBe(engine);
    expect(cpu({ engine, threads: 2 }).info().engine).toBe(`${engine}, 2 threads`);
  }
  expect(cpu({ engine: 'typescript' }).info().engine).toBe('typescript');
  expect(cpu({ engine: 'wasm', threads: 1 }).info().engine).toBe('wasm relaxed-simd');
  expect(() => cpu({ engine: 'fast' as unknown as NonNullable<CpuOptions['engine']> })).toThrow(
    "cpu: engine is 'fast', needs 'wasm', 'wasm relaxed-simd', 'wasm simd' or 'typescript'",
  );
});

test('without SIMD the TypeScript kernels run, and the reason is told', async () => {
  vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
  vi.resetModules();
  const { cpu: freshCpu } = await import('@dl/kernels-cpu');
  const backend = freshCpu();
  expect(backend.info()).toMatchObject({
    engine: 'typescript',
    details: { whyTypescript: "this machine's WebAssembly has no SIMD" },
  });
  await expect(Promise.resolve().then(() => freshCpu({ engine: 'wasm' }).start())).rejects.toThrow(
    "cpu: the engine 'wasm' cannot run: this machine's WebAssembly has no SIMD; leave engine out to use the best that can",
  );
});

test('when WebAssembly is forbidden the TypeScript kernels run, and the reason is told', async () => {
  vi.resetModules();
  const { cpu: freshCpu } = await import('@dl/kernels-cpu');
  vi.spyOn(WebAssembly, 'Module').mockImplementation(function blocked() {
    throw new Error('blocked by the page');
  });
  expect(freshCpu().info()).toMatchObject({
    engine: 'typescript',
    details: { whyTypescript: 'WebAssembly did not start: blocked by the page' },
  });
});

test('importing the package compiles nothing and sets no flag', () => {
  const script = `
    import v8 from 'node:v8';
    const seen = [];
    v8.setFlagsFromString = (flag) => seen.push(flag);
    WebAssembly.Module = class { constructor() { seen.push('module'); } };
    WebAssembly.validate = () => { seen.push('validate'); return false; };
    await import('@dl/kernels-cpu');
    console.log(seen.length);`;
  const folder = new URL('..', import.meta.url);
  const output = execFileSync(
    process.execPath,
    ['--conditions=@dl/source', '--import', 'tsx', '--input-type=module', '-e', script],
    { cwd: folder, encoding: 'utf8' },
  );
  expect(output.trim()).toBe('0');
});
