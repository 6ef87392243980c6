// Numbers of vectors as decimal text, and back.

const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;
const SMALL_E = 0x65;
const BIG_E = 0x45;

/** Where one more digit may leave the whole numbers that a double has. */
const MANY = 9e14;
/** More characters are no number that anybody wrote. */
const LONGEST = 1000;
/** Powers of ten that a double has exactly: a product or a quotient with one is rounded once. */
const POWERS = /* @__PURE__ */ Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

/** Reads numbers out of bytes, without a text for each. */
export class NumberReader {
  /** What was read last. */
  value = 0;

  /** Reads the number at `from`, which ends before `to`; gives where it ends, and -1 where none stands. */
  read(bytes: Uint8Array, from: number, to: number): number {
    let at = from;
    const sign = bytes[at];
    if (sign === MINUS || sign === PLUS) at++;
    let mantissa = 0;
    let places = 0;
    let digits = 0;
    let isLong = false;
    let hasPoint = false;
    for (; at < to; at++) {
      const digit = bytes[at]! - ZERO;
      if (digit >= 0 && digit <= 9) {
        digits++;
        if (mantissa > MANY) isLong = true;
        mantissa = 10 * mantissa + digit;
        if (hasPoint) places++;
      } else if (digit === POINT - ZERO && !hasPoint) hasPoint = true;
      else break;
    }
    if (digits === 0) return -1;
    let exponent = 0;
    if (at < to && (bytes[at] === SMALL_E || bytes[at] === BIG_E)) {
      at++;
      const isNegative = bytes[at] === MINUS;
      if (isNegative || bytes[at] === PLUS) at++;
      const begin = at;
      for (; at < to; at++) {
        const digit = bytes[at]! - ZERO;
        if (!(digit >= 0 && digit <= 9)) break;
        exponent = Math.min(1e6, 10 * exponent + digit);
      }
      if (at === begin) return -1;
      if (isNegative) exponent = -exponent;
    }
    if (at - from > LONGEST) return -1;
    const power = exponent - places;
    if (isLong || power < -22 || power > 22) this.value = Number(String.fromCharCode(...bytes.subarray(from, at)));
    else {
      const size = power < 0 ? mantissa / POWERS[-power]! : mantissa * POWERS[power]!;
      this.value = sign === MINUS ? -size : size;
    }
    return at;
  }
}

/** A number of float32 in few digits, of which the same one is read: eight are enough for most, nine for all. */
export function floatText(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const eight = Number(value.toPrecision(8));
  return String(Math.fround(eight) === value ? eight : Number(value.toPrecision(9)));
}
