// What every start loads: the memory, and the kernels of both engines. One file, since Vite preloads what several share, which takes
// a document, and a worker has none.

export { Heap } from './heap.js';
export { hostOf } from './host.js';
export { typescriptKernels } from './typescript/index.js';
export { WasmEngine, wasmKernels } from './wasm/index.js';
