// A group of beams: the best beginnings of one sequence, which grow side by side, and the best that have ended.

import type { Adjusted } from '../adjustment.js';
import { Best } from './best.js';
import {
  adjustedBehind,
  adjustingOf,
  type FoundSequence,
  following,
  type Growth,
  Path,
  type Rows,
  root,
  type Task,
  troubleOf,
} from './search.js';

/** A sequence that {@link beamSearch} found. */
export interface BeamSequence extends FoundSequence {
  /**
   * What it is ranked by: the sum of the scores of its tokens and its end, divided by the length penalty. The scores are the log-probabilities, where adjustments have not changed them.
   */
  readonly score: number;
}

/** How beams are ranked, and when they stop. */
export interface BeamRules {
  /** In each group. */
  readonly beams: number;
  /** How many of the best that have ended are kept. */
  readonly nBest: number;
  /** What the sum of so many scores is divided by. Grows with the length, or stays. */
  readonly penalty: (length: number) => number;
  readonly earlyStop: boolean;
  readonly diversityPenalty: number;
  /** Whether no score is above 0, so that a sum can only fall. */
  readonly isBounded: boolean;
}

interface Beam {
  readonly path: Path;
  /** The sum of its scores. */
  readonly total: number;
  readonly adjusting: Adjusted | undefined;
}

export class BeamGroup {
  readonly #task: Task;
  readonly #rules: BeamRules;
  readonly #ends: ReadonlySet<number>;
  #beams: readonly Beam[];
  #length = 0;
  #ended = 0;
  /** The best that have ended, the best one first. */
  readonly found: BeamSequence[] = [];

  constructor(task: Task, rules: BeamRules) {
    this.#task = task;
    this.#rules = rules;
    this.#ends = new Set(task.ends);
    this.#beams = [{ path: root(), total: 0, adjusting: adjustingOf(task) }];
    if (task.limit <= 0) this.#keep({ ...root().found(), score: 0 });
  }

  /** How many beams there are; 0: it is done. */
  get size(): number {
    return this.#beams.length;
  }

  /**
   * Goes on by one token. `taken` has how many beams of the groups before took each token at this step, and is told what this one takes.
   */
  advance(rows: Rows, taken: Map<number, number>): Growth[] {
    const { limit } = this.#task;
    const { beams, penalty } = this.#rules;
    const rowsOf = this.#beams.map(({ adjusting }, i) => following(this.#task, rows(i), adjusting, this.#length));
    const candidates = this.#candidates(
      rowsOf.map(({ adjusted }) => adjusted),
      taken,
    );
    const length = ++this.#length;
    const next: Omit<Beam, 'adjusting'>[] = [];
    const growths: Growth[] = [];
    for (const [rank, { from, token }] of candidates.entries()) {
      const { path, total } = this.#beams[from]!;
      const { model, adjusted } = rowsOf[from]!;
      const sum = total + adjusted[token]!;
      const isEnd = this.#ends.has(token);
      if (isEnd || length === limit) {
        // Only what is as good as a beam may end: with one beam, the search is greedy.
        if (rank >= beams) continue;
        const found = isEnd ? path.found(token, model[token]!) : new Path(path, token, model[token]!).found();
        this.#keep({ ...found, score: sum / penalty(length) });
        if (!isEnd) taken.set(token, (taken.get(token) ?? 0) + 1);
      } else if (next.length < beams) {
        next.push({ path: new Path(path, token, model[token]!), total: sum });
        growths.push({ from, token });
      }
    }
    if (next.length === 0 && this.found.length === 0) {
      const [first] = this.#beams;
      throw troubleOf(this.#task, rowsOf[0]!.model, first!.adjusting, length - 1);
    }
    if (this.#isDone(next)) {
      this.#beams = [];
      return [];
    }
    for (const { token } of growths) taken.set(token, (taken.get(token) ?? 0) + 1);
    const adjusting = adjustedBehind(
      growths,
      this.#beams.map((beam) => beam.adjusting),
      rowsOf,
    );
    this.#beams = next.map((beam, i) => ({ ...beam, adjusting: adjusting[i] }));
    return growths;
  }

  /** The best ways to go on, twice as many as there may be beams: of what ends, each beam has one at most. */
  #candidates(rows: readonly Float64Array[], taken: ReadonlyMap<number, number>): { from: number; token: number }[] {
    const { beams, diversityPenalty } = this.#rules;
    const best = new Best(2 * beams);
    for (const [from, adjusted] of rows.entries()) {
      const { total } = this.#beams[from]!;
      let scores = adjusted;
      if (diversityPenalty > 0 && taken.size > 0) {
        scores = adjusted.slice();
        for (const [token, count] of taken) scores[token]! -= diversityPenalty * count;
      }
      // The ends of a beam are one sequence, of which the best counts.
      let end = -1;
      for (const token of this.#task.ends) {
        if (end < 0 || adjusted[token]! > adjusted[end]! || (adjusted[token] === adjusted[end] && token < end))
          end = token;
      }
      for (let token = 0; token < scores.length; token++) {
        const key = total + scores[token]!;
        if (key === -Infinity || key < best.least || (end >= 0 && this.#ends.has(token))) continue;
        best.offer(key, from, token);
      }
      if (end >= 0 && adjusted[end]! > -Infinity) best.offer(total + adjusted[end]!, from, end);
    }
    return best.sorted();
  }

  #keep(sequence: BeamSequence): void {
    const { found } = this;
    let at = found.length;
    while (at > 0 && found[at - 1]!.score < sequence.score) at--;
    found.splice(at, 0, sequence);
    if (found.length > this.#rules.nBest) found.pop();
    this.#ended++;
  }

  /** Whether nothing goes on, or nothing that does can come among the best. */
  #isDone(next: readonly { readonly total: number }[]): boolean {
    const { beams, nBest, penalty, earlyStop, isBounded } = this.#rules;
    if (next.length === 0) return true;
    if (earlyStop && this.#ended >= beams) return true;
    if (!isBounded || this.found.length < nBest) return false;
    // A sum only falls, and is divided by the most at the greatest length.
    const most = next.reduce((largest, { total }) => Math.max(largest, total), -Infinity);
    return most / penalty(this.#task.limit) <= this.found.at(-1)!.score;
  }
}
