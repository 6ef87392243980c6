// What a Transformer goes on from while it says a target.

import { indexSelect, keep, type Tensor, tensor } from '@dl/autograd';
import type { KeyValueCache } from '../core/cache.js';
import type { ProjectedKeys } from '../core/options.js';

/**
 * Keys and values of the target so far, and those of the source for each layer, which stay as they are from token to token. Nobody looks into it but the
 * model; decoders have it `select`ed and freed.
 */
export class TransformerState {
  readonly cache: KeyValueCache;
  readonly projected: readonly ProjectedKeys[];
  /** Where the sources count, [batch, 1, 1, sources]; undefined for everywhere. */
  readonly mask: Tensor | undefined;

  /** @internal */
  constructor(cache: KeyValueCache, projected: readonly ProjectedKeys[], mask: Tensor | undefined) {
    this.cache = cache;
    // A state that is a record would be copied at each token.
    this.projected = projected.map(({ k, v }) => ({ k: keep(k), v: keep(v) }));
    this.mask = mask && keep(mask);
  }

  /** The state of some of the sequences. */
  select(rows: readonly number[]): TransformerState {
    const index = tensor(Int32Array.from(rows), { backend: this.projected[0]!.k.backend });
    const of = (x: Tensor): Tensor => indexSelect(x, 0, index);
    const projected = this.projected.map(({ k, v }) => ({ k: of(k), v: of(v) }));
    const mask = this.mask && of(this.mask);
    return new TransformerState(this.cache.select(rows), projected, mask);
  }

  /** Frees the memory. */
  dispose(): void {
    this.cache.dispose();
    for (const { k, v } of this.projected) {
      k.dispose();
      v.dispose();
    }
    this.mask?.dispose();
  }
}
