// The memory of WebAssembly in which a heap lives.

import { PAGE } from '../limits.js';
import type { WasmMemory } from './platform.js';

/**
 * A memory that WebAssembly kernels can import, for threads if they are wanted; where the system has no room to set one up
 * that is shared, which needs all its addresses at once, one that is not.
 */
export function wasmMemory(maxBytes: number, isShared: boolean): WasmMemory {
  const sizes = { initial: 1, maximum: Math.ceil(maxBytes / PAGE) };
  try {
    return new WebAssembly.Memory({ ...sizes, shared: isShared });
  } catch (error) {
    if (!isShared) throw error;
    return new WebAssembly.Memory(sizes);
  }
}
