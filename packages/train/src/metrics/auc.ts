// AUC: the area under the receiver operating characteristic.

import { ArgumentError, checkCall, ShapeError } from '@dl/autograd';
import { checkClass, type Metric, nothingCounted, show, type Values } from './metric.js';

/**
 * The area under the receiver operating characteristic: how often a random example of class 1 scores higher than a random
 * one of class 0, ties counted half (Hanley & McNeil, "The meaning and use of the area under a ROC curve", 1982). With more
 * than two classes: the mean over the classes of each against the rest.
 *
 * Output: one score per example ([N] or [N, 1]), or [N, classes]; with two classes their difference is the score. Target:
 * class numbers [N]. Every score is kept until `reset()`, because the figure depends on their order: 8 bytes each.
 *
 * @throws ArgumentError from `compute()` when a class has no example, or has them all.
 *
 * @example
 * ```ts
 * import { AUC } from '@dl/train';
 * const auc = new AUC();
 * auc.update({ data: [0.1, 0.4, 0.35, 0.8], shape: [4] }, { data: [0, 0, 1, 1], shape: [4] });
 * console.log(auc.compute()); // 0.75: of four pairs, one is the wrong way round
 * ```
 */
export class AUC implements Metric {
  readonly goal = 'max';
  /** Scores, by column; the labels beside them. */
  #columns: number[][] = [];
  #labels: number[] = [];

  constructor() {
    checkCall('AUC', arguments, []);
  }

  update(output: Values, target: Values): void {
    const count = target.data.length;
    const width = count === 0 ? 0 : output.data.length / count;
    const isOne = width === 1;
    if (target.shape.length !== 1 || (!isOne && (width < 2 || show(output.shape) !== show([count, width])))) {
      throw new ShapeError(
        `AUC: the output is ${show(output.shape)} and the target ${show(target.shape)}; needs scores [N] or [N, classes] for classes [N]`,
      );
    }
    const columns = width === 2 ? 1 : width;
    if (this.#columns.length === 0) this.#columns = Array.from({ length: columns }, () => []);
    if (this.#columns.length !== columns) {
      throw new ShapeError(`AUC: the output is ${show(output.shape)}; all batches need as many scores per example`);
    }
    for (let i = 0; i < count; i++) {
      checkClass('AUC', `target ${i}`, target.data[i]!, Math.max(2, width));
      for (let c = 0; c < columns; c++) {
        const at = i * width;
        const score = width === 2 ? output.data[at + 1]! - output.data[at]! : output.data[at + c]!;
        if (Number.isNaN(score)) throw new ArgumentError(`AUC: score ${i} is NaN, and has no place in an order`);
        this.#columns[c]!.push(score);
      }
      this.#labels.push(target.data[i]!);
    }
  }

  compute(): number {
    if (this.#labels.length === 0) throw nothingCounted('AUC');
    if (this.#columns.length === 1) return area(this.#columns[0]!, this.#labels, 1);
    const areas = this.#columns.map((scores, label) => area(scores, this.#labels, label));
    return areas.reduce((sum, value) => sum + value, 0) / areas.length;
  }

  reset(): void {
    this.#columns = [];
    this.#labels = [];
  }
}

/** From the ranks: (sum of the ranks of the positives − P(P + 1) / 2) / (P · N), equals sharing their mean rank. */
function area(scores: readonly number[], labels: readonly number[], positive: number): number {
  const order = Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]!);
  let positives = 0;
  let ranks = 0;
  for (let first = 0; first < order.length; ) {
    let end = first + 1;
    while (end < order.length && scores[order[end]!] === scores[order[first]!]) end++;
    for (let i = first; i < end; i++) {
      if (labels[order[i]!] !== positive) continue;
      positives++;
      ranks += (first + 1 + end) / 2;
    }
    first = end;
  }
  const negatives = order.length - positives;
  if (positives === 0 || negatives === 0) {
    const has = positives === 0 ? 'no example' : 'all examples';
    throw new ArgumentError(`AUC: class ${positive} has ${has}, needs some in it and some outside it`);
  }
  return (ranks - (positives * (positives + 1)) / 2) / (positives * negatives);
}
