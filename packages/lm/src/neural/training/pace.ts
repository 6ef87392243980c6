// How far a training has come, in steps or in time, and the learning rate that goes with it.

/** How long a training is. */
export type TrainingLimit = { readonly steps: number } | { readonly minutes: number };

/** Of the training, while the rate rises. */
const WARM_UP = 0.05;
/** The rate does not begin below this share of the highest, and does not end below that one. */
const FIRST = 0.02;
const LAST = 0.02;

/**
 * The share of the highest learning rate when so much of the training is done: it rises along a line, and then falls along half a cosine (Loshchilov & Hutter,
 * "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017; the rise is that of Vaswani et al., "Attention Is All You Need", 2017).
 */
export function rateAt(share: number): number {
  if (share < WARM_UP) return Math.max(FIRST, share / WARM_UP);
  const fallen = Math.min(1, (share - WARM_UP) / (1 - WARM_UP));
  return LAST + ((1 - LAST) * (1 + Math.cos(Math.PI * fallen))) / 2;
}

/** So many evaluations has a training whose length is a time. */
const STRETCHES = 20;

/** The clock of a training. */
export class Pace {
  readonly limit: TrainingLimit;
  readonly #before: number;
  readonly #begun = performance.now();

  /** @param before the seconds that the training took before it was interrupted */
  constructor(limit: TrainingLimit, before: number) {
    this.limit = limit;
    this.#before = before;
  }

  get isTimed(): boolean {
    return 'minutes' in this.limit;
  }

  /** What it has taken, without what lay between an interruption and its going on. */
  get seconds(): number {
    return this.#before + (performance.now() - this.#begun) / 1000;
  }

  /** How much of the training is done when so many steps are: from 0 to 1. */
  share(steps: number): number {
    const { limit } = this;
    return Math.min(1, 'steps' in limit ? steps / limit.steps : this.seconds / (60 * limit.minutes));
  }

  /** When the stretch of time that has begun is over, as a share of the training. */
  get nextMark(): number {
    return (Math.floor(this.share(0) * STRETCHES) + 1) / STRETCHES;
  }
}
