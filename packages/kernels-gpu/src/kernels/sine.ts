// Sine and cosine of any float, in GLSL: the angle is taken modulo a quarter turn with more digits than a float has, then
// Taylor's series. (M. Payne and R. Hanek, Radian reduction for trigonometric functions, SIGNUM Newsletter 18, 1983.)

import { HUGE } from './functions.js';

/** The digits of 1/2π after the point, three of them 12 bits: 204 bits, of which 60 are left after the largest float's own. */
const INVERSE_OF_TURN = '28be60db9391054a7f09d5f47d4d377036d8a5664f10e4107f9';

/** How many digits of 12 bits of a turn are worked out. */
const DIGITS = 5;

/** Where the digits that an angle needs begin: by its size from here to there. */
const [FIRST, LAST] = [-1, 8];

/** Digit n of 1/2π, of which digit 0 is before the point. */
const digit = (n: number): number => (n < 1 ? 0 : Number.parseInt(INVERSE_OF_TURN.slice(3 * n - 3, 3 * n), 16));

/** GLSL that sums up what stands for one q of all: WebGL 1 has no arrays of constants, and devices in software branch slowly. */
function windowGlsl(from: number): string {
  const windows = Array.from({ length: LAST - FIRST + 1 }, (_, i) => FIRST + i);
  return windows
    .map((q) => `float(q == ${q}.0) * vec4(${[0, 1, 2, 3].map((k) => `${digit(q + from + k)}.0`).join(', ')})`)
    .join(' + ');
}

/**
 * |x| as a whole number of three digits times 2^(12q); times 1/2π, of which only what is left after whole turns is worked out, from
 * its last digit on. All products of digits are below 2^24, and so exact.
 */
function reduceLargeGlsl(): string {
  const [parts, digits] = [[0, 1, 2], Array.from({ length: DIGITS }, (_, d) => d + 1)];
  const at = (k: number): string => (k <= 4 ? `c.${'xyzw'[k - 1]}` : `cNext.${'xyzw'[k - 5]}`);
  const lines = digits.toReversed().map((d) => {
    const terms = parts.flatMap((i) => [`low(x${i} * ${at(i + d)})`, `high(x${i} * ${at(i + d + 1)})`]);
    return `sum = ${terms.join(' + ')}${d === DIGITS ? '' : ' + high(sum)'};\nfloat d${d} = low(sum);`;
  });
  return `
float high(float x) { return floor(x * 2.44140625e-4); }
float low(float x) { return x - 4096.0 * floor(x * 2.44140625e-4); }
float reduceLarge(float a, out float quarters) {
  float q = floor((EXPONENT(a) - 22.5) / 12.0);
  float x = a * POWER_OF_2(-12.0 * q);
  float x2 = floor(x * 5.9604644775390625e-8);
  float rest = x - 16777216.0 * x2;
  float x1 = high(rest);
  float x0 = low(rest);
  vec4 c = ${windowGlsl(1)};
  vec4 cNext = ${windowGlsl(5)};
  float sum;
  ${lines.join('\n')}
  quarters = floor(d1 * 9.765625e-4 + 0.5);
  // In two halves that cannot cancel one another, so that it does not matter in which order a compiler adds.
  float tail = 4096.0 * d3 + d4;
  float carried = floor(tail * 5.9604644775390625e-8 + 0.5);
  float head = 4096.0 * (d1 - 1024.0 * quarters) + d2 + carried;
  tail = tail - 16777216.0 * carried;
  return (head * 5.9604644775390625e-8 + (tail * 3.552713678800501e-15 + d5 * 8.673617379884035e-19)) * 6.2831853;
}
`;
}

/** sin(x + turn · π/2), with `turn` 0 or 1. Small angles are reduced in four parts of π/2, of which three are exact in products. */
export const sineGlsl = `${reduceLargeGlsl()}
float sineOf(float x, float turn) {
  float a = abs(x);
  float n = floor(a * 0.63661977 + 0.5);
  float r = (((a - n * 1.5703125) - n * 4.837512969970703e-4) - n * 7.549533620476723e-8) - n * 2.563344151594519e-12;
  LOOP(k, a > 4096.0 ? 1 : 0) { r = reduceLarge(a, n); }
  float z = r * r;
  float s = r * (1.0 + z * (-0.16666667 + z * (0.0083333333 + z * (-0.0001984127 + z * 2.7557319e-6))));
  float c = 1.0 + z * (-0.5 + z * (0.041666667 + z * (-0.0013888889 + z * 2.4801587e-5)));
  float which = n + turn - 4.0 * floor((n + turn) * 0.25);
  float y = which < 1.5 ? (which < 0.5 ? s : c) : (which < 2.5 ? -s : -c);
  float turned = x < 0.0 && turn == 0.0 ? -y : y;
  return a <= ${HUGE} ? turned : $nan;
}
`;
