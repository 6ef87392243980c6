// sampleSequences: several sequences without replacement, by stochastic beam search.

import { checkCall, checkInteger, defaultGenerator, Generator, type Known } from '@dl/autograd';
import type { StepModel } from '@dl/layers';
import type { Adjusted } from '../adjustment.js';
import { Best } from './best.js';
import {
  adjustedBehind,
  adjustingOf,
  type FoundSequence,
  following,
  type Growth,
  type Lane,
  logSumExp,
  Path,
  type Rows,
  root,
  type SearchOptions,
  search,
  searchOptions,
  type Task,
  together,
  troubleOf,
} from './search.js';

/** Options of {@link sampleSequences}. */
export interface SampleSequencesOptions extends SearchOptions {
  /** How many different sequences are drawn for each prompt. */
  readonly count: number;
  /** What draws. Default: the default generator. */
  readonly generator?: Generator;
}

const sampleSequencesOptions: Known<SampleSequencesOptions> = {
  ...searchOptions,
  count: 'number',
  generator: 'generator',
};

/** A sequence that {@link sampleSequences} drew. */
export interface SampledSequence extends FoundSequence {
  /** The logarithm of the probability with which it is drawn: that of the dice that were thrown, after all adjustments. */
  readonly dieLogProbability: number;
  /** The same with Gumbel's noise: what it was drawn by, the largest first. */
  readonly perturbed: number;
}

/** A beginning, or a whole sequence. */
interface Draw {
  readonly path: Path;
  readonly dieLogProbability: number;
  readonly perturbed: number;
  readonly adjusting: Adjusted | undefined;
}

/**
 * Draws `count` different sequences for each prompt, as if one were drawn after the other by the model, and none twice: a list for each prompt, in the order in which they would have been drawn. In one
 * pass by stochastic beam search (Kool, van Hoof & Welling, "Stochastic beams and where to find them", 2019), with `count` rows of the model for each prompt: of the sequences with
 *
 *     perturbed(y) = log p(y) + G(y),   G(y) of Gumbel's distribution, each by itself
 *
 * the `count` largest are a sample without replacement (the Gumbel-top-k trick). A beginning has the largest of all that begin so: from that of a beginning, G, and Gumbel numbers g_c of the ways to go on,
 * log p_c + noise, with Z the largest of them, come those under the condition that the largest is G,
 *
 *     perturbed_c = -log(exp(-G) - exp(-Z) + exp(-g_c))
 *
 * The probabilities of the tokens that may come sum to 1 at each step, after all adjustments, such as `temperature(0.8)`; p is that of these dice, `dieLogProbability`, and `logProbabilities` are those of the model. Several end tokens are one way to end, whose probabilities are summed, but for those that adjustments took out; `end` is the most probable of them.
 * Fewer sequences are given where there are not as many.
 *
 * Where adjustments, such as a constraint, leave nothing that may follow a beginning, it is dropped: the sample is one of what is left, and the probabilities are those of the dice that were thrown, not made to sum to 1 again. `maxLength`
 * ends what lives.
 *
 * For an expectation of f without bias take the first count - 1, each weighted by p(y) / (1 - exp(-exp(log p(y) - κ))), where κ is the smallest `perturbed`, that of the last one (Kool et al., section 4.1). What is
 * drawn for a prompt does not depend on what else is in the batch.
 *
 * @throws ArgumentError for options out of range, for a model that gives NaN or what is no log-probability, and where nothing is left: no token may follow any beginning, and no sequence has ended.
 *
 * @example
 * ```ts
 * import { Generator } from '@dl/autograd';
 * import { functionModel } from '@dl/layers';
 * import { sampleSequences } from '@dl/lm';
 *
 * // Two throws of a coin that shows 1 three times of four: four sequences, and all of them are drawn.
 * const coin = functionModel(2, () => [Math.log(0.25), Math.log(0.75)]);
 * const [drawn] = await sampleSequences(coin, { count: 4, maxLength: 2, generator: new Generator(1) });
 * console.log(drawn!.map(({ tokens }) => tokens.join('')).sort()); // 00, 01, 10, 11
 * ```
 */
export async function sampleSequences<State>(
  model: StepModel<State>,
  options: SampleSequencesOptions,
): Promise<SampledSequence[][]> {
  checkCall('sampleSequences', arguments, ['model'], sampleSequencesOptions);
  const { count } = options ?? {};
  checkInteger('sampleSequences', 'count', count, 1);
  // A stream for each row, so that none depends on what else is drawn.
  const streams = new Generator((options.generator ?? defaultGenerator()).uint32());
  const lanes = await search('sampleSequences', model, options, {
    make: (task) => new SampleLane(task, count, streams.fork(task.row)),
    drive: together,
  });
  return lanes.map((lane) => lane.found());
}

class SampleLane implements Lane {
  readonly #task: Task;
  readonly #count: number;
  readonly #generator: Generator;
  readonly #ends: ReadonlySet<number>;
  /** Whole sequences, which compete with those that grow. */
  #whole: readonly SampledSequence[] = [];
  #growing: readonly Draw[];
  #length = 0;

  constructor(task: Task, count: number, generator: Generator) {
    this.#task = task;
    this.#count = count;
    this.#generator = generator;
    this.#ends = new Set(task.ends);
    const begin = { path: root(), dieLogProbability: 0, perturbed: this.#noise(), adjusting: adjustingOf(task) };
    this.#growing = task.limit > 0 ? [begin] : [];
    if (task.limit <= 0) this.#whole = [{ ...begin.path.found(), dieLogProbability: 0, perturbed: begin.perturbed }];
  }

  advance(rows: Rows): Growth[] {
    const best = new Best(this.#count);
    // What is whole stands as from the row -1.
    for (const [i, { perturbed }] of this.#whole.entries()) best.offer(perturbed, -1, i);
    const dice = this.#growing.map((draw, from) => {
      const { model, adjusted } = following(this.#task, rows(from), draw.adjusting, this.#length);
      const sum = logSumExp(adjusted);
      if (sum === -Infinity) {
        // Where it was not the adjustments, the model is wrong.
        if (logSumExp(model) === -Infinity) throw troubleOf(this.#task, model, draw.adjusting, this.#length);
        return { model, adjusted, die: adjusted, sum };
      }
      const die = this.#merged(adjusted);
      this.#offer(draw, from, die, sum, best);
      return { model, adjusted, die, sum };
    });
    const kept = best.sorted();
    if (kept.length === 0) throw troubleOf(this.#task, dice[0]!.model, this.#growing[0]!.adjusting, this.#length);
    this.#length++;
    const whole: SampledSequence[] = [];
    const growing: Omit<Draw, 'adjusting'>[] = [];
    const growths: Growth[] = [];
    for (const { key: perturbed, from, token } of kept) {
      if (from < 0) {
        whole.push(this.#whole[token]!);
        continue;
      }
      const { path, ...draw } = this.#growing[from]!;
      const { model, adjusted, die, sum } = dice[from]!;
      const dieLogProbability = draw.dieLogProbability + die[token]! - sum;
      if (this.#ends.has(token)) {
        whole.push({ ...path.found(...this.#end(model, adjusted)), dieLogProbability, perturbed });
        continue;
      }
      const longer = new Path(path, token, model[token]!);
      if (this.#length === this.#task.limit) whole.push({ ...longer.found(), dieLogProbability, perturbed });
      else {
        growing.push({ path: longer, dieLogProbability, perturbed });
        growths.push({ from, token });
      }
    }
    this.#whole = whole;
    const adjusting = adjustedBehind(
      growths,
      this.#growing.map((draw) => draw.adjusting),
      dice,
    );
    this.#growing = growing.map((draw, i) => ({ ...draw, adjusting: adjusting[i] }));
    return growths;
  }

  found(): SampledSequence[] {
    return [...this.#whole].sort((a, b) => b.perturbed - a.perturbed);
  }

  /** The scores with one way to end of several: the first of the end tokens has the probability of all. */
  #merged(adjusted: Float64Array): Float64Array {
    const { ends } = this.#task;
    if (ends.length < 2) return adjusted;
    const merged = adjusted.slice();
    for (const token of ends) merged[token] = -Infinity;
    merged[ends[0]!] = logSumExp(ends.map((token) => adjusted[token]!));
    return merged;
  }

  /** The most probable end token on the die, and the log-probability that the model gives to all that are on it. */
  #end(model: Float64Array, adjusted: Float64Array): [number, number] {
    const { ends } = this.#task;
    const end = ends.reduce((most, token) => (adjusted[token]! > adjusted[most]! ? token : most));
    return [end, logSumExp(ends.map((token) => (adjusted[token]! > -Infinity ? model[token]! : -Infinity)))];
  }

  /** Offers all ways to go on from a beginning, with noise of which the largest is that of the beginning. */
  #offer({ dieLogProbability, perturbed }: Draw, from: number, adjusted: Float64Array, sum: number, best: Best): void {
    const noisy = new Float64Array(adjusted.length);
    let most = -Infinity;
    for (let token = 0; token < adjusted.length; token++) {
      const score = adjusted[token]!;
      if (score === -Infinity) {
        noisy[token] = -Infinity;
        continue;
      }
      const each = dieLogProbability + score - sum + this.#noise();
      noisy[token] = each;
      if (each > most) most = each;
    }
    for (let token = 0; token < noisy.length; token++) {
      if (noisy[token] === -Infinity) continue;
      // -log(exp(-G) - exp(-Z) + exp(-g)) without overflow (Kool et al., appendix B.3).
      const v = perturbed - noisy[token]! + Math.log1p(-Math.exp(noisy[token]! - most));
      best.offer(perturbed - Math.max(0, v) - Math.log1p(Math.exp(-Math.abs(v))), from, token);
    }
  }

  /** A number of Gumbel's distribution. */
  #noise(): number {
    // Rounding may make the uniform number 1.
    return -Math.log(Math.max(-Math.log(this.#generator.uniform53() + 2 ** -54), 2 ** -54));
  }
}
