// The error function to double precision: its series near 0, and a continued fraction for what is left of 1 beyond.
// Abramowitz & Stegun, Handbook of Mathematical Functions, 7.1.6 and 7.1.14.

const NEAR = 2.2;
const FAR = 6;

export function erfOf(x: number): number {
  const z = Math.abs(x);
  if (z < NEAR) return nearZero(x);
  if (z >= FAR) return x > 0 ? 1 : x < 0 ? -1 : x;
  if (Number.isNaN(x)) return x;
  const rest = complement(z);
  return x > 0 ? 1 - rest : rest - 1;
}

/** 2/√π e^(-x²) Σ 2ⁿ x^(2n+1) / (1·3·5···(2n+1)): all terms have one sign, so nothing cancels. */
function nearZero(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** 1 - erf(z) = e^(-z²)/√π · 1/(z + (1/2)/(z + 1/(z + (3/2)/(z + …)))). */
function complement(z: number): number {
  let fraction = z;
  for (let k = 60; k >= 1; k--) fraction = z + k / 2 / fraction;
  return Math.exp(-z * z) / (Math.sqrt(Math.PI) * fraction);
}
