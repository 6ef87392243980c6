// Search: which rows of a table have the largest cosine with a vector. Lengths are divided by when two are compared, so that no second table is held.

import { Best } from '../decoding/search/best.js';

/** Vectors that are searched: of [rows, size] numbers, and 1 / length of each. */
export interface Search {
  readonly vectors: Float32Array;
  readonly size: number;
  /** How many of them are searched; there may be more. */
  readonly rows: number;
  readonly inverses: Float64Array;
}

/** A row that was found. */
export interface Found {
  readonly place: number;
  readonly score: number;
}

/** The inner product of two vectors. Four sums, which do not wait for one another. */
export function dot(
  a: Float32Array | Float64Array,
  fromA: number,
  b: Float32Array | Float64Array,
  fromB: number,
  size: number,
): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < size; i += 4) {
    s0 += a[fromA + i]! * b[fromB + i]!;
    s1 += a[fromA + i + 1]! * b[fromB + i + 1]!;
    s2 += a[fromA + i + 2]! * b[fromB + i + 2]!;
    s3 += a[fromA + i + 3]! * b[fromB + i + 3]!;
  }
  for (; i < size; i++) s0 += a[fromA + i]! * b[fromB + i]!;
  return s0 + s1 + (s2 + s3);
}

/** 1 / length of each row; 0 of a row of zeros, whose cosines are then 0. */
export function inverseLengths(vectors: Float32Array, size: number): Float64Array {
  const inverses = new Float64Array(vectors.length / size);
  for (let row = 0; row < inverses.length; row++) {
    const square = dot(vectors, row * size, vectors, row * size, size);
    inverses[row] = square > 0 ? 1 / Math.sqrt(square) : 0;
  }
  return inverses;
}

/** A sum of rows at length 1, each with its sign. */
export function sum(
  { vectors, size, inverses }: Search,
  parts: readonly (readonly [place: number, sign: 1 | -1])[],
): Float64Array {
  const total = new Float64Array(size);
  for (const [place, sign] of parts) {
    const factor = sign * inverses[place]!;
    for (let i = 0; i < size; i++) total[i]! += factor * vectors[place * size + i]!;
  }
  return total;
}

/** A vector at length 1, in place. */
export function normalized(vector: Float64Array): Float64Array {
  const square = dot(vector, 0, vector, 0, vector.length);
  const factor = square > 0 ? 1 / Math.sqrt(square) : 0;
  for (let i = 0; i < vector.length; i++) vector[i]! *= factor;
  return vector;
}

/** The rows with the largest cosine with a vector, the best one first. */
export function nearestRows(search: Search, of: Float64Array, count: number, without: readonly number[]): Found[] {
  const { vectors, size, inverses } = search;
  const query = normalized(of);
  return bestRows(search, count, without, (row) => inverses[row]! * dot(vectors, row * size, query, 0, size));
}

/** The rows with the largest scores, the best one first, of equals the first one. */
export function bestRows(
  { rows }: Search,
  count: number,
  without: readonly number[],
  scoreOf: (row: number) => number,
): Found[] {
  const best = new Best(Math.min(count, rows));
  const left = new Set(without);
  for (let row = 0; row < rows; row++) {
    const score = scoreOf(row);
    if (score > best.least && !left.has(row)) best.offer(score, 0, row);
  }
  return best.sorted().map(({ key, token }) => ({ place: token, score: key }));
}
