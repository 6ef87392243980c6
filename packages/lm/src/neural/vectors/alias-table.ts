// AliasTable: draws from a fixed distribution in a constant time.

import type { Generator } from '@dl/autograd';

/**
 * A die with n sides of any weights, thrown with one random number of 32 bits: its place among n equal boxes chooses a box, and what is left of it one of the two sides in there. Probabilities are right to 2⁻³².
 *
 * Sources: Walker, "An Efficient Method for Generating Discrete Random Variables with General Distributions", 1977; filled as in Vose, "A Linear Algorithm for Generating Random Numbers with a Given Distribution", 1991.
 */
export class AliasTable {
  /** How much of each box belongs to its own side. */
  readonly #shares: Float64Array;
  /** The other side in each box. */
  readonly #others: Int32Array;
  readonly #scale: number;

  constructor(weights: Float64Array) {
    const n = weights.length;
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    this.#shares = weights.map((weight) => (weight / total) * n);
    this.#others = Int32Array.from({ length: n }, (_, i) => i);
    this.#scale = n / 2 ** 32;
    const below: number[] = [];
    const above: number[] = [];
    for (let i = 0; i < n; i++) (this.#shares[i]! < 1 ? below : above).push(i);
    while (below.length > 0 && above.length > 0) {
      const [small, large] = [below.pop()!, above.at(-1)!];
      this.#others[small] = large;
      this.#shares[large]! -= 1 - this.#shares[small]!;
      if (this.#shares[large]! < 1) below.push(above.pop()!);
    }
    // What rounding has left is full.
    for (const i of [...below, ...above]) this.#shares[i] = 1;
  }

  draw(generator: Generator): number {
    const place = generator.uint32() * this.#scale;
    const box = Math.floor(place);
    return place - box < this.#shares[box]! ? box : this.#others[box]!;
  }
}
