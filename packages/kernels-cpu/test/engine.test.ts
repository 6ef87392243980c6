// Which engine runs, and what is said about it.

import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { defineKernel, relu, tanh, tensor, useBackend } from '@dl/autograd';
import { type CpuOptions, cpu, cpuBuffer } from '@dl/kernels-cpu';
import { afterEach, expect, test, vi } from 'vitest';

afterEach(() => {
  vi.restoreAllMocks();
});

test('WebAssembly with relaxed SIMD runs by default, on all cores, once it was waited for', async () => {
  const backend = cpu();
  expect(backend.info().engine).toBe('not started');
  await useBackend(backend);
  const threads = availableParallelism();
  expect(backend.info().engine).toBe(threads === 1 ? 'wasm relaxed-simd' : `wasm relaxed-simd, ${threads} threads`);
  const product = tensor([[1, 2]]).matmul(tensor([[3], [4]]));
  expect(product.item()).toBe(11);
});

test('an engine can be chosen by name', async () => {
  const engineOf = async (options: CpuOptions): Promise<string> => (await useBackend(cpu(options))).info().engine;
  for (const engine of ['wasm simd', 'wasm relaxed-simd'] as const) {
    expect(await engineOf({ engine, threads: 1 })).toBe(engine);
    expect(await engineOf({ engine, threads: 2 })).toBe(`${engine}, 2 threads`);
  }
  expect(await engineOf({ engine: 'typescript' })).toBe('typescript');
  expect(await engineOf({ engine: 'wasm', threads: 1 })).toBe('wasm relaxed-simd');
  expect(() => cpu({ engine: 'fast' as unknown as NonNullable<CpuOptions['engine']> })).toThrow(
    "cpu: engine is 'fast', needs 'wasm', 'wasm relaxed-simd', 'wasm simd' or 'typescript'",
  );
});

test('your own kernel stays so on every engine, and one that is taken out of the table is gone', async () => {
  const own = defineKernel(relu, ({ y }) => cpuBuffer(y.handle).values.fill(7));
  const backend = cpu({ kernels: [own] });
  await useBackend(backend);
  backend.kernels.delete(tanh);
  expect(() => tanh(tensor([1]))).toThrow('tanh');
  expect(relu(tensor([1])).item()).toBe(7);
});

/** The package as it is loaded for the first time. */
async function fresh(): Promise<typeof import('@dl/kernels-cpu') & typeof import('@dl/autograd')> {
  vi.resetModules();
  return { ...(await import('@dl/kernels-cpu')), ...(await import('@dl/autograd')) };
}

test('before it is ready, making a tensor says to wait for it', async () => {
  const { cpu, useBackend, zeros } = await fresh();
  const chosen = useBackend(cpu());
  expect(() => zeros([2])).toThrow(
    'no backend is ready yet: useBackend(…) was called but not waited for; write await useBackend(…) before making tensors',
  );
  await chosen;
  expect(zeros([2]).toArray()).toEqual([0, 0]);
});

test('without SIMD the TypeScript kernels run, and the reason is told', async () => {
  vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
  const { cpu, useBackend } = await fresh();
  expect((await useBackend(cpu())).info()).toMatchObject({
    engine: 'typescript',
    details: { whyTypescript: "this machine's WebAssembly has no SIMD" },
  });
  await expect(useBackend(cpu({ engine: 'wasm' }))).rejects.toThrow(
    "the engine 'wasm' cannot run: this machine's WebAssembly has no SIMD; leave engine out to use the best that can",
  );
});

test.each(['Module', 'compile', 'Memory', 'Instance'] as const)(
  'when WebAssembly.%s refuses, the TypeScript kernels run, and the reason is told',
  async (name) => {
    const { cpu, useBackend } = await fresh();
    vi.spyOn(WebAssembly, name).mockImplementation(function blocked() {
      throw new Error('blocked by the page');
    });
    const backend = await useBackend(cpu());
    expect(backend.info()).toMatchObject({
      engine: 'typescript',
      details: { whyTypescript: 'WebAssembly did not start: blocked by the page' },
    });
    vi.restoreAllMocks();
    // Once it is allowed, nothing stands in its way.
    expect((await useBackend(cpu({ threads: 1 }))).info().engine).toBe('wasm relaxed-simd');
  },
);

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
