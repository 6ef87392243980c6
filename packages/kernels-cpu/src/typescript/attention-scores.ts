// What the kernels of attention share: the scores of one query after the other.

import { Generator as RandomNumbers, type scaledDotProductAttention } from '@dl/autograd';
import type { Values } from './kernel.js';

type Attrs = (typeof scaledDotProductAttention)['defaults'];

interface Tensors {
  readonly q: Values;
  readonly k: Values;
  readonly mask: Values | undefined;
  readonly bias: Values | undefined;
}

/** One query, with lists that have a number for each key. */
export interface Query {
  /** Its place in [batch, heads, queries], and that of its first key in [batch, key heads, keys]. */
  readonly row: number;
  readonly keyRow: number;
  /** The keys that mask, order, distance and a bias of -∞ let it look at. All others reach nothing, whatever they are. */
  readonly seen: readonly number[];
  /** It has a NaN, so that all that comes of it is one: the lists then mean nothing. */
  readonly isBroken: boolean;
  /** As the softmax takes them. */
  readonly scores: Float64Array;
  /** The derivatives of the scores by the products before the cap. */
  readonly slopes: Float64Array;
  /** What dropout makes of a weight of 1. */
  readonly kept: Float64Array;
  /** Where its element for the first key stands in a tensor that broadcasts to [batch, heads, queries, keys], and the step to the next. */
  placeIn(shape: readonly number[]): { readonly at: number; readonly step: number };
}

/** The queries in order, of each batch and head, as far as they are wanted. The lists are the same ones for all. */
export function* queriesOf(
  { q, k, mask, bias }: Tensors,
  attrs: Attrs,
  isWanted: (row: number, keyRow: number) => boolean = () => true,
): Iterable<Query> {
  const { scale, causal, offset, window, softcap, dropoutP, seed, position } = attrs;
  const [batch, heads, queries, features] = q.shape as readonly [number, number, number, number];
  const [, keyHeads, keys] = k.shape as readonly [number, number, number, number];
  const [scores, slopes, kept] = [new Float64Array(keys), new Float64Array(keys), new Float64Array(keys).fill(1)];
  const random = new RandomNumbers(seed).skip(position);
  const grown = dropoutP === 1 ? 0 : 1 / (1 - dropoutP);
  for (let row = 0; row < batch * heads * queries; row++) {
    const query = row % queries;
    const head = Math.floor(row / queries) % heads;
    const example = Math.floor(row / queries / heads);
    const keyRow = (example * keyHeads + Math.floor((head * keyHeads) / heads)) * keys;
    if (!isWanted(row, keyRow)) {
      if (dropoutP > 0) random.skip(keys);
      continue;
    }
    const isBroken = isBrokenAt(q, row * features, features);
    const placeIn = (shape: readonly number[]): { at: number; step: number } => {
      const own = [example, head, query, 0].map((place, axis) => (shape[axis] === 1 ? 0 : place));
      return { at: own.reduce((at, place, axis) => at * shape[axis]! + place, 0), step: shape[3] === 1 ? 0 : 1 };
    };
    const inMask = mask && placeIn(mask.shape);
    const inBias = bias && placeIn(bias.shape);
    const seen: number[] = [];
    for (let j = 0; j < keys; j++) {
      if (dropoutP > 0) kept[j] = random.uniform() < dropoutP ? 0 : grown;
      const ahead = j - query - offset;
      if ((causal && ahead > 0) || (window > 0 && Math.abs(ahead) >= window)) continue;
      if (inMask !== undefined && mask!.data[inMask.at + j * inMask.step] === 0) continue;
      const added = inBias === undefined ? 0 : bias!.data[inBias.at + j * inBias.step]!;
      if (added === -Infinity) continue;
      seen.push(j);
      if (isBroken) continue;
      let product = 0;
      for (let f = 0; f < features; f++) product += q.data[row * features + f]! * k.data[(keyRow + j) * features + f]!;
      const tanh = softcap === 0 ? 0 : Math.tanh((product * scale) / softcap);
      slopes[j] = 1 - tanh * tanh;
      scores[j] = softcap === 0 ? product * scale : tanh * softcap;
      scores[j]! += added;
    }
    yield { row, keyRow, seen, isBroken, scores, slopes, kept, placeIn };
  }
}

/** Whether there is a NaN among so many neighbours. */
function isBrokenAt(x: Values, at: number, count: number): boolean {
  for (let f = 0; f < count; f++) if (Number.isNaN(x.data[at + f]!)) return true;
  return false;
}

/** Whether each row of a result, of so many neighbours, has what is not finite. */
export function notFinite(x: Values, width: number): readonly boolean[] {
  return Array.from({ length: x.size / width }, (_, row) => {
    for (let f = 0; f < width; f++) if (!Number.isFinite(x.data[row * width + f]!)) return true;
    return false;
  });
}

/** Σ a[i + f] b[j + f] over so many neighbours. */
export function dotAt(a: Values, i: number, b: Values, j: number, count: number): number {
  let sum = 0;
  for (let f = 0; f < count; f++) sum += a.data[i + f]! * b.data[j + f]!;
  return sum;
}
