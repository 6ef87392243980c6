// Scopes free tensors when a block ends; without one, the garbage collector does, told how much is at stake.

import { checkCall } from '../arguments/check-call.js';
import { shown } from '../arguments/shown.js';
import { MemoryError } from '../errors.js';
import type { TensorBase } from '../tensor/tensor-base.js';
import { captureSite } from './site.js';
import { formatBytes, type Storage } from './storage.js';

/** How a tensor came to be freed: the words for the error when it is used afterwards, and where it was. */
export interface FreeRecord {
  readonly how: string;
  readonly where: Error | undefined;
}

/** The tensors that are to be freed together. Made by {@link scope}. */
export class Scope {
  #tensors: TensorBase[] = [];
  #roomFor = 1024;
  #outer: Scope | undefined;
  readonly #ended: FreeRecord;
  isEnded = false;

  constructor(ended: FreeRecord) {
    this.#ended = ended;
    this.#outer = current;
    current = this;
  }

  /** Begins anew after its end: for work that comes in many small pieces. */
  reopen(): void {
    this.isEnded = false;
    this.#outer = current;
    current = this;
  }

  /** Takes over a tensor: it will be freed when this scope ends. */
  adopt(tensor: TensorBase): void {
    tensor.owner = this;
    if (this.#tensors.push(tensor) > this.#roomFor) this.#forgetOthers();
  }

  /** Lets go of tensors that were freed or left since: gradients come and go in the scope of their parameter. */
  #forgetOthers(): void {
    this.#tensors = this.#tensors.filter((tensor) => tensor.owner === this);
    this.#roomFor = Math.max(1024, 2 * this.#tensors.length);
  }

  /** Frees what was made in the scope and not kept. Called by `using` at the end of the block; calling it twice is harmless. */
  end(): void {
    if (this.isEnded) return;
    this.#close();
    const tensors = this.#tensors;
    for (let i = 0; i < tensors.length; i++) if (tensors[i]!.owner === this) tensors[i]!.free(this.#ended);
    this.#tensors = [];
  }

  [Symbol.dispose](): void {
    this.end();
  }

  /** Ends the scope of a library function: `survivors` and what the tape has saved go to the caller's scope. */
  endWith(survivors: readonly TensorBase[]): void {
    this.#close();
    const target = this.#outer;
    const tensors = this.#tensors;
    for (let i = 0; i < tensors.length; i++) {
      const tensor = tensors[i]!;
      if (tensor.owner !== this) continue;
      if (tensor.savedBy > 0 || survivors.includes(tensor)) {
        tensor.owner = undefined;
        own(tensor, target);
      } else {
        tensor.free(internal);
      }
    }
    this.#tensors = [];
  }

  #close(): void {
    this.isEnded = true;
    if (current === this) {
      current = this.#outer;
      while (current?.isEnded) current = current.#outer;
    }
  }
}

export const internal: FreeRecord = {
  how: 'it was an intermediate of a library function',
  where: undefined,
};

const ended: FreeRecord = {
  how: 'its scope ended; keep(tensor) before the end lets it out',
  where: undefined,
};

let current: Scope | undefined;

// Remembering where a scope was opened takes as long as a few small ops. Of a loop that opens many, the first rounds of
// each tenth of a second are remembered: a mistake shows in them.
const MOST_SITES = 100;
let sites = 0;
let tenth = 0;

function siteOfScope(): Error | undefined {
  if (sites >= MOST_SITES) {
    const now = Math.floor(Date.now() / 100);
    if (now === tenth) return undefined;
    tenth = now;
    sites = 0;
  }
  sites++;
  return captureSite();
}

/**
 * Opens a scope: every tensor made until its end is freed there, whatever happens in between.
 * Parameters, their gradients and what {@link keep} lets out survive. Scopes nest.
 *
 * @example
 * ```ts
 * import { memory, ones, scope, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * {
 *   using _ = scope();
 *   ones([1000]).mul(2).add(1);
 * }
 * console.log(memory().buffers); // 0
 * ```
 */
export function scope(): Scope {
  checkCall('scope', arguments, []);
  const where = siteOfScope();
  return new Scope(where === undefined ? ended : { how: ended.how, where });
}

/** A scope for the insides of library functions: cheaper, it does not remember where it was opened. */
export function internalScope(): Scope {
  return new Scope(ended);
}

/**
 * Lets a tensor out of the scopes that are open: it lives until `dispose()` or until nothing refers to it.
 * Returns the tensor.
 */
export function keep<T extends TensorBase>(tensor: T): T {
  checkCall('keep', arguments, ['tensor']);
  if (tensor.owner !== undefined) leaveToCollector(tensor);
  return tensor;
}

/** From now on the garbage collector frees it. */
export function leaveToCollector(tensor: TensorBase): void {
  tensor.owner = undefined;
  collector.register(tensor, tensor.storage, tensor);
}

/** Gives a new tensor to the innermost scope, or to the garbage collector when none is open. */
export function own(tensor: TensorBase, to: Scope | undefined = current): void {
  if (to !== undefined) {
    to.adopt(tensor);
    return;
  }
  const { storage } = tensor;
  collector.register(tensor, storage, tensor);
  if (storage.isShared) return;
  tensor.looseBytes = storage.bytes;
  uncollected += storage.bytes;
  pressure += storage.bytes;
  if (pressure > PRESSURE_BYTES) relievePressure();
}

/** The owner whose life a gradient shares: that of the tensor that it is the gradient of. */
export function ownLike(tensor: TensorBase, model: TensorBase): void {
  if (tensor.owner === model.owner) return;
  disown(tensor);
  if (model.owner !== undefined) model.owner.adopt(tensor);
  else leaveToCollector(tensor);
}

/** Takes a tensor off the garbage collector's list, because it was freed by hand. */
export function disown(tensor: TensorBase): void {
  if (tensor.owner !== undefined) {
    tensor.owner = undefined;
    return;
  }
  collector.unregister(tensor);
  uncollected = Math.max(0, uncollected - tensor.looseBytes);
  tensor.looseBytes = 0;
}

export function currentScope(): Scope | undefined {
  return current;
}

// The JavaScript heap sees a tensor as a hundred bytes, however large its buffer is, and would not
// collect for minutes. Dropping an ArrayBuffer of the size that the tensors really hold makes the
// engine count it and collect in time; the memory is never touched, so it costs only address space.
const PRESSURE_BYTES = 64 * 2 ** 20;
const DEFAULT_WARNING_BYTES = 2 ** 30;

let pressure = 0;
let uncollected = 0;
let warningBytes = DEFAULT_WARNING_BYTES;
let warned = false;

const collector = new FinalizationRegistry<Storage>((storage) => {
  // Finalisers run: the program does return to the event loop.
  uncollected = 0;
  storage.release();
});

function relievePressure(): void {
  try {
    new ArrayBuffer(pressure);
  } catch {
    // No address space left for it: the engine has then just tried to collect as hard as it can.
  }
  pressure = 0;
  if (uncollected > warningBytes && !warned) {
    warned = true;
    console.warn(
      `@dl/autograd: ${formatBytes(uncollected)} of tensors were made outside any scope, and none of them could be ` +
        'collected, because the program has not returned to the event loop since. Open a scope in the loop ' +
        '("using _ = scope();" as its first line), or await something that waits, such as a loader, now and then.',
    );
  }
}

/**
 * Sets after how many bytes made outside any scope, without a chance to collect them, the one warning comes.
 * The default is 1 GiB.
 */
export function setMemoryWarning(bytes: number): void {
  checkCall('setMemoryWarning', arguments, [['bytes', 'number']]);
  if (!(bytes > 0)) throw new MemoryError(`setMemoryWarning: got ${shown(bytes)}, needs a number of bytes above 0`);
  warningBytes = bytes;
  warned = false;
  uncollected = 0;
}
