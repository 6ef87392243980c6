// The warning about a run that nobody awaits or iterates: what was called has done nothing.

const WAIT = 1000;
let wasTold = false;

/**
 * Says once in a program that a run was made, and neither awaited nor iterated for a second. A garbage collector could tell
 * it without a clock, but none runs before a short program ends.
 *
 * @returns call it when the run begins
 *
 * @example
 * ```ts
 * import { expectBegin } from '@dl/autograd';
 * const hasBegun = expectBegin('measure'); // when a run is made
 * hasBegun(); // when it is awaited or iterated
 * ```
 */
export function expectBegin(where: string): () => void {
  if (wasTold) return () => {};
  const timer = setTimeout(() => {
    if (wasTold) return;
    wasTold = true;
    console.warn(
      `${where}: nothing is done before the run is awaited or iterated, and for a second it was neither; ` +
        `write await ${where}(…), or for await (const event of ${where}(…)) { … }`,
    );
  }, WAIT);
  return () => clearTimeout(timer);
}
