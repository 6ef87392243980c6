// The error function and gelu in double precision, from a series near 0 and a continued fraction far from it.

/** erf x = 2/√π e^(-x²) Σ 2ⁿ x^(2n+1) / (1·3·5···(2n+1)) (Abramowitz & Stegun, 7.1.6). */
function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** erfc z = e^(-z²)/√π · 1/(z + ½/(z + 1/(z + 3/2/(z + …)))) (Abramowitz & Stegun, 7.1.14). */
function erfcFraction(z: number): number {
  let rest = 0;
  for (let k = 120; k >= 1; k--) rest = k / 2 / (z + rest);
  return Math.exp(-z * z) / Math.sqrt(Math.PI) / (z + rest);
}

export function erf(x: number): number {
  const z = Math.abs(x);
  if (!(z >= 2)) return x === 0 ? x : erfSeries(x);
  return Math.sign(x) * (1 - erfcFraction(Math.min(z, 30)));
}

/** The normal distribution function at -a, for a ≥ 0. */
function tail(a: number): number {
  const z = a * Math.SQRT1_2;
  if (z > 26) return 0;
  return z < 2 ? 0.5 * (1 - erfSeries(z)) : 0.5 * erfcFraction(z);
}

/** x Φ(x) */
export function gelu(x: number): number {
  if (x === 0) return x;
  return x < 0 ? x * tail(-x) : x * (1 - tail(x));
}

/** x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))), without the loss of digits where that is near 0. */
export function geluTanh(x: number): number {
  const inner = Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x);
  return x / (1 + Math.exp(-2 * inner));
}
