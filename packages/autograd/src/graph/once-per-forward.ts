// oncePerForward: what a forward does besides computing, once, although a checkpoint computes it twice.

import { checkCall } from '../arguments/check-call.js';
import { currentContext, during } from '../context/context.js';
import { GradientError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { TensorBase } from '../tensor/tensor-base.js';

/** What the function of a checkpoint did on its first run, for the second one. */
export interface Deeds {
  readonly results: unknown[];
  /** The tensors among the results, which live as long as the checkpoint. */
  readonly tensors: Tensor[];
}

/** A run under way: the first one writes results down, the second one goes through them. */
export interface Run extends Deeds {
  readonly isSecond: boolean;
  readonly outer: Run | undefined;
  position: number;
}

/** The first run of a function in a checkpoint: gives what it returned, with what its second run must not do again. */
export function firstRun<T>(body: () => T): { readonly value: T; readonly deeds: Deeds } {
  const deeds: Deeds = { results: [], tensors: [] };
  return { value: within({ ...deeds, isSecond: false, outer: currentContext().checkpoint, position: 0 }, body), deeds };
}

/** The second run of the same function. */
export function secondRun<T>(deeds: Deeds, body: () => T): T {
  return within({ ...deeds, isSecond: true, outer: currentContext().checkpoint, position: 0 }, body);
}

function within<T>(run: Run | undefined, body: () => T): T {
  return during('checkpoint', run, body);
}

/**
 * Does what a forward does besides computing its result, such as following the statistics of its inputs, or counting calls: once
 * for each forward, also where {@link checkpoint} computes the forward a second time for its gradient. There it gives what it gave
 * the first time. A layer that changes anything in `forward` changes it in here, and what its result depends on comes out of here;
 * elsewhere, `oncePerForward(run)` is `run()`.
 *
 * Tensors that `run` returns, by themselves or in an array, are kept for the second time.
 *
 * @throws GradientError when the second run of a checkpoint comes here more often than the first one did.
 *
 * @example
 * ```ts
 * import { checkpoint, oncePerForward, tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * let calls = 0;
 * const x = tensor([1, 2], { requiresGrad: true });
 * checkpoint((x) => x.exp().mul(oncePerForward(() => ++calls)), x).sum().backward();
 * console.log(calls, x.grad?.toArray()); // 1 [2.718…, 7.389…]
 * ```
 */
export function oncePerForward<T>(run: () => T): T {
  checkCall('oncePerForward', arguments, ['run']);
  return recall(currentContext().checkpoint, run);
}

function recall<T>(at: Run | undefined, run: () => T): T {
  // What is done in here as a part of it is done with it.
  if (at === undefined) return within(undefined, run);
  if (at.isSecond) {
    if (at.position === at.results.length) {
      throw new GradientError(
        'checkpoint: its function went another way the second time, and did something that it had not done; it must do the same each time',
      );
    }
    return at.results[at.position++] as T;
  }
  // A checkpoint within another begins anew when the outer one runs a second time.
  const result = recall(at.outer, run);
  at.results.push(result);
  for (const value of Array.isArray(result) ? result : [result]) {
    if (value instanceof TensorBase) at.tensors.push(value as Tensor);
  }
  return result;
}
