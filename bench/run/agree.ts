// Whether two engines computed the same.

import type { Result } from '../engines/engine.js';
import { formatShape } from '../workloads/workload.js';

/** Undefined when all values agree to `tolerance` · (1 + |ours|); else what is wrong. */
export function disagreement(
  ours: readonly Result[],
  theirs: readonly Result[],
  tolerance: number | 'random',
): string | undefined {
  if (ours.length !== theirs.length) return `${ours.length} results against ${theirs.length}`;
  for (const [i, { shape, values }] of ours.entries()) {
    const other = theirs[i]!;
    if (formatShape(shape) !== formatShape(other.shape)) {
      return `result ${i} is ${formatShape(shape)} against ${formatShape(other.shape)}`;
    }
    if (tolerance === 'random') continue;
    for (let k = 0; k < values.length; k++) {
      const [a, b] = [values[k]!, other.values[k]!];
      if (Object.is(a, b) || Math.abs(a - b) <= tolerance * (1 + Math.abs(a))) continue;
      return `result ${i} has ${a} against ${b} at element ${k} of ${formatShape(shape)}`;
    }
  }
  return undefined;
}
