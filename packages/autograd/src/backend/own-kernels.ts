// Kernels that a user brings: checked before a table has them, and told beside the engine.

import { checkCall } from '../arguments/check-call.js';
import { shown } from '../arguments/shown.js';
import { refuseOtherCopy } from '../copies.js';
import type { AnyOp, KernelEntry } from '../dispatch/define-op.js';
import { isOp } from '../dispatch/is-op.js';
import { ArgumentError } from '../errors.js';

/** The entries of a kernel table; throws for what is none. */
export function checkKernels<E extends { readonly op: AnyOp }>(where: string, entries: Iterable<E>): E[] {
  checkCall('checkKernels', arguments, ['where', 'entries']);
  const iterable: unknown = entries;
  if (typeof (iterable as Partial<Iterable<unknown>> | undefined)?.[Symbol.iterator] !== 'function') {
    throw new ArgumentError(
      `${where}: kernels is ${shown(iterable)}, needs an array of what defineKernel(op, …) makes`,
    );
  }
  const list = [...entries];
  for (const [i, entry] of list.entries()) {
    const what = `kernels[${i}]`;
    const { op, run } = ((entry as unknown) ?? {}) as Partial<KernelEntry>;
    refuseOtherCopy(op, where, what);
    if (!isOp(op)) {
      const of = op === undefined ? 'names no op' : `is for ${shown(op)}, which is no op`;
      throw new ArgumentError(`${where}: ${what} ${of}; needs what defineKernel makes of an op, which defineOp made`);
    }
    if (run !== undefined && typeof run !== 'function') {
      throw new ArgumentError(`${where}: ${what} for ${op.name} has no function to run; make it with defineKernel`);
    }
  }
  return list;
}

/** What runs beside the engine: `; OpenBLAS for matmul, linear`. */
export function besideEngine(own: readonly Pick<KernelEntry, 'op' | 'by'>[]): string {
  const ops = new Map<string, Set<string>>();
  for (const { op, by = 'own kernels' } of own) ops.set(by, (ops.get(by) ?? new Set()).add(op.name));
  return [...ops].map(([by, names]) => `; ${by} for ${shortened([...names])}`).join('');
}

const MOST_NAMES = 4;

function shortened(names: readonly string[]): string {
  if (names.length <= MOST_NAMES) return names.join(', ');
  return `${names.slice(0, MOST_NAMES - 1).join(', ')} and ${names.length - MOST_NAMES + 1} more`;
}
