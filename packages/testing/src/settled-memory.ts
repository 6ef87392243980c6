// Memory without what nobody holds any more.

import { checkCall, memory } from '@dl/autograd';

/**
 * What is in memory once everything that can be collected is: tensors that earlier code left lying are freed by finalisers, which run when a program waits. Whoever compares
 * memory before and after an `await` begins with this, so that none of them does in between. Collects where the program may: in Node with `--expose-gc`; elsewhere it only waits.
 *
 * @example
 * ```ts
 * import { memory, ones, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { settledMemory } from '@dl/testing';
 * await useBackend(cpu());
 * const before = await settledMemory();
 * const x = ones([10]);
 * await x.data();
 * x.dispose();
 * console.log(memory().bytes === before.bytes); // true
 * ```
 */
export async function settledMemory(): Promise<{ readonly buffers: number; readonly bytes: number }> {
  checkCall('settledMemory', arguments, []);
  const { gc } = globalThis as { readonly gc?: () => void };
  for (let i = 0; i < 4; i++) {
    gc?.();
    await new Promise((resolve) => setTimeout(resolve));
  }
  const { buffers, bytes } = memory();
  return { buffers, bytes };
}
