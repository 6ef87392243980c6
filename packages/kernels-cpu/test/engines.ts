// The engines that tests can run on this machine.

import { type CpuBackend, type CpuOptions, cpu } from '@dl/kernels-cpu';
import { Heap } from '../src/heap.js';
import { WasmEngine } from '../src/wasm/engine.js';
import { type Build, compile, findBuild } from '../src/wasm/load.js';
import { wasmMemory } from '../src/wasm/memory.js';
import type { WasmEngineName } from '../src/wasm/names.js';

export type EngineName = NonNullable<CpuOptions['engine']>;

/** Each engine that can run here, by its full name. */
export function runnableEngines(): EngineName[] {
  return ['typescript', ...wasmEngines()];
}

/** Those of them that are WebAssembly. */
export function wasmEngines(): WasmEngineName[] {
  return (['wasm simd', 'wasm relaxed-simd'] as const).filter((engine) => findBuild([engine]) === engine);
}

/** A backend of each WebAssembly build, on one thread, and on three that split whatever has two results. */
export function wasmBackends(): [string, CpuBackend][] {
  return wasmEngines().flatMap((engine): [string, CpuBackend][] => [
    [engine, cpu({ engine, threads: 1 })],
    [`${engine}, 3 threads`, cpu({ engine, threads: 3, splitAll: true })],
  ]);
}

/** Makes engines of a build, each on a heap of its own with room for 4 MiB. */
export async function engineMaker(
  build: Build,
): Promise<(options: { threads: number; splitAll: boolean }) => { readonly engine: WasmEngine; readonly heap: Heap }> {
  const module = await compile(build);
  return (options) => {
    const memory = wasmMemory(2 ** 22, build.isShared);
    const heap = new Heap(2 ** 22, memory);
    return { heap, engine: new WasmEngine(module, memory, heap, options) };
  };
}

/** What the conformance suite leaves out on the WebAssembly engines. */
export const exclude: Readonly<Record<string, string>> = {
  'conv2dInputGrad special values float32':
    'a weight that is not finite meets the zeros around the gradient, where the sum is taken as a convolution',
};
