// Natural logarithms as decimal numbers to the base 10, as files have them, and back.

/** ln 10, times 10 to the 50th. */
const LN10 = 230258509299404568401799145468436420760110148862877n;
const PLACES = 50;

const NUMBER = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(?:[eE]([+-]?\d+))?$/;

/** More digits than a double has, at which the product with ln 10 is rounded once, at its end: what was written exactly is read exactly. */
const FEW = 17;
const MANY = 40;

/** The natural logarithm that a text gives to the base 10; NaN for what is no number. */
export function naturalOf(text: string): number {
  const match = NUMBER.exec(text);
  if (match === null) return /^-inf(inity)?$/i.test(text) ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (text.length > FEW) {
    const [, sign, mantissa, exponent = '0'] = match;
    const point = mantissa!.indexOf('.');
    const digits = mantissa!.replace('.', '').replace(/^0+/, '');
    if (digits.length > FEW && digits.length <= MANY) {
      const places = point < 0 ? 0 : mantissa!.length - point - 1;
      return Number(`${sign}${BigInt(digits) * LN10}e${Number(exponent) - places - PLACES}`);
    }
  }
  return Number(text) * Math.LN10;
}

/** A natural logarithm to the base 10 with eight places behind the point; or exactly, with 22 digits, of which {@link naturalOf} makes the same double. */
export function decimalOf(natural: number, exact: boolean): string {
  if (natural === 0) return '0';
  if (!exact) {
    const rounded = Math.round((natural / Math.LN10) * 1e8) / 1e8;
    return rounded === 0 ? '0' : String(rounded);
  }
  const [mantissa, exponent] = Math.abs(natural).toExponential(40).split('e');
  // With ten digits more than are written.
  const quotient = String((BigInt(mantissa!.replace('.', '')) * 10n ** BigInt(PLACES + 10)) / LN10);
  const power = Number(exponent) - 50 + quotient.length - 1;
  return `${natural < 0 ? '-' : ''}${quotient[0]}.${quotient.slice(1, 22)}${power === 0 ? '' : `e${power}`}`;
}
