// What is known of whole numbers that came from the host: it tells whether indices lie inside, as the CPU checks them, without a
// read-back. Numbers that are only moved are known still.

import { DTypeError, isInteger, type KernelTensor, type TypedArray } from '@dl/autograd';
import { bufferOf } from './buffer.js';

/** Whole numbers up to here are exact in a float. */
const LARGEST_WHOLE = 2 ** 24;

export interface Range {
  readonly least: number;
  readonly most: number;
  /** Whether both occur. Of a part of some numbers it is not known without looking. */
  readonly isExact: boolean;
  /** The numbers themselves, of what the host wrote. */
  readonly values?: Int32Array;
}

export function rangeOf(values: ArrayLike<number>): Range {
  let [least, most] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return { least, most, isExact: true };
}

/** The range of what the host writes into an int32 buffer. */
export function writtenRange(values: TypedArray): Range {
  const range = rangeOf(values);
  for (const value of [range.most, range.least]) checkWhole('an int32 tensor holds', value);
  return { ...range, values: Int32Array.from(values) };
}

/** Throws for a whole number that a float may not hold. */
export function checkWhole(what: string, value: number): void {
  if (Math.abs(value) > LARGEST_WHOLE && value !== Number.POSITIVE_INFINITY && value !== Number.NEGATIVE_INFINITY) {
    throw new DTypeError(
      `gpu: ${what} ${value}, and whole numbers are exact up to 2^24 on this backend; keep it on the CPU backend`,
    );
  }
}

/** The range of some of the numbers of a range. */
export function partly(range: Range | undefined): Range | undefined {
  return range && { least: range.least, most: range.most, isExact: false };
}

/** The range of numbers of two ranges, of which some may not be there. */
export function bothRanges(a: Range | undefined, b: Range | undefined): Range | undefined {
  if (a === undefined || b === undefined) return undefined;
  return { least: Math.min(a.least, b.least), most: Math.max(a.most, b.most), isExact: false };
}

/** After y was filled with numbers of `xs`: with each of them at least once, or with some (`part`). And with `others`, if any. */
export function inheritRange(
  y: KernelTensor,
  xs: readonly KernelTensor[],
  how: 'all' | 'part',
  others: readonly number[] = [],
): void {
  if (!isInteger(y.dtype) || y.size === 0) return;
  let { least, most, isExact } = rangeOf(others);
  isExact &&= how === 'all';
  for (const x of xs) {
    const { range } = bufferOf(x);
    if (x.size === 0) continue;
    if (range === undefined) return;
    least = Math.min(least, range.least);
    most = Math.max(most, range.most);
    isExact &&= range.isExact;
  }
  bufferOf(y).range = { least, most, isExact };
}
