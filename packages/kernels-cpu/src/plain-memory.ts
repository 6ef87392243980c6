// A memory for a heap where there is no WebAssembly: it grows as one of WebAssembly does.

import { PAGE } from './limits.js';

/** Bytes that grow at their end, in pages. `WebAssembly.Memory` is one. */
export interface GrowingMemory {
  readonly buffer: ArrayBufferLike;
  grow(pages: number): unknown;
}

export class PlainMemory implements GrowingMemory {
  #buffer = new ArrayBuffer(PAGE);

  get buffer(): ArrayBuffer {
    return this.#buffer;
  }

  /** Throws a RangeError, and leaves everything as it was, when there is no room. */
  grow(pages: number): void {
    // A resizable buffer would spare the copy, but engines take twice as long for each access to it.
    const grown = new ArrayBuffer(this.#buffer.byteLength + pages * PAGE);
    new Uint8Array(grown).set(new Uint8Array(this.#buffer));
    detach(this.#buffer);
    this.#buffer = grown;
  }
}

/** Takes the bytes from every view that still looks at them: one that was kept would read and write what nobody else sees. */
function detach(buffer: ArrayBuffer): void {
  const { transfer } = buffer as ArrayBuffer & { transfer?: (length: number) => ArrayBuffer };
  if (transfer !== undefined) transfer.call(buffer, 0);
  else structuredClone(buffer, { transfer: [buffer] });
}
