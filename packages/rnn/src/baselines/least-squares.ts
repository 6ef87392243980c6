// Linear least squares by singular values: of all solutions that are best, the shortest.

/**
 * The x for which |A x - b| is least, and of several of them the one of least |x|; A is given by its columns. Columns are turned in pairs until
 * they are orthogonal, A V = U S (one-sided Jacobi; Hestenes, "Inversion of matrices by biorthogonalization", 1958). A direction whose singular
 * value is rounding, at most ε · max(rows, columns) of the largest, is left out.
 */
export function leastSquares(columns: readonly Float64Array[], b: Float64Array): Float64Array {
  const count = columns.length;
  const u = columns.map((column) => column.slice());
  const v = columns.map((_, i) => Float64Array.from({ length: count }, (_, k) => (k === i ? 1 : 0)));
  for (let turned = true; turned; ) {
    turned = false;
    for (let i = 0; i < count; i++) {
      for (let j = i + 1; j < count; j++) {
        const [alpha, beta, gamma] = [dot(u[i]!, u[i]!), dot(u[j]!, u[j]!), dot(u[i]!, u[j]!)];
        if (Math.abs(gamma) <= Number.EPSILON * Math.sqrt(alpha * beta)) continue;
        const zeta = (beta - alpha) / (2 * gamma);
        const t = Math.sign(zeta || 1) / (Math.abs(zeta) + Math.hypot(1, zeta));
        // Of a turn that changes nothing there may be no end.
        if (Math.abs(t) < Number.EPSILON) continue;
        const cosine = 1 / Math.hypot(1, t);
        turn(u[i]!, u[j]!, cosine, cosine * t);
        turn(v[i]!, v[j]!, cosine, cosine * t);
        turned = true;
      }
    }
  }
  const squares = u.map((column) => dot(column, column));
  const largestFirst = Array.from(u.keys()).sort((i, k) => squares[k]! - squares[i]!);
  const rounding = (Number.EPSILON * Math.max(b.length, count)) ** 2 * squares[largestFirst[0]!]!;
  const left = b.slice();
  const x = new Float64Array(count);
  for (const i of largestFirst) {
    if (squares[i]! <= rounding) break;
    const along = dot(u[i]!, left) / squares[i]!;
    // Taken off, because a large part of b, times what columns are off the right angle by, would drown what lies along a small one.
    for (let row = 0; row < left.length; row++) left[row]! -= along * u[i]![row]!;
    for (let k = 0; k < count; k++) x[k]! += along * v[i]![k]!;
  }
  return x;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function turn(a: Float64Array, b: Float64Array, cosine: number, sine: number): void {
  for (let i = 0; i < a.length; i++) {
    const [p, q] = [a[i]!, b[i]!];
    a[i] = cosine * p - sine * q;
    b[i] = sine * p + cosine * q;
  }
}
