// How an op is recognised, by those that ops are run by, too.

import type { AnyOp } from './define-op.js';

/** True for what `defineOp` makes. */
export function isOp(value: unknown): value is AnyOp {
  return typeof value === 'function' && 'declaration' in value && 'slots' in value;
}
