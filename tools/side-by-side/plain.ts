// Values of both libraries in one form, so that they can be compared.

/** A tensor by its shape and values, a list of them, or a number. */
export type Plain =
  | { readonly shape: readonly number[]; readonly data: readonly unknown[] }
  | readonly Plain[]
  | unknown;

interface TensorLike {
  readonly shape: readonly number[];
  dataSync(): ArrayLike<number>;
}

const isTensor = (value: object): value is TensorLike => 'shape' in value && 'dataSync' in value;

export function plain(value: unknown): Plain {
  if (typeof value !== 'object' || value === null) return value;
  if (isTensor(value)) return { shape: [...value.shape], data: [...Array.from(value.dataSync())] };
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number>);
  return (Array.isArray(value) ? value : Object.values(value)).map(plain);
}

/** Where two values differ, by more than 1e-5 of the size of a number; undefined if they do not. Truth is 1 and 0. */
export function difference(got: Plain, wanted: Plain, at = ''): string | undefined {
  if (isRecord(got) && isRecord(wanted)) {
    const keys = Object.keys(wanted);
    if (Object.keys(got).length !== keys.length) return `${at}: ${show(got)} is not ${show(wanted)}`;
    return keys.map((key) => difference(got[key], wanted[key], `${at}.${key}`)).find((found) => found !== undefined);
  }
  const [a, b] = [Number(got), Number(wanted)];
  const isNumber = !isRecord(got) && !isRecord(wanted) && got !== undefined && wanted !== undefined;
  if (isNumber && (Object.is(a, b) || Math.abs(a - b) <= 1e-5 * Math.max(1, Math.abs(b)))) return undefined;
  return `${at}: ${show(got)} is not ${show(wanted)}`;
}

const isRecord = (value: Plain): value is Record<string, Plain> => typeof value === 'object' && value !== null;
const show = (value: Plain): string => JSON.stringify(value) ?? String(value);

/** The numbers of a printed line; brackets, quotes and words are each language's own. */
export const numbersOf = (line: string): number[] =>
  Array.from(line.matchAll(/-?\d+(?:\.\d+)?(?:e[-+]?\d+)?/gi), ([found]) => Number(found));
