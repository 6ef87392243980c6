// Which op runs how on which backend: what the coverage table in docs/ is made from.

import { checkCall, type Known } from '../arguments/check-call.js';
import type { AnyOp } from '../dispatch/define-op.js';
import { isOp } from '../dispatch/is-op.js';
import * as ops from '../ops/index.js';
import { type Backend, currentBackends, startedBackends } from './backend.js';

/** How one op fares on one backend. */
export interface CoverageRow {
  readonly op: string;
  readonly backend: string;
  /** By a kernel of its own, composed of other ops, on another backend that is in use, or not at all. */
  readonly forward: 'kernel' | 'composed' | 'fallback' | 'missing';
  /** By a formula of its own, through the ops that it is composed of, or none because it has no derivative. */
  readonly gradient: 'formula' | 'composed' | 'nondifferentiable';
}

export interface CoverageOptions {
  /** Default: those that `useBackend` has started. */
  readonly backends?: readonly Backend[];
  /** Default: those of this package. */
  readonly ops?: readonly AnyOp[];
}

const coverageOptions: Known<CoverageOptions> = { backends: 'list', ops: 'list' };

/**
 * The table of ops and backends.
 *
 * @example
 * ```ts
 * import { coverage, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * console.log(coverage().filter(({ forward }) => forward === 'missing')); // []
 * ```
 */
export function coverage(options: CoverageOptions = {}): CoverageRow[] {
  checkCall('coverage', arguments, [], coverageOptions);
  const { backends = startedBackends(), ops: chosen = builtInOps() } = options;
  return chosen.flatMap((op) =>
    backends.map((backend) => ({
      op: op.name,
      backend: backend.name,
      forward: forwardOf(op, backend),
      gradient: gradientOf(op),
    })),
  );
}

/** Every op that this package defines, in alphabetical order. */
export function builtInOps(): AnyOp[] {
  return Object.values<unknown>(ops)
    .filter(isOp)
    .sort((a, b) => a.name.localeCompare(b.name));
}

function forwardOf(op: AnyOp, backend: Backend): CoverageRow['forward'] {
  if (op.declaration.view === true || backend.kernels.has(op)) return 'kernel';
  if (op.declaration.compose !== undefined) return 'composed';
  return currentBackends().some(({ kernels }) => kernels.has(op)) ? 'fallback' : 'missing';
}

function gradientOf(op: AnyOp): CoverageRow['gradient'] {
  const { grad } = op.declaration;
  if (grad === undefined) return 'composed';
  return grad === 'nondifferentiable' ? 'nondifferentiable' : 'formula';
}
