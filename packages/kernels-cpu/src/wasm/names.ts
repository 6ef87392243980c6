// The builds of the WebAssembly kernels.

/** What the WebAssembly kernels run on, best first. */
export type WasmEngineName = 'wasm relaxed-simd' | 'wasm simd';
export const wasmEngineNames: readonly WasmEngineName[] = ['wasm relaxed-simd', 'wasm simd'];
