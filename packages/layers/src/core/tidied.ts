// Frees what a forward makes on its way.

import { checkCall, internalScope, lossMean, type Tensor } from '@dl/autograd';

/**
 * Runs `body`, and frees what it made at once but for `survivors` of its result, and what the gradient will need: for the `forward` of modules of
 * your own that make large tensors on their way, where the caller may have no scope.
 *
 * @example
 * ```ts
 * import { memory, ones, type Tensor, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { tidied } from '@dl/layers';
 * await useBackend(cpu());
 * const x = ones([100]);
 * const before = memory().buffers;
 * const y = tidied(() => x.mul(2).add(1).exp(), (y: Tensor) => [y]);
 * console.log(y.shape, memory().buffers - before); // [100] 1
 * ```
 */
export function tidied<T>(body: () => T, survivors: (result: T) => readonly Tensor[]): T {
  checkCall('tidied', arguments, [
    ['body', 'function'],
    ['survivors', 'function'],
  ]);
  const scope = internalScope();
  let kept: readonly Tensor[] = [];
  try {
    const result = body();
    kept = survivors(result).flatMap((tensor) => [tensor, ...meanOf(tensor)]);
    return result;
  } finally {
    scope.endWith(kept);
  }
}

/** What a loss is a mean over, where the device has counted it: whoever puts losses together asks for it later. */
function meanOf(loss: Tensor): readonly Tensor[] {
  const mean = lossMean(loss);
  return mean === undefined || typeof mean.count === 'number' ? [] : [mean.sum, mean.count];
}
