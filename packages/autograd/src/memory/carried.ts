// What goes from step to step while everything else of a step is freed: the state of a recurrent network, a cache.

import { checkCall } from '../arguments/check-call.js';
import { currentContext } from '../context/context.js';
import { noGrad } from '../graph/grad-mode.js';
import { clone, detach } from '../ops/copy.js';
import type { Tensor } from '../tensor/tensor.js';
import { mapTensors } from './nested.js';
import { type FreeRecord, keep } from './scope.js';

const disposed: FreeRecord = { how: 'dispose() of the carried state was called', where: undefined };
const followed: FreeRecord = { how: 'a carried state was set anew', where: undefined };

/** A value with tensors that lives from step to step. Made by {@link carried}. */
export class Carried<T> {
  #value!: T;
  #tensors: readonly Tensor[] = [];

  constructor(initial: T) {
    this.set(initial);
  }

  /**
   * The value, in which each tensor is a handle that belongs to the scope that is open, as if it had been made there; it stays what it is when
   * the state is set anew. Handles have the state's buffers, so that a change in place of one is a change of the state.
   *
   * @throws MemoryError after `dispose()`.
   */
  get(): T {
    return mapTensors('Carried.get', this.#value, detach);
  }

  /**
   * Takes the value for the steps to come, and lets go of the former one: its buffers are free as soon as the step has no handle
   * of them. No gradient goes back through what is set. What the open scope would have freed is taken over; of anything else,
   * such as a view, a parameter or what was kept, there is a copy.
   *
   * @throws ArgumentError for a promise, MemoryError for a tensor that was freed; the state is then what it was.
   */
  set(next: T): void {
    const taken: Tensor[] = [];
    let value: T;
    try {
      value = mapTensors('Carried.set', next, (tensor) => {
        const own = take(tensor);
        taken.push(own);
        return own;
      });
    } catch (error) {
      for (const tensor of taken) tensor.dispose();
      throw error;
    }
    this.#free(followed);
    this.#value = value;
    this.#tensors = taken;
  }

  /** Frees the state. Without it, the garbage collector does when nothing refers to it. */
  dispose(): void {
    this.#free(disposed);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #free(how: FreeRecord): void {
    for (const tensor of this.#tensors) tensor.free(how);
  }
}

/** A tensor that nobody else can change. */
function take(tensor: Tensor): Tensor {
  const { scope } = currentContext();
  const isLeft = scope !== undefined && tensor.owner === scope && !tensor.storage.isShared;
  return keep(isLeft ? detach(tensor) : noGrad(() => clone(tensor)));
}

/**
 * Carries state from step to step: the new one lives, the former is freed, and gradients stop in between. For truncated backpropagation
 * through time, for caches, for running sums. The state is a tensor, or tensors in arrays, plain objects, maps and sets, however deep, with
 * whatever else stands there; it may begin as undefined.
 *
 * `get()` gives it for this step, `set(next)` for those to come, in any order with `backward()`: handles that this step got live as
 * long as its scope. No gradient goes through `set`, as after `detach()`; to go back through several steps, take them in one scope and
 * set the state at its end. `dispose()` frees it, and so does the garbage collector when nothing refers to it.
 *
 * Source: Williams & Peng, "An efficient gradient-based algorithm for on-line training of recurrent network trajectories", 1990.
 *
 * @example
 * ```ts
 * import { carried, memory, randn, scope, tanh, useBackend, zeros } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const w = randn([8, 8], { requiresGrad: true, std: 0.1 });
 * const state = carried({ h: zeros([1, 8]), steps: 0 });
 * for (let step = 0; step < 100; step++) {
 *   scope(() => {
 *     const { h, steps } = state.get();
 *     const next = tanh(h.matmul(w).add(1));
 *     next.square().mean().backward(); // through this step only
 *     state.set({ h: next, steps: steps + 1 });
 *     w.zeroGrad();
 *   });
 * }
 * console.log(state.get().steps); // 100
 * ```
 */
export function carried<T>(initial: T): Carried<T> {
  checkCall('carried', arguments, ['initial']);
  return new Carried(initial);
}
