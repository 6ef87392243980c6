// checkCall: refuses what a function does not take, which the compiler does for TypeScript and nobody for plain JavaScript.

import { ArgumentError } from '../errors.js';
import { isTensor } from '../tensor/brand.js';
import { isOfKind, type Kind, needsOf } from './kinds.js';
import { nearest } from './nearest.js';
import { ownName } from './peers.js';
import { shown } from './shown.js';

/** What each option of a function must be, in the order in which a message shows them. A new option needs an entry to compile. */
export type Known<O extends object> = { readonly [K in keyof O]-?: Kind };

/** The name of a parameter, with its kind where the function itself would take a text for a number. */
export type Parameter = string | readonly [name: string, kind: Kind];

/** Options as the checks see them. */
export type KnownOptions = Readonly<Record<string, Kind>>;

/**
 * Checks how a function was called: that options come in one object behind the parameters, are known and of the right kind, and
 * that nothing follows. An error shows the right form. `undefined` is as good as nothing, and so are the index and the array that
 * `map` and `reduce` hand over.
 *
 * @param name Of the function, or of the class whose constructor it is.
 * @param given Its `arguments`.
 * @param parameters The names of those before the options, in order; with a kind where that is checked, too.
 * @param known Its options, if it has any.
 *
 * @throws ArgumentError that says what came and how to write it.
 *
 * @example
 * ```ts
 * import { checkCall, type Known } from '@dl/autograd';
 *
 * interface ScaleOptions {
 *   readonly by?: number;
 * }
 * const scaleOptions: Known<ScaleOptions> = { by: 'number' };
 *
 * function scale(values: readonly number[], options: ScaleOptions = {}): number[] {
 *   checkCall('scale', arguments, ['values'], scaleOptions);
 *   return values.map((value) => value * (options.by ?? 1));
 * }
 *
 * console.log(scale([1, 2], { by: 2 })); // [2, 4]
 * // scale([1, 2], 2) throws: scale: after values comes 2, but options go in one object: scale([1, 2], { by: 2 })
 * ```
 */
export function checkCall(
  name: string,
  given: ArrayLike<unknown>,
  parameters: readonly Parameter[],
  known?: KnownOptions,
): void {
  const places = parameters.length;
  let { length } = given;
  while (length > 0 && given[length - 1] === undefined) length--;
  if (length > places) {
    if (isFromArray(given, length, places)) return;
    const options = given[places];
    const isLast = length === places + 1;
    // No options are as good as none, also where there are none.
    const isNothing = known === undefined && isPlain(options) && Object.keys(options).length === 0;
    if (!isLast || !(known === undefined ? isNothing : areOptions(options))) {
      throw misplaced(name, Array.from(given).slice(0, length), parameters.map(nameOf), known);
    }
    if (known !== undefined) checkOptions(name, options as object, known);
  } else if (known !== undefined && length > 0) {
    checkOrder(name, given, length, parameters, known);
  }
  for (let i = 0; i < places; i++) {
    const parameter = parameters[i]!;
    if (typeof parameter !== 'string' && given[i] !== undefined) checkKind(name, parameter[0], given[i], parameter[1]);
  }
}

/** Whether an array calls, as in `losses.reduce(add)` and `tensors.map(square)`: behind the element comes its index, and the array. */
function isFromArray(given: ArrayLike<unknown>, length: number, places: number): boolean {
  const [index, list] = [given[places], given[places + 1]];
  return length === places + 2 && Array.isArray(list) && places > 0 && list[index as number] === given[places - 1];
}

const nameOf = (parameter: Parameter): string => (typeof parameter === 'string' ? parameter : parameter[0]);

function checkKind(name: string, key: string, value: unknown, kind: Kind): void {
  if (!isOfKind(value, kind)) throw new ArgumentError(`${name}: ${key} is ${shown(value)}, needs ${needsOf(kind)}`);
}

/**
 * Checks options that come in another way than as the last argument, such as those of a group.
 *
 * @throws ArgumentError that names what is unknown, and what was probably meant, or is of another kind.
 *
 * @example
 * ```ts
 * import { checkOptions } from '@dl/autograd';
 * checkOptions('scale', { by: 2 }, { by: 'number' });
 * // checkOptions('scale', { By: 2 }, { by: 'number' }) throws: scale: there is no option By; did you mean by?
 * ```
 */
export function checkOptions(name: string, options: object, known: KnownOptions): void {
  for (const key in options) {
    const kind = Object.hasOwn(known, key) ? known[key]! : undefined;
    if (kind === undefined) throw unknown(name, key, Object.keys(known));
    const value = (options as Readonly<Record<string, unknown>>)[key];
    if (value !== undefined) checkKind(name, key, value, kind);
  }
}

/** Whether a value may be an options object: one that is no value of another kind. */
function areOptions(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return !(Array.isArray(value) || isTensor(value) || ArrayBuffer.isView(value) || value instanceof Date);
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** Options where a parameter goes, which would be taken for that. */
function checkOrder(
  name: string,
  given: ArrayLike<unknown>,
  length: number,
  parameters: readonly Parameter[],
  known: KnownOptions,
): void {
  const last = given[length - 1];
  if (!isPlain(last)) return;
  const keys = Object.keys(last);
  if (keys.length === 0 || !keys.every((key) => Object.hasOwn(known, key))) return;
  const names = parameters.map(nameOf);
  const before = Array.from(given).slice(0, length - 1);
  const padded = [...before, ...names.slice(before.length).map(() => undefined)];
  throw new ArgumentError(
    `${name}: the options stand where ${names[length - 1]} goes; they come last: ${callText(name, padded, names, last)}`,
  );
}

function unknown(name: string, key: string, names: readonly string[]): ArgumentError {
  const meant = ownName(key, names) ?? nearest(key, names);
  const has = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`;
  return new ArgumentError(
    `${name}: there is no option ${shown(key).slice(1, -1)}; ${meant === undefined ? has : `did you mean ${meant}?`}`,
  );
}

function misplaced(
  name: string,
  given: readonly unknown[],
  parameters: readonly string[],
  known: KnownOptions | undefined,
): ArgumentError {
  const places = parameters.length;
  const extra = given.slice(places);
  const isOptions = areOptions(extra[0]);
  const what = isOptions ? `{ ${Object.keys(extra[0] as object).join(', ')} }` : shown(extra[0]);
  const came = places === 0 ? `the argument is ${what}` : `after ${parameters.at(-1)} comes ${what}`;
  const proper = (options?: object | string): string => callText(name, given.slice(0, places), parameters, options);
  if (known === undefined) {
    return new ArgumentError(`${name}: ${came}, but it takes no more: ${called(name, given[0], parameters)}`);
  }
  if (isOptions) {
    const second = shown(extra[1]);
    return new ArgumentError(
      `${name}: after the options comes ${second}, but it takes no more: ${proper(extra[0] as object)}`,
    );
  }
  return new ArgumentError(`${name}: ${came}, but options go in one object: ${proper(asOptions(extra, known))}`);
}

/** Positional values as the options that they probably are: in the order of the options, where all are of their kind. */
function asOptions(extra: readonly unknown[], known: KnownOptions): object | string {
  const last = extra.at(-1);
  const [values, named] = areOptions(last) ? [extra.slice(0, -1), last] : [extra, {}];
  const names = Object.keys(known);
  const fits = values.length <= names.length && values.every((value, i) => isOfKind(value, known[names[i]!]!));
  if (fits) return { ...Object.fromEntries(values.map((value, i) => [names[i]!, value])), ...named };
  // What is of one kind only can be meant by one name.
  const fitting =
    values.length === 1 ? names.filter((key) => known[key] !== 'any' && isOfKind(values[0], known[key]!)) : [];
  if (fitting.length > 0) return { [fitting[0]!]: values[0], ...named };
  return `{ ${names.slice(0, 6).join(', ')}${names.length > 6 ? ', …' : ''} }`;
}

/** A call as one writes it: `new Conv2d(1, 6, 5, { stride: 2 })`, `x.sum(1, { keepDims: true })`. */
function callText(
  name: string,
  given: readonly unknown[],
  parameters: readonly string[],
  options?: object | string,
): string {
  const all = given.map((value, i) => (value === undefined ? 'undefined' : written(value, parameters[i]!)));
  if (typeof options === 'string') all.push(options);
  else if (options !== undefined) {
    const pairs = Object.entries(options).map(([key, value]) => `${key}: ${written(value, '…')}`);
    all.push(`{ ${pairs.join(', ')} }`);
  }
  return called(name, given[0], [parameters[0] ?? '', ...all.slice(1)].slice(0, all.length), all[0]);
}

/** A call with these arguments, as a method where it can be one. */
function called(name: string, first: unknown, all: readonly string[], text = all[0]): string {
  if (isTensor(first) && name in first) return `${all[0]}.${name}(${all.slice(1).join(', ')})`;
  return `${/^[A-Z]/.test(name) ? 'new ' : ''}${name}(${[text, ...all.slice(1)].slice(0, all.length).join(', ')})`;
}

/** A value as one writes it in a program, or a name for one that is long. */
function written(value: unknown, name: string): string {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value);
  const isShort =
    typeof value === 'string' ? value.length <= 20 : Array.isArray(value) && value.length <= 6 && value.every(isSimple);
  return isShort ? shown(value) : name;
}

const isSimple = (value: unknown): boolean => typeof value === 'number' || typeof value === 'boolean';
