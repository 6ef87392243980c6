// Scopes free tensors when a block ends; without one, the garbage collector does, told how much is at stake.

/// <reference lib="esnext.disposable" preserve="true" />

import { checkCall } from '../arguments/check-call.js';
import { type Context, currentContext, enterContext, inContext } from '../context/context.js';
import { thisRun } from '../context/in-turn.js';
import { ArgumentError, ContextError } from '../errors.js';
import { nextNodeId } from '../graph/tape.js';
import type { TensorBase } from '../tensor/tensor-base.js';
import { collector } from './loose.js';
import { isThenable } from './nested.js';
import { describeSite, siteOfScope } from './site.js';
import { survivorsOf } from './survivors.js';

/** How a tensor came to be freed: the words for the error when it is used afterwards, and where it was. */
export interface FreeRecord {
  readonly how: string;
  readonly where: Error | undefined;
}

/** The tensors that are to be freed together. Made by {@link scope}. */
export class Scope {
  #tensors: TensorBase[] = [];
  #roomFor = 1024;
  readonly #ended: FreeRecord;
  /** The record in which it is open, and what was open there before. */
  readonly #context: Context;
  #outer: Scope | undefined;
  isEnded = false;
  /** @internal Ends the context that was made for it. */
  leave: (() => void) | undefined = undefined;
  /** @internal The synchronous run in which it was opened, where tasks are not told apart. */
  run: number | undefined = undefined;

  constructor(ended: FreeRecord, context: Context) {
    this.#ended = ended;
    this.#context = context;
    this.#outer = alive(context.scope);
    context.scope = this;
  }

  /** Begins anew after its end: for work that comes in many small pieces. */
  reopen(): void {
    this.isEnded = false;
    this.#outer = alive(this.#context.scope);
    this.#context.scope = this;
  }

  /** The one around it that is open. */
  get outer(): Scope | undefined {
    return alive(this.#outer);
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

  /**
   * Frees what was made in the scope and not kept; `survivors` go to the scope around it. Called by `using` at the end of the
   * block; calling it twice is harmless.
   */
  end(survivors?: ReadonlySet<TensorBase>): void {
    if (this.isEnded) return;
    const above = this.#above();
    this.#close();
    const tensors = this.#tensors;
    const target = this.outer;
    for (let i = 0; i < tensors.length; i++) {
      const tensor = tensors[i]!;
      if (tensor.owner !== this) continue;
      if (survivors?.has(tensor)) handOver(tensor, target);
      else tensor.free(this.#ended);
    }
    this.#tensors = [];
    if (above !== undefined) throw this.#overlaps(above);
  }

  [Symbol.dispose](): void {
    this.end();
  }

  /** Ends the scope of a library function: `survivors` and what the tape has saved go to the caller's scope. */
  endWith(survivors: readonly TensorBase[]): void {
    this.#close();
    const target = this.outer;
    const tensors = this.#tensors;
    for (let i = 0; i < tensors.length; i++) {
      const tensor = tensors[i]!;
      if (tensor.owner !== this) continue;
      if (tensor.savedBy > 0 || survivors.includes(tensor)) {
        handOver(tensor, target);
      } else {
        tensor.free(internal);
      }
    }
    this.#tensors = [];
  }

  #close(): void {
    this.isEnded = true;
    const context = this.#context;
    if (context.scope === this) context.scope = alive(this.#outer);
    this.leave?.();
  }

  /** The scope that another task has opened above this one and not ended, where tasks are not told apart. */
  #above(): Scope | undefined {
    const innermost = this.#context.scope;
    if (innermost === this || this.run === undefined || this.run === thisRun()) return undefined;
    for (let at = alive(innermost); at !== undefined; at = at.#outer) if (at.#outer === this) return at;
    return undefined;
  }

  #overlaps(above: Scope): ContextError {
    const place = (scope: Scope): string => `the one opened${describeSite(scope.#ended.where) || ' elsewhere'}`;
    return new ContextError(
      `scope: ${place(this)} ends before ${place(above)}, which began later; tasks cannot be told apart here, so tensors of one may have ` +
        'been freed by the other; hold a scope over an await in one task at a time, or close it before',
    );
  }
}

function alive(scope: Scope | undefined): Scope | undefined {
  let found = scope;
  while (found?.isEnded) found = found.outer;
  return found;
}

export const internal: FreeRecord = {
  how: 'it was an intermediate of a library function',
  where: undefined,
};

const ended: FreeRecord = {
  how: 'its scope ended; keep(tensor) before the end lets it out',
  where: undefined,
};

/**
 * Runs `body` and frees every tensor that was made in it, whatever happens, also when it throws. What survives:
 *
 * - what `body` returns: a tensor, or tensors in arrays, plain objects, maps and sets, however deep, with all that their
 *   `backward()` needs. It belongs to the scope around this one, where there is one. Objects of a class are not searched;
 * - parameters, their gradients, the memory of optimisers;
 * - what {@link keep} lets out.
 *
 * `body` may be asynchronous: the scope ends when its promise settles, and what other tasks make meanwhile is theirs. Scopes nest.
 *
 * @example
 * ```ts
 * import { memory, ones, scope, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const sum = scope(() => ones([1000]).mul(2).sum());
 * console.log(sum.item(), memory().buffers); // 2000 1
 * ```
 *
 * Without `body` it opens a scope that ends with the block of its `using`, or when `end()` is called. `using` is a syntax error
 * in JavaScript before Node 24; TypeScript from 5.2 on and bundlers translate it. Held over an `await` it is for a task that runs
 * alone: see docs/asynchronous.md.
 *
 * @example
 * ```ts
 * // `using` needs Node 24, TypeScript 5.2 or newer, or a build step.
 * import { memory, ones, scope, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * {
 *   using _ = scope();
 *   ones([1000]).mul(2).add(1);
 * }
 * console.log(memory().buffers); // 0
 * ```
 *
 * @throws ArgumentError when `body` is no function, or returns promises inside an array or object.
 */
export function scope(): Scope;
export function scope<T>(body: () => T): T;
export function scope<T>(...args: [body?: () => T]): Scope | T {
  checkCall('scope', args, ['body']);
  const where = siteOfScope();
  const record = where === undefined ? ended : { how: ended.how, where };
  if (args.length > 0) return scopeOf(record, args[0]);
  let opened: Scope | undefined;
  const leave = enterContext((context) => {
    opened = new Scope(record, context);
  });
  if (opened === undefined) {
    opened = new Scope(record, currentContext());
    opened.run = thisRun();
  }
  opened.leave = leave;
  return opened;
}

function scopeOf<T>(record: FreeRecord, body: (() => T) | undefined): T {
  if (typeof body !== 'function') {
    throw new ArgumentError(
      `scope: got ${body === null ? 'null' : typeof body}, needs a function, as in scope(() => { … }); what it returns survives`,
    );
  }
  let opened: Scope | undefined;
  const open = (context: Context): void => {
    opened = new Scope(record, context);
  };
  return inContext('scope', open, () => endingAfter(opened!, body));
}

function endingAfter<T>(open: Scope, body: () => T): T {
  const firstNode = nextNodeId();
  const fail = (error: unknown): never => {
    open.end();
    throw error;
  };
  const succeed = <R>(result: R): R => {
    open.end(survivorsOf(result, firstNode));
    return result;
  };
  try {
    const result = body();
    return isThenable(result) ? (Promise.resolve(result).then(succeed).catch(fail) as T) : succeed(result);
  } catch (error) {
    return fail(error);
  }
}

/** A scope for the insides of library functions, which do not wait: cheaper, it does not remember where it was opened. */
export function internalScope(): Scope {
  return new Scope(ended, currentContext());
}

/**
 * Lets a tensor out of the scopes that are open: it lives until `dispose()` or until nothing refers to it, and then counts as what
 * is made outside any scope. Returns the tensor. What each step makes anew for the next one is better {@link carried}, which frees the
 * former at once.
 */
export function keep<T extends TensorBase>(tensor: T): T {
  checkCall('keep', arguments, ['tensor']);
  if (tensor.owner !== undefined) leaveToCollector(tensor);
  return tensor;
}

/** From now on the garbage collector frees it. */
export function leaveToCollector(tensor: TensorBase): void {
  const { storage } = tensor;
  tensor.owner = undefined;
  collector.register(tensor, storage, tensor);
  storage.noteLoose();
}

/** Gives a new tensor to a scope, or to the garbage collector when none is open. */
export function own(tensor: TensorBase, to: Scope | undefined): void {
  if (to !== undefined) {
    // What a function has left running may go on after the scope that it began in.
    const open = to.isEnded ? to.outer : to;
    if (open !== undefined) {
      open.adopt(tensor);
      return;
    }
  }
  leaveToCollector(tensor);
}

/** Gives a tensor from a scope that ends to the one around it. */
function handOver(tensor: TensorBase, to: Scope | undefined): void {
  tensor.owner = undefined;
  own(tensor, to);
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
  if (tensor.owner !== undefined) tensor.owner = undefined;
  else collector.unregister(tensor);
}

export function currentScope(): Scope | undefined {
  return currentContext().scope;
}
