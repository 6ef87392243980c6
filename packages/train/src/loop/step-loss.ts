// The loss of a step from those of its batches: gradients added up so that they are those of one large batch.

import { concat, internalScope, keep, lossMean, noGrad, sum, type Tensor } from '@dl/autograd';

/**
 * The loss of a step is Σ sums / Σ counts over its batches. How much the others count is not known when a batch is gone back through,
 * so that each is divided by what the first one makes expect, and the gradients are brought to what came in the end.
 */
export class StepLoss {
  readonly #batches: number;
  readonly #examples: number;
  /** How much is counted of each example, as far as the first batch says. */
  #perExample: number | undefined;
  #known = 0;
  readonly #onDevice: Tensor[] = [];

  /** @param examples of all batches */
  constructor(batches: number, examples: number) {
    this.#batches = batches;
    this.#examples = examples;
  }

  /** Adds the gradients of a batch; gives its share of the loss, as far as it is known. */
  backward(loss: Tensor, examples: number): Tensor {
    const share = this.#shareOf(loss, examples);
    share.backward();
    return share;
  }

  #shareOf(loss: Tensor, examples: number): Tensor {
    if (this.#batches === 1) return loss;
    const mean = lossMean(loss);
    const count = mean?.count ?? examples;
    if (typeof count !== 'number') {
      this.#perExample ??= 1;
      this.#onDevice.push(noGrad(() => keep(count.clone())));
      // The sum, because the mean of a batch in which nothing counts is NaN.
      return mean!.sum.mul(1 / this.#expected);
    }
    this.#perExample ??= count > 0 ? count / examples : 1;
    this.#known += count;
    return count === 0 ? mean!.sum.mul(0) : loss.mul(count / this.#expected);
  }

  /** Brings the gradients of the parameters to the mean over all that counts; gives the factor that does it. */
  settle(parameters: readonly Tensor[]): number | Tensor {
    if (this.#batches === 1) return 1;
    const factor = this.#factor();
    if (factor === 1) return 1;
    const temporary = internalScope();
    try {
      noGrad(() => {
        for (const { gradValues: grad } of parameters) {
          if (grad === undefined) continue;
          const by = typeof factor === 'number' ? factor : factor.to(grad.backend).cast(grad.dtype);
          grad.assign(grad.mul(by));
        }
      });
    } finally {
      temporary.end();
    }
    return factor;
  }

  /** Frees what it holds. */
  dispose(): void {
    for (const count of this.#onDevice) count.dispose();
  }

  get #expected(): number {
    return this.#perExample! * this.#examples;
  }

  #factor(): number | Tensor {
    const expected = this.#expected;
    if (this.#onDevice.length > 0) {
      return noGrad(() => {
        const counts = this.#onDevice.map((count) => count.reshape([1]));
        return sum(concat(counts, 0)).add(this.#known).reciprocal().mul(expected);
      });
    }
    return Math.abs(this.#known / expected - 1) < 1e-12 ? 1 : expected / this.#known;
  }
}
