// Masks: booleans that are true where a query may look at a key.

import {
  ArgumentError,
  arange,
  type Backend,
  checkCall,
  checkInteger,
  greater,
  greaterEqual,
  type Known,
  less,
  logicalAnd,
  logicalOr,
  shown,
  sub,
  type Tensor,
  tensor,
} from '@dl/autograd';
import { tidied } from '@dl/layers';

/** Options of masks. */
export interface MaskOptions {
  /** The position of the first query among the keys. Default keys - queries: the last query stands at the last key. */
  readonly offset?: number;
  /** Where the mask lives. Default: the backend in use. */
  readonly backend?: Backend;
}

const maskOptions: Known<MaskOptions> = { offset: 'number', backend: 'backend' };

/**
 * True where key j is not after query i: j ≤ i + offset, bool [queries, keys]. The option `causal` of attention says the same without a tensor; this is for
 * masks that are made of several.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { causalMask } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * console.log(causalMask(2, 3).toArray()); // [[true, true, false], [true, true, true]]
 * ```
 */
export function causalMask(queries: number, keys: number = queries, options: MaskOptions = {}): Tensor {
  checkCall('causalMask', arguments, sizes, maskOptions);
  return alone(() => greaterEqual(distances('causalMask', queries, keys, options), 0));
}

/**
 * True where key j is fewer than `window` positions from query i: |i + offset - j| < window, bool [queries, keys]. The option `window` of attention says the
 * same without a tensor.
 *
 * @throws ArgumentError for a window that is no whole number of at least 1.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { windowMask } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * console.log(windowMask(3, 3, 2).toArray()); // [[true, true, false], [true, true, true], [false, true, true]]
 * ```
 */
export function windowMask(queries: number, keys: number, window: number, options: MaskOptions = {}): Tensor {
  checkCall('windowMask', arguments, [...sizes, ['window', 'number']], maskOptions);
  checkInteger('windowMask', 'window', window, 1);
  return alone(() => {
    const distance = distances('windowMask', queries, keys, options);
    return logicalAnd(less(distance, window), greater(distance, -window));
  });
}

/**
 * True where key j is not after query i, or is one of the first `prefix`: a text whose begin is all known, and whose rest is predicted (Raffel et al., 2020).
 * bool [queries, keys].
 *
 * @throws ArgumentError for a prefix that is no whole number of at least 0.
 *
 * @example
 * ```ts
 * import { useBackend } from '@dl/autograd';
 * import { prefixMask } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * console.log(prefixMask(3, 3, 2).toArray()); // [[true, true, false], [true, true, false], [true, true, true]]
 * ```
 */
export function prefixMask(queries: number, keys: number, prefix: number, options: MaskOptions = {}): Tensor {
  checkCall('prefixMask', arguments, [...sizes, ['prefix', 'number']], maskOptions);
  checkInteger('prefixMask', 'prefix', prefix, 0);
  return alone(() => {
    const known = less(arange(keys, { dtype: 'int32', ...on(options) }), prefix);
    return logicalOr(greaterEqual(distances('prefixMask', queries, keys, options), 0), known);
  });
}

const sizes = [
  ['queries', 'number'],
  ['keys', 'number'],
] as const;

/** A mask, and nothing of what it was made from. */
const alone = (make: () => Tensor): Tensor => tidied(make, (mask) => [mask]);

const on = ({ backend }: MaskOptions): { readonly backend?: Backend } => (backend === undefined ? {} : { backend });

/** i + offset - j: int32 [queries, keys]. */
function distances(name: string, queries: number, keys: number, options: MaskOptions): Tensor {
  checkInteger(name, 'queries', queries, 0);
  checkInteger(name, 'keys', keys, 0);
  const { offset = keys - queries } = options;
  if (!Number.isSafeInteger(offset))
    throw new ArgumentError(`${name}: offset is ${shown(offset)}, needs a whole number`);
  const made = { dtype: 'int32', ...on(options) } as const;
  return sub(arange(offset, offset + queries, 1, made).reshape([-1, 1]), arange(keys, made));
}

/** Where the keys of padded sequences count, the first `lengths[b]` of sequence b: bool [batch, 1, 1, keys], as attention takes it. */
export function keyMask(lengths: readonly number[], keys: number, backend: Backend): Tensor {
  const data = new Uint8Array(lengths.length * keys);
  for (const [row, length] of lengths.entries()) data.fill(1, row * keys, row * keys + Math.max(0, length));
  return tensor({ data, shape: [lengths.length, 1, 1, keys] }, { dtype: 'bool', backend });
}

/** Both masks, or the one that there is. */
export function both(a: Tensor | undefined, b: Tensor | undefined): Tensor | undefined {
  return a === undefined || b === undefined ? (a ?? b) : logicalAnd(a, b);
}
