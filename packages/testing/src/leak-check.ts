// Memory that stays.

import { checkCall, type KnownOptions, memory, scope } from '@dl/autograd';

const leakCheckOptions: KnownOptions = { steps: 'number', warmup: 'number' };

/**
 * Runs `step` again and again, each time in a scope of its own, and throws unless memory is the same to the byte
 * after the first `warmup` steps (default 2, in which optimiser state and the like come into being) and at the end.
 *
 * @example
 * ```ts
 * import { ones, useBackend } from '@dl/autograd';
 * import { cpu } from '@dl/kernels-cpu';
 * import { leakCheck } from '@dl/testing';
 * await useBackend(cpu());
 * leakCheck(() => ones([10]).mul(2).sum());
 * ```
 */
export function leakCheck(
  step: () => unknown,
  options: { readonly steps?: number; readonly warmup?: number } = {},
): void {
  checkCall('leakCheck', arguments, ['step'], leakCheckOptions);
  const { steps = 10, warmup = 2 } = options;
  const once = (): void => {
    using _ = scope();
    step();
  };
  for (let i = 0; i < warmup; i++) once();
  const before = memory();
  for (let i = 0; i < steps; i++) once();
  const after = memory();
  if (before.bytes === after.bytes && before.buffers === after.buffers) return;
  const held = new Map(before.byOp.map(({ op, buffers }) => [op, buffers]));
  const grown = after.byOp.filter(({ op, buffers }) => buffers !== (held.get(op) ?? 0));
  throw new Error(
    `${steps} steps left ${after.buffers - before.buffers} buffers and ${after.bytes - before.bytes} bytes behind, made by ` +
      grown.map(({ op, buffers }) => `${op} (${buffers - (held.get(op) ?? 0)})`).join(', '),
  );
}
