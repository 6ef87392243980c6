// The linear-chain conditional random field: the forward and the backward algorithm, in logarithms.

import { crfLogPartition, crfLogPartitionGrad } from '@dl/autograd';
import { kernel, type Values } from './kernel.js';

/** Below this a score forbids, as in the decomposition. */
const LEAST = -5e29;

interface Chain {
  readonly emissions: Values;
  readonly transitions: Values;
  readonly start: Values;
  readonly end: Values;
}

/** The sum of scores, -∞ where one of them forbids, whatever the other is. */
function joined(a: number, b: number): number {
  return a < LEAST || b < LEAST ? -Infinity : a + b;
}

/** log Σ e^score, of the first `count`. */
function logSum(scores: Float64Array, count: number): number {
  let most = -Infinity;
  for (let i = 0; i < count; i++) most = Math.max(most, scores[i]!);
  if (!Number.isFinite(most)) return most;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += Math.exp(scores[i]! - most);
  return most + Math.log(sum);
}

/** For one sequence at a time: what leads to each tag and on from it. */
class Lattice {
  readonly #chain: Chain;
  readonly #tags: number;
  readonly #time: number;
  /** A row for each step: the logarithm of the sum over all beginnings that lead to each tag. */
  readonly #forward: Float64Array;
  /** The same for all ends, at one step, and with what is said there. */
  readonly #backward: Float64Array;
  readonly #onwards: Float64Array;
  readonly #scores: Float64Array;

  constructor(chain: Chain) {
    const [, time, tags] = chain.emissions.shape as readonly [number, number, number];
    this.#chain = chain;
    this.#tags = tags;
    this.#time = time;
    this.#forward = new Float64Array(time * tags);
    this.#backward = new Float64Array(tags);
    this.#onwards = new Float64Array(tags);
    this.#scores = new Float64Array(tags);
  }

  /** Fills the rows of the forward algorithm. Returns log Z. */
  total(row: number, steps: number): number {
    const [tags, forward, scores] = [this.#tags, this.#forward, this.#scores];
    const { transitions, start, end } = this.#chain;
    const emissions = this.#chain.emissions.data;
    const first = row * this.#time * tags;
    for (let tag = 0; tag < tags; tag++) forward[tag] = joined(emissions[first + tag]!, start.data[tag]!);
    for (let at = tags; at < steps * tags; at += tags) {
      for (let to = 0; to < tags; to++) {
        for (let from = 0; from < tags; from++) {
          scores[from] = joined(forward[at - tags + from]!, transitions.data[from * tags + to]!);
        }
        forward[at + to] = joined(logSum(scores, tags), emissions[first + at + to]!);
      }
    }
    const last = (steps - 1) * tags;
    for (let tag = 0; tag < tags; tag++) scores[tag] = joined(forward[last + tag]!, end.data[tag]!);
    return logSum(scores, tags);
  }

  /** Adds `by` times each probability, after {@link total}. */
  addShares(row: number, steps: number, total: number, by: number, to: Chain): void {
    const [tags, forward, backward, onwards, scores] = [
      this.#tags,
      this.#forward,
      this.#backward,
      this.#onwards,
      this.#scores,
    ];
    const { transitions, end } = this.#chain;
    const emissions = this.#chain.emissions.data;
    const first = row * this.#time * tags;
    const add = ({ data }: Values, at: number, score: number): void => {
      // What cannot be has no part in the total, and nothing of g.
      if (score !== -Infinity) data[at]! += by * Math.exp(score - total);
    };
    backward.set(end.data);
    for (let at = (steps - 1) * tags; at >= 0; at -= tags) {
      for (let tag = 0; tag < tags; tag++) {
        const score = joined(forward[at + tag]!, backward[tag]!);
        add(to.emissions, first + at + tag, score);
        if (at === (steps - 1) * tags) add(to.end, tag, score);
        if (at === 0) add(to.start, tag, score);
        onwards[tag] = joined(emissions[first + at + tag]!, backward[tag]!);
      }
      if (at === 0) break;
      for (let from = 0; from < tags; from++) {
        for (let next = 0; next < tags; next++) {
          const score = joined(transitions.data[from * tags + next]!, onwards[next]!);
          scores[next] = score;
          add(to.transitions, from * tags + next, joined(forward[at - tags + from]!, score));
        }
        backward[from] = logSum(scores, tags);
      }
    }
  }
}

export const crfLogPartitionKernel = kernel(crfLogPartition, ({ y, ...chain }, { lengths }) => {
  const lattice = new Lattice(chain);
  const time = chain.emissions.shape[1]!;
  for (let row = 0; row < y.size; row++) y.data[row] = lattice.total(row, lengths?.[row] ?? time);
});

export const crfLogPartitionGradKernel = kernel(
  crfLogPartitionGrad,
  ({ g, gEmissions, gTransitions, gStart, gEnd, ...chain }, { lengths }) => {
    const lattice = new Lattice(chain);
    const time = chain.emissions.shape[1]!;
    const sums = { emissions: gEmissions, transitions: summed(gTransitions), start: summed(gStart), end: summed(gEnd) };
    gEmissions.data.fill(0);
    for (let row = 0; row < g.size; row++) {
      const steps = lengths?.[row] ?? time;
      lattice.addShares(row, steps, lattice.total(row, steps), g.data[row]!, sums);
    }
    gTransitions.data.set(sums.transitions.data);
    gStart.data.set(sums.start.data);
    gEnd.data.set(sums.end.data);
  },
);

/** Zeros in double precision, for what is added up over all steps. */
function summed(values: Values): Values {
  return { ...values, data: new Float64Array(values.size) };
}
