// How much there can be of what, for files that are loaded at different times.

/** The step in which memories of WebAssembly grow, in bytes. */
export const PAGE = 65536;
/** The most that a WebAssembly memory with 32-bit addresses can hold. */
export const MAX_BYTES = 4 * 2 ** 30;
/** The most threads that an engine can have, and parts that its work can be split into. */
export const MOST_THREADS = 255;
