// Perplexity: how many choices a language model hesitates between.

import { checkCall, type Known } from '@dl/autograd';
import { checkClass, classesOf, type Metric, nothingCounted, type Values } from './metric.js';

/** Options of {@link Perplexity}. */
export interface PerplexityOptions {
  /** Targets of this number are left out, as those that pad a batch. Default: none. */
  readonly ignoreIndex?: number;
}

const perplexityOptions: Known<PerplexityOptions> = { ignoreIndex: 'number' };

/**
 * Perplexity: e to the mean cross-entropy per target, exp(−Σ log p(target) / N).
 *
 * Output: logits [..., classes], not probabilities; target: class numbers [...].
 *
 * @example
 * ```ts
 * import { Perplexity } from '@dl/train';
 * const perplexity = new Perplexity({ ignoreIndex: -1 });
 * perplexity.update({ data: [0, 0, 0, 0, 9, 9, 9, 9], shape: [2, 4] }, { data: [2, -1], shape: [2] });
 * console.log(perplexity.compute()); // 4: all four are as likely
 * ```
 */
export class Perplexity implements Metric {
  readonly goal = 'min';
  readonly #ignoreIndex: number | undefined;
  #sum = 0;
  #count = 0;

  constructor(options: PerplexityOptions = {}) {
    checkCall('Perplexity', arguments, [], perplexityOptions);
    const { ignoreIndex } = options;
    this.#ignoreIndex = ignoreIndex;
  }

  update(output: Values, target: Values): void {
    const classes = classesOf('Perplexity', output, target);
    for (let i = 0; i < target.data.length; i++) {
      const truth = target.data[i]!;
      if (truth === this.#ignoreIndex) continue;
      checkClass('Perplexity', `target ${i}`, truth, classes);
      let max = Number.NEGATIVE_INFINITY;
      for (let c = 0; c < classes; c++) max = Math.max(max, output.data[i * classes + c]!);
      let sum = 0;
      for (let c = 0; c < classes; c++) sum += Math.exp(output.data[i * classes + c]! - max);
      this.#sum += max + Math.log(sum) - output.data[i * classes + truth]!;
      this.#count++;
    }
  }

  compute(): number {
    if (this.#count === 0) throw nothingCounted('Perplexity');
    return Math.exp(this.#sum / this.#count);
  }

  reset(): void {
    this.#sum = 0;
    this.#count = 0;
  }
}
