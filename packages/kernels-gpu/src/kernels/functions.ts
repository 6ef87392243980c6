// Functions of one number in GLSL, for formulas. The device's own are not exact enough or not defined everywhere; these are good
// to about 1e-6 of the result, infinities and NaN included.
//
// Shader compilers take sums apart, as if numbers were exact: (a + b) - b becomes a. So what must be rounded is rounded by floor.

import type { Program } from '../program.js';

/** Infinities and NaN cannot be written in GLSL; they come as arguments, after all others. */
const specials: Readonly<Record<string, number>> = { inf: Infinity, nan: Number.NaN };

/** Which of them a text names. */
export function specialsIn(glsl: string): string[] {
  return Object.keys(specials).filter((name) => glsl.includes(`$${name}`));
}

/** The floats of a program: those that are given, then the special values that it names. */
export function withSpecials(what: Pick<Program, 'floats'>, numbers: readonly number[]): number[] {
  return [...numbers, ...what.floats.slice(numbers.length).map((name) => specials[name]!)];
}

/** The largest float: what is above it in size is infinite. */
export const HUGE = '3.4028234e38';

/**
 * e^x by 2^n · e^r with |r| ≤ ln 2 / 2: the device's exp is off by 1e-6, and what it makes of NaN and ±∞ differs.
 * Twice 2^(n/2), because 2^n itself leaves the range where e^x does not. Beyond the bounds it is 0 and ∞ by itself.
 */
export const expGlsl = `
float expOf(float given) {
  float x = min(max(given, -105.0), 89.0);
  float n = floor(x * 1.44269504 + 0.5);
  float r = (x - n * 0.693359375) + n * 2.12194440e-4;
  float p = 1.0 + r * (1.0 + r * (0.5 + r * (0.16666667 + r * (0.041666667 + r * (0.0083333333 + r * 0.0013888889)))));
  float h = floor(n * 0.5);
  float y = (p * POWER_OF_2(h)) * POWER_OF_2(n - h);
  return given != given ? given : y;
}
`;

/** e^x - 1: a series where e^x is near 1 and the difference would lose its digits. */
export const expm1Glsl = `${expGlsl}
float expm1Of(float x) {
  float near0 = x * (1.0 + x * (0.5 + x * (0.16666667 + x * (0.041666667 + x * (0.0083333333 + x * (0.0013888889 + x * 0.0001984127))))));
  float far = expOf(x) - 1.0;
  return abs(x) > 0.35 ? far : near0;
}
`;

/**
 * The natural logarithm of m · 2^e, of which m, in a range around 1, is what differs from 1: by 2 artanh(f / (2 + f)), written so
 * that only small terms are rounded. ln 2 is in two parts, of which the first is exact in products.
 */
const logNear1Glsl = `
float logNear1(float f, float e) {
  float s = f / (2.0 + f);
  float z = s * s;
  float h = 0.5 * f * f;
  float p = z * (0.66666667 + z * (0.4 + z * (0.28571429 + z * 0.22222222)));
  return e * 0.693359375 - ((h - (s * (h + p) - e * 2.12194440e-4)) - f);
}
`;

/** The natural logarithm; the device's own has few digits near 1, is undefined at 0 and below, and 88 instead of ∞. */
export const logGlsl = `${logNear1Glsl}
float logOf(float x) {
  float e = EXPONENT(x);
  float h = floor(0.5 * e);
  float m = (x * POWER_OF_2(-h)) * POWER_OF_2(h - e);
  bool isHigh = m > 1.4142135;
  float y = logNear1((isHigh ? 0.5 * m : m) - 1.0, isHigh ? e + 1.0 : e);
  float above0 = x > ${HUGE} ? x : y;
  float from0 = x == 0.0 ? -$inf : above0;
  float below0 = x < 0.0 ? $nan : x;
  return x >= 0.0 ? from0 : below0;
}
`;

/** log(1 + x): 1 + x would lose digits near 1. */
export const log1pGlsl = `${logGlsl}
float log1pOf(float x) {
  float near0 = logNear1(x, 0.0);
  float far = logOf(1.0 + x);
  return x > -0.29 && x < 0.41 ? near0 : far;
}
`;

export const tanhGlsl = `${expm1Glsl}
float tanhOf(float x) {
  float e = expm1Of(2.0 * min(abs(x), 10.0));
  float y = e / (e + 2.0);
  float turned = x < 0.0 ? -y : y;
  return x != x ? x : turned;
}
`;

/** Where e^-x is infinite, the sigmoid is below the smallest number that devices compute with. */
export const sigmoidGlsl = `${expGlsl}
float sigmoidOf(float x) { return 1.0 / (1.0 + expOf(-x)); }
`;

/**
 * The share of the normal distribution above x, for x of 0 and more: t/2 · e^(p(t) - x²/2) with t = 1 / (1 + x / √8) and a polynomial
 * that was fitted at the zeros of a Chebyshev polynomial. x² is taken in two parts, of which the first is exact, as its error
 * would be one of the result times x².
 */
const tailGlsl = `${expGlsl}
float upperTail(float x) {
  float t = 1.0 / (1.0 + 0.35355339 * x);
  float p = -1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.096784189 + t * (-0.18628806 + t * (0.27886808 + t * (-1.135204 + t * (1.48851589 + t * (-0.82215223 + t * 0.17087277))))))));
  float a = min(x, 15.0);
  float high = floor(a * 256.0) * 0.00390625;
  return 0.5 * t * expOf(-0.5 * high * high) * expOf(p - 0.5 * (a - high) * (a + high));
}
`;

/** The error function: its Taylor series near 0, and 1 - 2 · the tail of the normal distribution beyond. */
export const erfGlsl = `${tailGlsl}
float erfOf(float x) {
  float z = x * x;
  float term = x;
  float near = x;
  for (int k = 1; k < 14; k++) {
    term *= -z / float(k);
    near += term / float(2 * k + 1);
  }
  float a = abs(x);
  float far = 1.0 - 2.0 * upperTail(1.41421356 * a);
  return a < 1.0 ? near * 1.12837917 : (x < 0.0 ? -far : far);
}
`;

/** The share of the normal distribution below x. */
export const normalGlsl = `${tailGlsl}
float normalOf(float x) {
  float tail = upperTail(abs(x));
  return x < 0.0 ? tail : 1.0 - tail;
}
`;

/** The whole number beside x, halves to the even one. Where numbers are half a unit apart or more, x is that. */
export const roundGlsl = `
float roundOf(float x) {
  float a = abs(x);
  float below = floor(a);
  float part = a - below;
  float odd = below - 2.0 * floor(0.5 * below);
  float up = part > 0.5 || (part == 0.5 && odd == 1.0) ? below + 1.0 : below;
  float y = x < 0.0 ? -up : up;
  return a < 8388608.0 ? y : x;
}
`;

/** The whole number towards 0, as 32 bits hold it: modulo 2^32, and 0 for what is none, as in JavaScript. */
export const wholeGlsl = `
float wholeOf(float x) {
  float t = x < 0.0 ? ceil(x) : floor(x);
  float turns = t * 2.3283064365386963e-10;
  float part = turns - floor(turns);
  float wrapped = 4294967296.0 * (part < 0.5 ? part : part - 1.0);
  float y = abs(t) < 2147483648.0 ? t : wrapped;
  return abs(x) <= ${HUGE} ? y : 0.0;
}
`;
