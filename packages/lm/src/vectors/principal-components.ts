// principalComponents: the plane, or the few directions, in which points differ most, for pictures of them.

import { ArgumentError, checkCall, checkInteger, type Known, shown } from '@dl/autograd';

/** Options of {@link principalComponents}. */
export interface PrincipalComponentsOptions {
  /** How many directions. Default 2. */
  readonly count?: number;
}

/** What {@link principalComponents} found. */
export interface PrincipalComponents {
  /** The points in the directions that were found, [points][count]: their mean is 0. */
  readonly coordinates: readonly (readonly number[])[];
  /** The share of all variance that is along each direction, [count], the largest first. */
  readonly explained: readonly number[];
}

const options: Known<PrincipalComponentsOptions> = { count: 'number' };

/**
 * Principal components: the directions in which points [points][features] differ most, each at a right angle to those before, and where the points are along them. With two of them vectors of many numbers become a picture.
 *
 *     C = Xᵀ X of points less their mean;  C v = λ v;  the coordinates are X v for the largest λ
 *
 * A direction has the sign with which the point that is farthest out has a coordinate above 0. Computes the eigenvectors of C, or of X Xᵀ where there are fewer points than features, by Jacobi's rotations: O(n³) for the smaller n of both, a second for n = 300.
 *
 * Sources: Pearson, "On Lines and Planes of Closest Fit to Systems of Points in Space", 1901; Golub & Van Loan, "Matrix Computations", section 8.5.
 *
 * @throws ArgumentError for fewer than two points, points of different lengths, numbers that are not finite, and more directions than points or features.
 *
 * @example
 * ```ts
 * import { principalComponents } from '@dl/lm';
 * const { coordinates, explained } = principalComponents([[0, 0, 1], [2, 2, 1], [4, 4, 1]], { count: 1 });
 * console.log(coordinates, explained); // -√8, 0, √8: all of the variance is along one line
 * ```
 */
export function principalComponents(
  points: readonly ArrayLike<number>[],
  given: PrincipalComponentsOptions = {},
): PrincipalComponents {
  const where = 'principalComponents';
  checkCall(where, arguments, [['points', 'list']], options);
  const { count = 2 } = given;
  const { rows, features } = checked(where, points);
  checkInteger(where, 'count', count, 1);
  if (count > Math.min(rows.length, features)) {
    throw new ArgumentError(
      `${where}: count is ${count}, but there are ${rows.length} points of ${features} numbers; at most as many as the lesser of both`,
    );
  }
  center(rows, features);
  const isWide = rows.length < features;
  // [n, n] of products between points, or between features.
  const n = isWide ? rows.length : features;
  const products = Array.from({ length: n }, () => new Float64Array(n));
  if (isWide) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        let sum = 0;
        for (let k = 0; k < features; k++) sum += rows[i]![k]! * rows[j]![k]!;
        products[i]![j] = sum;
        products[j]![i] = sum;
      }
    }
  } else {
    for (const row of rows) {
      for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) products[i]![j]! += row[i]! * row[j]!;
    }
  }
  const { values, vectors } = eigen(products);
  const total = values.reduce((sum, value) => sum + Math.max(0, value), 0);
  const order = values.map((_, i) => i).sort((a, b) => values[b]! - values[a]! || a - b);
  const kept = order.slice(0, count);
  const along = kept.map((i) => {
    const vector = vectors[i]!;
    // X v, which is √λ times the eigenvector of X Xᵀ.
    const line = isWide
      ? Array.from(vector, (value) => value * Math.sqrt(Math.max(0, values[i]!)))
      : rows.map((row) => row.reduce((sum, value, k) => sum + value * vector[k]!, 0));
    const farthest = line.reduce((best, value) => (Math.abs(value) > Math.abs(best) * (1 + 1e-9) ? value : best), 0);
    return farthest < 0 ? line.map((value) => 0 - value) : line;
  });
  return {
    coordinates: rows.map((_, point) => along.map((line) => line[point]!)),
    explained: kept.map((i) => (total === 0 ? 0 : Math.max(0, values[i]!) / total)),
  };
}

/** The points as copies. */
function checked(where: string, points: readonly ArrayLike<number>[]): { rows: Float64Array[]; features: number } {
  if (!(points?.length > 1)) {
    throw new ArgumentError(`${where}: got ${shown(points)}, needs two points or more, each a list of numbers`);
  }
  const features = points[0]?.length as number;
  const rows = Array.from(points, (point, i) => {
    const isList = typeof point === 'object' && point !== null && Number.isInteger(point.length) && point.length > 0;
    if (!isList || point.length !== features) {
      throw new ArgumentError(
        `${where}: point ${i} is ${isList ? `a list of ${point.length}` : shown(point)}, needs ${i === 0 ? 'a list of numbers' : `${features} numbers as the first one has`}`,
      );
    }
    const row = Float64Array.from(point);
    const wrong = row.findIndex((value) => !Number.isFinite(value));
    if (wrong < 0) return row;
    throw new ArgumentError(`${where}: point ${i} has ${shown(point[wrong])} at place ${wrong}, needs finite numbers`);
  });
  return { rows, features };
}

/** Takes the mean of all points off each. */
function center(rows: readonly Float64Array[], features: number): void {
  for (let k = 0; k < features; k++) {
    const mean = rows.reduce((sum, row) => sum + row[k]!, 0) / rows.length;
    for (const row of rows) row[k]! -= mean;
  }
}

/** More rounds than any symmetric matrix takes. */
const ROUNDS = 60;

/** Eigenvalues and eigenvectors, as rows, of a symmetric matrix, which is used up: rotations take one element after the other off the diagonal's sides. */
function eigen(matrix: Float64Array[]): { readonly values: number[]; readonly vectors: Float64Array[] } {
  const n = matrix.length;
  const vectors = Array.from({ length: n }, (_, i) => {
    const row = new Float64Array(n);
    row[i] = 1;
    return row;
  });
  const norm = Math.sqrt(matrix.reduce((sum, row) => row.reduce((part, value) => part + value * value, sum), 0));
  for (let round = 0; round < ROUNDS; round++) {
    let beside = 0;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) beside += matrix[p]![q]! ** 2;
    if (Math.sqrt(beside) <= 1e-13 * norm) break;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(matrix, vectors, p, q);
  }
  return { values: matrix.map((row, i) => row[i]!), vectors };
}

/** Makes the element (p, q) zero by a rotation of both axes. */
function rotate(matrix: readonly Float64Array[], vectors: readonly Float64Array[], p: number, q: number): void {
  const [rowP, rowQ] = [matrix[p]!, matrix[q]!];
  const element = rowP[q]!;
  if (element === 0) return;
  const theta = (rowQ[q]! - rowP[p]!) / (2 * element);
  // The smaller of both angles, also where theta is infinite.
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (const row of matrix) {
    const [x, y] = [row[p]!, row[q]!];
    row[p] = c * x - s * y;
    row[q] = s * x + c * y;
  }
  for (let k = 0; k < matrix.length; k++) {
    const [x, y] = [rowP[k]!, rowQ[k]!];
    rowP[k] = c * x - s * y;
    rowQ[k] = s * x + c * y;
  }
  const [vectorP, vectorQ] = [vectors[p]!, vectors[q]!];
  for (let k = 0; k < vectorP.length; k++) {
    const [x, y] = [vectorP[k]!, vectorQ[k]!];
    vectorP[k] = c * x - s * y;
    vectorQ[k] = s * x + c * y;
  }
}
