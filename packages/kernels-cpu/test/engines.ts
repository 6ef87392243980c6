// The engines that tests can run on this machine.

import { type CpuBackend, type CpuOptions, cpu } from '@dl/kernels-cpu';

export type EngineName = NonNullable<CpuOptions['engine']>;

/** Each engine that can run here, by its full name. */
export function runnableEngines(): EngineName[] {
  return (['typescript', 'wasm simd', 'wasm relaxed-simd'] as const).filter(
    (engine) => cpu({ engine, ...(engine !== 'typescript' && { threads: 1 }) }).engine === engine,
  );
}

/** Those of them that are WebAssembly. */
export function wasmEngines(): EngineName[] {
  return runnableEngines().filter((engine) => engine !== 'typescript');
}

/** A backend of each WebAssembly build, on one thread, and on three that split whatever has two results. */
export function wasmBackends(): [string, CpuBackend][] {
  return wasmEngines().flatMap((engine) =>
    [cpu({ engine, threads: 1 }), cpu({ engine, threads: 3, splitAll: true })].map((backend): [string, CpuBackend] => [
      backend.info().engine,
      backend,
    ]),
  );
}

/** What the conformance suite leaves out on the WebAssembly engines. */
export const exclude: Readonly<Record<string, string>> = {
  'conv2dInputGrad special values float32':
    'a weight that is not finite meets the zeros around the gradient, where the sum is taken as a convolution',
};
