// Powers and remainders in GLSL.

import { HUGE } from './functions.js';

/** The 12 leading bits of a number: two such have an exact product. */
const headGlsl = `
#if __VERSION__ >= 300
float head(float x) { return intBitsToFloat(floatBitsToInt(x) & -4096); }
#else
float head(float x) {
  float e = EXPONENT(min(max(abs(x), 1.2e-38), 3e38));
  float h = floor(0.5 * e);
  return (floor((x * POWER_OF_2(5.0 - h)) * POWER_OF_2(6.0 - (e - h))) * POWER_OF_2(e - h - 6.0)) * POWER_OF_2(h - 5.0);
}
#endif
`;

/**
 * a^b of a positive number as 2^(b log₂ a), in two floats each: the logarithm needs 7 bits more than a float has, as many as the
 * exponent of the result takes. With a = m · 2^e it is e + 2/ln 2 · artanh((m - 1) / (m + 1)).
 */
const positivePowerGlsl = `${headGlsl}
float positivePower(float a, float b) {
  float e = EXPONENT(a);
  float h = floor(0.5 * e);
  float m = (a * POWER_OF_2(-h)) * POWER_OF_2(h - e);
  bool isHigh = m > 1.4142135;
  m = isHigh ? 0.5 * m : m;
  e = isHigh ? e + 1.0 : e;
  float f = m - 1.0;
  float mHigh = floor(m * 1024.0 + 0.5) * 9.765625e-4;
  float s = f / (m + 1.0);
  float sHigh = head(s);
  float sLow = ((f - sHigh * (mHigh + 1.0)) - sHigh * (m - mHigh)) / (m + 1.0);
  float z = s * s;
  float rest = s * z * (0.33333333 + z * (0.2 + z * (0.14285714 + z * (0.11111111 + z * 0.090909091))));
  float high = sHigh * 2.884765625;
  float low = sHigh * 6.2445678e-4 + (sLow + rest) * 2.8853901;
  float logHigh = head((e + high) + low);
  float logLow = ((e - logHigh) + high) + low;
  float bHigh = head(b);
  float yHigh = bHigh * logHigh;
  float yLow = (b - bHigh) * logHigh + b * logLow;
  float n = min(max(floor(yHigh + yLow + 0.5), -150.0), 129.0);
  float r = ((yHigh - n) + yLow) * 0.69314718;
  float p = 1.0 + r * (1.0 + r * (0.5 + r * (0.16666667 + r * (0.041666667 + r * (0.0083333333 + r * (0.0013888889 + r * 0.0001984127))))));
  h = floor(0.5 * n);
  float y = (p * POWER_OF_2(h)) * POWER_OF_2(n - h);
  float size = b * ((e + high) + low);
  return size > 130.0 ? $inf : (size < -151.0 ? 0.0 : y);
}
`;

/** a^b with all the cases of IEEE 754. Small whole powers are products, so that whole numbers stay whole. */
export const powGlsl = `${positivePowerGlsl}
float powOf(float a, float b) {
  if (b == 0.0 || a == 1.0) return 1.0;
  if (a != a || b != b) return $nan;
  float size = abs(a);
  float times = abs(b);
  bool isWhole = times >= 8388608.0 || floor(b) == b;
  bool isOdd = times < 16777216.0 && b - 2.0 * floor(0.5 * b) == 1.0;
  bool isNegative = a < 0.0 || (a == 0.0 && 1.0 / a < 0.0);
  if (a < 0.0 && !isWhole && size <= ${HUGE}) return $nan;
  bool isProduct = isWhole && times <= (floor(size) == size ? 16.0 : 4.0);
  float y = 1.0;
  LOOP(k, isProduct ? int(times) : 0) { y *= size; }
  // Not what may be below the smallest number that has an inverse.
  isProduct = isProduct && (b > 0.0 || y > 1e-37);
  y = b < 0.0 ? 1.0 / y : y;
  LOOP(once, isProduct ? 0 : 1) { y = positivePower(size, b); }
  if (size == 0.0 || size > ${HUGE} || times > ${HUGE}) y = (size > 1.0) == (b > 0.0) ? $inf : 0.0;
  if (size == 1.0) y = 1.0;
  return isNegative && isOdd ? -y : y;
}
`;

/**
 * a - b ⌊a/b⌋ by long division with digits of 12 bits. Every step is exact, however large the quotient is, because a digit times
 * either half of the divisor is.
 */
export const modGlsl = `${headGlsl}
float modOf(float a, float b) {
  float r = abs(a);
  float d = abs(b);
  bool isOrdinary = r <= ${HUGE} && d <= ${HUGE} && d > 0.0;
  int steps = isOrdinary && r >= d ? int((EXPONENT(r) - EXPONENT(d) + 1.5) / 12.0) + 1 : 0;
  LOOP(i, steps) {
    float k = 12.0 * float(steps - 1 - i);
    float h = floor(0.5 * k);
    float s = (d * POWER_OF_2(h)) * POWER_OF_2(k - h);
    float high = head(s);
    float digit = floor(r / s);
    float rest = (r - digit * high) - digit * (s - high);
    rest = rest < 0.0 ? rest + s : (rest >= s ? rest - s : rest);
    // Beyond the largest float the digit is 0.
    r = s <= ${HUGE} ? rest : r;
  }
  float y = a < 0.0 ? -r : r;
  float turned = y != 0.0 && (y < 0.0) != (b < 0.0) ? y + b : y;
  // Compilers may join comparisons, as if there were no NaN.
  if (a != a || b != b) return $nan;
  return isOrdinary || (r <= ${HUGE} && d > ${HUGE}) ? turned : $nan;
}
`;
