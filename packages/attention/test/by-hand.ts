// Attention and an encoder layer by their formulas, one number after the other over plain arrays.

import type { Tensor } from '@dl/autograd';
import type { LayerNorm, Linear, RMSNorm } from '@dl/layers';
import type { MultiheadAttention, TransformerEncoderLayer } from '../src/index.js';

type Row = readonly number[];
type Rows = readonly Row[];

const rowsOf = (x: Tensor): Rows => x.toArray() as number[][];
const numbersOf = (x: Tensor | undefined): Row | undefined => x && Array.from(x.dataSync());

/** What a pair of a query and a key in a head of a sequence is. */
export type Pair = readonly [sequence: number, head: number, query: number, key: number];

export interface HandOptions {
  /** Whether the query may look at the key. */
  readonly allowed?: (...pair: Pair) => boolean;
  /** What is added to the score. */
  readonly added?: (...pair: Pair) => number;
  /** A query or a key of a head, given where it stands. */
  readonly turned?: (x: Row, position: number) => Row;
  /** What is added to the result, from the weights of a query, one for each key. */
  readonly valued?: (weights: Row, query: number) => Row;
}

const dot = (a: Row, b: Row): number => a.reduce((sum, each, i) => sum + each * b[i]!, 0);
const plus = (a: Row, b: Row): Row => a.map((each, i) => each + b[i]!);
const mapped = (weight: Rows, bias: Row | undefined, x: Row): Row =>
  weight.map((row, i) => dot(row, x) + (bias?.[i] ?? 0));
const through = ({ weight, bias }: Linear, x: Row): Row => mapped(rowsOf(weight), numbersOf(bias), x);

/** Divided by the root of the mean square. */
const evened = (x: Row, { weight, eps = 2 ** -52 }: RMSNorm): Row => {
  const size = Math.sqrt(dot(x, x) / x.length + eps);
  return x.map((each, i) => (each / size) * numbersOf(weight)![i]!);
};

/** Results [sequence, query, feature] and weights [sequence, head, query, key] of x as queries, keys and values. */
export function attentionByHand(
  model: MultiheadAttention,
  [queries, keys, values]: readonly [readonly Rows[], readonly Rows[], readonly Rows[]],
  { allowed = () => true, added = () => 0, turned = (x) => x, valued = () => [] }: HandOptions = {},
): { readonly output: readonly Rows[]; readonly weights: readonly (readonly Rows[])[] } {
  const { numHeads, keyHeads, headDim, scale = 1 / Math.sqrt(headDim), softcap } = model;
  const [width, keyWidth] = [numHeads * headDim, keyHeads * headDim];
  const all = model.inProjWeight && rowsOf(model.inProjWeight);
  const bias = numbersOf(model.inProjBias);
  const parts = [model.qProjWeight, model.kProjWeight, model.vProjWeight].map((part, i) => {
    const [from, to] = [
      [0, width],
      [width, width + keyWidth],
      [width + keyWidth, width + 2 * keyWidth],
    ][i] as [number, number];
    return { weight: all?.slice(from, to) ?? rowsOf(part!), bias: bias?.slice(from, to) };
  });
  const heads = (part: number, x: Row, count: number): Rows => {
    const { weight, bias } = parts[part]!;
    const flat = mapped(weight, bias, x);
    return Array.from({ length: count }, (_, h) => flat.slice(h * headDim, (h + 1) * headDim));
  };
  const placed = (x: Row, norm: RMSNorm | undefined, position: number): Row =>
    turned(norm === undefined ? x : evened(x, norm), position);
  const weights: Rows[][] = [];
  const output = queries.map((sequence, b) => {
    const [ownKeys, ownValues] = [keys[b]!, values[b]!];
    const offset = ownKeys.length - sequence.length;
    const ks = ownKeys.map((x, j) => heads(1, x, keyHeads).map((each) => placed(each, model.kNorm, j)));
    const vs = ownValues.map((x) => heads(2, x, keyHeads));
    weights.push(Array.from({ length: numHeads }, () => []));
    return sequence.map((x, i) => {
      const qs = heads(0, x, numHeads).map((each) => placed(each, model.qNorm, i + offset));
      const joined = qs.flatMap((q, h) => {
        const shared = Math.floor((h * keyHeads) / numHeads);
        const scores = ks.map((each, j) => {
          const raw = scale * dot(q, each[shared]!);
          const capped = softcap === undefined ? raw : softcap * Math.tanh(raw / softcap);
          return allowed(b, h, i, j) ? capped + added(b, h, i, j) : -Infinity;
        });
        const most = Math.max(...scores);
        const powers = scores.map((score) => (most === -Infinity ? 0 : Math.exp(score - most)));
        const total = powers.reduce((sum, each) => sum + each, 0);
        const row = powers.map((each) => (total === 0 ? 0 : each / total));
        (weights[b]![h] as Row[]).push(row);
        const more = valued(row, i + offset);
        return Array.from({ length: headDim }, (_, f) => {
          return row.reduce((sum, weight, j) => sum + weight * vs[j]![shared]![f]!, more[f] ?? 0);
        });
      });
      return through(model.outProj, joined);
    });
  });
  return { output, weights };
}

/** x Φ(x), with the normal distribution by its power series. */
export function geluByHand(x: number): number {
  const z = x / Math.SQRT2;
  let [sum, term] = [0, z];
  for (let n = 0; n < 200; n++) {
    sum += term / (2 * n + 1);
    term *= -(z * z) / (n + 1);
  }
  return (x / 2) * (1 + (2 / Math.sqrt(Math.PI)) * sum);
}

const siluByHand = (x: number): number => x / (1 + Math.exp(-x));
const activations: Readonly<Record<string, (x: number) => number>> = {
  relu: (x) => Math.max(0, x),
  gelu: geluByHand,
  // Hendrycks and Gimpel, 2016.
  geluTanh: (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  silu: siluByHand,
  // Shazeer, 2020.
  geglu: geluByHand,
  swiglu: siluByHand,
};

/** What an encoder layer makes of x. */
export function encoderLayerByHand(
  layer: TransformerEncoderLayer,
  x: readonly Rows[],
  options: HandOptions,
): readonly Rows[] {
  const each = (f: (row: Row) => Row) => (all: readonly Rows[]) => all.map((rows) => rows.map(f));
  const sum = (a: readonly Rows[], b: readonly Rows[]): readonly Rows[] =>
    a.map((rows, s) => rows.map((row, i) => plus(row, b[s]![i]!)));
  const norm = (given: LayerNorm | RMSNorm) =>
    each((row) => {
      if (!('bias' in given)) return evened(row, given);
      const mean = row.reduce((total, value) => total + value, 0) / row.length;
      const variance = row.reduce((total, value) => total + (value - mean) ** 2, 0) / row.length;
      const [weight, bias] = [numbersOf(given.weight)!, given.bias && numbersOf(given.bias)];
      return row.map((value, i) => ((value - mean) / Math.sqrt(variance + given.eps)) * weight[i]! + (bias?.[i] ?? 0));
    });
  const attend = (all: readonly Rows[]): readonly Rows[] =>
    attentionByHand(layer.selfAttention, [all, all, all], options).output;
  const feed = each((row) => {
    const inner = through(layer.linear1, row);
    const half = layer.linear2.inFeatures;
    const active = inner.slice(0, half).map(activations[layer.activation]!);
    const gated = layer.activation.endsWith('glu') ? active.map((value, i) => value * inner[half + i]!) : active;
    return through(layer.linear2, gated);
  });
  if (layer.normFirst) {
    const y = sum(x, attend(norm(layer.norm1)(x)));
    return sum(y, feed(norm(layer.norm2)(y)));
  }
  const y = norm(layer.norm1)(sum(x, attend(x)));
  return norm(layer.norm2)(sum(y, feed(y)));
}
