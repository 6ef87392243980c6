// ProjectedSource: what a score has made of a source, once, for as many queries as will look at it.

/// <reference lib="esnext.disposable" preserve="true" />

import { indexSelect, keep, type Tensor, tensor } from '@dl/autograd';

interface Parts {
  /** What the score has made of the keys, [batch, length, …]. */
  readonly keys: Tensor;
  /** [batch, length, valueDim], 0 where nothing may be looked at. */
  readonly values: Tensor;
  /** Where the source counts: bool [batch, 1, length]. */
  readonly mask: Tensor | undefined;
  readonly lengths: readonly number[] | undefined;
}

/**
 * A source that many calls look at, as `project` of a score gives it: projected keys, values, and where they count. It goes in the place of keys. Its tensors
 * belong to the scope that is open, like any others; after `keep()` they live until `dispose()`.
 *
 * @example
 * ```ts
 * import { randn, useBackend } from '@dl/autograd';
 * import { AdditiveAttention } from '@dl/attention';
 * import { cpu } from '@dl/kernels-cpu';
 * await useBackend(cpu());
 * const score = new AdditiveAttention(4, 6, 8);
 * const source = score.project(randn([2, 5, 6]), { lengths: [5, 3] });
 * console.log(source.batch, source.length); // 2 5
 * for (let step = 0; step < 3; step++) console.log(score.forward(randn([2, 1, 4]), source).output.shape); // [2, 1, 6]
 * ```
 */
export class ProjectedSource {
  /** What the score has made of the keys, [batch, length, …]. */
  readonly keys: Tensor;
  /** [batch, length, valueDim], 0 where nothing may be looked at. */
  readonly values: Tensor;
  /** Where the source counts, bool [batch, 1, length]; undefined for everywhere. */
  readonly mask: Tensor | undefined;
  readonly lengths: readonly number[] | undefined;
  /** @internal */
  readonly score: object;
  #isKept = false;

  /** @internal */
  constructor(score: object, { keys, values, mask, lengths }: Parts) {
    this.score = score;
    this.keys = keys;
    this.values = values;
    this.mask = mask;
    this.lengths = lengths && Array.from(lengths);
  }

  /** How many sequences there are. */
  get batch(): number {
    return this.values.shape[0]!;
  }

  /** How many positions there are, padding included. */
  get length(): number {
    return this.values.shape[1]!;
  }

  /** @internal */
  tensors(): Tensor[] {
    return [...new Set([this.keys, this.values, ...(this.mask ? [this.mask] : [])])];
  }

  /** Some of the sequences: in another order, once, several times or not at all. Kept if this one is, which stays as it is. */
  select(rows: readonly number[]): ProjectedSource {
    const index = tensor(Int32Array.from(rows), { backend: this.values.backend });
    const at = (x: Tensor): Tensor => indexSelect(x, 0, index);
    const keys = at(this.keys);
    const next = new ProjectedSource(this.score, {
      keys,
      values: this.values === this.keys ? keys : at(this.values),
      mask: this.mask && at(this.mask),
      lengths: this.lengths && rows.map((row) => this.lengths![row]!),
    });
    return this.#isKept ? next.keep() : next;
  }

  /** Lets it out of the scopes that are open, until {@link dispose}. Returns it. */
  keep(): this {
    for (const each of this.tensors()) keep(each);
    this.#isKept = true;
    return this;
  }

  /** Frees its tensors. */
  dispose(): void {
    for (const each of this.tensors()) each.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
