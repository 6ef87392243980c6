// The engines that tests can run on this machine.

import { type CpuOptions, cpu } from '@dl/kernels-cpu';

export type EngineName = NonNullable<CpuOptions['engine']>;

/** Each engine that can run here, by its full name. */
export function runnableEngines(): EngineName[] {
  return (['typescript', 'wasm simd', 'wasm relaxed-simd'] as const).filter(
    (engine) => cpu({ engine }).engine === engine,
  );
}

/** Those of them that are WebAssembly. */
export function wasmEngines(): EngineName[] {
  return runnableEngines().filter((engine) => engine !== 'typescript');
}
