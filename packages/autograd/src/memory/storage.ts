// Storage: one buffer of one backend, shared by the tensors that view it, freed with the last of them.

import { checkCall } from '../arguments/check-call.js';
import type { Backend, BufferHandle } from '../backend/backend.js';
import { MemoryError } from '../errors.js';
import { bytesPerElement, type DType } from '../tensor/dtype.js';
import { captureSite } from './site.js';

interface Usage {
  buffers: number;
  bytes: number;
}

const total: Usage = { buffers: 0, bytes: 0 };
let peakBytes = 0;
const usageByOrigin = new Map<string, Usage>();

export class Storage {
  readonly backend: Backend;
  readonly handle: BufferHandle;
  readonly bytes: number;
  /** Counts changes in place, so that backward can tell whether a saved value is still what it was. */
  version = 0;
  /** How many graph nodes need the value as it is now. */
  savedBy = 0;
  /** What changed the value in place last although a graph node needed it, and where. */
  changedBy = '';
  changedAt: Error | undefined = undefined;
  /** The number of the last op that changed it in place, see in-place.ts. */
  changeNumber = 0;
  #references = 1;
  /** Where it is counted; undefined for what no report counts. */
  readonly #usage: Usage | undefined;

  constructor(backend: Backend, handle: BufferHandle, bytes: number, usage: Usage | undefined) {
    this.backend = backend;
    this.handle = handle;
    this.bytes = bytes;
    this.#usage = usage;
  }

  /** To be called at every change in place. */
  noteChange(by: string): void {
    this.version++;
    // No graph can complain otherwise, and remembering the place takes longer than a small copy.
    if (this.savedBy === 0) return;
    this.changedBy = by;
    // The call may lie deep: below an op and its decomposition.
    this.changedAt = captureSite(16);
  }

  get isShared(): boolean {
    return this.#references > 1;
  }

  retain(): this {
    this.#references++;
    return this;
  }

  release(): void {
    if (--this.#references > 0) return;
    const usage = this.#usage;
    if (usage !== undefined) {
      total.buffers--;
      total.bytes -= this.bytes;
      usage.buffers--;
      usage.bytes -= this.bytes;
    }
    this.backend.free(this.handle);
  }
}

/** Allocates the buffer of a tensor that the op called `origin` makes. */
export function allocateStorage(backend: Backend, dtype: DType, size: number, origin: string): Storage {
  const bytes = size * bytesPerElement(dtype);
  let usage = usageByOrigin.get(origin);
  if (usage === undefined) {
    usage = { buffers: 0, bytes: 0 };
    usageByOrigin.set(origin, usage);
  }
  let handle: BufferHandle;
  try {
    handle = backend.allocate(dtype, size);
  } catch (error) {
    if (!(error instanceof MemoryError)) throw error;
    throw new MemoryError(`${origin}: ${error.message} ${describeUsage()}`, { cause: error });
  }
  usage.buffers++;
  usage.bytes += bytes;
  total.buffers++;
  total.bytes += bytes;
  if (total.bytes > peakBytes) peakBytes = total.bytes;
  return new Storage(backend, handle, bytes, usage);
}

/** A buffer for what stays for good, which is no tensor of the user's: reports leave it out. */
export function uncountedStorage(backend: Backend, dtype: DType, size: number): Storage {
  return new Storage(backend, backend.allocate(dtype, size), size * bytesPerElement(dtype), undefined);
}

/** Live buffers and bytes, and which ops made them. */
export interface MemoryReport {
  /** Live buffers; tensors that share one (a tensor and its reshape) count once. */
  readonly buffers: number;
  readonly bytes: number;
  /** The most bytes that were ever live at once, since the start or the last {@link resetPeakMemory}. */
  readonly peakBytes: number;
  /** The same by the op that made them, largest first. */
  readonly byOp: readonly { readonly op: string; readonly buffers: number; readonly bytes: number }[];
}

/**
 * What is alive now, by the op that made it: the first thing to look at when memory grows.
 *
 * @example
 * ```ts
 * import { memory, useBackend, zeros } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const x = zeros([256, 256]);
 * console.log(memory().bytes); // 262144
 * x.dispose();
 * console.log(memory().bytes); // 0
 * ```
 */
export function memory(): MemoryReport {
  checkCall('memory', arguments, []);
  const byOp = [...usageByOrigin]
    .filter(([, usage]) => usage.buffers > 0)
    .map(([op, usage]) => ({ op, buffers: usage.buffers, bytes: usage.bytes }))
    .sort((a, b) => b.bytes - a.bytes || b.buffers - a.buffers);
  return { buffers: total.buffers, bytes: total.bytes, peakBytes, byOp };
}

/** Starts the measure of `memory().peakBytes` anew from what is live now. */
export function resetPeakMemory(): void {
  checkCall('resetPeakMemory', arguments, []);
  peakBytes = total.bytes;
}

function describeUsage(): string {
  const top = memory()
    .byOp.slice(0, 3)
    .map(({ op, buffers, bytes }) => `${op} ${formatBytes(bytes)} in ${buffers}`);
  return `Tensors hold ${formatBytes(total.bytes)} in ${total.buffers} buffers, most by ${top.join(', ') || 'none'}.`;
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value.toFixed(1)} ${units[unit]}`;
}
