// Frees what a forward makes on its way.

import { internalScope, type Tensor } from '@dl/autograd';

/** Runs `body`, and frees what it made at once but for `survivors` of its result, and what the gradient will need. */
export function tidied<T>(body: () => T, survivors: (result: T) => readonly Tensor[]): T {
  const scope = internalScope();
  let kept: readonly Tensor[] = [];
  try {
    const result = body();
    kept = survivors(result);
    return result;
  } finally {
    scope.endWith(kept);
  }
}
