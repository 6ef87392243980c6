// Buffers for a kernel's own use, freed together at the end of a block.

/// <reference lib="esnext.disposable" preserve="true" />

import type { GpuBackend } from './backend.js';
import type { GpuBuffer } from './buffer.js';

/** `using work = new Workspace(backend);` then `work.take(size)`, as often as needed. */
export class Workspace implements Disposable {
  readonly #backend: GpuBackend;
  readonly #taken: GpuBuffer[] = [];

  constructor(backend: GpuBackend) {
    this.#backend = backend;
  }

  /** A buffer for so many elements, of any content. */
  take(size: number): GpuBuffer {
    const buffer = this.#backend.allocate('float32', size);
    this.#taken.push(buffer);
    return buffer;
  }

  [Symbol.dispose](): void {
    for (const buffer of this.#taken) this.#backend.free(buffer);
  }
}
