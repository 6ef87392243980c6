// What attention and its gradients do for one query.

import { dotAt, type Query, queriesOf } from './attention-scores.js';
import type { Values } from './kernel.js';

interface Sides {
  readonly v: Values;
  readonly y: Values;
  readonly lse: Values | undefined;
}

/** The result of a query, and the log-sum-exp of its scores. */
export function attend({ v, y, lse }: Sides, { row, keyRow, seen, isBroken, scores, kept }: Query): void {
  const width = v.shape[3]!;
  let top = -Infinity;
  let isEmpty = true;
  for (const j of seen) {
    if (isBroken || scores[j] !== -Infinity) isEmpty = false;
    if (scores[j]! > top) top = scores[j]!;
  }
  // Dropout chooses: a weight that it leaves out is 0, whatever it was.
  const isDropped = seen.every((j) => kept[j] === 0);
  if (isEmpty || isBroken) {
    y.data.fill(isEmpty || isDropped ? 0 : Number.NaN, row * width, (row + 1) * width);
    if (lse !== undefined) lse.data[row] = isEmpty ? -Infinity : Number.NaN;
    return;
  }
  const sums = new Float64Array(width);
  let total = 0;
  for (const j of seen) {
    const weight = Math.exp(scores[j]! - top);
    total += weight;
    if (kept[j] === 0) continue;
    for (let f = 0; f < width; f++) sums[f]! += weight * kept[j]! * v.data[(keyRow + j) * width + f]!;
  }
  for (let f = 0; f < width; f++) y.data[row * width + f] = isDropped ? 0 : sums[f]! / total;
  if (lse !== undefined) lse.data[row] = top + Math.log(total);
}

export interface Back {
  readonly dy: Values;
  readonly v: Values;
  readonly y: Values;
  readonly lse: Values;
}

/** Calls `body` for each key that a query looks at, with its weight before dropout and the gradient of its score. */
export function forEachKey(
  { dy, v, y, lse }: Back,
  { row, keyRow, seen, scores, kept }: Query,
  body: (j: number, weight: number, ds: number) => void,
): void {
  const width = v.shape[3]!;
  const mean = dotAt(dy, row * width, y, row * width, width);
  // Where all scores are -∞ all weights are 0: e^-∞, and not e^(-∞ + ∞).
  const level = lse.data[row] === -Infinity ? Infinity : lse.data[row]!;
  for (const j of seen) {
    const weight = Math.exp(scores[j]! - level);
    const each = kept[j] === 0 ? 0 : kept[j]! * dotAt(dy, row * width, v, (keyRow + j) * width, width);
    body(j, weight, weight * (each - mean));
  }
}

/** Which rows of the gradients are wanted: of queries, of keys, and of any key of those that begin with one. */
export interface Wanted {
  ofQueries(row: number): boolean;
  ofKeys(key: number): boolean;
  ofGroups(keyRow: number): boolean;
}

/** The gradients for queries, keys and values. */
export function differentiate(
  tensors: Back & { readonly [name in 'q' | 'k' | 'dq' | 'dk' | 'dv']: Values } & Parameters<typeof queriesOf>[0],
  attrs: Parameters<typeof queriesOf>[1],
  { ofQueries, ofKeys, ofGroups }: Wanted,
): void {
  const { dy, q, k, v, dq, dk, dv } = tensors;
  const [features, width] = [q.shape[3]!, v.shape[3]!];
  const [toQ, toK, toV] = [dq, dk, dv].map(({ size }) => new Float64Array(size)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const isWanted = (row: number, keyRow: number): boolean => ofQueries(row) || ofGroups(keyRow);
  for (const query of queriesOf(tensors, attrs, isWanted)) {
    const { row, keyRow, seen, isBroken, slopes, kept } = query;
    const own = row * features;
    if (isBroken) {
      if (seen.length > 0) toQ.fill(Number.NaN, own, own + features);
      for (const j of seen) {
        // One is enough to be seen in all that is added to it; all others would take their time.
        const [key, value] = [(keyRow + j) * features, (keyRow + j) * width];
        if (!Number.isNaN(toK[key]!)) toK.fill(Number.NaN, key, key + features);
        if (kept[j] !== 0 && !Number.isNaN(toV[value]!)) toV.fill(Number.NaN, value, value + width);
      }
      continue;
    }
    forEachKey(tensors, query, (j, weight, ds) => {
      const key = (keyRow + j) * features;
      const g = ds * slopes[j]! * attrs.scale;
      for (let f = 0; f < features; f++) {
        toQ[own + f]! += g * k.data[key + f]!;
        toK[key + f]! += g * q.data[own + f]!;
      }
      if (kept[j] === 0) return;
      for (let f = 0; f < width; f++) toV[(keyRow + j) * width + f]! += weight * kept[j]! * dy.data[row * width + f]!;
    });
  }
  const put = (to: Values, from: Float64Array, each: number, isOwn: (row: number) => boolean): void => {
    for (let row = 0; row < from.length / each; row++) {
      if (!isOwn(row)) continue;
      for (let f = row * each; f < (row + 1) * each; f++) to.data[f] = from[f]!;
    }
  };
  put(dq, toQ, features, ofQueries);
  put(dk, toK, features, ofKeys);
  put(dv, toV, width, ofKeys);
}

/** The gradients of scores, summed where the bias was broadcast. */
export function biasSums(
  tensors: Back & Parameters<typeof queriesOf>[0] & { readonly dbias: Values },
  attrs: Parameters<typeof queriesOf>[1],
): Float64Array {
  const { size, shape } = tensors.dbias;
  const sums = new Float64Array(size);
  for (const query of queriesOf(tensors, attrs)) {
    const { at, step } = query.placeIn(shape);
    if (query.isBroken) {
      for (const j of query.seen) sums[at + j * step] = Number.NaN;
      continue;
    }
    forEachKey(tensors, query, (j, _, ds) => {
      sums[at + j * step]! += ds;
    });
  }
  return sums;
}
