// The generator that cases are drawn with: seeded, and the same everywhere.

/** Draws from a seed and the number of a case, so that each case can be drawn alone. */
export class Random {
  #state: number;

  constructor(seed: number, number: number) {
    this.#state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b)) >>> 0;
    for (let i = 0; i < 4; i++) this.next();
  }

  /** From 0 to below 1 (Mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A number of few digits, which both sides read alike. */
  number(low: number, high: number, digits = 3): number {
    return Number((low + (high - low) * this.next()).toPrecision(digits));
  }

  /** A whole number, both ends included. */
  whole(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.whole(0, values.length - 1)]!;
  }

  list<T>(length: number, draw: () => T): T[] {
    return Array.from({ length }, draw);
  }

  /** Some of the options, each with a chance; those that are functions are called for their value. */
  some<T extends object>(options: { readonly [K in keyof T]: () => T[K] }, share = 0.5): Partial<T> {
    const drawn: Partial<T> = {};
    for (const name in options) if (this.chance(share)) drawn[name] = options[name]();
    return drawn;
  }
}
