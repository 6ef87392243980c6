// Storage: one buffer of one backend, shared by the tensors that view it, freed with the last of them. A part of a buffer is a
// storage of its own, with values of its own: it shares the buffer until one of the two changes.

import { checkCall } from '../arguments/check-call.js';
import type { Backend, BufferHandle } from '../backend/backend.js';
import { MemoryError } from '../errors.js';
import { bytesPerElement, type DType } from '../tensor/dtype.js';
import { formatBytes } from './format.js';
import { countLoose, uncountLoose } from './loose.js';
import { captureSite } from './site.js';

interface Usage {
  buffers: number;
  bytes: number;
}

const total: Usage = { buffers: 0, bytes: 0 };
let peakBytes = 0;
const usageByOrigin = new Map<string, Usage>();

/** Where a part lies. */
interface Place {
  readonly whole: Storage;
  /** The first element of the whole's that is the part's. */
  readonly start: number;
  readonly dtype: DType;
  readonly size: number;
  readonly origin: string;
  /** The other parts of the whole are a list. */
  next: Storage | undefined;
  before: Storage | undefined;
}

export class Storage {
  readonly backend: Backend;
  /** The buffer. A part gets another one before it or its whole changes. */
  handle: BufferHandle;
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
  #isLoose = false;
  /** Where it is counted; undefined for what no report counts, and for a part, which its whole counts. */
  #usage: Usage | undefined;
  #place: Place | undefined = undefined;
  #firstPart: Storage | undefined = undefined;

  constructor(backend: Backend, handle: BufferHandle, bytes: number, usage: Usage | undefined) {
    this.backend = backend;
    this.handle = handle;
    this.bytes = bytes;
    this.#usage = usage;
  }

  /** To be called before every change in place: what else lies in the buffer gets one of its own. */
  change(by: string): void {
    if (this.#place !== undefined) this.#move();
    while (this.#firstPart !== undefined) this.#firstPart.#move();
    this.version++;
    // No graph can complain otherwise, and remembering the place takes longer than a small copy.
    if (this.savedBy === 0) return;
    this.changedBy = by;
    // The call may lie deep: below an op and its decomposition.
    this.changedAt = captureSite(16);
  }

  /** Whether other tensors have the buffer, too. */
  get isShared(): boolean {
    return this.#references > 1 || this.#place !== undefined;
  }

  retain(): this {
    this.#references++;
    return this;
  }

  /** A tensor that has it belongs to the garbage collector: it counts there once, until the last of them is gone. */
  noteLoose(): void {
    if (this.#isLoose) return;
    this.#isLoose = true;
    // A part holds all of the buffer.
    if (this.#place !== undefined) this.#place.whole.noteLoose();
    else countLoose(this.bytes);
  }

  release(): void {
    if (--this.#references > 0) return;
    if (this.#place !== undefined) {
      this.#leave(this.#place);
      return;
    }
    if (this.#isLoose) uncountLoose(this.bytes);
    const usage = this.#usage;
    if (usage !== undefined) {
      total.buffers--;
      total.bytes -= this.bytes;
      usage.buffers--;
      usage.bytes -= this.bytes;
    }
    this.backend.free(this.handle);
  }

  /** `size` elements from `start` on, for an op called `origin`, on a backend that can start anywhere. */
  part(dtype: DType, start: number, size: number, origin: string): Storage {
    const place = this.#place;
    const whole = place?.whole ?? this;
    const first = start + (place?.start ?? 0);
    const { backend } = this;
    const part = new Storage(
      backend,
      backend.part!(whole.handle, dtype, first, size),
      size * bytesPerElement(dtype),
      undefined,
    );
    const next = whole.#firstPart;
    part.#place = { whole: whole.retain(), start: first, dtype, size, origin, next, before: undefined };
    if (next !== undefined) next.#place!.before = part;
    whole.#firstPart = part;
    return part;
  }

  /** Copies a part into a buffer of its own. */
  #move(): void {
    const place = this.#place!;
    const { dtype, size, origin } = place;
    const own = allocateStorage(this.backend, dtype, size, origin);
    this.backend.copy(this.handle, own.handle, dtype, size);
    this.handle = own.handle;
    this.#usage = own.#usage;
    if (this.#isLoose) countLoose(this.bytes);
    this.#leave(place);
  }

  /** The whole has this part no more. */
  #leave({ whole, before, next }: Place): void {
    if (before !== undefined) before.#place!.next = next;
    else whole.#firstPart = next;
    if (next !== undefined) next.#place!.before = before;
    this.#place = undefined;
    whole.release();
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
  /** Live buffers; tensors that share one (a tensor, its reshape and its rows) count once. */
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
