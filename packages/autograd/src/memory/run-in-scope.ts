// scope(): frees what a function or a block makes; what the function returns survives, with all that going back through it needs.

import { ArgumentError } from '../errors.js';
import { GraphNode, nextNodeId } from '../graph/tape.js';
import { describe } from '../tensor/not-a-tensor.js';
import { TensorBase } from '../tensor/tensor-base.js';
import { ended, type keep, Scope } from './scope.js';
import { captureSite } from './site.js';

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
 * Runs `body` and frees every tensor that was made in it, whatever happens, also when it throws. What survives:
 *
 * - what `body` returns: a tensor, or tensors in arrays, plain objects, maps and sets, however deep, with all that their
 *   `backward()` needs. It belongs to the scope around this one, where there is one. Objects of a class are not searched;
 * - parameters, their gradients, the memory of optimisers;
 * - what {@link keep} lets out.
 *
 * For an asynchronous `body` the scope ends when its promise settles. Scopes nest.
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
 * in JavaScript before Node 24; TypeScript from 5.2 on and bundlers translate it.
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
  const [body] = args;
  if (args.length > 0 && typeof body !== 'function') throw notAFunction(body);
  const where = siteOfScope();
  const opened = new Scope(where === undefined ? ended : { how: ended.how, where });
  return body === undefined ? opened : run(opened, body);
}

/** Runs `body` in a scope that ends with it, or when its promise settles. */
function run<T>(opened: Scope, body: () => T): T {
  const firstNode = nextNodeId();
  let result: T;
  try {
    result = body();
    if (!isThenable(result)) opened.end(survivorsOf(result, firstNode));
  } catch (error) {
    opened.end();
    throw error;
  }
  return isThenable(result) ? (settle(opened, result, firstNode) as T) : result;
}

async function settle(opened: Scope, promise: PromiseLike<unknown>, firstNode: number): Promise<unknown> {
  try {
    const result = await promise;
    opened.end(survivorsOf(result, firstNode));
    return result;
  } finally {
    opened.end();
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

/** The tensors in what a function returned, and what belongs to them; undefined when there are none. */
function survivorsOf(result: unknown, firstNode: number): ReadonlySet<unknown> | undefined {
  // Most functions return nothing, or a number.
  if (typeof result !== 'object' || result === null) return undefined;
  const found = new Set<unknown>();
  // A set that grows while it is gone through: each value once, also where values hold each other.
  const values = new Set<unknown>([result]);
  for (const value of values) {
    if (typeof value !== 'object' || value === null) continue;
    if (isThenable(value)) throw promiseInside();
    if (value instanceof TensorBase) found.add(value);
    else for (const each of contentsOf(value)) values.add(each);
  }
  return withGraph(found, firstNode);
}

function contentsOf(value: object): Iterable<unknown> {
  if (Array.isArray(value) || value instanceof Set) return value;
  if (value instanceof Map) return [...value.keys(), ...value.values()];
  const prototype: object | null = Object.getPrototypeOf(value);
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
  return isPlain ? Object.values(value) : [];
}

/** Adds to a set of tensors their gradients, and what a backward pass from them reads and reaches. */
function withGraph(found: Set<unknown>, firstNode: number): ReadonlySet<unknown> {
  for (const each of found) {
    if (each instanceof TensorBase) {
      found.add(each.grad);
      found.add(each.source?.node);
    } else if (each instanceof GraphNode && each.id >= firstNode) {
      // What older nodes hold is not of this scope.
      each.collectSaved(found);
      for (const source of each.sources) found.add(source instanceof TensorBase ? source : source?.node);
    }
  }
  return found;
}

function notAFunction(body: unknown): ArgumentError {
  return new ArgumentError(
    `scope: got ${describe(body)}, needs a function, as in scope(() => { … }); what it returns survives`,
  );
}

function promiseInside(): ArgumentError {
  return new ArgumentError(
    'scope: its function returned promises inside an array or object, whose tensors would be freed too early; await them in ' +
      'the function, as in scope(async () => await Promise.all(list))',
  );
}
