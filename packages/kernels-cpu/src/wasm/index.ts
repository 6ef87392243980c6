// The WebAssembly engine: kernels that replace those of the TypeScript engine.

import type { KernelEntry } from '@dl/autograd';
import { WasmEngine } from './engine.js';
import * as files from './files.js';
import type { WasmKernel } from './kernel.js';

export { WasmEngine };

/** The kernels of an engine, each with its op. */
export function wasmKernels(engine: WasmEngine): KernelEntry[] {
  return Object.values(files).flatMap((file) => Object.values<WasmKernel>(file).map((make) => make(engine)));
}
